//! Functions that are not written in the language: the primitives, and forms of them that take axes.

use crate::diag::{Diagnostic, codes};
use crate::engine::graph::{Map, NodeId, Op, Reduction};
use crate::engine::ops;
use crate::text::{Span, closest};
use crate::types::{Axis, Dim, Domain, Shape};

use super::draw::distribution;
use super::elaborate::Elaborator;
use super::frame::Frame;
use super::signature::Reading;
use super::value::{Argument, Known, Tensor, Value};

/// One function: its parameters in order, `?` behind those that may be left out.
struct Builtin {
    name: &'static str,
    params: &'static [&'static str],
    pub doc: &'static str,
}

macro_rules! builtins {
    ($($name:literal ($($param:literal),*) $doc:literal;)*) => {
        static BUILTINS: &[Builtin] = &[$(Builtin { name: $name, params: &[$($param),*], doc: $doc }),*];
    };
}

builtins! {
    "sum" ("x", "dim?", "keepdim?") "The sum over the axes `dim` (all axes of the example if it is left out).";
    "mean" ("x", "dim?", "keepdim?") "The mean over the axes `dim`.";
    "prod" ("x", "dim?", "keepdim?") "The product over the axes `dim`.";
    "amax" ("x", "dim?", "keepdim?") "The largest element over the axes `dim`.";
    "amin" ("x", "dim?", "keepdim?") "The smallest element over the axes `dim`.";
    "count" ("x", "dim?") "How many elements the axes `dim` have together.";
    "argmax" ("x", "dim") "The position of the first largest element along the axis `dim`.";
    "argsort" ("x", "dim?") "The positions that sort along the axis `dim` (the last one), rising.";
    "cumsum" ("x", "dim") "Sums along the axis `dim`, each with all before it.";
    "flip" ("x", "dim") "The axis `dim` in reverse order.";
    "slice" ("x", "dim", "from?", "to") "The elements `from` (counted from 0) up to `to` (not included) along the axis `dim`.";
    "concat" ("*xs", "dim?") "Tensors one behind the other along the axis `dim` (the last one).";
    "stack" ("*xs", "dim?") "Tensors side by side along a new last axis.";
    "reshape" ("x", "shape") "The same numbers in another shape.";
    "flatten" ("x") "All axes of the example as one.";
    "permute" ("x", "dims") "The axes in another order, each counted from the end or named.";
    "take" ("table", "index") "The rows of `table` at the positions `index`.";
    "one_hot" ("y", "classes?") "1 at the class's position along a new first axis, 0 elsewhere.";
    "stop_gradient" ("x") "`x`, through which no gradient flows.";
    "grad" ("of", "by") "The derivative of one expression by another, for each example.";
    "uniform" ("low", "high") "The uniform distribution between two bounds.";
    "normal" ("mean?", "std?") "The normal distribution.";
    "truncated_normal" ("mean?", "std?", "low?", "high?") "The normal distribution, cut off at `low` and `high` (both or none), or at two standard deviations.";
    "orthogonal_matrix" ("gain?") "Matrices whose rows or columns, whichever are fewer, are orthogonal and of length `gain`.";
    "sparse_matrix" ("sparsity", "std?") "Matrices of normal numbers of which each column has the share `sparsity` zero.";
    "bernoulli" ("p") "1 with probability `p`, else 0.";
    "plateau" ("watched", "factor?", "patience?", "threshold?", "absolute?", "cooldown?", "min?") "In the arguments of an optimizer: a factor that starts at 1 and is multiplied by `factor` (0.1) after more than `patience` (10) epochs in which what is watched, such as `val.loss`, did not get better by `threshold` (0.0001 of it, or as it is with `absolute = true`). For `cooldown` (0) epochs after a fall nothing is counted; it is never below `min` (0). As `torch.optim.lr_scheduler.ReduceLROnPlateau`.";
    "arange" ("n") "0, 1, 2, … up to n - 1.";
}

/// The name, if there is such a function.
pub(super) fn lookup(name: &str) -> Option<&'static str> {
    let structural = BUILTINS.iter().find(|b| b.name == name).map(|b| b.name);
    structural.or_else(|| primitive(name).map(|p| p.name))
}

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let primitives = ops::all().filter(|p| p.signature.is_some()).map(|p| p.name);
    BUILTINS.iter().map(|b| b.name).chain(primitives)
}

/// Signature and documentation, for `nnrun doc`.
pub fn documentation(name: &str) -> Option<(String, String)> {
    if let Some(b) = BUILTINS.iter().find(|b| b.name == name) {
        return Some((format!("{}({})", b.name, b.params.join(", ")), b.doc.to_string()));
    }
    let p = primitive(name)?;
    Some((p.signature?.to_string(), p.doc.to_string()))
}

/// Names of all functions with their documentation, for `nnrun doc` and the reference.
pub fn all_names() -> Vec<&'static str> {
    let mut all: Vec<&'static str> = names().collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn primitive(name: &str) -> Option<&'static ops::Primitive> {
    ops::lookup(name).filter(|p| p.signature.is_some() && p.map.is_some())
}

/// Arguments by parameter.
pub(super) struct Given(Vec<(&'static str, Option<Argument>)>, Vec<Argument>);

impl Given {
    pub(super) fn get(&self, name: &str) -> Option<&Argument> {
        let given = self.0.iter().find(|(n, _)| *n == name).and_then(|(_, a)| a.as_ref());
        given.filter(|a| !matches!(a.value, Value::Absent))
    }
}

impl Elaborator<'_> {
    pub(super) fn builtin(
        &mut self,
        name: &'static str,
        args: Vec<Argument>,
        frame: &Frame,
        span: Span,
        _reading: Reading,
    ) -> Value {
        let application = self.application(name, &args, &[], frame, span);
        let value = match BUILTINS.iter().find(|b| b.name == name) {
            Some(row) => match self.given(row, args, frame, span) {
                Some(given) => self.structural(name, &given, frame, span),
                None => None,
            },
            None => self.primitive_call(name, args, frame, span),
        };
        let value = value.unwrap_or(Value::Error);
        self.note_part(application, &value);
        value
    }

    fn given(&mut self, row: &Builtin, args: Vec<Argument>, frame: &Frame, span: Span) -> Option<Given> {
        let plain = |p: &'static str| p.trim_end_matches('?').trim_start_matches('*');
        let mut slots: Vec<(&'static str, Option<Argument>)> = row.params.iter().map(|p| (plain(p), None)).collect();
        let mut rest = Vec::new();
        let variadic = row.params.first().is_some_and(|p| p.starts_with('*'));
        let mut next = 0;
        for arg in args {
            match &arg.name {
                None if variadic => rest.push(arg),
                None if next < slots.len() => {
                    slots[next].1 = Some(arg);
                    next += 1;
                }
                None => {
                    let message = format!("`{}` takes {}", row.name, super::call::count(slots.len(), "argument"));
                    self.fail(frame, &codes::ARITY, arg.span, message, "one too many");
                    return None;
                }
                Some(n) => match slots.iter_mut().find(|(p, _)| **p == *n.text) {
                    Some(slot) => slot.1 = Some(arg),
                    None => {
                        let close = super::foreign::argument(&n.text)
                            .filter(|f| slots.iter().any(|(p, _)| p == f))
                            .or_else(|| closest(&n.text, slots.iter().map(|(p, _)| *p)));
                        let d = Diagnostic::new(
                            &codes::UNKNOWN_ARGUMENT,
                            format!("`{}` has no argument `{}`", row.name, n.text),
                        )
                        .at(n.span, "unknown argument")
                        .suggest(n.span, close);
                        self.report(frame, d);
                        return None;
                    }
                },
            }
        }
        for (param, (name, slot)) in row.params.iter().zip(&slots) {
            if slot.is_none() && !param.ends_with('?') && !param.starts_with('*') {
                let message = format!("`{}` needs `{name}`", row.name);
                self.fail(frame, &codes::MISSING, span, message, "not given here");
                return None;
            }
        }
        Some(Given(slots, rest))
    }

    fn structural(&mut self, name: &'static str, given: &Given, frame: &Frame, span: Span) -> Option<Value> {
        match name {
            "sum" | "mean" | "prod" | "amax" | "amin" => self.reduction(name, given, frame, span),
            "count" => self.count_of(given, frame, span),
            "argmax" | "argsort" | "cumsum" | "flip" => self.along(name, given, frame, span),
            "slice" => self.slice(given, frame, span),
            "concat" => self.concat(&given.1, given.get("dim"), frame, span),
            "stack" => self.stack(&given.1, frame, span),
            "reshape" => self.reshape(given, frame, span),
            "flatten" => self.flatten_all(given, frame, span),
            "permute" => self.permute(given, frame, span),
            "take" => self.take(given, frame, span),
            "one_hot" => self.one_hot(given, frame, span),
            "stop_gradient" => {
                let t = self.tensor(given, "x", frame)?;
                let node = self.node(Op::StopGradient, &[t.node], frame, span)?;
                Some(Value::Tensor(Tensor { node, ..t }))
            }
            "grad" => self.gradient_of(given, frame, span),
            "uniform" | "normal" | "truncated_normal" | "bernoulli" | "orthogonal_matrix" | "sparse_matrix" => {
                let drawn = distribution(name, given, span);
                self.bounded(drawn, given.get("low"), given.get("high"), frame)
            }
            "arange" => {
                let n = given.get("n")?;
                let Value::Int(d, _) = &n.value else {
                    self.fail(frame, &codes::WRONG_KIND, n.span, "`arange` takes a whole number", "not one");
                    return None;
                };
                let shape = Shape::of([d.clone()]);
                let node = self.node_shaped(Op::Iota { axis: 0 }, &[], shape, frame, span)?;
                Some(Value::Tensor(Tensor { node, domain: Domain::Real, batched: false }))
            }
            _ => None,
        }
    }

    pub(super) fn tensor(&mut self, given: &Given, name: &str, frame: &Frame) -> Option<Tensor> {
        let arg = given.get(name)?;
        self.tensor_argument((arg.value.clone(), arg.span), frame)
    }

    /// The axes (of the node) that `dim` names; all visible ones if it is not given.
    pub(super) fn axes(&mut self, t: &Tensor, dim: Option<&Argument>, frame: &Frame) -> Option<Vec<usize>> {
        let hidden = usize::from(t.batched);
        let visible = self.visible(t);
        let Some(dim) = dim else { return Some((hidden..hidden + visible.len()).collect()) };
        let each: Vec<(Value, Span)> = match &dim.value {
            Value::List(items) => items.clone(),
            one => vec![(one.clone(), dim.span)],
        };
        let mut axes = Vec::new();
        for (value, span) in each {
            let axis = self.axis(&visible, &value, span, frame)? + hidden;
            if axes.contains(&axis) {
                self.fail(frame, &codes::AXIS, span, "this axis is named twice", "again");
                return None;
            }
            axes.push(axis);
        }
        axes.sort_unstable();
        Some(axes)
    }

    pub(super) fn axis(&mut self, visible: &[Axis], value: &Value, span: Span, frame: &Frame) -> Option<usize> {
        let shape = Shape(visible.to_vec());
        match value {
            Value::Word(word) => {
                let wanted = frame.lookup_dim(&word.text).map(|(d, _)| d.clone());
                let batch = matches!(&*word.text, "batch" | "rows");
                let by_name = visible.iter().position(|a| a.name.as_deref() == Some(&*word.text));
                let by_extent = || {
                    let mut fits = visible.iter().enumerate().filter(|(_, a)| match &wanted {
                        Some(d) => a.dim == *d,
                        None => batch && a.dim.is_batch(),
                    });
                    fits.next().filter(|_| fits.next().is_none()).map(|(i, _)| i)
                };
                if let Some(i) = by_name.or_else(by_extent) {
                    return Some(i);
                }
                let names: Vec<&str> = visible.iter().filter_map(|a| a.name.as_deref()).collect();
                let message = match batch {
                    true => "the batch axis is implied here, and can't be named".to_string(),
                    false => format!("no axis of {shape} is called `{}`", word.text),
                };
                let mut d = Diagnostic::new(&codes::AXIS, message)
                    .at(span, "unknown axis")
                    .suggest(span, closest(&word.text, names.iter().copied()));
                d = match batch {
                    true => d.help("a definition that needs it names it in its input: `x: real[batch, n]`"),
                    false => d.help("axes are named by the signature of the definition at work, or counted from the end: `dim = -1`"),
                };
                self.report(frame, d);
                None
            }
            Value::Int(d, _) => match d.constant() {
                Some(n) if n < 0 && visible.len() as i64 + n >= 0 => Some((visible.len() as i64 + n) as usize),
                Some(n) if n < 0 => {
                    let message = format!("{shape} has no axis {n}");
                    self.fail(frame, &codes::AXIS, span, message, "too far from the end");
                    None
                }
                Some(n) => {
                    let from_end = n - visible.len() as i64 - 1;
                    let mut d = Diagnostic::new(
                        &codes::AXIS,
                        format!("`dim = {n}` counts from the front, where the batch axis is implied"),
                    )
                    .at(span, "count from the end, or name the axis")
                    .help("the last axis is -1, the one before it -2: this stays right whatever stands in front");
                    if (-(visible.len() as i64)..0).contains(&from_end) && n > 0 {
                        d = d.fix(format!("write {from_end}"), span, from_end.to_string());
                    }
                    self.report(frame, d);
                    None
                }
                None => None,
            },
            Value::Error => None,
            other => {
                let message = format!("an axis is a name or a number from the end, and this is {}", other.kind());
                self.fail(frame, &codes::AXIS, span, message, "not an axis");
                None
            }
        }
    }

    fn reduction(&mut self, name: &str, given: &Given, frame: &Frame, span: Span) -> Option<Value> {
        let t = self.tensor(given, "x", frame)?;
        let axes = self.axes(&t, given.get("dim"), frame)?;
        let keep = matches!(given.get("keepdim").map(|a| &a.value), Some(Value::Bool(Some(true))));
        let domain = match (name, &t.domain) {
            ("mean" | "amax" | "amin", d @ (Domain::Prob | Domain::Binary)) => match name {
                "mean" => Domain::Prob,
                _ => d.clone(),
            },
            _ => Domain::Real,
        };
        let reduction = match name {
            "prod" => Reduction::Prod,
            "amax" => Reduction::Max,
            "amin" => Reduction::Min,
            _ => Reduction::Sum,
        };
        let mut node = match axes.is_empty() {
            true => t.node,
            false => self.node(Op::Reduce(reduction, axes.clone()), &[t.node], frame, span)?,
        };
        if name == "mean" && !axes.is_empty() {
            let n = self.elements(&t, &axes, frame, span)?;
            node = self.node(Op::Map(Map::Div), &[node, n], frame, span)?;
        }
        if keep && !axes.is_empty() {
            let mut shape = self.graph.shape(t.node).clone();
            for &axis in &axes {
                shape.0[axis] = Axis::new(1);
            }
            node = self.node_shaped(Op::Reshape, &[node], shape, frame, span)?;
        }
        Some(Value::Tensor(Tensor { node, domain, batched: t.batched }))
    }

    /// The number of elements of some axes, as a node of rank 0.
    fn elements(&mut self, t: &Tensor, axes: &[usize], frame: &Frame, span: Span) -> Option<NodeId> {
        let shape = self.graph.shape(t.node).clone();
        let mut product: Option<NodeId> = None;
        let mut constant = 1.0;
        for &axis in axes {
            match shape.0[axis].dim.constant() {
                Some(n) => constant *= n as f64,
                None => {
                    let length = self.node(Op::Length { axis }, &[t.node], frame, span)?;
                    product = Some(match product {
                        Some(p) => self.node(Op::Map(Map::Mul), &[p, length], frame, span)?,
                        None => length,
                    });
                }
            }
        }
        let fixed = self.constant(constant);
        match product {
            Some(p) if constant != 1.0 => self.node(Op::Map(Map::Mul), &[p, fixed], frame, span),
            Some(p) => Some(p),
            None => Some(fixed),
        }
    }

    fn count_of(&mut self, given: &Given, frame: &Frame, span: Span) -> Option<Value> {
        let t = self.tensor(given, "x", frame)?;
        let axes = self.axes(&t, given.get("dim"), frame)?;
        let known: Option<Dim> = {
            let shape = self.graph.shape(t.node);
            let dims = axes.iter().map(|&a| &shape.0[a].dim);
            let product = dims.fold(Dim::from(1), |n, d| &n * d);
            (!product.symbols().contains(&crate::types::DimSymbol::Batch)).then_some(product)
        };
        match known {
            Some(d) => Some(Value::Int(d, None)),
            None => {
                let node = self.elements(&t, &axes, frame, span)?;
                Some(Value::Tensor(Tensor { node, domain: Domain::Real, batched: false }))
            }
        }
    }

    pub(super) fn one_axis(&mut self, t: &Tensor, given: &Given, frame: &Frame, span: Span) -> Option<usize> {
        let rank = self.graph.shape(t.node).rank();
        match given.get("dim") {
            None if rank > usize::from(t.batched) => Some(rank - 1),
            dim => match self.axes(t, dim, frame)?.as_slice() {
                [one] => Some(*one),
                _ => {
                    self.fail(frame, &codes::AXIS, span, "this works along one axis", "name one axis");
                    None
                }
            },
        }
    }

    fn along(&mut self, name: &str, given: &Given, frame: &Frame, span: Span) -> Option<Value> {
        let t = self.tensor(given, "x", frame)?;
        let axis = self.one_axis(&t, given, frame, span)?;
        let extent = self.graph.shape(t.node).0[axis].dim.clone();
        let (op, domain) = match name {
            "argmax" => (Op::ArgMax { axis }, Domain::LabelOf(extent)),
            "argsort" => (Op::ArgSort { axis }, Domain::LabelOf(extent)),
            "cumsum" => (Op::CumSum { axis }, Domain::Real),
            _ => (Op::Flip { axis }, t.domain.clone()),
        };
        let node = self.node(op, &[t.node], frame, span)?;
        Some(Value::Tensor(Tensor { node, domain, batched: t.batched }))
    }

    /// An elementwise primitive.
    fn primitive_call(&mut self, name: &'static str, args: Vec<Argument>, frame: &Frame, span: Span) -> Option<Value> {
        let row = primitive(name)?;
        let map = row.map?;
        let params = parameters(row.signature.unwrap_or(""));
        let mut slots: Vec<Option<Argument>> = vec![None; params.len()];
        for (i, arg) in args.into_iter().enumerate() {
            let at = match &arg.name {
                None => Some(i),
                Some(n) => params.iter().position(|(p, _)| *p == &*n.text),
            };
            match at.and_then(|at| slots.get_mut(at)) {
                Some(slot) => *slot = Some(arg),
                None => {
                    let message = format!(
                        "`{name}` takes {}: {}",
                        super::call::count(params.len(), "argument"),
                        row.signature.unwrap_or("")
                    );
                    self.fail(frame, &codes::ARITY, arg.span, message, "not one of them");
                    return None;
                }
            }
        }
        let Some(args) = slots.into_iter().collect::<Option<Vec<Argument>>>() else {
            let message = format!(
                "`{name}` takes {}: {}",
                super::call::count(params.len(), "argument"),
                row.signature.unwrap_or("")
            );
            self.fail(frame, &codes::ARITY, span, message, "too few are given");
            return None;
        };
        if let Some(value) = fold(row, &args) {
            return Some(value);
        }
        let mut tensors = Vec::new();
        for arg in &args {
            tensors.push(self.tensor_argument((arg.value.clone(), arg.span), frame)?);
        }
        let result = row
            .signature
            .and_then(|s| s.rsplit("-> ").next())
            .map_or("real", |r| r.split('[').next().unwrap_or("real"));
        for ((param, wanted), (arg, t)) in params.iter().zip(args.iter().zip(&tensors)) {
            let bad = *wanted == "logit"
                && !matches!(t.domain, Domain::Logit | Domain::Real)
                && !matches!(self.graph.nodes[t.node.0 as usize].op, Op::Const(_) | Op::Literal(_));
            if bad {
                let have = super::signature::display_domain(&t.domain);
                let message = format!("`{param}` takes logit, and this is {have}");
                let mut d = Diagnostic::new(&codes::DOMAIN, message).at(arg.span, super::signature::meaning(&t.domain));
                if let Some(help) = super::domain_help::help("logit", &t.domain) {
                    d = d.help(help);
                }
                self.report(frame, d);
                return None;
            }
        }
        let domain = match (map, result) {
            (Map::Max | Map::Min, _) => common(&[&tensors[0], &tensors[1]], self),
            (Map::Where, _) => common(&[&tensors[1], &tensors[2]], self),
            (_, "prob") => Domain::Prob,
            (_, "binary") => Domain::Binary,
            _ => Domain::Real,
        };
        self.map(map, &tensors, domain, frame, span).map(Value::Tensor)
    }
}

/// The domain that several tensors share, constants aside.
fn common(tensors: &[&Tensor], s: &Elaborator<'_>) -> Domain {
    let mut domains = tensors
        .iter()
        .filter(|t| !matches!(s.graph.nodes[t.node.0 as usize].op, Op::Const(_)))
        .map(|t| t.domain.clone());
    let first = domains.next().unwrap_or(Domain::Real);
    let keeps = !first.has_class_axis() && domains.all(|d| d == first);
    if keeps { first } else { Domain::Real }
}

/// Names and domains of a primitive's parameters, from its signature.
fn parameters(signature: &'static str) -> Vec<(&'static str, &'static str)> {
    let inside = signature.split_once('(').and_then(|(_, r)| r.split_once(") ->")).map_or("", |(i, _)| i);
    inside
        .split("], ")
        .filter_map(|p| p.split_once(": "))
        .map(|(name, ty)| (name, ty.split('[').next().unwrap_or("real")))
        .collect()
}

/// The result for arguments that are known numbers.
fn fold(row: &ops::Primitive, args: &[Argument]) -> Option<Value> {
    let mut numbers = Vec::new();
    for arg in args {
        match &arg.value {
            Value::Int(d, _) if d.is_batch() => return None,
            Value::Int(..) | Value::Number(_) => numbers.push(arg.value.as_number()),
            _ => return None,
        }
    }
    // Whole numbers stay whole where they can: `max(n, 8)` is an extent.
    if let [Value::Int(a, _), Value::Int(b, _)] = args.iter().map(|a| a.value.clone()).collect::<Vec<_>>().as_slice()
        && let (Some(x), Some(y)) = (a.constant(), b.constant())
        && let Some(n) = match row.name {
            "max" => Some(x.max(y)),
            "min" => Some(x.min(y)),
            "mod" if y > 0 => Some(x.rem_euclid(y)),
            _ => None,
        }
    {
        return Some(Value::Int(Dim::from(n), None));
    }
    let Some(known) = numbers.into_iter().collect::<Option<Vec<f64>>>() else {
        return Some(Value::Number(Known(None)));
    };
    let x = match (row.kernel, known.as_slice()) {
        (ops::Kernel::Unary(f), [x]) => f(*x),
        (ops::Kernel::Binary(f), [x, y]) => f(*x, *y),
        (ops::Kernel::Ternary(f), [x, y, z]) => f(*x, *y, *z),
        _ => return None,
    };
    Some(Value::number(x))
}
