//! Slips that many make, above all those who come from other languages: each has words of its own.

use super::super::grammar::Rule;
use super::super::kinds::{ITEM_KINDS, kind_elsewhere};
use super::super::lexeme::{Lexeme, Word};
use super::place::Place;
use crate::diag::{Diagnostic, codes};
use crate::text::{Span, closest};

type Slip = fn(&Place) -> Option<Diagnostic>;

/// The first that fits.
pub(super) fn find(place: &Place) -> Option<Diagnostic> {
    let slips: [Slip; 21] = [
        unknown_item,
        outside_of_item,
        grouped_digits,
        lambda,
        missing_colon,
        comma_between_entries,
        compound_assignment,
        double_equals,
        equals_in_value,
        equals_for_colon,
        typed_let,
        arrow_as_less_minus,
        unfinished,
        missing_else,
        nested_if,
        reserved_name,
        no_body,
        missing_arrow,
        braces_as_value,
        two_names,
        two_in_a_line,
    ];
    slips.iter().find_map(|slip| slip(place))
}

fn unknown_item(place: &Place) -> Option<Diagnostic> {
    let first = place.before.first().or(place.found.as_ref()).filter(|_| place.rule == Rule::one_item)?;
    let word = place.text(first);
    let second = place.before.get(1).or(place.found.as_ref()).map_or("", |token| place.text(token));
    let like_definition = place.chunk.contains('{') && second != "=";
    let is_kind = word == "edition" || ITEM_KINDS.contains(&word);
    if is_kind || like_definition && kind_elsewhere(word).is_none() {
        return None;
    }
    let span = place.span_of(first.range.clone());
    let error = |message: String, label: &str| Diagnostic::new(&codes::SYNTAX, message).at(span, label);
    if !matches!(first.lexeme, Lexeme::Word(_)) {
        let help = "an item starts in column 1 with its kind, such as `data`, `model`, `train` or `print`";
        return Some(error("an item starts with its kind".to_string(), "expected a kind of item").help(help));
    }
    if matches!(second, "=" | ":" | ":=") && first.lexeme == Lexeme::Word(Word::Name) {
        return Some(set_outside(word, span));
    }
    let report = error(format!("`{word}` is no kind of item"), "expected a kind of item");
    if matches!(word, "of" | "on" | "to" | "with") {
        return Some(report.help("of a `plot` only a line that starts with `over` goes on with the line before"));
    }
    if matches!(word, "import" | "from" | "include" | "require") {
        return Some(
            report.help("the library is there without it; parts of another file come by `use \"file.nn\" (Name)`"),
        );
    }
    Some(match kind_elsewhere(word) {
        Some(kind) => report.help(format!("what comes nearest here is `{kind}`")),
        None if matches!(word, "for" | "while" | "if" | "with" | "try" | "return") => report.help(
            "a file says what, not how: there are no loops and no statements; `train { epochs = 10 }` goes through the rows",
        ),
        None => {
            let close = closest(word, ITEM_KINDS.into_iter().chain(["edition"])).filter(|_| word.len() <= 40 && !matches!(second, "," | "." | "["));
            match close {
                Some(_) => report.suggest(span, close),
                None => report.help(format!("items are {}", ITEM_KINDS.join(", "))),
            }
        }
    })
}

/// `lr = 0.1` in column 1.
fn set_outside(word: &str, span: Span) -> Diagnostic {
    let setting = |item: &str, key: &str| format!("`{key} = …` is a setting of `{item}`: `{item} {{ {key} = … }}`");
    let help = match word {
        "loss" | "criterion" | "loss_fn" | "loss_function" => setting("train", "loss"),
        "optimizer" | "optimiser" | "optim" => setting("train", "optimizer"),
        "epochs" | "batch_size" | "steps" | "seed" | "threshold" | "stop" | "keep" => setting("train", word),
        "num_epochs" | "n_epochs" | "EPOCHS" => setting("train", "epochs"),
        "metrics" => setting("evaluate", "metrics"),
        "source" | "split" => setting("data", word),
        _ => format!(
            "a value of the whole file is written `hyper {word}: real = …`, settings stand in the `{{ }}` of their item"
        ),
    };
    Diagnostic::new(&codes::SYNTAX, format!("`{word}` can't be set outside of an item"))
        .at(span, "no kind of item")
        .help(help)
}

/// `model = Net(30)`, `optimizer = Adam(…)` in column 1.
fn outside_of_item(place: &Place) -> Option<Diagnostic> {
    let [kind] = &place.before[..] else { return None };
    if place.rule != Rule::one_item || place.found_text() != "=" {
        return None;
    }
    let span = place.span_of(kind.range.clone());
    match place.text(kind) {
        "optimizer" => Some(set_outside("optimizer", span)),
        word @ ("model" | "data" | "layer" | "fn" | "train") => Some(
            Diagnostic::new(&codes::SYNTAX, format!("`{word}` begins an item, it is not set"))
                .at(span, "the kind of an item")
                .help(match word {
                    "model" => "a model is written `model Net(x: customers.features) -> prob { … }`",
                    "data" => {
                        "data are written `data customers { source = csv(\"customers.csv\"); target churned: binary }`"
                    }
                    "train" => "a training is written `train { loss = bce; optimizer = adam(lr = 1e-3); epochs = 20 }`",
                    "layer" => "a layer is written `layer Hidden(out: int) { Linear(out); ReLU }`",
                    _ => "a function is written `fn f(x: real) -> real { return x + 1 }`",
                }),
        ),
        _ => None,
    }
}

/// `1,000`
fn grouped_digits(place: &Place) -> Option<Diagnostic> {
    let (comma, last) = (place.found.as_ref()?, place.before.last()?);
    if comma.lexeme != Lexeme::Comma || last.lexeme != Lexeme::Number || comma.range.start != last.range.end {
        return None;
    }
    let rest = place.chunk.get(comma.range.end..)?;
    let length = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b',').count();
    let group = |g: &str| g.len() == 3 && g.bytes().all(|b| b.is_ascii_digit());
    if !rest[..length].split(',').all(group) {
        return None;
    }
    let whole = last.range.start..comma.range.end + length;
    let number = place.chunk.get(whole.clone())?.replace(',', "_");
    let span = place.span_of(whole);
    let report = Diagnostic::new(&codes::SYNTAX, "the digits of a number are grouped by `_`").at(span, "a comma in it");
    Some(report.fix(format!("write `{number}`"), span, number))
}

/// `lambda x: x + 1`
fn lambda(place: &Place) -> Option<Diagnostic> {
    let at = place.before.iter().position(|token| place.text(token) == "lambda")?;
    if at + 3 < place.before.len() {
        return None;
    }
    let span = place.span_of(place.before[at].range.clone());
    let report = Diagnostic::new(&codes::SYNTAX, "there is no `lambda`: functions have names").at(span, "no value");
    Some(report.help("write it as an item of its own, `fn f(x: real) -> real { return x + 1 }`, and `f` here"))
}

/// `target churned binary`
fn missing_colon(place: &Place) -> Option<Diagnostic> {
    let [first, name] = &place.before[..] else { return None };
    let found = place.found.as_ref().filter(|token| matches!(token.lexeme, Lexeme::Word(Word::Name)))?;
    if place.text(first) != "target" || !place.expects(Rule::colon) {
        return None;
    }
    let end = place.span_of(name.range.end..name.range.end);
    let message = format!("a `:` is missing between `{}` and its kind", place.text(name));
    let report =
        Diagnostic::new(&codes::SYNTAX, message).at(place.span_of(found.range.clone()), "expected `:` before it");
    Some(report.fix("add `:`", end, ":"))
}

fn comma_between_entries(place: &Place) -> Option<Diagnostic> {
    let comma = place.found.as_ref().filter(|_| place.rule == Rule::one_entry && place.expects(Rule::EOI))?;
    if comma.lexeme != Lexeme::Comma {
        return None;
    }
    let span = place.span();
    let report =
        place.error("entries are separated by line breaks or `;`, not by commas", "expected the end of the entry");
    let last = comma.range.end == place.chunk.trim_end().len();
    Some(if last { report.fix("remove the comma", span, "") } else { report.fix("write `;`", span, ";") })
}

/// `+=`, `:=`, `=>`
fn compound_assignment(place: &Place) -> Option<Diagnostic> {
    let found = place.found.as_ref()?;
    let rest = place.chunk.get(found.range.start..)?;
    let (last, operator) = (place.last_text(), matches!(place.last_text(), "+" | "-" | "*" | "/" | "//" | "^"));
    let touching = place.before.last().is_some_and(|token| token.range.end == found.range.start);
    if rest.starts_with('=') && operator && touching {
        let name = place.before.iter().rev().nth(1).map_or("x", |token| place.text(token));
        let help = format!(
            "write `{name} <- {name} {last} …` for a state, or give the new value a name of its own with `let`"
        );
        return Some(place.error(format!("there is no `{last}=`"), "not an operator of the language").help(help));
    }
    if rest.starts_with(":=") || rest.starts_with("=>") {
        let (sign, instead) = if rest.starts_with(':') { (":=", "=") } else { ("=>", "->") };
        let span = place.span_of(found.range.start..found.range.start + 2);
        let report = place.error(format!("`{sign}` is no sign of the language"), "not expected");
        let result = sign == "=>" && place.expects(Rule::arrow) && place.last_text() == ")";
        return Some(match (sign, result) {
            (":=", _) | (_, true) => report.fix(format!("write `{instead}`"), span, instead),
            _ => report.help("values are set with `=`, the type of a result stands behind `->`"),
        });
    }
    None
}

fn double_equals(place: &Place) -> Option<Diagnostic> {
    if place.found_text() != "==" || !place.expects(Rule::equals) {
        return None;
    }
    let report = place.error("`==` compares, a value is set with `=`", "expected `=`");
    Some(report.fix("write `=`", place.span(), "="))
}

fn equals_in_value(place: &Place) -> Option<Diagnostic> {
    if place.found_text() != "=" || !place.after_value() || place.expects(Rule::equals) {
        return None;
    }
    let report = place.error("`=` sets a value, it can't stand inside of one", "expected `==` for a comparison");
    Some(report.fix("write `==`", place.span(), "=="))
}

/// `target y = binary`
fn equals_for_colon(place: &Place) -> Option<Diagnostic> {
    if place.found_text() != "=" || !(place.expects(Rule::named) || place.expects(Rule::colon)) {
        return None;
    }
    let report = match place.first_text() {
        "hyper" => place.error("the type of the hyper is missing", "expected `:` and a type"),
        _ => {
            let report = place.error("what a column or a layer is stands behind `:`", "expected `:`");
            report.fix("write `:`", place.span(), ":")
        }
    };
    Some(place.help_form(report))
}

fn typed_let(place: &Place) -> Option<Diagnostic> {
    if place.found_text() != ":" || place.first_text() != "let" || !place.expects(Rule::equals) {
        return None;
    }
    Some(
        place
            .error("`let` takes no type", "expected `=`")
            .help("the type follows from the value; `e as prob` states a domain"),
    )
}

fn arrow_as_less_minus(place: &Place) -> Option<Diagnostic> {
    if place.found_text() != "<-" || !place.after_value() {
        return None;
    }
    let report = place.error("`<-` updates a state, it can't stand inside of a value", "one sign, not two");
    Some(report.fix("compare with `< -`", place.span(), "< -"))
}

/// The line ends where a value has to come.
fn unfinished(place: &Place) -> Option<Diagnostic> {
    let last = place.before.last().filter(|_| place.found.is_none())?;
    let text = place.text(last);
    if text == "." {
        return Some(place.error("a name is missing behind the `.`", "expected a name"));
    }
    if !place.expects_value() || last.lexeme.is_operand() {
        return None;
    }
    let report = place.error(format!("a value is missing behind `{text}`"), "expected a value");
    let chains = matches!(last.lexeme, Lexeme::Operator | Lexeme::Word(Word::Operator));
    Some(if chains {
        report.help(format!("a long value goes on in the next line if that line starts with `{text}`"))
    } else {
        report
    })
}

fn missing_else(place: &Place) -> Option<Diagnostic> {
    if !place.expects(Rule::k_else) || place.found.is_some() {
        return None;
    }
    let report = place.error("an `if` needs its `else`", "expected `else` and a value");
    Some(report.help(
        "`if` is a value, so it has to have one in both cases; what is there or not is written `… when condition`",
    ))
}

fn nested_if(place: &Place) -> Option<Diagnostic> {
    if place.found_text() != "if" || !place.expects_value() {
        return None;
    }
    Some(place.error("an `if` inside of a value stands in parentheses", "expected `(if … then … else …)`"))
}

fn reserved_name(place: &Place) -> Option<Diagnostic> {
    let found = place.found.as_ref()?;
    let word = place.text(found);
    // A column called `when`: the word was read as what it means elsewhere.
    if let Some(last) = place.before.last()
        && word == ":"
        && matches!(place.text(last), "when" | "return" | "let" | "if" | "not" | "as" | "and" | "or")
    {
        let name = place.text(last);
        let report = Diagnostic::new(&codes::SYNTAX, format!("`{name}` is a reserved word"));
        let report = report.at(place.span_of(last.range.clone()), "expected a name");
        return Some(report.help(format!("a column of this name is quoted: `\"{name}\"`")));
    }
    if let [first] = &place.before[..]
        && place.rule == Rule::one_entry
        && matches!(place.text(first), "state" | "buffer" | "parameter")
        && matches!(word, ":" | "," | "=" | "~")
    {
        let first_word = place.text(first);
        let report = Diagnostic::new(&codes::SYNTAX, format!("`{first_word}` is a reserved word"));
        let report = report.at(place.span_of(first.range.clone()), "expected a name");
        return Some(report.help(format!("a column of this name is quoted: `\"{first_word}\"`")));
    }
    let reserved = matches!(found.lexeme, Lexeme::Word(Word::Reserved | Word::Operator))
        || matches!(word, "true" | "false" | "training");
    if !reserved || place.expects_value() || !(place.expects(Rule::ident) || place.expects(Rule::selector)) {
        return None;
    }
    let report = place.error(format!("`{word}` is a reserved word"), "expected a name");
    Some(match place.rule {
        Rule::one_entry => report.help(format!("a column of this name is quoted: `\"{word}\"`")),
        _ => report.help(format!("choose another, such as `{word}_value`")),
    })
}

fn no_body(place: &Place) -> Option<Diagnostic> {
    if place.rule != Rule::one_item || !place.expects(Rule::lc) || place.after_value() {
        return None;
    }
    let what = match &place.before[..] {
        [kind, name, ..] if matches!(name.lexeme, Lexeme::Word(_)) => {
            format!("`{} {}`", place.text(kind), place.text(name))
        }
        [kind, ..] => format!("`{}`", place.text(kind)),
        [] => return None,
    };
    match place.found_text() {
        "" | ":" | "=" => {
            let report = place.error(format!("the body of {what} is missing"), "expected `{`");
            Some(report.help("a body stands in `{ }`, its `{` on the line of the header"))
        }
        _ => None,
    }
}

fn missing_arrow(place: &Place) -> Option<Diagnostic> {
    let found = place.found.as_ref().filter(|token| matches!(token.lexeme, Lexeme::Word(Word::Name)))?;
    if place.rule != Rule::one_item || !place.expects(Rule::arrow) || place.last_text() != ")" {
        return None;
    }
    let report = place.error("the type of the result stands behind `->`", "expected `->`");
    Some(report.fix("add `->`", place.span_of(found.range.start..found.range.start), "-> "))
}

fn braces_as_value(place: &Place) -> Option<Diagnostic> {
    let value = place.expects_value() && place.found_text() == "{";
    value.then(|| {
        let report = place.error("a value can't start with `{`", "expected a value");
        let report =
            report.help("a record is written `(name = value, …)`, a list `[a, b]`, a sequence of layers `seq { … }`");
        match as_record(place) {
            Some((span, record)) => report.fix(format!("write `{record}`"), span, record),
            None => report,
        }
    })
}

/// `{age: 30, city: "Bonn"}` as `(age = 30, city = "Bonn")`, if it is as simple as that.
fn as_record(place: &Place) -> Option<(Span, String)> {
    // The chunk has its blocks emptied; the text itself is in the source.
    let span = place.span();
    let text = place.source.text.get(span.start as usize..)?;
    let end = text.find(['}', '\n'])?;
    let inside = text.get(1..end).filter(|_| text[end..].starts_with('}'))?;
    let fields: Option<Vec<String>> = inside
        .split(',')
        .map(|field| {
            let (name, value) = field.split_once(':')?;
            let name = name.trim().trim_matches('"');
            let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            let simple = !value.contains([':', '{', '(', '[']) && !value.trim().is_empty();
            (plain && simple).then(|| format!("{name} = {}", value.trim()))
        })
        .collect();
    Some((Span { end: span.start + end as u32 + 1, ..span }, format!("({})", fields?.join(", "))))
}

/// `split random(train = 80%)`, `ReLU Linear(8)`
fn two_names(place: &Place) -> Option<Diagnostic> {
    let [first, second, ..] = &place.before[..] else { return None };
    let names = [first, second].iter().all(|token| matches!(token.lexeme, Lexeme::Word(Word::Name)));
    let prefix = matches!(place.text(first), "target" | "input" | "step");
    if !names || prefix || !place.expects(Rule::named) {
        return None;
    }
    let (first, span) = (place.text(first), place.span_of(second.range.clone()));
    let message = format!("`{}` can't follow `{first}` like this", place.text(second));
    let report = Diagnostic::new(&codes::SYNTAX, message).at(span, "a second name");
    Some(report.help(format!(
        "a setting is written `{first} = …`, a column or named layer `{first}: …`, and `;` separates two entries"
    )))
}

/// `Linear(8) ReLU`, `Linear 8`
fn two_in_a_line(place: &Place) -> Option<Diagnostic> {
    let found = place.found.as_ref()?;
    let last = place.before.last().filter(|token| token.lexeme.is_operand())?;
    if place.rule != Rule::one_entry || !place.expects(Rule::EOI) {
        return None;
    }
    let text = place.text(found);
    if matches!(found.lexeme, Lexeme::Number | Lexeme::Text { .. }) && matches!(last.lexeme, Lexeme::Word(_)) {
        let call = format!("{}({text})", place.text(last));
        let report = place.error(format!("arguments stand in parentheses: `{call}`"), "expected `(` before it");
        let whole = place.span_of(last.range.start..found.range.end);
        return Some(report.fix(format!("write `{call}`"), whole, call));
    }
    if !matches!(found.lexeme, Lexeme::Word(_) | Lexeme::Number | Lexeme::Text { .. }) {
        return None;
    }
    if text == "if" || text == "for" {
        let help = match text {
            "if" => "a choice is written `if condition then a else b`, for each element `where(condition, a, b)`",
            _ => "there are no loops: a tensor is computed with as a whole, layers are repeated by `repeat(3) { … }`",
        };
        return Some(place.error(format!("`{text}` can't stand behind a value"), "not after a value").help(help));
    }
    let report = place.error(format!("`{text}` can't follow here"), "expected a line break or `;` before it");
    let report = report.help("two entries in one line are separated by `;`");
    // `Linear(8) ReLU` is two layers; two bare words may be anything.
    let end = place.span_of(last.range.end..last.range.end);
    let certain = place.text(last) == ")" && text.starts_with(|c: char| c.is_ascii_uppercase());
    Some(if certain { report.fix("add `;`", end, ";") } else { report })
}
