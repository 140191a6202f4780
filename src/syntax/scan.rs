//! Reads the skeleton of a text, and bounds how deep the grammar and the tree can nest.

use std::ops::Range;

use super::lexeme::{Lexeme, Word, lexeme};
use super::report::MAX_KEPT;
use super::skeleton::{Bracket, Fault, Remark, Skeleton};

/// The deepest tree that is accepted: brackets, and operators in one expression. Keeps recursion within a 2 MiB stack.
pub(super) const MAX_DEPTH: u32 = 256;

/// So many brackets may be open at once.
pub(super) const MAX_BRACKETS: usize = 200;

/// So far behind a `;` a closer is looked for.
const FOLLOWS: usize = 200;

/// An open bracket and how deep the expression inside of it has become.
struct Level {
    bracket: usize,
    /// The bracket follows an operand: it adds a call or an index to the tree.
    postfix: bool,
    depth: Depth,
}

#[derive(Default, Clone, Copy)]
struct Depth {
    /// Of the element being read.
    current: u32,
    /// Of the elements before it.
    deepest: u32,
}

impl Depth {
    fn end_element(&mut self) {
        self.deepest = self.deepest.max(self.current);
        self.current = 0;
    }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    out: Skeleton,
    levels: Vec<Level>,
    top: Depth,
    /// The first line break since the last token.
    line_break: Option<usize>,
    /// End of the last token.
    last_end: usize,
    /// End of the last token that is no `,` or `;`.
    last_solid: usize,
    after_operand: bool,
    item_start: Option<usize>,
    /// Breaks with the bracket they stand in, given to the nearest one that is closed when all is read.
    breaks: Vec<(usize, Option<usize>)>,
    /// Remarks from here on wait for the next token.
    remarks_open: usize,
    line_start: usize,
    /// Skip to the next line that begins an item.
    lost: bool,
    /// Blanks at the start of the line, and whether the token is the first on it.
    indent: usize,
    first_on_line: bool,
    /// A `}` at the start of a line closes the block whose line has the same indent.
    by_indent: bool,
}

/// Reads the skeleton of a text; `known` are faults found before.
pub(super) fn scan(text: &str, known: Vec<Fault>) -> Skeleton {
    let skeleton = scan_with(text, known.clone(), false);
    let block = |b: usize| skeleton.brackets[b].kind == b'{';
    let unclosed = |fault: &Fault| matches!(fault, Fault::Unclosed { bracket, .. } if block(*bracket));
    // Only then is the layout of the lines a better guide than the brackets themselves.
    if skeleton.faults.iter().any(unclosed) { scan_with(text, known, true) } else { skeleton }
}

fn scan_with(text: &str, known: Vec<Fault>, by_indent: bool) -> Skeleton {
    let mut scanner = Scanner {
        text,
        at: 0,
        out: Skeleton { faults: known, ..Skeleton::default() },
        levels: Vec::new(),
        top: Depth::default(),
        line_break: None,
        last_end: 0,
        last_solid: 0,
        after_operand: false,
        item_start: None,
        breaks: Vec::new(),
        remarks_open: 0,
        line_start: 0,
        lost: false,
        indent: 0,
        first_on_line: true,
        by_indent,
    };
    while scanner.step() {}
    scanner.finish()
}

impl Scanner<'_> {
    fn step(&mut self) -> bool {
        let Some((lexeme, length)) = lexeme(self.text, self.at, self.after_operand) else { return false };
        let (start, end) = (self.at, self.at + length);
        self.at = end;
        match lexeme {
            Lexeme::Blank => {}
            Lexeme::LineBreak => {
                self.line_break = self.line_break.or(Some(start));
                self.line_start = end;
                self.first_on_line = true;
            }
            Lexeme::Comment => self.remark(start..end),
            _ => self.token(lexeme, start, end),
        }
        true
    }

    fn remark(&mut self, range: Range<usize>) {
        let own_line = self.text[self.line_start..range.start].trim().is_empty();
        let behind = self.last_solid;
        self.out.remarks.push(Remark { range, own_line, behind, before: usize::MAX });
    }

    fn token(&mut self, lexeme: Lexeme, start: usize, end: usize) {
        for remark in &mut self.out.remarks[self.remarks_open..] {
            remark.before = start;
        }
        self.remarks_open = self.out.remarks.len();
        if self.first_on_line {
            self.indent = start - self.line_start;
        }
        if let Some(at) = self.line_break.take() {
            self.new_line(at, start);
        }
        if lexeme != Lexeme::Semicolon {
            self.item_start.get_or_insert(start);
        }
        if !self.lost {
            self.structure(lexeme, start, end);
        }
        self.after_operand = lexeme.is_operand();
        self.last_end = end;
        self.first_on_line = false;
        if !matches!(lexeme, Lexeme::Comma | Lexeme::Semicolon) {
            self.last_solid = end;
        }
    }

    /// A token is the first on its line: does the line break before it end something?
    fn new_line(&mut self, at: usize, start: usize) {
        if start == self.line_start && (self.lost || !self.levels.is_empty()) && begins_item(&self.text[start..]) {
            self.close_all(start);
        }
        if !self.lost && !continues(&self.text[start..]) {
            self.break_at(at);
        }
    }

    fn break_at(&mut self, at: usize) {
        match self.levels.last() {
            None => self.end_item(),
            Some(level) => self.breaks.push((at, Some(level.bracket))),
        }
        if self.levels.last().is_none_or(|l| self.out.brackets[l.bracket].kind == b'{') {
            self.depth().end_element();
        }
    }

    fn end_item(&mut self) {
        if let Some(start) = self.item_start.take() {
            self.out.items.push(start..self.last_end);
        }
        self.top = Depth::default();
        self.lost = false;
    }

    fn depth(&mut self) -> &mut Depth {
        self.levels.last_mut().map_or(&mut self.top, |l| &mut l.depth)
    }

    fn structure(&mut self, lexeme: Lexeme, start: usize, end: usize) {
        match lexeme {
            Lexeme::Open(kind) => self.open(kind, start),
            Lexeme::Close(kind) => self.close(kind, start),
            Lexeme::Semicolon => {
                self.semicolon(start);
                self.break_at(start);
            }
            Lexeme::Comma => self.depth().end_element(),
            Lexeme::Text { closed: false } => self.unclosed_string(start, end),
            Lexeme::Other if &self.text[start..end] == "->" => self.result_arrow(start),
            Lexeme::Operator | Lexeme::Prime | Lexeme::Dot | Lexeme::Word(Word::Operator) => self.depth().current += 1,
            _ => {}
        }
        let open = self.levels.len();
        if open > MAX_BRACKETS || open as u32 + self.depth().current > MAX_DEPTH {
            self.too_deep(start);
        }
    }

    /// `Linear(8; ReLU`: a `;` ends what is in `( )` or `[ ]`, unless a closer follows in its line.
    fn semicolon(&mut self, at: usize) {
        if self.levels.last().is_none_or(|l| self.out.brackets[l.bracket].kind == b'{') {
            return;
        }
        let rest = self.text.as_bytes()[at..].iter().take(FOLLOWS);
        let closer_follows = rest.take_while(|b| !b"([{}\n".contains(b)).any(|b| b")]".contains(b));
        if !closer_follows {
            self.result_arrow(at);
        }
    }

    /// `->` never stands in `( )` or `[ ]`.
    fn result_arrow(&mut self, at: usize) {
        while self.levels.last().is_some_and(|l| self.out.brackets[l.bracket].kind != b'{') {
            self.give_up_bracket(at);
        }
    }

    /// The closers of what its line opened are probably part of it.
    fn unclosed_string(&mut self, at: usize, end: usize) {
        self.fault(Fault::UnclosedString { at, end });
        while let Some(bracket) = self.levels.last().map(|l| l.bracket) {
            if self.out.brackets[bracket].open < self.line_start {
                return;
            }
            self.out.brackets[bracket].missing = true;
            self.pop(end);
        }
    }

    fn fault(&mut self, fault: Fault) {
        if self.out.faults.len() < MAX_KEPT || matches!(fault, Fault::TooDeep { .. }) {
            self.out.faults.push(fault);
        }
    }

    fn too_deep(&mut self, at: usize) {
        self.fault(Fault::TooDeep { at });
        for level in std::mem::take(&mut self.levels) {
            self.out.brackets[level.bracket].close = at;
        }
        self.lost = true;
    }

    fn open(&mut self, kind: u8, at: usize) {
        let parent = self.levels.last().map(|l| l.bracket);
        let bracket = self.out.brackets.len();
        self.out.brackets.push(Bracket {
            kind,
            open: at,
            close: self.text.len(),
            missing: false,
            parent,
            indent: self.indent,
        });
        self.levels.push(Level { bracket, postfix: self.after_operand, depth: Depth::default() });
    }

    fn close(&mut self, kind: u8, at: usize) {
        let open = if kind == b')' { b'(' } else { kind - 2 };
        let fits = self.levels.iter().rposition(|l| self.out.brackets[l.bracket].kind == open);
        let same_line = |level: &Level| self.out.brackets[level.bracket].open >= self.line_start;
        if self.by_indent && kind == b'}' && self.first_on_line {
            let block = |l: &Level| {
                self.out.brackets[l.bracket].kind == b'{' && self.out.brackets[l.bracket].indent == self.indent
            };
            if let Some(level) = self.levels.iter().rposition(block) {
                return self.close_to(level, at);
            }
        }
        let innermost = self.levels.last().filter(|l| same_line(l)).map(|l| l.bracket);
        match (fits, innermost) {
            (Some(level), _) if level + 1 == self.levels.len() => self.pop(at),
            (Some(level), None) if kind != b'}' && self.block_above(level) => {
                self.fault(Fault::Stray { at });
            }
            (Some(level), None) => self.close_to(level, at),
            (Some(level), Some(_)) if same_line(&self.levels[level]) => self.close_to(level, at),
            (_, Some(bracket)) => {
                self.fault(Fault::WrongCloser { bracket, at });
                self.pop(at);
            }
            (None, None) => self.fault(Fault::Stray { at }),
        }
    }

    /// Is there a block open inside of this level?
    fn block_above(&self, level: usize) -> bool {
        self.levels[level + 1..].iter().any(|l| self.out.brackets[l.bracket].kind == b'{')
    }

    /// Closes a level; those inside of it lack their closers.
    fn close_to(&mut self, level: usize, at: usize) {
        while self.levels.len() > level + 1 {
            self.give_up_bracket(at);
        }
        self.pop(at);
    }

    /// The innermost bracket is never closed.
    fn give_up_bracket(&mut self, noticed: usize) {
        if let Some(level) = self.levels.last() {
            let bracket = level.bracket;
            self.fault(Fault::Unclosed { bracket, noticed });
            self.out.brackets[bracket].missing = true;
            self.pop(self.last_end);
        }
    }

    fn pop(&mut self, close: usize) {
        let Some(level) = self.levels.pop() else { return };
        self.out.brackets[level.bracket].close = close;
        let inside = level.depth.deepest.max(level.depth.current) + 1;
        let depth = self.depth();
        depth.current = (depth.current + u32::from(level.postfix)).max(inside);
    }

    fn close_all(&mut self, noticed: usize) {
        while !self.levels.is_empty() {
            self.give_up_bracket(noticed);
        }
        self.end_item();
    }

    fn finish(mut self) -> Skeleton {
        self.close_all(self.last_end);
        self.out.breaks = vec![Vec::new(); self.out.brackets.len()];
        for (at, mut owner) in std::mem::take(&mut self.breaks) {
            while let Some(index) = owner {
                let bracket = &self.out.brackets[index];
                if bracket.kind == b'{' {
                    self.out.breaks[index].push(at);
                }
                owner = bracket.parent.filter(|_| bracket.missing && bracket.kind != b'{');
            }
        }
        let mut faults = std::mem::take(&mut self.out.faults);
        faults.sort_by_key(|fault| fault.at(&self.out));
        self.out.faults = faults;
        self.out
    }
}

/// Does this line go on with what the one before began? Agrees with `continues` of the grammar.
fn continues(line: &str) -> bool {
    let word = &line[..line.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count()];
    if !word.is_empty() {
        return matches!(word, "when" | "over" | "and" | "or" | "then" | "else" | "as");
    }
    if line.starts_with("<-") {
        return false;
    }
    ["|", "==", "!=", "~=", ">", "<", "..", "+", "-", "/", "*", "@", "^", "&", "%"]
        .iter()
        .any(|op| line.starts_with(op))
}

/// Is this line, in column 1, the start of an item, also where a bracket is still open?
fn begins_item(line: &str) -> bool {
    let length = line.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    let (word, rest) = line.split_at(length);
    let next = rest.trim_start().bytes().next();
    let name = next.is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    match word {
        "data" | "train" | "evaluate" | "predict" | "test" => name || next == Some(b'{'),
        "model" | "layer" | "fn" | "optimizer" | "hyper" | "weights" => name,
        "print" | "plot" => next.is_some_and(|b| !b"=:,)]}.~".contains(&b)),
        "use" => name || next == Some(b'"'),
        _ => false,
    }
}
