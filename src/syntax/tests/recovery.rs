//! A mistake is reported once, where it is, and does not hide what stands around it.

use super::{parsed, problems, show};
use crate::syntax::{Completeness, complete};

#[track_caller]
fn check(text: &str, expected_problems: &[&str], expected_items: &[&str]) {
    assert_eq!(problems(text), expected_problems, "{text}");
    let items: Vec<String> = parsed(text).file.items.iter().map(show::item).collect();
    assert_eq!(items, expected_items, "{text}");
}

#[test]
fn each_bad_entry_is_reported() {
    check(
        "train {\n  loss = \n  optimizer = adam(lr = 1 2)\n  epochs = 3\n  let = 1\n}\nprint 1 1\nprint 2",
        &[
            "2:9 E101 a value is missing behind `=`",
            "3:27 E101 expected `,` or `)`, found the number `2`",
            "5:7 E101 expected a name, found `=`",
            "7:9 E101 expected `,` or the end of the line, found the number `1`",
        ],
        &["(train {ERROR ERROR (epochs = 3) ERROR})", "ERROR", "(print 2)"],
    );
}

#[test]
fn entries_of_inner_blocks_are_kept() {
    check(
        "model M(x: real) {\n  a: seq {\n    Linear(\n    ReLU\n    b c d\n  }\n  Linear(1)\n}",
        &["3:11 E102 `(` is never closed", "5:7 E101 `c` can't follow `b` like this"],
        &["(model M (x:real) {(a: seq {Linear() ReLU ERROR}) Linear(1)})"],
    );
}

#[test]
fn a_bad_header_does_not_hide_its_block() {
    check(
        "model M(x: real {\n  Linear(8\n}\nprint 1",
        &["1:8 E102 `(` is never closed", "2:9 E102 `(` is never closed"],
        &["ERROR", "(print 1)"],
    );
    check("model M(x: real -> prob {\n  a\n}", &["1:8 E102 `(` is never closed"], &["(model M (x:real) -> prob {a})"]);
}

#[test]
fn an_open_bracket_ends_at_the_next_item() {
    check(
        "model A(x: real) {\n  Linear(8)\n\ntrain { loss = bce }\nprint [1, 2\nprint 3",
        &["1:18 E102 `{` is never closed", "5:7 E102 `[` is never closed"],
        &["(model A (x:real) {Linear(8)})", "(train {(loss = bce)})", "(print [1 2])", "(print 3)"],
    );
}

#[test]
fn the_layout_tells_which_block_is_open() {
    check(
        "model A(x: real) {\n  f: seq {\n    Linear(8)\n  g: ReLU\n}\ntrain { }",
        &["2:10 E102 `{` is never closed"],
        &["(model A (x:real) {(f: seq {Linear(8) (g: ReLU)})})", "(train {})"],
    );
}

#[test]
fn lines_meant_for_an_open_list_are_not_reported() {
    check(
        "predict {\n  rows = [\n    (a = 1, b = 2),\n    (a = 2),\n  of = m\n}",
        &["2:10 E102 `[` is never closed"],
        &["(predict {(rows = []) (of = m)})"],
    );
}

#[test]
fn wrong_closers() {
    check("print f[3)\nprint 1", &["1:10 E101 `[` is closed with `)`"], &["(print f[3])", "(print 1)"]);
    check(
        "model A(x: real) {\n  Linear(8}\n  ReLU\n}",
        &["2:11 E101 `(` is closed with `}`"],
        &["(model A (x:real) {Linear(8) ReLU})"],
    );
    check(
        "train { a }\n}\nprint f(1))",
        &["2:1 E101 `}` closes nothing", "3:11 E101 `)` closes nothing"],
        &["(train {a})", "ERROR", "(print f(1))"],
    );
    check("fn f(x) { return p(seq { a ) }", &["1:24 E102 `{` is never closed"], &["(fn f (x) {(return p(seq {a}))})"]);
}

#[test]
fn open_strings() {
    check(
        "print csv(\"a)\ntrain { source = f(\"x }\nprint 1",
        &["1:11 E102 the string is not closed on its line", "2:20 E102 the string is not closed on its line"],
        &["(print csv(ERROR))", "(train {(source = f(ERROR))})", "(print 1)"],
    );
}

#[test]
fn an_expression_is_complete_when_its_brackets_are() {
    for text in ["", "1", "f(1)", "train { a }", "1 +", "f)", "\"(", "# (", "f(1 }"] {
        assert_eq!(complete(text), Completeness::Complete, "{text}");
    }
    for text in ["(", "f(1,", "train {", "train {\n  a", "[1 # )", "seq { Linear(8)\n"] {
        assert_eq!(complete(text), Completeness::Incomplete, "{text}");
    }
}
