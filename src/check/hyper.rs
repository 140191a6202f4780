//! `hyper` items: numbers and choices that the command line can change.

use std::sync::Arc;

use crate::diag::{Diagnostic, Problems, codes};
use crate::syntax::{self, ast, ast::TypeKind};
use crate::text::{FileId, Source, closest};

use super::Overrides;
use super::elaborate::Elaborator;
use super::frame::Frame;
use super::program::Hyper;
use super::signature::Reading;
use super::value::Value;
use super::world::World;

/// Flags of the command line, which no hyper may be called.
const FLAGS: [&str; 11] =
    ["seed", "threads", "out", "timing", "probes", "json", "quiet", "help", "version", "deny", "resume"];

pub(super) fn hypers(
    file: &ast::File,
    world: &mut World,
    overrides: &Overrides,
    problems: &mut Problems,
) -> Vec<Hyper> {
    let mut out: Vec<Hyper> = Vec::new();
    let sources = world.scope.sources();
    for item in &file.items {
        let ast::ItemKind::Hyper { name, ty, default } = &item.kind else { continue };
        if out.iter().any(|h| h.name == name.text) {
            let message = format!("the hyper `{}` is defined twice", name.text);
            problems.push(Diagnostic::new(&codes::DUPLICATE, message).at(name.span, "defined again"));
            continue;
        }
        if FLAGS.contains(&&*name.text) {
            let message = format!("a hyper can't be called `{}`: `--{0}` is a flag of nnrun", name.text);
            problems.push(Diagnostic::new(&codes::DUPLICATE, message).at(name.span, "choose another name"));
            world.hypers.insert(name.text.clone(), super::value::Value::Error);
            continue;
        }
        let wanted = match &ty.kind {
            TypeKind::Named { path, .. } if path.len() == 1 => path[0].text.clone(),
            _ => "".into(),
        };
        if !matches!(&*wanted, "int" | "real" | "bool" | "text") {
            let d = Diagnostic::new(&codes::WRONG_KIND, "a hyper is `int`, `real`, `bool` or `text`")
                .at(ty.span, "another type")
                .suggest(
                    ty.span,
                    match &*wanted {
                        "float" | "double" | "number" => Some("real"),
                        "integer" => Some("int"),
                        "str" | "string" => Some("text"),
                        other => closest(other, ["int", "real", "bool", "text"]),
                    },
                );
            problems.push(d);
            world.hypers.insert(name.text.clone(), super::value::Value::Error);
            continue;
        }
        let given = overrides.iter().rev().find(|(n, _)| flag_name(n) == flag_name(&name.text)).map(|(_, v)| v);
        let mut e = Elaborator::new(world, false);
        let frame = Frame::default();
        let value = match given {
            Some(text) => given_value(&mut e, text, &wanted, name, &frame),
            None => Some((e.eval(default, &frame), default.span)),
        };
        let mut callee = Frame::default();
        let fitted =
            value.and_then(|(value, span)| e.fit(ty, value, span, &name.text, &mut callee, &frame, Reading::Free));
        // The default must be sound too, also where a flag replaces it.
        if given.is_some() {
            let value = e.eval(default, &frame);
            e.fit(ty, value, default.span, &name.text, &mut Frame::default(), &frame, Reading::Free);
        }
        let fitted = fitted.filter(|value| {
            // A tensor would belong to a graph that ends here.
            let plain = !matches!(value, Value::Tensor(_));
            if !plain {
                let message = format!("`{}` must be a plain value of type {wanted}", name.text);
                let d = Diagnostic::new(&codes::WRONG_KIND, message).at(name.span, "declared here");
                e.report(&frame, d.help("write one number, or one of `true` and `false` for a `bool`"));
            }
            plain
        });
        match given {
            Some(text) => e.problems.sorted().into_iter().for_each(|d| problems.push(by_flag(d, &name.text, text))),
            None => problems.extend(e.problems),
        }
        let value = fitted.unwrap_or(Value::Error);
        world.hypers.insert(name.text.clone(), value);
        out.push(Hyper {
            name: name.text.clone(),
            ty: sources.slice(ty.span).to_string(),
            default: sources.slice(default.span).to_string(),
            value: given.cloned().unwrap_or_else(|| sources.slice(default.span).to_string()),
            doc: item.doc.clone(),
            span: name.span,
        });
    }
    for (name, _) in overrides {
        if !out.iter().any(|h| flag_name(&h.name) == flag_name(name)) {
            let names: Vec<Arc<str>> = out.iter().map(|h| h.name.clone()).collect();
            let mut d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("the file has no hyper `{name}` for `--{name}`"));
            d = match closest(name, names.iter().map(|n| &**n).chain(FLAGS)) {
                Some(c) => d.help(format!("did you mean `--{c}`?")),
                None if names.is_empty() => d.help("it has none: `hyper name: real = 1.0` declares one"),
                None => d.help(format!("it has {}", names.join(", "))),
            };
            problems.push(d);
        }
    }
    out
}

/// What is wrong with a hyper whose value stands on the command line.
fn by_flag(d: Diagnostic, name: &str, text: &str) -> Diagnostic {
    d.help(format!("the command line says `--{name} {text}`"))
}

/// `--max-depth` is `max_depth`.
fn flag_name(name: &str) -> String {
    name.replace('-', "_")
}

fn given_value(
    e: &mut Elaborator<'_>,
    text: &str,
    wanted: &str,
    name: &ast::Ident,
    frame: &Frame,
) -> Option<(Value, crate::text::Span)> {
    if wanted == "text" {
        return Some((Value::Text(text.into()), name.span));
    }
    let source = Source::new(FileId(u32::MAX), "command line", text);
    let (expr, problems) = syntax::parse_expr(&source);
    if problems.has_errors() {
        let d = Diagnostic::new(&codes::WRONG_KIND, format!("`--{} {text}` is no value of type {wanted}", name.text))
            .at(name.span, "declared here");
        e.report(frame, d);
        return None;
    }
    Some((e.eval(&expr, frame), name.span))
}
