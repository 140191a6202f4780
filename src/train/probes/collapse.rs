//! The model answers the same for every row, and is no better than that.
//!
//! Reported at the end, if the loss is at that of a constant answer and answers differ by less than 1 % of the target's deviation
//! (of probability 1): DeepLocalize (Wardat et al. 2021) and AUTOTRAINER (Zhang et al. 2021) look at the same symptom.

use crate::diag::{Diagnostic, codes};
use crate::text::format::number;
use crate::train::target::{Task, task_of};

use super::{Probe, When};

const SPREAD: f64 = 0.01;
/// Answers that are all the same have no loss below that of the best of them.
const SHARE: f64 = 0.99;
const ROWS: usize = 256;
/// Rows that are asked first, one by one: if they differ, that was all.
const FEW: usize = 8;
const STEPS: u64 = 30;

pub static PROBE: Probe = Probe {
    code: &codes::COLLAPSED,
    when: When::End,
    look: |run, story, sample| {
        let limit = story.constant.as_ref().map_or(story.start, |c| c.loss);
        let loss = run.state.history.epochs.last().map_or(f64::NAN, |e| e.loss);
        if sample.step < STEPS || loss.is_nan() || loss < SHARE * limit {
            return vec![];
        }
        let mut rows = run.setup.data.split.train.clone();
        rows.truncate(ROWS);
        let Some(i) = run.forward.answers.iter().position(|a| a.target.is_some()) else { return vec![] };
        if rows.len() < FEW {
            return vec![];
        }
        let answer = run.forward.answers[i].clone();
        let truth = answer.target.as_deref().and_then(|t| run.setup.data.target(t).map(|t| t.raw.clone()));
        let unit = match (task_of(&answer), truth) {
            (Task::Regression, Some(raw)) => deviation(rows.iter().map(|r| raw[*r as usize])),
            _ => 1.0,
        };
        let width = answer.width.max(1);
        let spread = |values: &[f64]| {
            let columns = (0..width).map(|c| deviation(values.iter().skip(c).step_by(width).copied()));
            columns.fold(0.0, f64::max)
        };
        let mut few = Vec::new();
        for row in &rows[..FEW] {
            let Ok(one) = run.answers(&[*row]) else { return vec![] };
            few.extend_from_slice(&one.values[i]);
        }
        if spread(&few) > SPREAD * unit {
            return vec![];
        }
        let Ok(answers) = run.answers(&rows) else { return vec![] };
        let spread = spread(&answers.values[i]);
        if spread.is_nan() || spread > SPREAD * unit {
            return vec![];
        }
        let shown: Vec<String> = answers.values[i].iter().take(width.min(4)).map(|x| number(*x, 3)).collect();
        let message = format!(
            "after {} steps all of {} training rows get the same answer: {}",
            sample.step,
            rows.len(),
            shown.join(", ")
        );
        let item = &run.setup.item;
        let d = Diagnostic::new(&codes::COLLAPSED, message).at(
            item.loss.span,
            format!("the loss is {}, that of a model that does not look at the row", number(loss, 3)),
        );
        vec![d.help("look at the activation at the end, the scale of the inputs (`|> zscore`) and the learning rate")]
    },
};

fn deviation(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let n = values.clone().count().max(1) as f64;
    let mean = values.clone().sum::<f64>() / n;
    (values.map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt()
}
