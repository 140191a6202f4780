//! No text makes the parser panic, overflow the stack or take long.

use std::time::{Duration, Instant};

use super::{page::EXAMPLES, parsed, problems, source};
use crate::syntax::{parse_expr, parse_signature};

/// A small generator of random numbers (xorshift), so that failures repeat.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
}

/// Parses; all places must lie in the text.
fn survives(text: &str) {
    let parsed = parsed(text);
    let check = |span: crate::text::Span| assert!(text.get(span.range()).is_some(), "{span:?} is no place in {text:?}");
    parsed.file.items.iter().for_each(|item| check(item.span));
    for problem in parsed.problems.iter() {
        problem.labels.iter().for_each(|label| check(label.span));
        problem.fixes.iter().flat_map(|fix| &fix.edits).for_each(|edit| check(edit.span));
    }
}

fn takes(text: &str) -> Duration {
    let start = Instant::now();
    parsed(text);
    start.elapsed()
}

#[test]
fn every_prefix_of_the_examples() {
    for example in EXAMPLES {
        for (at, _) in example.char_indices() {
            survives(&example[..at]);
        }
    }
}

#[test]
fn mutations_of_the_examples() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let pieces = [
        "(", ")", "[", "]", "{", "}", "\"", "'", "#", "##", "\n", ";", ",", ":", "=", "==", "~", "->", "<-", "-", "*",
        "//", "..", ".", "%", "1", "x", "if ", " then ", " else ", " when ", " over ", " and ", " not ", " as ",
        "let ", "return ", "target ", "input ", "\\", "\t", "\r\n", "é", "“", "’", "×", "\u{200b}", "|>", "|", "&&",
        "!", "/*", "30min",
    ];
    for _ in 0..3000 {
        let example = EXAMPLES[random.below(EXAMPLES.len())];
        let mut text: Vec<char> = example.chars().collect();
        for _ in 0..1 + random.below(4) {
            let at = random.below(text.len());
            let end = (at + random.below(6)).min(text.len());
            let piece: Vec<char> = match random.below(3) {
                0 => Vec::new(),
                1 => pieces[random.below(pieces.len())].chars().collect(),
                _ => {
                    let from = random.below(text.len());
                    text[from..(from + random.below(30)).min(text.len())].to_vec()
                }
            };
            let end = if random.below(2) == 0 { at } else { end };
            text.splice(at..end, piece);
        }
        let text: String = text.into_iter().collect();
        survives(&text);
        parse_expr(&source(&text));
        parse_signature(&source(&text));
    }
}

#[test]
fn replaced_characters_at_the_edges_of_chunks() {
    for text in [
        "“a” b",
        "  “a”",
        "print ×",
        "train { “a” = 1; ≤ }",
        "‘a’",
        "（",
        "print ）",
        "print （］",
        "train ｛ ）\n｝",
        "a\u{a0}",
        "\u{feff}“",
        "é",
        "{é",
        "(é\n“b”",
    ] {
        survives(text);
    }
}

#[test]
fn random_bytes() {
    let mut random = Random(1);
    for length in [10, 1000, 100_000] {
        let bytes: Vec<u8> = (0..length).map(|_| random.below(256) as u8).collect();
        survives(&String::from_utf8_lossy(&bytes));
        let ascii: String = (0..length).map(|_| (random.below(96) as u8 + 31) as char).collect();
        survives(&ascii);
    }
}

#[test]
fn depth_is_bounded() {
    let many = 100_000;
    let texts = [
        format!("print {}1{}", "(".repeat(many), ")".repeat(many)),
        format!("print {}", "(".repeat(many)),
        format!("print {}", "[".repeat(many)),
        format!("train {}", "{".repeat(many)),
        format!("train {{ {} }}", "seq { ".repeat(many)),
        format!("print {}x", "-".repeat(many)),
        format!("print {}x", "not ".repeat(many)),
        format!("print x{}", "'".repeat(many)),
        format!("print x{}", ".y".repeat(many)),
        format!("print x{}", "(1)".repeat(many)),
        format!("print 1{}", " + 1".repeat(many)),
        format!("print 1{}", " ^ 1".repeat(many)),
        format!("print {}1", "if a then b else ".repeat(many)),
        format!("print {}1", "if a then ".repeat(many)),
        format!("print {}1", "if ".repeat(many)),
        format!("print x{}", " as real".repeat(many)),
        format!("model M(x: {}", "(a: ".repeat(many)),
    ];
    for text in texts {
        let codes: Vec<_> = parsed(&text).problems.iter().map(|p| p.code.id).collect();
        assert_eq!(codes, ["E104"], "{}", &text[..30]);
        parse_expr(&source(&text[6..]));
    }
}

#[test]
fn the_deepest_texts_fit_a_small_stack() {
    let deep = 199;
    let texts = [
        format!("print {}1{}", "f(a = ".repeat(deep), ")".repeat(deep)),
        format!("train {{ {} a {} }}", "x: seq { ".repeat(deep), "}".repeat(deep)),
        format!("print {}1{}", "x[".repeat(deep), "]".repeat(deep)),
        format!("print {}1", "if a then b else ".repeat(deep)),
        format!("print {}1{}", "-(".repeat(deep / 2), ")".repeat(deep / 2)),
        format!("print 1{}", " + 1".repeat(deep)),
        format!("model M(x: {}real{}) {{ }}", "(a: ".repeat(deep), ")".repeat(deep)),
    ];
    let parse_all = move || texts.map(|text| (problems(&text), text));
    let thread = std::thread::Builder::new().stack_size(3 << 19).spawn(parse_all).expect("a thread");
    for (problems, text) in thread.join().expect("no overflow") {
        assert_eq!(problems, [""; 0], "{text}");
    }
}

#[test]
fn the_text_after_one_too_deep_is_read() {
    let text = format!("print {}\nprint 2 2\nprint 3", "(".repeat(1000));
    assert_eq!(problems(&text)[1], "2:9 E101 expected `,` or the end of the line, found the number `2`");
    assert_eq!(parsed(&text).file.items.len(), 3);
}

#[test]
fn what_is_allowed_to_nest_is_fast() {
    let deep = 199;
    let texts = [
        format!("print {}1{}", "(".repeat(deep), ")".repeat(deep)),
        format!("print {}1{}", "f(a = ".repeat(deep), ")".repeat(deep)),
        format!("train {{ {} a {} }}", "seq { ".repeat(deep), "}".repeat(deep)),
        format!("train {{ {} a {} }}", "x: seq { ".repeat(deep), "}".repeat(deep)),
        format!("print {}1{}", "[".repeat(deep), "]".repeat(deep)),
        format!("model M(x: {}real{}) {{ }}", "(a: ".repeat(deep), ")".repeat(deep)),
    ];
    for text in texts {
        assert_eq!(problems(&text), [""; 0], "{text}");
        let time = takes(&text);
        assert!(time < Duration::from_millis(50), "{time:?} for {text}");
        let broken = text.replacen('1', "1 1", 1).replacen(" a ", " a b ", 1).replacen("real", "real real", 1);
        assert_eq!(problems(&broken).len(), 1, "{broken}");
        let time = takes(&broken);
        assert!(time < Duration::from_millis(500), "{time:?} for {broken}");
    }
}

#[test]
fn long_texts_take_linear_time() {
    let unit = "model M(x: real[10]) -> prob {\n  Linear(12); ReLU # a comment\n  a: seq { b; c }\n}\n\n";
    let long = |bytes: usize| unit.repeat(bytes / unit.len());
    let per_byte = |text: &str| takes(text).as_nanos() / text.len() as u128;
    let (short, tenfold) = (per_byte(&long(100_000)), per_byte(&long(1_000_000)));
    assert!(tenfold < 4 * short + 100, "{short} ns, then {tenfold} ns a byte");
}

#[test]
fn long_texts_of_one_sort() {
    let texts = [
        format!("print [{}]", "1, ".repeat(50_000)),
        "x".repeat(1_000_000),
        "\"".repeat(1_000_000),
        "é".repeat(500_000),
        "?".repeat(1_000_000),
        ") ".repeat(500_000),
        "#".repeat(1_000_000),
        "\n".repeat(1_000_000),
        "a b\n".repeat(20_000),
        format!("train {{\n{}}}", "a\n".repeat(50_000)),
        format!("train {{\n{}}}", "a b c\n".repeat(20_000)),
        format!("train {{\n{}", "a(\n".repeat(200)),
        format!("train {{\n{}", "a(\n".repeat(100_000)),
        format!("train {{\n{}}}", "a(\n}\n".repeat(100_000)),
    ];
    for text in texts {
        survives(&text);
    }
}

#[test]
fn problems_are_limited() {
    let found = problems(&"print 1 1\n".repeat(5000));
    assert_eq!(found.len(), 101);
    assert!(found[100].contains("more places"), "{}", found[100]);
}
