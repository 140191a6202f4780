use crate::train::event::{Epoch, Step, Train};
use crate::text::{Paint, Tone, format, layout};

/// The one line that shows how far a training is; redrawn in place on standard error.
#[derive(Debug)]
pub struct Progress {
    name: String,
    epochs: u64,
    steps: u64,
    epoch: u64,
    step: u64,
    loss: f64,
    /// The newest validation metric, as text.
    val: Option<String>,
}

impl Progress {
    pub fn new(train: &Train) -> Self {
        Progress {
            name: layout::printable(&train.train),
            epochs: train.epochs,
            steps: train.epochs.saturating_mul(train.steps_per_epoch),
            epoch: 1,
            step: 0,
            loss: f64::NAN,
            val: None,
        }
    }

    pub fn step(&mut self, step: &Step) {
        (self.epoch, self.step, self.loss) = (step.epoch, step.step, step.loss);
    }

    pub fn epoch(&mut self, epoch: &Epoch) {
        (self.epoch, self.step, self.loss) = (epoch.epoch, epoch.step, epoch.loss);
        // The last metric is the one most likely watched: `loss` comes first.
        self.val = epoch.val.0.last().map(|(n, v)| format!("val.{} {}", layout::printable(n), format::measure(*v)));
    }

    /// The line for a terminal of this width, `elapsed` seconds after the start; never wider, so that it never wraps.
    pub fn line(&self, elapsed: f64, paint: Paint, columns: usize) -> String {
        let mut parts = vec![format!("epoch {}/{}", self.epoch, self.epochs)];
        if self.loss.is_finite() {
            parts.push(format!("loss {}", format::measure(self.loss)));
        }
        parts.extend(self.val.clone());
        let share = if self.steps == 0 { 0.0 } else { (self.step as f64 / self.steps as f64).min(1.0) };
        if share > 0.0 && share < 1.0 {
            parts.push(format!("{} left", format::duration(elapsed * (1.0 - share) / share)));
        }
        let text = layout::shorten(&format!("{}  {}", self.name, parts.join("  ")), columns.saturating_sub(3));
        let room = columns.saturating_sub(layout::width(&text) + 5).min(24);
        if room < 6 { format!("  {text}") } else { format!("  {}  {text}", bar(share, room, paint)) }
    }
}

fn bar(share: f64, columns: usize, paint: Paint) -> String {
    let done = (share * columns as f64) as usize;
    let rest = columns.saturating_sub(done);
    format!("{}{}", paint.apply(Tone::Help, "━".repeat(done)), paint.apply(Tone::Dim, "─".repeat(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress() -> Progress {
        let mut progress = Progress::new(&Train {
            train: "train".into(),
            model: "M".into(),
            parameters: 1,
            rows: 100,
            epochs: 10,
            steps_per_epoch: 4,
            report_every: 1,
        });
        progress.step(&Step { train: "train".into(), epoch: 3, step: 10, loss: 0.5 });
        progress
    }

    #[test]
    fn shows_the_share_done_and_the_time_left() {
        let line = progress().line(2.0, Paint::default(), 80);
        assert_eq!(line, "  ━━━━━━──────────────────  train  epoch 3/10  loss 0.5000  6.0s left");
    }

    #[test]
    fn never_wraps() {
        for columns in 10..100 {
            assert!(layout::width(&progress().line(2.0, Paint::default(), columns)) <= columns, "{columns}");
        }
    }
}
