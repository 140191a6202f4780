use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use super::transform::Values;
use crate::data::Width;
use crate::data::raw::{Levels, sort_levels};

/// The levels of the training rows, each with a number; levels that came less often than `min_count` have none.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Vocabulary {
    /// Sorted: as numbers if all are numbers, else as texts.
    pub names: Vec<Arc<str>>,
    fitted: bool,
    #[serde(skip)]
    counts: HashMap<Arc<str>, u64>,
    #[serde(skip)]
    cache: Mutex<Option<Lookup>>,
}

/// The slots of one table's levels, kept from one chunk of it to the next.
#[derive(Debug, Clone)]
struct Lookup {
    of: Arc<[Arc<str>]>,
    slots: Arc<[Slot]>,
}

/// Where a level of a table stands in the vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    Level(u32),
    Unseen,
    Missing,
}

impl Vocabulary {
    /// A vocabulary that needs no fit.
    pub fn of(names: Vec<Arc<str>>) -> Self {
        Vocabulary { fitted: !names.is_empty(), names, ..Vocabulary::default() }
    }

    pub fn absorb(&mut self, values: &Values) {
        let Values::Levels { names, codes } = values else { return };
        let mut counts = vec![0u64; names.len()];
        for &code in codes {
            if let Some(count) = counts.get_mut(code as usize) {
                *count += 1;
            }
        }
        for (name, count) in names.iter().zip(counts).filter(|(_, count)| *count > 0) {
            *self.counts.entry(name.clone()).or_insert(0) += count;
        }
    }

    pub fn finish(&mut self, min_count: u64) {
        let counts = std::mem::take(&mut self.counts);
        self.fitted = true;
        self.names = counts.into_iter().filter(|(_, count)| *count >= min_count).map(|(name, _)| name).collect();
        sort_levels(&mut self.names, |name| name);
    }

    /// The number of levels and `others`, once it is known.
    pub fn width(&self, others: usize) -> Width {
        if self.fitted { Width::Known(self.names.len() + others) } else { Width::Unknown }
    }

    /// Looks each cell up and gives it to `f`.
    pub fn each(&self, values: &Values, mut f: impl FnMut(Slot)) {
        let Values::Levels { names, codes } = values else { return };
        let slots = self.slots(names);
        for &code in codes {
            f(match code {
                Levels::MISSING => Slot::Missing,
                code => slots.get(code as usize).copied().unwrap_or(Slot::Unseen),
            });
        }
    }

    /// For each level whether it has no number.
    pub fn unseen(&self, names: &Arc<[Arc<str>]>) -> Vec<bool> {
        self.slots(names).iter().map(|slot| *slot == Slot::Unseen).collect()
    }

    fn slots(&self, names: &Arc<[Arc<str>]>) -> Arc<[Slot]> {
        let Ok(mut cache) = self.cache.lock() else { return self.look_up(names) };
        if let Some(lookup) = cache.as_ref().filter(|lookup| Arc::ptr_eq(&lookup.of, names)) {
            return lookup.slots.clone();
        }
        let slots = self.look_up(names);
        *cache = Some(Lookup { of: names.clone(), slots: slots.clone() });
        slots
    }

    fn look_up(&self, names: &[Arc<str>]) -> Arc<[Slot]> {
        let numbers: HashMap<&str, u32> = self.names.iter().enumerate().map(|(i, n)| (&**n, i as u32)).collect();
        names.iter().map(|name| numbers.get(&**name).map_or(Slot::Unseen, |&i| Slot::Level(i))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::RawColumn;

    fn values(cells: &[&str]) -> Values {
        let column = RawColumn::texts("x", cells.iter().copied());
        let levels = column.levels();
        Values::Levels { names: levels.names.clone(), codes: levels.codes.clone() }
    }

    #[test]
    fn levels_are_sorted_and_rare_ones_unseen() {
        let mut vocabulary = Vocabulary::default();
        vocabulary.absorb(&values(&["10", "9", "9", ""]));
        vocabulary.absorb(&values(&["10", "7"]));
        vocabulary.finish(2);
        assert_eq!(vocabulary.names, ["9".into(), "10".into()] as [Arc<str>; 2]);
        let mut slots = Vec::new();
        for _ in 0..2 {
            vocabulary.each(&values(&["7", "10", "NA", "9"]), |slot| slots.push(slot));
        }
        let once = [Slot::Unseen, Slot::Level(1), Slot::Missing, Slot::Level(0)];
        assert_eq!(slots, [once, once].concat());
    }
}
