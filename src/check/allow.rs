//! `# allow CODE: reason`: which warnings and notes a file silences, and where.

use std::sync::Arc;

use crate::diag::{Diagnostic, Problems, codes};
use crate::syntax::ast;
use crate::text::Span;

/// Codes that the file allows, with the text they are allowed in.
pub(super) fn allows(file: &ast::File, text: &str, problems: &mut Problems) -> Vec<(Arc<str>, Span)> {
    let mut found: Vec<(&ast::Allow, Span)> = Vec::new();
    for item in &file.items {
        found.extend(item.allows.iter().map(|a| (a, item.span)));
        if let ast::ItemKind::Def(def) = &item.kind {
            allows_of(&def.body, &mut found);
        }
    }
    for (allow, _) in &found {
        let code = &allow.code.text;
        let known = codes::ALL.iter().find(|c| *c.id == **code);
        let d = match known {
            Some(c) if c.severity == crate::diag::Severity::Error => {
                Diagnostic::new(&codes::UNKNOWN_NAME, format!("`{code}` is an error, which can't be allowed"))
                    .at(allow.code.span, "only warnings and notes can be")
                    .help("mend what it reports")
            }
            Some(_) => continue,
            None => {
                let quiet = codes::ALL.iter().filter(|c| c.severity != crate::diag::Severity::Error).map(|c| c.id);
                Diagnostic::new(&codes::UNKNOWN_NAME, format!("there is no code `{code}`"))
                    .at(allow.code.span, "silences nothing")
                    .suggest(allow.code.span, crate::text::closest(code, quiet))
            }
        };
        problems.push(d);
    }
    found.into_iter().map(|(a, span)| (a.code.text.clone(), with_its_line(span, text))).collect()
}

/// An entry with those that stand behind it in its first line: a comment above the line is about all of them.
fn with_its_line(span: Span, text: &str) -> Span {
    let rest = text.get(span.start as usize..).unwrap_or("");
    let line = rest.lines().next().map_or(0, str::len) as u32;
    Span { end: span.end.max(span.start + line), ..span }
}

fn allows_of<'a>(block: &'a ast::Block, out: &mut Vec<(&'a ast::Allow, Span)>) {
    for entry in &block.entries {
        out.extend(entry.allows.iter().map(|a| (a, entry.span)));
        match &entry.kind {
            ast::EntryKind::Group { body, .. } => allows_of(body, out),
            ast::EntryKind::Named { value, .. } | ast::EntryKind::Stage { value, .. } => {
                if let ast::ExprKind::WithBlock { block, .. } = &value.kind {
                    allows_of(block, out);
                }
            }
            _ => {}
        }
    }
}

/// Whether the file silences a warning or note at its place.
pub fn is_allowed(d: &Diagnostic, allowed: &[(Arc<str>, Span)]) -> bool {
    d.severity != crate::diag::Severity::Error
        && d.span().is_some_and(|at| {
            allowed.iter().any(|(code, span)| {
                **code == *d.code.id && span.file == at.file && span.start <= at.start && at.end <= span.end
            })
        })
}
