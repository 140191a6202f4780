use crate::train::event::{Epoch, Train};
use crate::text::{Paint, Tone, format, layout};

/// The lines of one training: a heading, one line for each reported epoch, and how it ended.
#[derive(Debug)]
pub struct Epochs {
    train: Train,
    /// Width of each column, known once the first epoch shows which metrics there are.
    widths: Vec<usize>,
    last: Option<Epoch>,
    best: Option<Epoch>,
    /// The last line that was printed is of this epoch.
    printed: u64,
}

impl Epochs {
    pub fn new(train: &Train) -> Self {
        Epochs { train: train.clone(), widths: Vec::new(), last: None, best: None, printed: 0 }
    }

    /// `train tune  Melanoma: 8,465 parameters, 12,000 rows, 30 epochs of 47 steps`.
    pub fn heading(&self, paint: Paint) -> String {
        let t = &self.train;
        let name = if t.train == "train" { "train".to_string() } else { format!("train {}", t.train) };
        let parts = [
            format::counted(t.parameters, "parameter"),
            format::counted(t.rows, "row"),
            format!("{} of {}", format::counted(t.epochs, "epoch"), format::counted(t.steps_per_epoch, "step")),
        ];
        let name = paint.apply(Tone::Strong, layout::printable(&name));
        format!("{name}  {}: {}\n", layout::printable(&t.model), parts.join(", "))
    }

    /// The epoch's line if it is one to report, before the first with the names of the columns.
    pub fn epoch(&mut self, epoch: &Epoch, paint: Paint) -> String {
        let mut out = String::new();
        if self.widths.is_empty() {
            let names = columns(epoch);
            let narrowest = |(i, name): (usize, &String)| layout::width(name).max(if i == 0 { 5 } else { 8 });
            self.widths = names.iter().enumerate().map(narrowest).collect();
            out += &format!("{}\n", paint.apply(Tone::Dim, self.line(&names)));
        }
        if epoch.best {
            self.best = Some(epoch.clone());
        }
        let every = self.train.report_every.max(1);
        if epoch.epoch == 1 || epoch.epoch.is_multiple_of(every) || epoch.epoch == self.train.epochs {
            out += &self.report(epoch);
        }
        self.last = Some(epoch.clone());
        out
    }

    /// The last epoch if early stopping made it the last, and which epoch was the best if it was another one.
    pub fn end(&mut self) -> String {
        let Some(last) = self.last.take() else { return String::new() };
        let mut out = String::new();
        if self.printed != last.epoch {
            out += &self.report(&last);
        }
        if last.epoch < self.train.epochs {
            out += &format!("  stopped after {} of {}\n", last.epoch, format::counted(self.train.epochs, "epoch"));
        }
        if let Some(best) = self.best.take().filter(|b| b.epoch != last.epoch) {
            let values: Vec<_> = best.val.iter().map(|(n, v)| format!("val.{n} {}", format::measure(*v))).collect();
            let values = if values.is_empty() { String::new() } else { format!(": {}", values.join(", ")) };
            out += &layout::printable(&format!("  best epoch {}{values}\n", best.epoch));
        }
        out
    }

    fn report(&mut self, epoch: &Epoch) -> String {
        self.printed = epoch.epoch;
        let mut cells = vec![epoch.epoch.to_string(), format::measure(epoch.loss)];
        cells.extend(epoch.val.iter().map(|(_, v)| format::measure(*v)));
        cells.extend([format::number(epoch.lr, 3), format::duration(epoch.seconds)]);
        format!("{}\n", self.line(&cells))
    }

    fn line(&self, cells: &[String]) -> String {
        cells.iter().zip(&self.widths).map(|(c, w)| format!("  {}", layout::right(c, *w))).collect()
    }
}

fn columns(epoch: &Epoch) -> Vec<String> {
    let mut names = vec!["epoch".to_string(), "loss".to_string()];
    names.extend(epoch.val.iter().map(|(n, _)| layout::printable(&format!("val.{n}"))));
    names.extend(["lr".to_string(), "time".to_string()]);
    names
}
