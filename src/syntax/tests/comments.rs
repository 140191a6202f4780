//! Where comments end up.

use super::parsed;
use crate::syntax::ast::{Def, EntryKind, File, ItemKind};

fn def(file: &File, index: usize) -> &Def {
    match &file.items[index].kind {
        ItemKind::Def(def) => def,
        other => panic!("no definition: {other:?}"),
    }
}

#[test]
fn documentation_goes_to_what_follows_or_precedes_it() {
    let text = "\
## Above,
##   indented.
hyper lr: real = 1e-3   ## and behind

# no documentation
layer Hidden(   ## opener of the list
  out: int,     ## units
  ## kept
  drop: real = 0.3
) {             ## of the layer
  ## first
  Linear(out); ReLU  ## second
  f: seq {  ## group
    Linear(1)
  }
  ## of nothing
}  ## end";
    let file = parsed(text).file;
    let item_docs: Vec<_> = file.items.iter().map(|i| i.doc.as_deref().unwrap_or("")).collect();
    assert_eq!(item_docs, ["Above,\n  indented.\nand behind", "end\nof the layer"]);
    let layer = def(&file, 1);
    let params: Vec<_> = layer.params[0].params.iter().map(|p| p.doc.as_deref().unwrap_or("")).collect();
    assert_eq!(params, ["units", "kept"]);
    let entries: Vec<_> = layer.body.entries.iter().map(|e| e.doc.as_deref().unwrap_or("")).collect();
    assert_eq!(entries, ["first", "second", "group"]);
    assert_eq!(file.comments.len(), 13);
    assert_eq!(&*file.comments[3].text, "# no documentation");
    assert!(file.comments[3].own_line && !file.comments[2].own_line);
}

#[test]
fn allow_lines_go_to_the_item_or_entry_below() {
    let text = "# allow W701: kept for later\nfn f(x) {\n  # allow everything that is good\n  # allow W702\n  let y = x\n  return x\n}";
    let file = parsed(text).file;
    let allow = &file.items[0].allows[0];
    assert_eq!((&*allow.code.text, &*allow.reason), ("W701", "kept for later"));
    assert_eq!(&text[allow.code.span.range()], "W701");
    let entries = &def(&file, 0).body.entries;
    let codes: Vec<_> = entries.iter().map(|e| e.allows.iter().map(|a| &*a.code.text).collect::<Vec<_>>()).collect();
    assert_eq!(codes, [vec!["W702"], vec![]]);
}

#[test]
fn a_hash_in_a_string_is_no_comment() {
    let file = parsed("print \"# not one\" # one").file;
    assert_eq!(file.comments.len(), 1);
}

#[test]
fn spans_are_exact() {
    let text = "\n# c\nlayer A(n: int)(x: real[n] ) -> real { # c\n  Linear( n ) when n > 1 # c\n  let y = ( x + 1 ) * 2  # c\n\n}  # c\n";
    let file = parsed(text).file;
    let slice = |span: crate::text::Span| &text[span.range()];
    let layer = def(&file, 0);
    assert!(slice(file.items[0].span).starts_with("layer") && slice(file.items[0].span).ends_with("\n}"));
    assert_eq!(slice(layer.span), "layer A(n: int)(x: real[n] ) -> real");
    assert_eq!(slice(layer.params[1].span), "(x: real[n] )");
    assert_eq!(layer.params[1].params[0].ty.as_ref().map(|t| slice(t.span)), Some("real[n]"));
    let entries = &layer.body.entries;
    assert_eq!(slice(entries[0].span), "Linear( n ) when n > 1");
    let EntryKind::Let { value, .. } = &entries[1].kind else { panic!("no let") };
    assert_eq!(slice(value.span), "( x + 1 ) * 2");
}

#[test]
fn documentation_above_a_blank_line_is_the_files_own() {
    let of = |text: &str| {
        let file = parsed(text).file;
        let item = file.items[0].doc.as_ref().map(|d| d.to_string());
        (file.doc.map(|d| d.to_string()), item)
    };
    let some = |text: &str| Some(text.to_string());
    assert_eq!(of("## A file.\n## Two lines.\n\nprint 1\n"), (some("A file.\nTwo lines."), None));
    assert_eq!(of("## A file.\n\n## One.\nprint 1\n"), (some("A file."), some("One.")));
    assert_eq!(of("## One.\nprint 1\n"), (None, some("One.")));
    assert_eq!(of("print 1\n\n## Two.\n\nprint 2\n"), (None, None));
}
