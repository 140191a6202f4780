//! What the tree of a text is.

use super::{parsed, problems, show, source};
use crate::syntax::{parse_expr, parse_signature};

fn expr(text: &str) -> String {
    let (expr, problems) = parse_expr(&source(text));
    assert!(problems.is_empty(), "{text}: {problems:?}");
    show::expr(&expr)
}

fn item(text: &str) -> String {
    assert_eq!(problems(text), [""; 0], "{text}");
    parsed(text).file.items.iter().map(show::item).collect::<Vec<_>>().join("\n")
}

/// The one entry of a block.
fn entry(text: &str) -> String {
    let shown = item(&format!("x {{ {text}\n}}"));
    shown.strip_prefix("(x {").and_then(|s| s.strip_suffix("})")).unwrap_or(&shown).to_string()
}

#[track_caller]
fn each(cases: &[(&str, &str)], show: fn(&str) -> String) {
    for (text, expected) in cases {
        assert_eq!(show(text), *expected, "{text}");
    }
}

#[test]
fn numbers() {
    let cases = [
        ("1_000", "1000"),
        ("1e-3", "0.001"),
        ("1E5", "100000.0"),
        ("2.50", "2.5"),
        ("70%", "0.7%"),
        ("2.5%", "0.025%"),
        ("0.1_5", "0.15"),
        ("29%", "0.29%"),
        ("7", "7"),
        ("-6..6", "(.. (- 6) 6)"),
        ("1..n", "(.. 1 n)"),
    ];
    each(&cases, expr);
}

#[test]
fn strings() {
    let cases = [
        (r#""a\"b\\c\n\t\u{e9}""#, r#""a\"b\\c\n\té""#),
        (r#""""#, r#""""#),
        ("\"größe # no comment\"", "\"größe # no comment\""),
    ];
    each(&cases, expr);
}

#[test]
fn precedence() {
    let cases = [
        ("a + b * c - d", "(- (+ a (* b c)) d)"),
        ("-x ^ 2", "(- (^ x 2))"),
        ("2 ^ -x ^ 3", "(^ 2 (- (^ x 3)))"),
        ("2 ^ 3 ^ 4", "(^ 2 (^ 3 4))"),
        ("-a * b", "(* (- a) b)"),
        ("a - b - c", "(- (- a b) c)"),
        ("a // b @ c", "(@ (// a b) c)"),
        ("a or b and not c == d", "(or a (and b (not (== c d))))"),
        ("not a and b", "(and (not a) b)"),
        ("1 - p as prob", "(- 1 (as p prob))"),
        ("-p as logit(3)[h]", "(as (- p) logit(3)[h])"),
        ("0..n - 1", "(.. 0 (- n 1))"),
        ("a ~= b + c", "(~= a (+ b c))"),
        ("x |> f(2) |> g + 1", "(|> (|> x f(2)) (+ g 1))"),
        ("if a then b else c |> f", "(if a b (|> c f))"),
        ("if a then b else if c then d else e", "(if a b (if c d e))"),
        ("(a + b) * c", "(* (+ a b) c)"),
        ("x as real |> f", "(|> (as x real) f)"),
        ("a < -1", "(< a (- 1))"),
    ];
    each(&cases, expr);
}

#[test]
fn operands() {
    let cases = [
        ("sigmoid''(x)", "sigmoid''(x)"),
        ("weight.T", "weight.T"),
        ("e.0.1", "e.0.1"),
        ("row.state", "row.state"),
        ("row.\"odd name\"", "row.odd name"),
        ("bernoulli(1 - p)[*S]", "bernoulli((- 1 p))[*S]"),
        ("x[*S, 2 * n]", "x[*S (* 2 n)]"),
        ("f(a, b = 2,)", "f(a b=2)"),
        ("f()", "f()"),
        ("[1, 2,]", "[1 2]"),
        ("[]", "[]"),
        ("(age = 0.62, other = [1])", "(record age=0.62 other=[1])"),
        ("seq { a; b }", "seq {a b}"),
        ("repeat(3) { Linear(8) }", "repeat(3) {Linear(8)}"),
        ("parallel(concat) { a; seq { b } }", "parallel(concat) {a seq {b}}"),
        ("training", "TRAINING"),
        ("truth", "truth"),
        ("[\n  1, # one\n\n  2\n]", "[1 2]"),
        ("for (xt in x) { state h = 0 }", "for(xt=x) {(state h = 0)}"),
    ];
    each(&cases, expr);
}

#[test]
fn entries() {
    let cases = [
        ("ReLU; Linear(8)", "ReLU Linear(8)"),
        ("let y = x |> f", "(let y (|> x f))"),
        ("let keep ~ bernoulli(0.5)[*S]", "(let keep ~ bernoulli(0.5)[*S])"),
        ("return (a = b)", "(return (record a=b))"),
        ("parameter w: real[n, *S] = 0 when bias", "(parameter w : real[n *S] = 0 when bias)"),
        ("buffer m: real[c] = 0", "(buffer m : real[c] = 0)"),
        ("state h = 0", "(state h = 0)"),
        ("m <- lerp(m, x, 0.1) when training", "(m <- lerp(m x 0.1) when TRAINING)"),
        ("window = past(28) -> next(7)", "(window = past(28) -> next(7))"),
        ("age ~ normal(0, 1)", "(age ~ normal(0 1))"),
        ("other[4] ~ normal(0, 1)", "(other[4] ~ normal(0 1))"),
        ("target y: binary(positive = \"M\")", "(target y: binary(positive=\"M\"))"),
        ("target a, b: number |> log1p", "(target a b: (|> number log1p))"),
        ("target tags { columns(\"tag_*\"): binary }", "(target tags {(columns(\"tag_*\"): binary)})"),
        ("input wide { a, b: category }", "(input wide {(a b: category)})"),
        ("step d { update = D }", "(step d {(update = D)})"),
        ("target: number", "(target: number)"),
        ("input = csv(\"a\")", "(input = csv(\"a\"))"),
        ("input: image", "(input: image)"),
        ("each: number", "(each: number)"),
        ("time: time |> cyclic(hour, weekday)", "(time: (|> time cyclic(hour weekday)))"),
        ("\"state\": category", "(state: category)"),
        ("a, columns(\"v*\"), \"b c\": number", "(a columns(\"v*\") b c: number)"),
        ("d: seq { a }\n  when s != 1 or c != 4 * w", "(d: seq {a} when (or (!= s 1) (!= c (* 4 w))))"),
        ("each row in digits, z in normal(0, 1)[64]", "(each row in digits z in normal(0 1)[64])"),
        ("f(z) ~= g(z)", "(~= f(z) g(z))"),
        ("lr: 0.1", "(lr: 0.1)"),
        ("let y = a\n  + b # more\n\n  # and\n  - c", "(let y (- (+ a b) c))"),
        ("let y = if a\n then b\n else c", "(let y (if a b c))"),
        (";; a ;\n; b;", "a b"),
        ("", ""),
    ];
    each(&cases, entry);
}

#[test]
fn items() {
    let cases = [
        ("print a, b(1)", "(print a b(1))"),
        ("plot sigmoid, sigmoid' over -6..6", "(plot sigmoid sigmoid' over:(.. (- 6) 6))"),
        ("plot f over 0..1 with mark = [0], log = true", "(plot f over:(.. 0 1) with:mark=[0] log=true)"),
        ("plot f over 0..1, mark = [0]", "(plot f over:(.. 0 1) with:mark=[0])"),
        ("plot f over 0..1, with mark = [0]", "(plot f over:(.. 0 1) with:mark=[0])"),
        ("plot loss, lr of train", "(plot loss lr of:train)"),
        ("plot roc of tune\n  on data.test to \"x.svg\"", "ERROR"),
        ("plot roc of tune on data.test to \"x.svg\"", "(plot roc of:tune on:data.test to:\"x.svg\")"),
        ("plot f\n  over 0..1", "(plot f over:(.. 0 1))"),
        ("hyper lr: real in 1e-5..1e-1 log = 1e-3", "(hyper lr real in (.. 1e-5 0.1) log 0.001)"),
        ("use vision (resnet50, imagenet,)", "(use vision resnet50 imagenet)"),
        ("use \"a b.nn\" (Block)", "(use \"a b.nn\" Block)"),
        ("weights w = file(\"m\")", "(weights w file(\"m\"))"),
        ("train { }", "(train {})"),
        ("test t(z: logit ~ normal(0, 3), y: binary) { z ~= y }", "(test t (z:logit~normal(0 3) y:binary) {(~= z y)})"),
        (
            "model M(w: int = 64)(x: d.features) -> (a: d.a, b: logit(d.b)[2]) { }",
            "(model M (w:int=64) (x:d.features) -> (a:d.a b:logit(d.b)[2]) {})",
        ),
        (
            "layer R(body: layer)(x: real[*S])\n  -> real[*S] { a }",
            "(layer R (body:layer) (x:real[*S]) -> real[*S] {a})",
        ),
        ("sweep s { a = 1 }", "(sweep s {(a = 1)})"),
        ("fn f(x) { return x }", "(fn f (x) {(return x)})"),
        ("print a; print b", "(print a)\n(print b)"),
        ("train {\nloss = bce\n}", "(train {(loss = bce)})"),
        ("\u{feff}print a", "(print a)"),
        ("print a\r\nprint b\r\n", "(print a)\n(print b)"),
    ];
    let cases: Vec<_> = cases.into_iter().filter(|(_, expected)| *expected != "ERROR").collect();
    each(&cases, item);
}

#[test]
fn signatures() {
    let signature = |text: &str| {
        parse_signature(&source(text)).map(|s| {
            let params: Vec<_> = s.params.iter().map(show::param).collect();
            format!(
                "{} ({}) {}",
                s.name.text,
                params.join(" "),
                s.result.as_ref().map(show::type_expr).unwrap_or_default()
            )
        })
    };
    let clip = signature("clip(low: real, high: real in 0..1 = 1) -> real[*S]");
    assert_eq!(clip.as_deref(), Some("clip (low:real high:real in (.. 0 1)=1) real[*S]"));
    assert_eq!(signature("zscore").as_deref(), Some("zscore () "));
    assert_eq!(
        signature("cyclic(parts: words(hour, weekday))").as_deref(),
        Some("cyclic (parts:words(hour weekday)) ")
    );
    assert_eq!(signature("clip(low: real"), None);
    assert_eq!(signature(""), None);
    assert_eq!(signature("a b"), None);
}

#[test]
fn edition_is_no_item() {
    let file = parsed("edition 1\nprint a\n").file;
    assert_eq!(file.edition.map(|(number, _)| number), Some(1));
    assert_eq!(file.items.len(), 1);
}
