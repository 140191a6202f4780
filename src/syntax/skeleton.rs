//! What is known of a text without the grammar: comments, brackets, and the breaks that end items and entries.
//!
//! It gives the parser the chunks it can parse one by one, so that a mistake in one of them does not hide the others.

use std::ops::Range;

/// A pair of brackets.
#[derive(Debug, Clone)]
pub(super) struct Bracket {
    pub kind: u8,
    pub open: usize,
    /// Where the closer stands, or should: then `missing` is set.
    pub close: usize,
    pub missing: bool,
    pub parent: Option<usize>,
    /// Blanks at the start of the opener's line.
    pub indent: usize,
}

/// What is wrong with the brackets or the depth.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fault {
    /// The opener, and where it became clear that nothing closes it.
    Unclosed {
        bracket: usize,
        noticed: usize,
    },
    /// A closer without opener.
    Stray {
        at: usize,
    },
    /// `Linear(8}`: the closer at `at` stands where the bracket's own should.
    WrongCloser {
        bracket: usize,
        at: usize,
    },
    UnclosedString {
        at: usize,
        end: usize,
    },
    TooDeep {
        at: usize,
    },
    /// Something else that is reported already.
    Reported {
        at: usize,
    },
}

impl Fault {
    /// The place that is to blame.
    pub fn at(&self, skeleton: &Skeleton) -> usize {
        match *self {
            Fault::Unclosed { bracket, .. } => skeleton.brackets[bracket].open,
            Fault::Stray { at }
            | Fault::WrongCloser { at, .. }
            | Fault::UnclosedString { at, .. }
            | Fault::TooDeep { at }
            | Fault::Reported { at } => at,
        }
    }
}

/// A comment and the code around it.
#[derive(Debug, Clone)]
pub(super) struct Remark {
    pub range: Range<usize>,
    pub own_line: bool,
    /// End of the last token before it, `,` and `;` not counted.
    pub behind: usize,
    /// Start of the first token after it.
    pub before: usize,
}

#[derive(Debug, Default)]
pub(super) struct Skeleton {
    pub remarks: Vec<Remark>,
    pub brackets: Vec<Bracket>,
    pub faults: Vec<Fault>,
    /// The items' ranges, without white space and comments around them.
    pub items: Vec<Range<usize>>,
    /// For each bracket: where `;` and line breaks end entries of it.
    pub breaks: Vec<Vec<usize>>,
}

impl Skeleton {
    /// The entries of a `{ }`: their ranges, without white space (comments may stand around them).
    pub fn entries(&self, bracket: usize, text: &str) -> Vec<Range<usize>> {
        let Some(block) = self.brackets.get(bracket) else { return Vec::new() };
        let inner = block.open + 1..block.close.max(block.open + 1);
        let breaks = self.breaks.get(bracket).map_or(&[][..], Vec::as_slice);
        let starts = std::iter::once(inner.start).chain(breaks.iter().map(|b| b + 1));
        let ends = breaks.iter().copied().chain(std::iter::once(inner.end));
        starts.zip(ends).filter_map(|(start, end)| self.trim(start..end, text)).collect()
    }

    /// The range without white space and comments at its ends; `None` if nothing is left.
    fn trim(&self, range: Range<usize>, text: &str) -> Option<Range<usize>> {
        let (mut start, mut end) = (range.start, range.end);
        loop {
            let slice = text.get(start..end)?;
            start += slice.len() - slice.trim_start().len();
            end = start + slice.trim().len();
            if start >= end {
                return None;
            }
            if let Some(remark) = self.remark_at(start) {
                start = remark.range.end;
            } else if let Some(remark) = self.remark_at(end - 1) {
                end = remark.range.start;
            } else {
                return Some(start..end);
            }
            if start >= end {
                return None;
            }
        }
    }

    fn remark_at(&self, at: usize) -> Option<&Remark> {
        let index = self.remarks.partition_point(|r| r.range.end <= at);
        self.remarks.get(index).filter(|r| r.range.contains(&at))
    }
}
