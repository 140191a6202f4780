//! A saved model over a large file: blocks of rows, each read, computed and written by one thread.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};

use crate::data::{CsvBlock, CsvBlocks, CsvSource, Fitted, NotPlain, RawTable, Reading, Scratch, Unforeseen, Use};
use crate::diag::Problems;
use crate::engine::exec::Arena;
use crate::train::{Feeds, Forward};

use super::model::Parts;
use super::predicted::predicted;

/// Bytes of a block: some batches of rows.
const BLOCK: usize = 1 << 20;

/// Writes the predictions as CSV text, in the order of the rows, and gives what the training rows did not have; `None` if
/// the file has something that the careful reader must look at, or nothing, or if `out` can't take more. The numbers are
/// those of one row alone: a row's result never depends on its block.
pub(super) fn score(model: &Parts, source: &CsvSource, threads: usize, out: &mut dyn Write) -> Option<Unforeseen> {
    let blocks = CsvBlocks::open(source, BLOCK).ok()?;
    let job = Job {
        model,
        uses: uses(&model.fitted, &blocks.names),
        names: blocks.names.clone(),
        marks: (source.delimiter, source.decimal),
        blocks: Mutex::new(blocks),
        stopped: AtomicBool::new(false),
    };
    job.all(threads, out)
}

/// What the model, and the table of its predictions, read of each column.
fn uses(fitted: &Fitted, names: &[String]) -> Vec<Use> {
    let texts = fitted.ids.iter().chain(fitted.targets.iter().flat_map(|t| &t.columns));
    let mut uses: Vec<Use> = vec![Use::Skip; names.len()];
    let mut mark = |name: &str, of: Use| {
        for (use_, _) in uses.iter_mut().zip(names).filter(|(_, n)| *n == name) {
            *use_ = if *use_ == Use::Text { Use::Text } else { of };
        }
    };
    texts.for_each(|name| mark(name, Use::Text));
    for piece in fitted.inputs.iter().flat_map(|input| &input.pieces) {
        let of = if piece.decode == crate::data::Decode::Number { Use::Number } else { Use::Text };
        piece.reads().for_each(|name| mark(name, of));
    }
    uses
}

struct Job<'a> {
    model: &'a Parts,
    names: Vec<String>,
    uses: Vec<Use>,
    marks: (u8, u8),
    blocks: Mutex<CsvBlocks>,
    stopped: AtomicBool,
}

#[derive(Default)]
struct Scored {
    rows: usize,
    text: String,
    unforeseen: Unforeseen,
}

type Message = (usize, Option<Scored>);

impl Job<'_> {
    /// Writes all blocks, in order; `None` if one of them is not plain or can't be written, or if there is no row.
    fn all(&self, threads: usize, out: &mut dyn Write) -> Option<Unforeseen> {
        let (sender, receiver) = channel::<Message>();
        std::thread::scope(|scope| {
            for _ in 0..threads.max(1) {
                let sender = sender.clone();
                scope.spawn(move || self.work(&sender));
            }
            drop(sender);
            let (mut rows, mut unforeseen) = (0, Unforeseen::default());
            let mut waiting = BTreeMap::new();
            let mut next = 0;
            for (index, scored) in receiver {
                let Some(scored) = scored else { return self.stop() };
                waiting.insert(index, scored);
                while let Some(scored) = waiting.remove(&next) {
                    rows += scored.rows;
                    unforeseen.add(scored.unforeseen);
                    if out.write_all(scored.text.as_bytes()).is_err() {
                        return self.stop();
                    }
                    next += 1;
                }
            }
            (rows > 0 && waiting.is_empty()).then_some(unforeseen)
        })
    }

    /// Tells the threads that there is no use in going on.
    fn stop(&self) -> Option<Unforeseen> {
        self.stopped.store(true, Ordering::Relaxed);
        None
    }

    fn work(&self, sender: &Sender<Message>) {
        let Ok((mut forward, mut arena)) = self.model.worker() else {
            let _ = sender.send((0, None));
            return;
        };
        let (mut block, mut scratch) = (CsvBlock::default(), Scratch::default());
        while !self.stopped.load(Ordering::Relaxed) {
            let more = match self.blocks.lock() {
                Ok(mut blocks) => blocks.next_block(&mut block),
                Err(_) => Err(NotPlain),
            };
            let (index, scored) = match more {
                Ok(false) => return,
                Ok(true) => (block.index, self.one(&block, &mut scratch, &mut forward, &mut arena).ok()),
                Err(NotPlain) => (0, None),
            };
            let failed = scored.is_none();
            if sender.send((index, scored)).is_err() || failed {
                return;
            }
        }
    }

    fn one(
        &self,
        block: &CsvBlock,
        scratch: &mut Scratch,
        forward: &mut Forward,
        arena: &mut Arena,
    ) -> Result<Scored, NotPlain> {
        let (delimiter, decimal) = self.marks;
        let reading = Reading { names: &self.names, uses: &self.uses, delimiter, decimal };
        let mut scored = Scored::default();
        block.tables(&reading, Forward::BATCH, scratch, |table| {
            let head = block.index == 0 && scored.rows == 0;
            self.rows(&table, head, forward, arena, &mut scored)
        })?;
        Ok(scored)
    }

    /// Appends what the model answers for the rows of a table.
    fn rows(
        &self,
        table: &RawTable,
        head: bool,
        forward: &mut Forward,
        arena: &mut Arena,
        scored: &mut Scored,
    ) -> Result<(), NotPlain> {
        let fitted = &self.model.fitted;
        let mut problems = Problems::default();
        let bound = fitted.bind_quietly(table, &mut problems).filter(|_| problems.is_empty()).ok_or(NotPlain)?;
        let rows: Vec<u32> = (0..table.rows() as u32).collect();
        let (blocks, bad) = bound.blocks(&rows);
        if !bad.is_empty() {
            return Err(NotPlain);
        }
        let mut feeds = Feeds::of_blocks(self.model.feeds(), &blocks, &[]);
        let mut answers = forward.rows_in_step(arena, &mut feeds, rows.len()).map_err(|_| NotPlain)?;
        self.model.decisions.calibrate(&forward.answers, &mut answers);
        let predicted = predicted(fitted, table, &forward.answers, &answers, &self.model.decisions);
        predicted.push_csv(head, &mut scored.text);
        scored.unforeseen.add(bound.unforeseen());
        scored.rows += rows.len();
        Ok(())
    }
}
