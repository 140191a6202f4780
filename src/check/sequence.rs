//! Bodies: sequences of stages, and statements that end in `return`.

use std::rc::Rc;
use std::sync::Arc;

use crate::diag::{Diagnostic, codes};
use crate::engine::random::hash_name;
use crate::syntax::ast::{self, Entry, EntryKind, Selector};
use crate::text::Span;

use super::call::Site;
use super::elaborate::{Elaborator, LayerRow};
use super::frame::Frame;
use super::scope::DefinitionKind;
use super::signature::Reading;
use super::value::{Argument, Join, Layer, LayerKind, Tensor, Value};

impl Elaborator<'_> {
    /// Applies a layer to its inputs.
    pub(super) fn apply_layer(&mut self, layer: &Rc<Layer>, args: Vec<Argument>, site: Site) -> Option<Value> {
        let path = layer.path.clone();
        match &layer.kind {
            LayerKind::Identity => args.into_iter().next().map(|a| a.value),
            LayerKind::Function(f) => {
                let value = self.call_value((**f).clone(), args, site.caller, site.span, Reading::Free);
                (!value.is_error()).then_some(value)
            }
            LayerKind::Definition { definition, config } => {
                self.apply(&definition.clone(), config.clone(), args, path, layer.frozen, site)
            }
            LayerKind::Sequence { block, frame } => {
                let mut inner = self.block_frame(frame, path, layer, site);
                let input = self.block_input(args, site)?;
                self.sequence(block, input, &mut inner)
            }
            LayerKind::Repeat { block, frame, times } => {
                let mut value = self.block_input(args, site)?;
                for i in 0..*times {
                    let path = path.as_ref().map(|p| join(p, &i.to_string()));
                    let mut inner = self.block_frame(frame, path, layer, site);
                    value = self.sequence(block, value, &mut inner)?;
                }
                Some(value)
            }
            LayerKind::Parallel { block, frame, join } => {
                let input = self.block_input(args, site)?;
                let inner = self.block_frame(frame, path, layer, site);
                self.parallel(block, input, &inner, *join, site)
            }
        }
    }

    fn block_input(&mut self, args: Vec<Argument>, site: Site) -> Option<Value> {
        match args.as_slice() {
            [one] => Some(Value::Tensor(self.stage_input(one, site)?)),
            _ => {
                self.fail(
                    site.caller,
                    &codes::ARITY,
                    site.span,
                    "a sequence of layers takes one input",
                    "applied here",
                );
                None
            }
        }
    }

    /// The names of a block are those of where it was written; path and batch are those of where it is applied.
    fn block_frame(&self, written: &Rc<Frame>, path: Option<Arc<str>>, layer: &Layer, site: Site) -> Frame {
        let path = path.or_else(|| site.caller.path.clone());
        Frame {
            frozen: site.caller.frozen || layer.frozen || self.is_frozen(path.as_ref()),
            path,
            definition: written.definition.clone(),
            names_batch: written.names_batch,
            has_batch: written.has_batch || site.caller.has_batch,
            training: self.training,
            call_site: match &written.definition {
                Some(d) if d.library => site.caller.call_site,
                _ => None,
            },
            parent: Some(written.clone()),
            ..Frame::default()
        }
    }

    fn parallel(&mut self, block: &ast::Block, input: Value, frame: &Frame, join: Join, site: Site) -> Option<Value> {
        let mut results = Vec::new();
        for (i, entry) in block.entries.iter().enumerate() {
            let (label, value, when) = stage_of(entry)?;
            if !self.is_there(when, frame)? {
                continue;
            }
            let part = label.map_or_else(|| i.to_string(), |n| n.text.to_string());
            let path = frame.path_of(&part);
            results.push(self.stage(value, input.clone(), path, frame)?);
        }
        let mut results = results.into_iter();
        let Some(first) = results.next() else {
            self.fail(frame, &codes::MISSING, block.span, "`parallel` has no layers", "add one entry for each branch");
            return None;
        };
        match join {
            Join::Sum => results.try_fold(first, |sum, next| {
                let value = self.binary(ast::BinaryOp::Add, (sum, site.span), (next, site.span), frame, site.span);
                (!value.is_error()).then_some(value)
            }),
            Join::Concat => {
                let all: Vec<Argument> = std::iter::once(first)
                    .chain(results)
                    .map(|value| Argument { name: None, value, span: site.span })
                    .collect();
                let value = self.builtin("concat", all, frame, site.span, Reading::Free);
                (!value.is_error()).then_some(value)
            }
        }
    }

    /// Each stage receives what the one before gave.
    pub(super) fn sequence(&mut self, block: &ast::Block, input: Value, frame: &mut Frame) -> Option<Value> {
        let mut value = input;
        for (i, entry) in block.entries.iter().enumerate() {
            let (label, stage, when) = match (stage_of(entry), &entry.kind) {
                (Some(stage), _) => stage,
                (None, kind) => {
                    self.not_a_stage(entry, frame);
                    match kind {
                        // Meant as a named layer.
                        EntryKind::Setting { key, value, .. } => (Some(key), value, None),
                        _ => return None,
                    }
                }
            };
            let part = match label {
                Some(name) => name.text.to_string(),
                None => i.to_string(),
            };
            if self.is_there(when, frame)? {
                let path = frame.path_of(&part);
                let layers = self.layers.len();
                value = match self.stage(stage, value, path.clone(), frame) {
                    Some(value) => value,
                    None => {
                        self.name_stages(&block.entries[i + 1..], frame);
                        return None;
                    }
                };
                if self.layers.len() == layers {
                    self.note_stage(stage, &value, path);
                }
            }
        }
        Some(value)
    }

    /// Remembers a function's result by its place in the sequence.
    fn note_stage(&mut self, stage: &ast::Expr, value: &Value, path: Arc<str>) {
        let callee = match &stage.kind {
            ast::ExprKind::Call { callee, .. } => callee,
            _ => stage,
        };
        let (Value::Tensor(t), ast::ExprKind::Name(name)) = (value, &callee.kind) else { return };
        let row = LayerRow {
            path,
            layer: name.text.clone(),
            depth: self.depth + 1,
            output: self.describe(t),
            node: Some(t.node),
            span: stage.span,
        };
        self.stages.push(row);
    }

    /// Whether an entry with this `when` is there; `None` if that is not known.
    fn is_there(&mut self, when: Option<&ast::Expr>, frame: &Frame) -> Option<bool> {
        match when {
            None => Some(true),
            Some(cond) => self.condition(cond, frame)?,
        }
    }

    /// Looks at the names and arguments of a sequence's stages, without an input.
    pub(super) fn name_stages(&mut self, entries: &[Entry], frame: &Frame) {
        for (_, stage, _) in entries.iter().filter_map(stage_of) {
            let _ = self.stage_value(stage, frame);
        }
    }

    fn not_a_stage(&mut self, entry: &Entry, frame: &Frame) {
        let (what, help) = match &entry.kind {
            EntryKind::Let { .. } | EntryKind::LetDraw { .. } => (
                "`let` has no place in a sequence",
                "in a sequence each line receives what the one before gave; a body that names values ends with `return`",
            ),
            EntryKind::Setting { key, .. } => {
                let written = self.world.scope.sources().slice(key.span).to_string();
                let d = Diagnostic::new(&codes::NOT_A_VALUE, format!("`{written} = …` names no layer"))
                    .at(entry.span, "`=` sets a value");
                let d = match written.starts_with("self.") {
                    true => d.help(format!("a layer is named with a colon, and there is no `self`: `{}: …`", key.text)),
                    false => d.help(format!("a layer is named with a colon: `{}: …`", key.text)),
                };
                let d = match self.setting_fix(entry, key) {
                    Some(equals) => {
                        d.fix("write a colon", Span { start: key.span.start, ..equals }, format!("{}:", key.text))
                    }
                    None => d,
                };
                self.report(frame, d);
                return;
            }
            EntryKind::Error => return,
            _ => ("this is no layer of a sequence", "a body that computes ends with `return`"),
        };
        let d = Diagnostic::new(&codes::NOT_A_VALUE, what).at(entry.span, "not a layer").help(help);
        self.report(frame, d);
    }

    /// Does an expression compute with values of the body, so that it can't be a layer?
    fn computes(&self, value: &ast::Expr, frame: &Frame) -> bool {
        match &value.kind {
            ast::ExprKind::Name(name) => matches!(frame.lookup(&name.text), Some(Value::Tensor(_))),
            ast::ExprKind::Call { args, .. } => args.iter().any(|arg| self.computes(&arg.value, frame)),
            ast::ExprKind::Binary { .. } | ast::ExprKind::Pipe { .. } => true,
            _ => false,
        }
    }

    /// `x = relu(fc(x))`
    fn value_without_let(&mut self, entry: &Entry, key: &ast::Ident, frame: &Frame) {
        let again = frame.lookup(&key.text).is_some();
        let d = Diagnostic::new(&codes::NOT_A_VALUE, format!("`{} = …` sets nothing in a body", key.text))
            .at(entry.span, "a value without `let`");
        let d = match again {
            true => d.help(format!("a value keeps its name: give the new one its own, `let {}2 = …`", key.text)),
            false => d.help(format!("a value gets its name by `let {} = …`", key.text)).fix(
                "write `let`",
                Span { end: key.span.start, ..key.span },
                "let ",
            ),
        };
        self.report(frame, d);
    }

    /// The place of the `=` behind a key.
    fn setting_fix(&self, entry: &Entry, key: &ast::Ident) -> Option<Span> {
        let sources = self.world.scope.sources();
        let text = sources.slice(Span { start: key.span.end, ..entry.span });
        let at = text.find('=')? as u32 + key.span.end;
        // The blank before it goes too: `name: Layer`.
        Some(Span { start: key.span.end, end: at + 1, ..entry.span })
    }

    /// One stage: a layer at its path, or a function of one tensor.
    fn stage(&mut self, stage: &ast::Expr, input: Value, path: Arc<str>, frame: &Frame) -> Option<Value> {
        let value = self.stage_value(stage, frame);
        let argument = Argument { name: None, value: input, span: stage.span };
        let site = Site { caller: frame, span: stage.span, reading: Reading::Free };
        let value = match value {
            Value::Error => return None,
            Value::Absent => return Some(argument.value),
            Value::Definition(d) if matches!(d.kind, DefinitionKind::Layer | DefinitionKind::Model) => {
                let config = self.configure(&d, vec![], site)?;
                self.apply(&d, config, vec![argument], Some(path), false, site)?
            }
            Value::Layer(l) => {
                let placed = match &l.path {
                    Some(_) => l,
                    None => Rc::new(Layer { path: Some(path), ..(*l).clone() }),
                };
                self.apply_layer(&placed, vec![argument], site)?
            }
            function @ (Value::Definition(_) | Value::Builtin(_) | Value::Partial(_)) => {
                self.call_value(function, vec![argument], frame, stage.span, Reading::Free)
            }
            other => {
                let message = format!("a stage is a layer or a function of one tensor, and this is {}", other.kind());
                let mut d = Diagnostic::new(&codes::WRONG_KIND, message).at(stage.span, "not a layer");
                if let Value::Text(text) = &other {
                    d = super::expr::unquoted(d, text, stage.span);
                }
                self.report(frame, d);
                return None;
            }
        };
        (!value.is_error()).then_some(value)
    }

    /// A stage's layer or function; keywords given to a function are kept for its call.
    fn stage_value(&mut self, stage: &ast::Expr, frame: &Frame) -> Value {
        if let ast::ExprKind::Call { callee, args } = &stage.kind
            && let ast::ExprKind::Name(n) = &callee.kind
            && !matches!(&*n.text, "frozen" | "classes")
        {
            let function = self.eval(callee, frame);
            if super::expr::is_function(&function) {
                let args = self.arguments(args, frame);
                let takes_one = match &function {
                    Value::Definition(d) => d.def.params.first().is_some_and(|list| list.params.len() == 1),
                    _ => false,
                };
                // `relu(x)`, as it is written where values flow by themselves.
                let given = args.iter().find(|a| a.name.is_none() && matches!(a.value, Value::Tensor(_)));
                if let Some(given) = given.filter(|_| takes_one) {
                    let message = format!("in a sequence `{}` gets what the line before gave", n.text);
                    let d = Diagnostic::new(&codes::ARITY, message).at(given.span, "given once more").fix(
                        format!("write `{}`", n.text),
                        stage.span,
                        n.text.to_string(),
                    );
                    return self.report(frame, d);
                }
                return super::expr::partial(function, args, stage.span);
            }
            if function.is_error() {
                return Value::Error;
            }
        }
        self.eval(stage, frame)
    }

    /// `let`, named layers, parameters, assignments, and the `return` at the end.
    pub(super) fn statements(&mut self, block: &ast::Block, frame: &mut Frame) -> Option<Value> {
        let mut result = None;
        let mut sound = true;
        for entry in &block.entries {
            if result.is_some() {
                self.fail(frame, &codes::NOT_A_VALUE, entry.span, "nothing runs after `return`", "never reached");
                break;
            }
            match &entry.kind {
                EntryKind::Let { name, value } => {
                    let v = self.eval(value, frame);
                    sound &= !v.is_error();
                    if let Value::Layer(_) = v {
                        let d = Diagnostic::new(&codes::NOT_A_VALUE, "`let` binds values, never layers")
                            .at(value.span, "a layer")
                            .help(format!("write `{}: …` without `let`: the name is the layer's path", name.text));
                        self.report(frame, d);
                        sound = false;
                    }
                    frame.values.insert(name.text.clone(), v);
                }
                EntryKind::LetDraw { name, dist } => {
                    let v = self.draw(name, dist, frame);
                    sound &= v.is_some();
                    frame.values.insert(name.text.clone(), v.map_or(Value::Error, Value::Tensor));
                }
                EntryKind::Slot { kind, name, ty, init, when } => {
                    let v = self.declare(*kind, name, ty.as_ref(), init.as_ref(), when.as_ref(), frame);
                    sound &= v.is_some();
                    if let Some(switch @ Value::Bool(_)) = frame.values.get(&name.text) {
                        frame.switches.insert(name.text.clone(), switch.clone());
                    }
                    frame.values.insert(name.text.clone(), v.unwrap_or(Value::Error));
                }
                EntryKind::Named { target: false, names, value, when } => {
                    if frame.definition.as_ref().is_some_and(|d| d.kind == DefinitionKind::Function && !d.library) {
                        let d = Diagnostic::new(&codes::NOT_A_VALUE, "a function is pure: layers belong to a `layer`")
                            .at(entry.span, "a layer, which has weights")
                            .help("make it a `layer`, with its input in a list of its own: `layer Name()(x: real[n]) { … }`");
                        self.report(frame, d);
                        return None;
                    }
                    if self.named_layers(names, value, when.as_ref(), frame).is_none() {
                        sound = false;
                        for name in names {
                            if let Selector::Name(name) = name {
                                frame.values.insert(name.text.clone(), Value::Error);
                            }
                        }
                    }
                }
                EntryKind::Assign { name, value, when } => {
                    sound &= self.assign(name, value, when.as_ref(), frame).is_some();
                }
                EntryKind::Return(value) => {
                    let v = self.eval(value, frame);
                    sound &= !v.is_error();
                    result = Some(v);
                }
                EntryKind::Stage { value, .. } => {
                    let d = Diagnostic::new(&codes::NOT_A_VALUE, "an unnamed stage in a body that returns")
                        .at(value.span, "nothing flows into it")
                        .help("a body with `return` says itself how values flow: name the layer (`fc: Linear(8)`) and use the name");
                    self.report(frame, d);
                    sound = false;
                }
                EntryKind::Setting { key, value, .. } => {
                    sound = false;
                    if self.computes(value, frame) {
                        self.value_without_let(entry, key, frame);
                        let value = self.eval(value, frame);
                        frame.values.insert(key.text.clone(), value);
                        continue;
                    }
                    self.not_a_stage(entry, frame);
                    // Meant as a named layer.
                    let names = [Selector::Name(key.clone())];
                    if self.named_layers(&names, value, None, frame).is_none() {
                        frame.values.insert(key.text.clone(), Value::Error);
                    }
                }
                EntryKind::Error => sound = false,
                _ => {
                    self.fail(frame, &codes::NOT_A_VALUE, entry.span, "this has no place in a body", "not a statement");
                    sound = false;
                }
            }
        }
        let is_optimizer = frame.definition.as_ref().is_some_and(|d| d.kind == DefinitionKind::Optimizer);
        match result {
            Some(v) if sound => Some(v),
            None if sound && is_optimizer => Some(Value::Absent),
            _ => None,
        }
    }

    fn named_layers(
        &mut self,
        names: &[Selector],
        value: &ast::Expr,
        when: Option<&ast::Expr>,
        frame: &mut Frame,
    ) -> Option<()> {
        let there = match when {
            None => Some(true),
            Some(cond) => self.condition(cond, frame)?,
        };
        for name in names {
            let Selector::Name(name) = name else {
                self.fail(frame, &codes::NOT_A_VALUE, name.span(), "a layer has a plain name", "not a name");
                return None;
            };
            let v = match there {
                // Not known yet: what it gives is not known either.
                None => Value::Error,
                Some(false) => Value::Absent,
                Some(true) => {
                    let v = self.eval(value, frame);
                    match self.fit_layer(v, value.span, &name.text, frame)? {
                        Value::Layer(l) => {
                            let path = Some(frame.path_of(&name.text));
                            Value::Layer(Rc::new(Layer { path, ..(*l).clone() }))
                        }
                        _ => return None,
                    }
                }
            };
            frame.values.insert(name.text.clone(), v);
        }
        Some(())
    }

    /// `let keep ~ bernoulli(p)[*S]`: one draw for each element of each example.
    fn draw(&mut self, name: &ast::Ident, dist: &ast::Expr, frame: &mut Frame) -> Option<Tensor> {
        if frame.definition.as_ref().is_some_and(|d| d.kind == DefinitionKind::Function) {
            self.fail(
                frame,
                &codes::NOT_A_VALUE,
                name.span,
                "a function is pure: it draws nothing",
                "drawn here; make it a `layer`",
            );
            return None;
        }
        let batched = frame.has_batch && !frame.names_batch;
        let stream = hash_name(&frame.path_of(&name.text));
        match self.eval(dist, frame) {
            Value::Distribution(d) => self.sample_each_step(&d, batched, stream, frame),
            Value::Error => None,
            other => {
                let message = format!("`~` draws from a distribution, and this is {}", other.kind());
                let d = Diagnostic::new(&codes::WRONG_KIND, message).at(dist.span, "not a distribution").help(
                    "there are `uniform(a, b)`, `normal(mean, std)`, `truncated_normal(mean, std)`, `bernoulli(p)`",
                );
                self.report(frame, d);
                None
            }
        }
    }
}

/// An entry as a stage: its name, the layer, its condition.
fn stage_of(entry: &Entry) -> Option<(Option<&ast::Ident>, &ast::Expr, Option<&ast::Expr>)> {
    match &entry.kind {
        EntryKind::Stage { value, when } => Some((None, value, when.as_ref())),
        EntryKind::Named { target: false, names, value, when } => match names.as_slice() {
            [Selector::Name(name)] => Some((Some(name), value, when.as_ref())),
            _ => None,
        },
        _ => None,
    }
}

fn join(path: &str, part: &str) -> Arc<str> {
    format!("{path}.{part}").into()
}
