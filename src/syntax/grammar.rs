//! The parser that pest derives from `grammar/nn.pest`.

use pest::Parser;
use pest::iterators::Pair;

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/nn.pest"]
struct Grammar;

/// Where pest could not go on: an offset into the chunk, and what could have stood there.
pub(super) struct Stuck {
    pub at: usize,
    pub expected: Vec<Rule>,
}

/// Matches one chunk (trimmed of white space and comments) with one of the `one_…` rules; gives the pair inside of it.
pub(super) fn match_chunk(start: Rule, chunk: &str) -> Result<Pair<'_, Rule>, Stuck> {
    let mut pairs = Grammar::parse(start, chunk).map_err(|error| Stuck {
        at: match error.location {
            pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
        },
        expected: match error.variant {
            pest::error::ErrorVariant::ParsingError { positives, .. } => positives,
            pest::error::ErrorVariant::CustomError { .. } => Vec::new(),
        },
    })?;
    let inner = pairs.next().and_then(|outer| outer.into_inner().next());
    inner.ok_or(Stuck { at: 0, expected: Vec::new() })
}
