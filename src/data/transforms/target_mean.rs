use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::transform::{Form, MakeTransform, Training, Transform, Values, load, state_of};
use super::vocabulary::{Slot, Vocabulary};
use crate::data::folds::FOLDS;
use crate::data::raw::{Levels, sort_levels};
use crate::data::{Row, TargetKind, Width};

pub const ROW: Row<MakeTransform> = Row {
    name: "target_mean",
    signature: "target_mean(smooth: real in 0..1000000000 = none)",
    doc: "The mean of the first target over the training rows of the level, drawn towards the mean of all: λ m + (1 - λ) M with λ = n / (n + smooth), or without `smooth` λ = v n / (v n + w), where v is the variance of the target and w that within the level (Micci-Barreca 2001). For one of K classes, K shares. A training row is given what the other four of five folds say (rows of one `group` share a fold), so that it never sees its own target; missing cells are a level, unseen levels get M. As scikit-learn's TargetEncoder.",
    example: "town: category |> target_mean |> zscore",
    make: MakeTransform {
        takes: Form::Level,
        gives: Form::Number,
        undoes: false,
        new: |args, _| Ok(Box::new(TargetMean { smooth: args.real("smooth"), ..TargetMean::default() })),
        load: load::<TargetMean>,
    },
};

#[derive(Debug, Default, Serialize, Deserialize)]
struct TargetMean {
    smooth: Option<f64>,
    /// The number of classes, where there are more than two.
    classes: Option<usize>,
    vocabulary: Vocabulary,
    means: Means,
    /// What the rows of each fold get.
    #[serde(skip)]
    of_folds: Vec<Means>,
    #[serde(skip)]
    seen: HashMap<Arc<str>, u32>,
    #[serde(skip)]
    rows: Vec<Seen>,
}

/// One training row: its level (by order of coming), target and fold.
#[derive(Debug, Clone, Copy)]
struct Seen {
    level: u32,
    target: f64,
    fold: u8,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Means {
    /// Of each level and, last, of missing cells; as many numbers for each as there are outputs.
    levels: Vec<f64>,
    /// Of all rows.
    all: Vec<f64>,
}

impl Means {
    fn of(&self, slot: Slot, levels: usize) -> &[f64] {
        let width = self.all.len();
        let at = match slot {
            Slot::Unseen => return &self.all,
            Slot::Missing => levels,
            Slot::Level(i) => i as usize,
        };
        self.levels.get(at * width..(at + 1) * width).unwrap_or(&self.all)
    }
}

impl TargetMean {
    /// Numbers for each row. Bounded also for a damaged model file.
    fn outputs(&self) -> usize {
        self.classes.unwrap_or(1).clamp(1, 1 << 16)
    }

    /// The means over some rows, whose levels are numbered below `slots`.
    fn means(&self, rows: &[Seen], slots: usize) -> Means {
        let mut means = Means { levels: Vec::with_capacity(slots * self.outputs()), all: Vec::new() };
        let columns: Vec<(Vec<f64>, f64)> = (0..self.outputs()).map(|k| self.one(rows, slots, k)).collect();
        for slot in 0..slots {
            means.levels.extend(columns.iter().map(|(levels, _)| levels[slot]));
        }
        means.all.extend(columns.iter().map(|(_, all)| *all));
        means
    }

    /// The means of one output, and that of all rows.
    fn one(&self, rows: &[Seen], slots: usize, class: usize) -> (Vec<f64>, f64) {
        let target = |row: &Seen| match self.classes {
            Some(_) => f64::from(u8::from(row.target == class as f64)),
            None => row.target,
        };
        let total = rows.len().max(1) as f64;
        let all = rows.iter().map(target).sum::<f64>() / total;
        let variance = rows.iter().map(|row| (target(row) - all).powi(2)).sum::<f64>() / total;
        let (mut counts, mut means, mut spread) = (vec![0.0; slots], vec![0.0; slots], vec![0.0; slots]);
        for row in rows {
            counts[row.level as usize] += 1.0;
            means[row.level as usize] += target(row);
        }
        means.iter_mut().zip(&counts).for_each(|(mean, count)| *mean /= count);
        for row in rows {
            spread[row.level as usize] += (target(row) - means[row.level as usize]).powi(2);
        }
        let drawn = |((mean, count), spread): ((f64, f64), f64)| {
            let weight = match self.smooth {
                Some(smooth) => count / (count + smooth),
                None => variance * count / (variance * count + spread / count),
            };
            // No rows, or all of them alike.
            if weight.is_nan() || count == 0.0 { all } else { weight * mean + (1.0 - weight) * all }
        };
        (means.into_iter().zip(counts).zip(spread).map(drawn).collect(), all)
    }

    /// What each row gets by `of`, which is told the row's place and slot.
    fn values<'a>(&'a self, values: &Values, of: impl Fn(usize, Slot) -> &'a [f64]) -> Values {
        let mut out: Vec<f64> = Vec::new();
        let mut row = 0;
        self.vocabulary.each(values, |slot| {
            out.extend(of(row, slot));
            row += 1;
        });
        match self.classes {
            Some(width) => Values::Dense { width, values: out.iter().map(|x| *x as f32).collect() },
            None => Values::Numbers(out),
        }
    }
}

impl Transform for TargetMean {
    fn sees_target(&self) -> bool {
        true
    }

    fn meet(&mut self, target: Option<&TargetKind>) -> Result<(), String> {
        self.classes = match target {
            None => return Err("`target_mean` needs a first target of one column, and there is none".into()),
            Some(TargetKind::Label { classes }) if classes.len() > 2 => Some(classes.len()),
            Some(_) => None,
        };
        Ok(())
    }

    fn absorb_training(&mut self, values: &Values, training: Training) {
        let Values::Levels { names, codes } = values else { return };
        let mut own: Vec<Option<u32>> = vec![None; names.len()];
        for ((&code, &target), &fold) in codes.iter().zip(training.target).zip(training.folds) {
            let level = match own.get_mut(code as usize) {
                None => Levels::MISSING,
                Some(Some(level)) => *level,
                Some(unknown) => {
                    let next = self.seen.len() as u32;
                    let level = *self.seen.entry(names[code as usize].clone()).or_insert(next);
                    *unknown = Some(level);
                    level
                }
            };
            self.rows.push(Seen { level, target, fold });
        }
    }

    fn finish(&mut self) -> Result<(), String> {
        let mut names: Vec<(Arc<str>, u32)> = std::mem::take(&mut self.seen).into_iter().collect();
        sort_levels(&mut names, |name| &name.0);
        let mut place = vec![0; names.len()];
        names.iter().enumerate().for_each(|(i, (_, old))| place[*old as usize] = i as u32);
        let missing = names.len() as u32;
        let mut rows = std::mem::take(&mut self.rows);
        rows.iter_mut().for_each(|row| row.level = place.get(row.level as usize).copied().unwrap_or(missing));
        let slots = names.len() + 1;
        self.vocabulary = Vocabulary::of(names.into_iter().map(|name| name.0).collect());
        self.means = self.means(&rows, slots);
        let others = |fold: u8| rows.iter().filter(|row| row.fold != fold).copied().collect::<Vec<_>>();
        self.of_folds = (0..FOLDS).map(|fold| self.means(&others(fold), slots)).collect();
        Ok(())
    }

    fn apply(&self, values: Values) -> Values {
        let levels = self.vocabulary.names.len();
        self.values(&values, |_, slot| self.means.of(slot, levels))
    }

    fn apply_training(&self, values: Values, folds: &[u8]) -> Values {
        let levels = self.vocabulary.names.len();
        let of = |row: usize| folds.get(row).and_then(|fold| self.of_folds.get(*fold as usize)).unwrap_or(&self.means);
        self.values(&values, |row, slot| of(row).of(slot, levels))
    }

    fn gives(&self) -> Option<Form> {
        self.classes.map(|_| Form::Dense)
    }

    fn width(&self) -> Width {
        Width::Known(self.outputs())
    }

    fn feature_names(&self, column: &str) -> Vec<String> {
        match self.classes {
            Some(classes) => (0..classes).map(|k| format!("mean({column}, class {k})")).collect(),
            None => vec![format!("mean({column})")],
        }
    }

    fn unseen(&self, names: &Arc<[Arc<str>]>) -> Vec<bool> {
        self.vocabulary.unseen(names)
    }

    fn state(&self) -> Value {
        state_of(self)
    }
}
