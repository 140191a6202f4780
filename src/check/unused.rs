//! Hypers, definitions and weights that nothing uses.

use crate::diag::{Diagnostic, Problems, codes};
use crate::syntax::ast;

use super::Used;
use super::program::Hyper;
use super::scope::DefinitionKind;
use super::world::World;

/// Hypers and definitions that nothing uses.
pub(super) fn unused(file: &ast::File, world: &World, hypers: &[Hyper], used: &Used, problems: &mut Problems) {
    for hyper in hypers.iter().filter(|h| !used.hypers.contains(&h.name)) {
        let d = Diagnostic::new(&codes::UNUSED, format!("the hyper `{}` is never used", hyper.name))
            .at(hyper.span, "changes nothing")
            .help("read it where its value is meant, or remove it");
        problems.push(d);
    }
    let runs = file.items.iter().any(|i| matches!(&i.kind, ast::ItemKind::Def(d) if &*d.kind.text == "train"));
    for definition in world.scope.own() {
        let read = used.definitions.contains(&definition.name);
        let model_of_library_file = definition.kind == DefinitionKind::Model && !runs;
        if !read && !model_of_library_file && definition.kind != DefinitionKind::Optimizer {
            let brought = world.scope.brought(&definition.name);
            let span = definition.def.name.as_ref().map_or(definition.def.kind.span, |n| n.span);
            let span = brought.unwrap_or(span);
            let d = Diagnostic::new(&codes::UNUSED, format!("`{}` is never used", definition.name))
                .at(span, "changes nothing")
                .help("use it, or remove it");
            problems.push(d);
        }
    }
}

/// Weights that nothing starts from or calls.
pub(super) fn unused_weights(world: &World, used: &Used, problems: &mut Problems) {
    let unused = world.saved.iter().filter(|(name, view)| view.path.is_some() && !used.definitions.contains(*name));
    for (name, view) in unused {
        let d = Diagnostic::new(&codes::UNUSED, format!("the weights `{name}` are never used"))
            .at(view.span, "changes nothing")
            .help(format!("start from them (`start = {name}`), or call them in a loss: `{name}(row)`"));
        problems.push(d);
    }
}
