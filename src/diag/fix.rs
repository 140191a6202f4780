//! Applies the certain fixes of diagnostics to a text: what `nnrun fix` does.

use super::{Diagnostic, Edit, Fix};
use crate::text::FileId;

/// The outcome of [`apply`].
#[derive(Debug, PartialEq, Eq)]
pub struct Fixed {
    pub text: String,
    /// Titles of the fixes that were applied, in order of the diagnostics.
    pub applied: Vec<String>,
    /// Fixes left out because they touch what another one changes, or a place outside of the text: a second round may do them.
    pub left: usize,
}

/// Applies the first fix of each diagnostic to the text of `file`, as far as they do not touch each other.
///
/// A fix counts as a whole: all its edits are made or none. Fixes that edit other files are not looked at.
pub fn apply(text: &str, file: FileId, diagnostics: &[Diagnostic]) -> Fixed {
    let mut taken: Vec<&Edit> = Vec::new();
    let mut applied = Vec::new();
    let mut left = 0;
    let of_file = |fix: &&Fix| !fix.edits.is_empty() && fix.edits.iter().all(|e| e.span.file == file);
    for fix in diagnostics.iter().filter_map(|d| d.fixes.first()).filter(of_file) {
        if fix.edits.iter().all(|e| taken.contains(&e)) {
            continue;
        }
        let mut all = taken.clone();
        all.extend(&fix.edits);
        if sound(text, &mut all) {
            taken = all;
            applied.push(fix.title.clone());
        } else {
            left += 1;
        }
    }
    Fixed { text: replace(text, &taken), applied, left }
}

/// Sorts the edits by place; whether all lie in the text, on character boundaries, and apart from each other.
fn sound(text: &str, edits: &mut [&Edit]) -> bool {
    edits.sort_by_key(|e| (e.span.start, e.span.end));
    let inside = edits.iter().all(|e| text.get(e.span.range()).is_some());
    // Two insertions at one place have no order, so they count as touching.
    let apart = edits.windows(2).all(|w| w[0].span.end <= w[1].span.start && w[0].span.start < w[1].span.start);
    inside && apart
}

fn replace(text: &str, sorted: &[&Edit]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in sorted {
        out.push_str(text.get(at..edit.span.start as usize).unwrap_or(""));
        out.push_str(&edit.text);
        at = edit.span.end as usize;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::codes;
    use crate::text::Span;

    const FILE: FileId = FileId(0);

    fn fixing(edits: &[(usize, usize, &str)]) -> Diagnostic {
        let edit = |(start, end, text): &(usize, usize, &str)| Edit {
            span: Span::new(FILE, *start, *end),
            text: text.to_string(),
        };
        let mut diagnostic = Diagnostic::new(&codes::SYNTAX, "");
        diagnostic.fixes = vec![Fix { title: "fix it".into(), edits: edits.iter().map(edit).collect() }];
        diagnostic
    }

    #[test]
    fn applies_what_does_not_touch_whatever_the_order() {
        let fixes = [fixing(&[(8, 13, "sigmoid")]), fixing(&[(0, 5, "print"), (14, 14, "-")])];
        let fixed = apply("prnit(  sigmd)1", FILE, &fixes);
        assert_eq!(fixed.text, "print(  sigmoid)-1");
        assert_eq!((fixed.applied.len(), fixed.left), (2, 0));
    }

    #[test]
    fn a_fix_is_made_whole_or_not_at_all() {
        let fixes = [fixing(&[(2, 4, "X")]), fixing(&[(0, 1, "Y"), (3, 5, "Z")]), fixing(&[(5, 6, "W")])];
        let fixed = apply("abcdef", FILE, &fixes);
        assert_eq!(fixed, Fixed { text: "abXeW".into(), applied: vec!["fix it".into(); 2], left: 1 });
    }

    #[test]
    fn the_same_fix_twice_is_made_once() {
        let fixes = [fixing(&[(0, 1, "X")]), fixing(&[(0, 1, "X")])];
        assert_eq!(apply("ab", FILE, &fixes), Fixed { text: "Xb".into(), applied: vec!["fix it".into()], left: 0 });
    }

    #[test]
    fn places_outside_the_text_and_other_files_change_nothing() {
        let mut other = fixing(&[(0, 1, "X")]);
        other.fixes[0].edits[0].span.file = FileId(1);
        for bad in [fixing(&[(1, 9, "X")]), fixing(&[(1, 2, "X")]), other] {
            assert_eq!(apply("é!", FILE, &[bad]).text, "é!");
        }
    }
}
