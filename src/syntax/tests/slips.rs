//! What is said about common slips, and that the fixes work.

use super::{problems, source};
use crate::syntax::parse;

/// The text with all fixes of its problems applied.
fn fixed(text: &str) -> String {
    let problems = parse(&source(text)).problems.sorted();
    let mut edits: Vec<_> = problems.into_iter().flat_map(|p| p.fixes).flat_map(|fix| fix.edits).collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    let mut text = text.to_string();
    for edit in edits {
        text.replace_range(edit.span.range(), &edit.text);
    }
    text
}

#[test]
fn slips_with_a_certain_fix() {
    let cases = [
        (
            "train { loss = bce, epochs = 3 }",
            "train { loss = bce; epochs = 3 }",
            "entries are separated by line breaks or `;`, not by commas",
        ),
        (
            "train {\n  loss = bce,\n}",
            "train {\n  loss = bce\n}",
            "entries are separated by line breaks or `;`, not by commas",
        ),
        (
            "fn f(x) { let y == 3\n return y }",
            "fn f(x) { let y = 3\n return y }",
            "`==` compares, a value is set with `=`",
        ),
        ("hyper a: int == 3", "hyper a: int = 3", "`==` compares, a value is set with `=`"),
        (
            "fn f(x) { return if x = 3 then 1 else 2 }",
            "fn f(x) { return if x == 3 then 1 else 2 }",
            "`=` sets a value, it can't stand inside of one",
        ),
        (
            "data d { target y = binary }",
            "data d { target y : binary }",
            "what a column or a layer is stands behind `:`",
        ),
        ("train { y := 3 }", "train { y = 3 }", "`:=` is no sign of the language"),
        ("print x <-3", "print x < -3", "`<-` updates a state, it can't stand inside of a value"),
        ("model M(x: real) prob { a }", "model M(x: real) -> prob { a }", "the type of the result stands behind `->`"),
        ("print a && b||c", "print a and b or c", "`&&` is written `and`"),
        ("print !a", "print not a", "`!` is written `not`"),
        ("print a ** 2", "print a ^ 2", "`**` is written `^`"),
        ("print a % 3", "print mod(a, 3)", "there is no `%` operator"),
        ("print 0 < x <= 1", "print 0 < x and x <= 1", "comparisons can't be chained"),
        ("print 1. + .5", "print 1.0 + 0.5", "a number does not end with its point"),
        ("print adam(lr: 0.1)", "print adam(lr = 0.1)", "the value of `lr` is given with `=`"),
        ("print [(a = 1)\n (a = 2)]", "print [(a = 1),\n (a = 2)]", "a comma is missing between two elements"),
        (r#"print "C:\data""#, r#"print "C:\\data""#, r"`\d` means nothing in a string"),
        ("print csv('a b.csv')", "print csv(\"a b.csv\")", "strings have plain `\"` at both ends"),
        ("print 'a'", "print \"a\"", "strings have plain `\"` at both ends"),
        ("print “a”", "print \"a\"", "strings have plain `\"` at both ends"),
        ("print f’(x)", "print f'(x)", "`’` is written `'`"),
        ("print a × b", "print a * b", "`×` is written `*`"),
        ("print f（３）", "print f(3)", "`（` is written `(`"),
        ("print a\u{a0}+ b", "print a + b", "this blank is not a plain one (U+00A0)"),
        ("print a\u{200b}", "print a", "an invisible character (U+200B)"),
        ("train {\n  learning-rate = 1\n}", "train {\n  learning_rate = 1\n}", "this is not one name before `=`"),
        ("model M(x: real)\n{\n  a\n}", "model M(x: real) {\n  a\n}", "`{` stands on the line of what it belongs to"),
        ("  print a", "print a", "an item starts in column 1"),
        (
            "// the model's (first) \"part\nprint a // the rest of it",
            "# the model's (first) \"part\nprint a # the rest of it",
            "`//` does not start a comment, it divides",
        ),
    ];
    for (text, expected, message) in cases {
        let found = problems(text);
        assert!(found.first().is_some_and(|p| p.ends_with(message)), "{text}: {found:?}");
        assert_eq!(fixed(text).trim_end(), expected, "{text}");
        assert_eq!(problems(&fixed(text)), [""; 0], "{text}");
    }
}

#[test]
fn slips_without_a_certain_fix() {
    let cases = [
        ("print 30min", "1:7 E101 a number can't touch letters: `30min`"),
        ("print 10%b", "1:7 E101 `%` is no operator, and a number can't touch a name: `10%b`"),
        ("print 1e999", "1:7 E101 this number is too large"),
        ("print a +\nprint b", "1:10 E101 a value is missing behind `+`"),
        ("print a.", "1:9 E101 a name is missing behind the `.`"),
        ("print if a then b", "1:18 E101 an `if` needs its `else`"),
        ("print 1 + if a then b else c", "1:11 E101 an `if` inside of a value stands in parentheses"),
        ("print {a: 1}", "1:7 E101 a value can't start with `{`"),
        ("print (1, 2)", "1:8 E101 a value in a record needs a name"),
        ("print ()", "1:7 E101 empty parentheses are no value"),
        ("print a ? b : c", "1:9 E101 `?` can't stand here"),
        ("print größe", "1:7 E101 `größe` is no name"),
        ("print 1..2..3", "1:11 E101 a range has two ends"),
        ("fn f(x) { let y: real = 3 }", "1:16 E101 `let` takes no type"),
        ("fn f(x) { x += 1 }", "1:14 E101 there is no `+=`"),
        ("fn f(x) { y = x => 1 }", "1:17 E101 `=>` is no sign of the language"),
        ("data d { state: number }", "1:10 E101 `state` is a reserved word"),
        ("data d { a: number\n  when: time }", "2:3 E101 `when` is a reserved word"),
        ("data d { not: number }", "1:10 E101 `not` is a reserved word"),
        ("data d { a, state: number }", "1:13 E101 `state` is a reserved word"),
        ("data d { split random(train = 80%) }", "1:16 E101 `random` can't follow `split` like this"),
        (
            "data d { y = number when a }",
            "1:26 E101 `when` can close a layer, a parameter, a column and `<-`, but not this entry",
        ),
        ("model M(x: real) { Linear(8) ReLU }", "1:30 E101 `ReLU` can't follow here"),
        ("model M(x: real) { Linear 8 }", "1:27 E101 arguments stand in parentheses: `Linear(8)`"),
        ("model M(x: real) { a: b c }", "1:25 E101 `c` can't follow here"),
        ("model M(x)(y)(z) { }", "1:14 E101 a definition has two lists at most: its configuration and its input"),
        ("model M(x: real) = Linear(1)", "1:18 E101 the body of `model M` is missing"),
        ("hyper lr = 3", "1:10 E101 the type of the hyper is missing"),
        ("use vision", "1:11 E101 expected `(`, found the end of the text"),
        ("print f(a b)", "1:11 E101 expected `,`, `=` or `)`, found `b`"),
        ("print [1,, 2]", "1:10 E101 expected a value or `]`, found `,`"),
        ("model M(x: ) { }", "1:12 E101 expected a type, found `)`"),
        ("x = 3", "1:1 E101 `x` can't be set outside of an item"),
        ("import vision", "1:1 E101 `import` is no kind of item"),
        ("prnt a", "1:1 E101 `prnt` is no kind of item"),
        ("def f(x):\n  return x", "1:1 E101 `def` is no kind of item"),
        ("plot roc\n  of train", "2:3 E101 `of` is no kind of item"),
        ("3", "1:1 E101 an item starts with its kind"),
        ("edition 1.5", "1:1 E101 an edition is a whole number"),
    ];
    for (text, expected) in cases {
        assert_eq!(problems(text), [expected], "{text}");
    }
}
