//! Every row of the tables of the data stage can be written in a program as its documentation says.

use nnrun::data::{KINDS, MISSING_CATEGORY, MISSING_NUMBER, Row, SOURCES, SPLITS, TRANSFORMS, Table};
use nnrun::text::{FileId, Source};

fn check<M>(rows: &Table<M>) {
    for Row { name, signature, doc, example, .. } in rows.0 {
        let source = Source::new(FileId(0), "signature", *signature);
        let parsed = nnrun::syntax::parse_signature(&source).unwrap_or_else(|| panic!("{signature}"));
        assert_eq!(&*parsed.name.text, *name, "{signature}");
        assert!(doc.ends_with('.') && !example.is_empty(), "{name}");
        assert!(example.contains(name), "{name} is not in its example");
        let text = format!("data d {{\n  {example}\n}}\n");
        let parsed = nnrun::syntax::parse(&Source::new(FileId(0), "example", text));
        assert!(!parsed.problems.has_errors(), "{example}: {:?}", parsed.problems);
    }
}

#[test]
fn rows_can_be_written() {
    check(&SOURCES);
    check(&KINDS);
    check(&TRANSFORMS);
    check(&SPLITS);
    check(&MISSING_NUMBER);
    check(&MISSING_CATEGORY);
}
