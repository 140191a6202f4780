//! Fewer points that look the same.

use std::collections::{BTreeMap, BTreeSet};

type Place = (f64, f64);

/// The parts of a line between its gaps, with at most four points a pixel column: first, lowest, highest, last.
pub(super) fn runs(places: impl Iterator<Item = Option<Place>>) -> Vec<Vec<Place>> {
    let mut runs = Vec::new();
    let mut column: Vec<Place> = Vec::new();
    let mut run: Vec<Place> = Vec::new();
    for place in places {
        match place {
            Some(place) => {
                if column.first().is_some_and(|first| first.0.floor() != place.0.floor()) {
                    close_column(&mut column, &mut run);
                }
                column.push(place);
            }
            None => {
                close_column(&mut column, &mut run);
                close_run(&mut run, &mut runs);
            }
        }
    }
    close_column(&mut column, &mut run);
    close_run(&mut run, &mut runs);
    runs
}

fn close_run(run: &mut Vec<Place>, runs: &mut Vec<Vec<Place>>) {
    if !run.is_empty() {
        runs.push(std::mem::take(run));
    }
}

fn close_column(column: &mut Vec<Place>, run: &mut Vec<Place>) {
    let lowest = (0..column.len()).min_by(|&a, &b| column[a].1.total_cmp(&column[b].1));
    let highest = (0..column.len()).max_by(|&a, &b| column[a].1.total_cmp(&column[b].1));
    let kept: BTreeSet<usize> = [Some(0), lowest, highest, column.len().checked_sub(1)].into_iter().flatten().collect();
    run.extend(kept.into_iter().filter_map(|i| column.get(i)));
    column.clear();
}

/// Points in groups by how many others share their square of a grid, from few to many; one point a square is kept.
pub(super) fn by_density(places: &[Place], square: f64, groups: usize) -> Vec<Vec<Place>> {
    let mut squares: BTreeMap<(i64, i64), (Place, usize)> = BTreeMap::new();
    for &(x, y) in places {
        let key = ((x / square).floor() as i64, (y / square).floor() as i64);
        squares.entry(key).or_insert(((x, y), 0)).1 += 1;
    }
    let most = squares.values().map(|(_, n)| *n).max().unwrap_or(1) as f64;
    let mut out = vec![Vec::new(); groups];
    for (place, n) in squares.into_values() {
        // Logarithmic: a square of one point is in the first group, the fullest one in the last.
        let part = (n as f64).ln() / most.ln().max(1e-9);
        if let Some(group) = out.get_mut(((part * groups as f64) as usize).min(groups - 1)) {
            group.push(place);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_survive_and_ends_stay() {
        let mut wave: Vec<_> = (0..100_000).map(|i| (f64::from(i) / 500.0, f64::from(i % 7))).collect();
        wave[54_321].1 = 99.0;
        wave[54_322].1 = -99.0;
        let line = runs(wave.iter().copied().map(Some)).remove(0);
        assert!(line.len() <= 4 * 200, "{}", line.len());
        assert!(line.contains(&wave[54_321]) && line.contains(&wave[54_322]));
        assert_eq!((line[0], line[line.len() - 1]), (wave[0], wave[99_999]));
        assert!(line.windows(2).all(|w| w[0].0 <= w[1].0));
    }

    #[test]
    fn gaps_part_lines_and_single_points_stay() {
        let parts = runs([None, Some((0.0, 1.0)), None, None, Some((2.0, 1.0)), Some((3.0, 1.0))].into_iter());
        assert_eq!(parts, [vec![(0.0, 1.0)], vec![(2.0, 1.0), (3.0, 1.0)]]);
    }

    #[test]
    fn crowded_squares_are_in_the_last_group() {
        let mut places = vec![(100.5, 100.5); 50];
        places.extend([(0.5, 0.5), (10.5, 0.5)]);
        let groups = by_density(&places, 3.0, 4);
        assert_eq!(groups[0], [(0.5, 0.5), (10.5, 0.5)]);
        assert_eq!(groups[3], [(100.5, 100.5)]);
    }
}
