//! Rows of the data as the inputs of a program take them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::data::{Block, Dataset, TargetColumn};
use crate::engine::kernels::gather::gather;
use crate::plan::Feed;

/// Numbers of all rows, `[rows, width]`.
#[derive(Debug, Clone)]
pub struct Matrix {
    pub width: usize,
    pub values: Arc<Vec<f32>>,
}

impl Matrix {
    pub fn row(&self, row: u32) -> &[f32] {
        let at = row as usize * self.width;
        self.values.get(at..at + self.width).unwrap_or(&[])
    }

    pub fn rows(&self) -> usize {
        self.values.len().checked_div(self.width).unwrap_or(0)
    }
}

/// What trained models give for all rows of the data, by `<name>.<result>`.
pub type Models = BTreeMap<Arc<str>, Matrix>;

/// The matrices behind a program's inputs, and room for the batch at hand.
#[derive(Debug, Clone)]
pub struct Feeds {
    matrices: Vec<Matrix>,
    batches: Vec<Vec<f32>>,
    /// Whether the batch at hand was gathered to stay.
    stays: bool,
}

impl Feeds {
    /// `None` if the data lacks something that is asked for.
    pub fn of_dataset(feeds: &[Feed], data: &Dataset, models: &Models) -> Option<Feeds> {
        let matrices = feeds.iter().map(|f| matrix(f, data, models)).collect::<Option<Vec<_>>>()?;
        Some(Feeds::new(matrices))
    }

    /// For new rows: targets that they lack are unknown (NaN), other columns are not read by a model's own result.
    pub fn of_blocks(feeds: &[Feed], blocks: &[Block], targets: &[TargetColumn]) -> Feeds {
        let rows = blocks.first().map_or(0, |b| b.rows);
        let matrices = feeds
            .iter()
            .map(|f| {
                let found = match f {
                    Feed::Input(name) => blocks.iter().find(|b| b.name == **name).map(of_block),
                    Feed::Target(name, _) => targets.iter().find(|t| t.name == **name).map(of_target),
                    Feed::Column(name) => column(name, blocks),
                    Feed::Balanced(_) | Feed::Model(..) => None,
                };
                let width = f.width();
                found.unwrap_or_else(|| Matrix { width, values: Arc::new(vec![f32::NAN; rows * width]) })
            })
            .collect();
        Feeds::new(matrices)
    }

    fn new(matrices: Vec<Matrix>) -> Feeds {
        let batches = matrices.iter().map(|_| Vec::new()).collect();
        Feeds { matrices, batches, stays: false }
    }

    /// Copies these rows one behind the other.
    pub fn gather(&mut self, rows: &[u32]) {
        self.gather_before(rows, &[]);
    }

    /// As [`Feeds::gather`], and says which rows will be asked for next.
    pub fn gather_before(&mut self, rows: &[u32], next: &[u32]) {
        self.stays = false;
        for (matrix, batch) in self.matrices.iter().zip(&mut self.batches) {
            gather(&matrix.values, matrix.width, rows, next, batch);
        }
    }

    /// As [`Feeds::gather`] for rows that are always the same: they are copied the first time only.
    pub fn gather_once(&mut self, rows: &[u32]) {
        if !self.stays {
            self.gather(rows);
            self.stays = true;
        }
    }

    /// The batch, one slice for each input, outside of steps.
    pub fn batch(&self) -> Vec<&[f32]> {
        self.batches.iter().map(Vec::as_slice).collect()
    }

    /// Calls `f` with the batch, one slice for each input. Allocates for many inputs only.
    pub fn with_batch<R>(&self, f: impl FnOnce(&[&[f32]]) -> R) -> R {
        const FEW: usize = 8;
        if self.batches.len() <= FEW {
            let mut slices: [&[f32]; FEW] = [&[]; FEW];
            slices.iter_mut().zip(&self.batches).for_each(|(slice, batch)| *slice = batch);
            return f(&slices[..self.batches.len()]);
        }
        f(&self.batch())
    }

    /// All rows, where they are taken in their own order.
    pub fn span(&self, from: usize, rows: usize) -> Vec<&[f32]> {
        self.matrices.iter().map(|m| m.values.get(from * m.width..(from + rows) * m.width).unwrap_or(&[])).collect()
    }
}

fn matrix(feed: &Feed, data: &Dataset, models: &Models) -> Option<Matrix> {
    match feed {
        Feed::Input(name) => data.block(name).map(of_block),
        Feed::Model(name, width) => models.get(name).filter(|m| m.width == *width).cloned(),
        Feed::Target(name, _) => data.target(name).map(of_target),
        Feed::Column(name) => column(name, &data.blocks).or_else(|| {
            let values = data.raw_number(name)?.iter().map(|x| *x as f32).collect();
            Some(Matrix { width: 1, values: Arc::new(values) })
        }),
        Feed::Balanced(name) => {
            let target = data.target(name)?;
            Some(Matrix { width: 1, values: Arc::new(balanced(target, &data.split.train)) })
        }
    }
}

fn of_block(block: &Block) -> Matrix {
    Matrix { width: block.width, values: block.values.clone() }
}

fn of_target(target: &TargetColumn) -> Matrix {
    Matrix { width: target.width, values: Arc::new(target.values.clone()) }
}

/// A column as the model sees it, where it is one number.
fn column(name: &str, blocks: &[Block]) -> Option<Matrix> {
    for block in blocks {
        let Some(piece) = block.pieces.iter().find(|p| p.column == name) else { continue };
        let values = block.values.chunks(block.width.max(1)).map(|row| row[piece.at]).collect();
        return Some(Matrix { width: 1, values: Arc::new(values) });
    }
    None
}

/// Factors by which each class of the training rows weighs the same in sum.
fn balanced(target: &TargetColumn, train: &[u32]) -> Vec<f32> {
    let classes = target.values.iter().filter(|x| x.is_finite()).fold(1.0f32, |m, x| m.max(*x)) as usize + 1;
    let seen: Vec<f64> = train.iter().filter_map(|&r| target.values.get(r as usize)).map(|x| f64::from(*x)).collect();
    let factor = crate::metrics::balanced_weights(&seen, classes);
    target.values.iter().map(|y| factor.get(*y as usize).copied().unwrap_or(0.0) as f32).collect()
}
