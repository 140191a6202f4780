use super::super::ticks::count;
use super::super::{AxisSpec, Bar, Dash, Figure, Layer, Style};

/// More outlines in one place can't be told apart.
const MOST_OUTLINES: usize = 3;
/// Height of the highest bin of a row, of the distance between rows.
const RIDGE: f64 = 0.85;
/// Bins beyond this are thinner than can be seen.
const MOST_BINS: usize = 60;

/// How often values occur, in bins of equal width; groups share the bins and, if there are several, show their shares. More
/// than three groups stand in rows, each with bins of its own and as high as its row.
/// `counted` is what there is one of for each value: `rows`, `weights`.
///
/// The width follows Freedman and Diaconis (1981). Values that are not finite are left out and counted in the note.
pub fn histogram(label: &str, unit: &str, counted: &str, groups: Vec<(String, Vec<f64>)>) -> Figure {
    let total: usize = groups.iter().map(|(_, values)| values.len()).sum();
    let mut all: Vec<f64> = groups.iter().flat_map(|(_, v)| v.iter().copied()).filter(|v| v.abs() <= 1e300).collect();
    all.sort_by(f64::total_cmp);
    let left_out = total - all.len();
    let edges = edges(&all);
    let several = groups.len() > 1;
    let note = match left_out {
        0 => String::new(),
        1 => "1 value is not finite and left out".into(),
        _ => format!("{} values are not finite and left out", count(left_out)),
    };
    if groups.len() > MOST_OUTLINES {
        return ridges(label, unit, groups, note);
    }
    let layers = groups.into_iter().enumerate().map(|(i, (name, values))| {
        let heights = heights(&values, &edges, several);
        let style = Style { color: Some(i), ..Style::default() };
        if several { outline(name, &edges, &heights, style) } else { bars(name, &edges, &heights, style) }
    });
    Figure {
        title: format!("Distribution of {label}"),
        note,
        x: AxisSpec::new(label).unit(unit),
        y: if several { AxisSpec::new("share of the group").unit("%") } else { AxisSpec::new(counted).whole() },
        layers: layers.collect(),
        ..Figure::default()
    }
}

/// A row for each group.
fn ridges(label: &str, unit: &str, groups: Vec<(String, Vec<f64>)>, note: String) -> Figure {
    let mut layers = Vec::new();
    let mut names = Vec::new();
    for (row, (name, values)) in groups.into_iter().enumerate() {
        let mut known: Vec<f64> = values.iter().copied().filter(|v| v.abs() <= 1e300).collect();
        known.sort_by(f64::total_cmp);
        let edges = edges(&known);
        let heights = heights(&known, &edges, false);
        let highest = heights.iter().copied().fold(1.0, f64::max);
        let foot = row as f64 + 0.5;
        let corners = edges.windows(2).zip(&heights).flat_map(|(edge, height)| {
            let y = foot - RIDGE * height / highest;
            [(edge[0], foot, y), (edge[1], foot, y)]
        });
        let corners: Vec<(f64, f64, f64)> = corners.collect();
        let style = Style { color: Some(row), dash: Some(Dash::Solid), ..Style::default() };
        let outline = corners.iter().map(|(x, _, y)| (*x, *y)).collect();
        layers.push(Layer::Band { name: String::new(), points: corners, style });
        layers.push(Layer::Line { name: String::new(), points: outline, style });
        names.push(name);
    }
    let scaled = "each row is scaled to its own highest bin";
    Figure {
        title: format!("Distributions of {label}"),
        note: if note.is_empty() { scaled.into() } else { format!("{scaled}; {note}") },
        x: AxisSpec::new(label).unit(unit),
        y: AxisSpec::default().categories(names),
        layers,
        ..Figure::default()
    }
}

/// Ends of the bins, for sorted values; none without values.
fn edges(sorted: &[f64]) -> Vec<f64> {
    let (Some(&lo), Some(&hi)) = (sorted.first(), sorted.last()) else { return Vec::new() };
    if hi - lo <= lo.abs().max(hi.abs()) * 1e-9 {
        let half = if lo == 0.0 { 0.5 } else { lo.abs() * 0.05 };
        return vec![lo - half, hi + half];
    }
    let quantile = |q: f64| sorted[((sorted.len() - 1) as f64 * q).round() as usize];
    let width = 2.0 * (quantile(0.75) - quantile(0.25)) / (sorted.len() as f64).cbrt();
    let bins = if width > 0.0 { ((hi - lo) / width).ceil() } else { (sorted.len() as f64).sqrt().ceil() };
    let bins = bins.clamp(1.0, MOST_BINS as f64) as usize;
    (0..=bins).map(|i| lo + (hi - lo) * i as f64 / bins as f64).collect()
}

fn heights(values: &[f64], edges: &[f64], share: bool) -> Vec<f64> {
    let (Some(&lo), Some(&hi)) = (edges.first(), edges.last()) else { return Vec::new() };
    let mut counts = vec![0usize; edges.len() - 1];
    let mut counted = 0;
    for value in values.iter().filter(|v| **v >= lo && **v <= hi) {
        let bin = edges.partition_point(|e| e <= value).saturating_sub(1).min(counts.len() - 1);
        counts[bin] += 1;
        counted += 1;
    }
    let scale = if share { 100.0 / f64::from(counted.max(1)) } else { 1.0 };
    counts.into_iter().map(|n| n as f64 * scale).collect()
}

fn bars(name: String, edges: &[f64], heights: &[f64], style: Style) -> Layer {
    let bars = edges.windows(2).zip(heights).map(|(edge, &height)| Bar {
        at: (edge[0] + edge[1]) / 2.0,
        width: edge[1] - edge[0],
        from: 0.0,
        to: height,
        error: None,
        text: String::new(),
    });
    Layer::Bars { name, bars: bars.collect(), horizontal: false, style }
}

fn outline(name: String, edges: &[f64], heights: &[f64], style: Style) -> Layer {
    let mut points: Vec<_> = edges.iter().copied().zip(heights.iter().copied()).collect();
    if let (Some(&first), Some(&last)) = (edges.first(), edges.last()) {
        points.insert(0, (first, 0.0));
        points.push((last, heights.last().copied().unwrap_or(0.0)));
        points.push((last, 0.0));
    }
    Layer::Step { name, points, style }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_value_is_in_one_bin() {
        let values: Vec<f64> = (0..1000).map(|i| f64::from(i * i % 997)).chain([f64::NAN, f64::INFINITY]).collect();
        let figure = histogram("x", "", "rows", vec![(String::new(), values)]);
        let Layer::Bars { bars, .. } = &figure.layers[0] else { panic!("bars") };
        assert_eq!(bars.iter().map(|b| b.to).sum::<f64>(), 1000.0);
        assert_eq!(figure.note, "2 values are not finite and left out");
    }

    #[test]
    fn many_groups_stand_in_rows_of_one_height() {
        let of = |scale: f64| (0..500).map(|i| f64::from(i * i % 97) * scale).collect::<Vec<f64>>();
        let groups = (0..4).map(|i| (format!("g{i}"), of(10f64.powi(-i)))).chain([("none".into(), vec![f64::NAN])]);
        let figure = histogram("weight", "", "weights", groups.collect());
        for row in 0..4 {
            let Layer::Band { points, .. } = &figure.layers[2 * row] else { panic!("a band") };
            let top = points.iter().map(|p| p.2).fold(f64::INFINITY, f64::min);
            assert!((top - (row as f64 + 0.5 - RIDGE)).abs() < 1e-12, "{row}: {top}");
        }
        assert_eq!(figure.note, "each row is scaled to its own highest bin; 1 value is not finite and left out");
    }

    #[test]
    fn constant_and_absent_values_make_one_bin_or_none() {
        assert_eq!(edges(&[3.0, 3.0]), [2.85, 3.15]);
        assert!(edges(&[]).is_empty());
        assert_eq!(heights(&[3.0, 3.0], &[2.85, 3.15], false), [2.0]);
    }
}
