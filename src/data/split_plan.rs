use crate::diag::{Diagnostic, codes};
use crate::text::Span;
use crate::types::Args;

use super::{SplitKind, SplitPlan};

/// The plan of sides with their own sources: each that is there counts as all of it.
pub fn given(args: &Args) -> SplitPlan {
    let there = |side: &str| f64::from(u8::from(args.text(side).is_some()));
    let fractions = [1.0, there("val"), there("test")];
    SplitPlan { kind: SplitKind::Given, fractions, seed: 0, group: args.text("group").map(str::to_owned) }
}

const TOLERANCE: f64 = 1e-9;

/// A plan from checked arguments; the fractions must sum to 1.
pub fn plan(kind: SplitKind, args: &Args, span: Span) -> Result<SplitPlan, Diagnostic> {
    let fractions = ["train", "val", "test"].map(|side| args.real(side).unwrap_or(0.0));
    let sum: f64 = fractions.iter().sum();
    if fractions.iter().any(|f| !(0.0..=1.0).contains(f)) || (sum - 1.0).abs() > TOLERANCE {
        return Err(Diagnostic::new(&codes::OUT_OF_RANGE, "the parts of a split must sum to 100%")
            .at(span, format!("these sum to {}%", (sum * 1e10).round() / 1e8))
            .help("say what the rest is for: `val = …` for choosing the best epoch and the threshold, `test = …` for the final evaluation"));
    }
    if fractions[0] == 0.0 {
        return Err(
            Diagnostic::new(&codes::OUT_OF_RANGE, "the split leaves no rows to train on").at(span, "`train` is 0")
        );
    }
    let seed = args.int("seed").unwrap_or(0) as u64;
    Ok(SplitPlan { kind, fractions, seed, group: args.text("group").map(str::to_owned) })
}
