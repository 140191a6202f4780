//! The examples in the prelude's documentation: models are applied, claims are drawn for and hold.

use crate::engine::program::Program;
use crate::engine::random::Key;
use crate::engine::reference::{self, Call};
use crate::prelude;
use crate::syntax::{self, ast};
use crate::types::{Axis, Domain};

use super::call::Site;
use super::elaborate::Elaborator;
use super::frame::Frame;
use super::golden_tests::{declared_input, told, world};
use super::scope::DefinitionKind;
use super::signature::Reading;
use super::value::{Argument, Distribution, DistributionKind, Tensor, Value};

/// An argument of a test as draws: as it says, yes or no, or one of the classes.
fn drawn(e: &mut Elaborator, param: &ast::Param, frame: &Frame) -> Option<Tensor> {
    let declared = declared_input(e, param, frame)?;
    let dims: Vec<Axis> = e.visible(&declared);
    let number = |x: f64| Box::new(Value::number(x));
    let span = param.span;
    let plain = |kind, a, b| Distribution { kind, a: number(a), b: number(b), dims: dims.clone(), span };
    let distribution = match (&param.draw, &declared.domain) {
        (Some(draw), _) => match e.eval(draw, frame) {
            Value::Distribution(d) => Distribution { dims: dims.clone(), ..d },
            _ => return None,
        },
        (None, Domain::LabelOf(k)) => plain(DistributionKind::Uniform, 0.0, k.constant()? as f64),
        (None, _) => plain(DistributionKind::Bernoulli, 0.5, 1.0),
    };
    let t = e.sample(&distribution, true, crate::engine::random::hash_name(&param.name.text), frame)?;
    let whole = matches!(declared.domain, Domain::LabelOf(_)).then_some(crate::engine::graph::Map::Floor);
    match whole {
        Some(floor) => e.map(floor, &[t], declared.domain, frame, span),
        None => Some(Tensor { domain: declared.domain, ..t }),
    }
}

/// What is wrong with the claims of a test.
fn claims(e: &mut Elaborator, def: &ast::Def) -> Vec<String> {
    let mut frame = (*e.root()).clone();
    for param in def.params.iter().flat_map(|l| &l.params) {
        let Some(t) = drawn(e, param, &frame) else { return vec![format!("`{}` can't be drawn", param.name.text)] };
        frame.values.insert(param.name.text.clone(), Value::Tensor(t));
    }
    let mut wrong = Vec::new();
    for entry in &def.body.entries {
        let ast::EntryKind::Stage { value, .. } = &entry.kind else { return vec!["no claim".into()] };
        match e.eval(value, &frame) {
            Value::Bool(Some(true)) => {}
            Value::Tensor(t) => wrong.extend(fails(e, &t)),
            other => wrong.push(format!("a claim is {}", other.kind())),
        }
    }
    wrong
}

/// Whether the claim fails for one of 100 draws.
fn fails(e: &Elaborator, claim: &Tensor) -> Option<String> {
    let program = Program { graph: e.graph.clone(), outputs: vec![claim.node], ..Program::default() };
    let mut call: Call<f64> = Call { rows: 100, key: Key(9), inputs: &[], scalars: &[], arena: &mut [] };
    let outcome = match reference::run(&program, &mut call) {
        Ok(outcome) => outcome,
        Err(fault) => return Some(fault.to_string()),
    };
    let held = outcome.outputs[0].iter().filter(|x| **x == 1.0).count();
    (held != outcome.outputs[0].len()).then(|| format!("held {held} times of {}", outcome.outputs[0].len()))
}

fn check(entry: &prelude::Entry) -> Vec<String> {
    let text = entry.example();
    if text.contains("train {") {
        return vec![]; // whole runs are not this stage's
    }
    let world = world(&text);
    let mut e = Elaborator::new(&world, true);
    let root = e.root();
    let mut wrong = Vec::new();
    for model in world.scope.own().filter(|d| d.kind == DefinitionKind::Model) {
        let span = model.def.span;
        let site = Site { caller: &root, span, reading: Reading::Free };
        let params = &model.input().unwrap().params;
        let inputs: Vec<Tensor> = params.iter().map(|p| declared_input(&mut e, p, &root).unwrap()).collect();
        let args = inputs.into_iter().map(|t| Argument { name: None, value: Value::Tensor(t), span }).collect();
        if e.apply(model, vec![], args, Some("".into()), false, site).is_none() {
            wrong.push("the model gives nothing".into());
        }
    }
    let source = crate::text::Sources::default().add("example.nn", text);
    for item in syntax::parse(&source).file.items {
        match item.kind {
            ast::ItemKind::Def(def) if &*def.kind.text == "test" => wrong.extend(claims(&mut e, &def)),
            ast::ItemKind::Print(values) => {
                wrong.extend(values.iter().filter(|v| !prints(&mut e, v)).map(|_| "nothing to print".to_string()));
            }
            _ => {}
        }
    }
    if !e.problems.is_empty() {
        wrong.push(told(&e));
    }
    wrong
}

/// Whether an expression is something that can be printed.
fn prints(e: &mut Elaborator, expr: &ast::Expr) -> bool {
    let root = e.root();
    let value = e.eval(expr, &root);
    e.to_tensor(value, &root, expr.span).is_some()
}

#[test]
fn examples_of_the_prelude_hold() {
    let mut told = Vec::new();
    for entry in prelude::ENTRIES {
        told.extend(check(entry).into_iter().map(|p| format!("{}: {p}", entry.name)));
    }
    assert!(told.is_empty(), "{} problems\n{}", told.len(), told.join("\n"));
}
