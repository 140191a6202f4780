//! A loss that jumps up and down from epoch to epoch without getting better.
//!
//! Reported if of the last eight epochs nearly all change direction, by a fifth of the loss on average, or half of them by half of it,
//! and the last four are no better than the four before: what a learning rate near the limit of stability does (LeCun, Bottou, Orr,
//! Müller 1998, "Efficient BackProp", section 4).

use crate::diag::{Diagnostic, codes};
use crate::text::format::number;

use super::story::rate_span;
use super::{Probe, When};

const EPOCHS: usize = 8;
/// Changes of direction, of six, and the mean change from epoch to epoch in proportion to the loss.
const SWINGS: [(usize, f64); 2] = [(5, 0.2), (3, 0.5)];

pub static PROBE: Probe = Probe {
    code: &codes::OSCILLATES,
    when: When::Course,
    look: |run, story, _| {
        let epochs = &run.state.history.epochs;
        let Some(tail) = epochs.len().checked_sub(EPOCHS).map(|from| &epochs[from..]) else { return vec![] };
        let losses: Vec<f64> = tail.iter().map(|e| e.loss).collect();
        let moves: Vec<f64> = losses.windows(2).map(|w| w[1] - w[0]).collect();
        let turns = moves.windows(2).filter(|w| w[0] * w[1] < 0.0).count();
        let mean = losses.iter().sum::<f64>() / losses.len() as f64;
        let swing = moves.iter().map(|m| m.abs()).sum::<f64>() / moves.len() as f64;
        let half = |part: &[f64]| part.iter().sum::<f64>() / part.len().max(1) as f64;
        let (early, late) = losses.split_at(EPOCHS / 2);
        let small = mean.abs() < 0.1 * story.constant.as_ref().map_or(story.start, |c| c.loss).abs();
        let swings = SWINGS.iter().any(|(least, share)| turns >= *least && swing >= share * mean.abs());
        if !swings || half(late) < 0.9 * half(early) || small {
            return vec![];
        }
        let shown: Vec<String> = losses.iter().map(|x| number(*x, 3)).collect();
        let message = format!("the loss of the last {EPOCHS} epochs goes up and down: {}", shown.join(", "));
        let d = Diagnostic::new(&codes::OSCILLATES, message)
            .at(rate_span(&run.setup.item), format!("the learning rate is {}", number(run.learning_rate(), 3)));
        vec![d.help(
            "try a tenth of the learning rate, let it fall (`lr = 0.01 * cosine(progress)`), or take larger batches",
        )]
    },
};
