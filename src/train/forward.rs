//! The model applied to rows without training.

use std::sync::Arc;

use crate::data::Fitted;
use crate::engine::exec::{Arena, Call, Executable, Fault, Options};
use crate::engine::program::Program;
use crate::engine::random::Key;
use crate::plan::{Answer, Plan};

use super::feed::Feeds;
use super::target::in_own_units;

/// Batches of changing size are whole numbers of this many rows.
const STEP: usize = 256;

/// The forward program, compiled.
pub struct Forward {
    executable: Executable,
    pub answers: Vec<Answer>,
    pub has_loss: bool,
    whole_batch: bool,
    scalars: Vec<f32>,
    scalar_names: Vec<Arc<str>>,
    fitted: Option<Arc<Fitted>>,
}

/// What the model answers, row by row.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    pub rows: usize,
    /// For each answer `[rows, width]`: probabilities, or numbers in their own units.
    pub values: Vec<Vec<f64>>,
    /// The loss of each row; of each batch if it is one number for the batch.
    pub losses: Vec<f64>,
}

impl Answers {
    /// The mean loss.
    pub fn loss(&self) -> f64 {
        self.losses.iter().sum::<f64>() / self.losses.len().max(1) as f64
    }
}

impl Forward {
    /// Rows that are computed together; the result of a row does not depend on it.
    pub const BATCH: usize = 1024;

    pub fn compile(plan: &Plan, fitted: Option<Arc<Fitted>>, threads: usize) -> Result<Forward, String> {
        let forward = Forward::of(&plan.forward, plan.answers.clone(), fitted, threads)?;
        Ok(Forward { whole_batch: plan.whole_batch, ..forward })
    }

    /// A forward program whose first outputs are these answers; one more is the loss.
    pub fn of(
        program: &Program,
        answers: Vec<Answer>,
        fitted: Option<Arc<Fitted>>,
        threads: usize,
    ) -> Result<Forward, String> {
        let options = Options { max_rows: 1, threads, ..Options::default() };
        let executable = Executable::compile(program, &options).map_err(|f| f.to_string())?;
        Ok(Forward {
            executable,
            has_loss: program.outputs.len() > answers.len(),
            answers,
            whole_batch: false,
            scalars: vec![0.0; program.scalars.len()],
            scalar_names: program.scalars.clone(),
            fitted,
        })
    }

    /// What a loss that looks at the clock reads from here on.
    pub fn set_clock(&mut self, read: impl Fn(&str) -> f64) {
        for (scalar, name) in self.scalars.iter_mut().zip(&self.scalar_names) {
            *scalar = read(name) as f32;
        }
    }

    /// Applies the model with these weights to some rows.
    pub fn rows(&mut self, arena: &mut Arena, feeds: &mut Feeds, rows: &[u32]) -> Result<Answers, Fault> {
        let mut out = self.no_answers(rows.len());
        for chunk in rows.chunks(Forward::BATCH) {
            feeds.gather(chunk);
            feeds.with_batch(|inputs| self.batch(arena, inputs, chunk.len(), &mut out))?;
        }
        self.in_own_units(&mut out);
        Ok(out)
    }

    /// As [`Forward::rows`] for all rows of the feeds, whose number may change from call to call: the last batch is
    /// filled up, so that few plans serve all numbers.
    pub fn rows_in_step(&mut self, arena: &mut Arena, feeds: &mut Feeds, rows: usize) -> Result<Answers, Fault> {
        if rows == Forward::BATCH {
            // As they lie.
            let mut out = self.no_answers(rows);
            self.batch(arena, &feeds.span(0, rows), rows, &mut out)?;
            self.in_own_units(&mut out);
            return Ok(out);
        }
        let batch = if rows < STEP { rows } else { rows.next_multiple_of(STEP) };
        let filled: Vec<u32> = (0..batch).map(|row| row.min(rows.saturating_sub(1)) as u32).collect();
        let mut answers = self.rows(arena, feeds, &filled)?;
        answers.rows = rows;
        for (answer, values) in self.answers.iter().zip(&mut answers.values) {
            values.truncate(rows * answer.width);
        }
        answers.losses.truncate(rows);
        Ok(answers)
    }

    fn no_answers(&self, rows: usize) -> Answers {
        Answers { rows, values: vec![Vec::new(); self.answers.len()], losses: vec![] }
    }

    /// Appends the answers for one batch.
    fn batch(&mut self, arena: &mut Arena, inputs: &[&[f32]], rows: usize, out: &mut Answers) -> Result<(), Fault> {
        let (scalars, key) = (&self.scalars, Key(0));
        self.executable.run(Call { rows, key, inputs, scalars, slots: arena })?;
        self.collect(rows, out);
        Ok(())
    }

    fn in_own_units(&self, out: &mut Answers) {
        for (answer, values) in self.answers.iter().zip(&mut out.values) {
            let target =
                answer.target.as_ref().and_then(|t| self.fitted.as_ref()?.targets.iter().find(|f| f.name == **t));
            in_own_units(values, target);
        }
    }

    fn collect(&self, rows: usize, out: &mut Answers) {
        for (i, answer) in self.answers.iter().enumerate() {
            let values = self.executable.output(i);
            let wanted = rows * answer.width;
            match values.len() == wanted {
                true => out.values[i].extend(values.iter().map(|x| f64::from(*x))),
                // The same for all rows: a model that does not look at its input.
                false => {
                    let each = values.iter().map(|x| f64::from(*x)).cycle().take(wanted);
                    out.values[i].extend(each);
                }
            }
        }
        if self.has_loss {
            let losses = self.executable.output(self.answers.len());
            let per_row = !self.whole_batch && losses.len() == rows;
            match (per_row, losses.first()) {
                (true, _) => out.losses.extend(losses.iter().map(|x| f64::from(*x))),
                (false, Some(x)) => out.losses.extend(std::iter::repeat_n(f64::from(*x), rows)),
                (false, None) => {}
            }
        }
    }
}
