use super::super::figure::{AxisSpec, Ticks};
use super::super::scale::Scale;
use super::super::ticks::{self, TickList};
use super::text::{Ink, clean, distinct, padded, painted, right, shortened, width};

/// Rows and names of the ticks of a y axis, and the columns the names take.
pub(super) fn y_ticks(axis: &AxisSpec, scale: &Scale, rows: usize, limit: usize) -> (Vec<(usize, String)>, usize) {
    let ticks = ticks_of(axis, scale, (rows / 3).clamp(2, 8), limit);
    let placed = ticks.into_iter().filter_map(|(value, text)| {
        let row = (scale.place(value)? / 4.0).floor();
        (row >= 0.0 && row < rows as f64).then(|| (row as usize, shortened(&clean(&text), limit)))
    });
    let mut placed: Vec<_> = placed.collect();
    placed.sort();
    placed.dedup_by_key(|(row, _)| *row);
    let columns = placed.iter().map(|(_, text)| width(text)).max().unwrap_or(0);
    (placed, columns)
}

/// What stands left of a row of the canvas.
pub(super) fn left_of(row: usize, ticks: &[(usize, String)], columns: usize, color: bool) -> String {
    let tick = ticks.iter().find(|(at, _)| *at == row);
    let (name, line) = tick.map_or(("", "│"), |(_, name)| (name.as_str(), "┤"));
    painted(&format!("{} {line}", right(name, columns)), Ink::Muted, color)
}

/// The line below the canvas and the names of the ticks; `left` columns stand before it.
pub(super) fn x_axis(axis: &AxisSpec, scale: &Scale, columns: usize, left: usize, color: bool) -> Vec<String> {
    let most = (1..=columns / 6).rev().find(|&most| fits(&placed(axis, scale, columns, most), columns)).unwrap_or(1);
    let ticks = placed(axis, scale, columns, most);
    let mut line: Vec<char> = "─".repeat(columns).chars().collect();
    let mut names = String::new();
    for (column, text) in &ticks {
        if let Some(c) = line.get_mut(*column) {
            *c = '┬';
        }
        let start = (left + 1 + column).saturating_sub(width(text) / 2);
        let start = start.min((left + 1 + columns).saturating_sub(width(text)));
        if width(&names) < start || names.is_empty() {
            names = padded(&names, start) + text;
        }
    }
    let line: String = line.into_iter().collect();
    let mut lines = vec![painted(&format!("{}└{line}", " ".repeat(left)), Ink::Muted, color)];
    lines.push(painted(&names, Ink::Muted, color));
    let label = shortened(&clean(&axis.text()), left + columns);
    if !label.is_empty() {
        let centred = (left + 1 + columns / 2).saturating_sub(width(&label) / 2);
        lines.push(" ".repeat(centred.min((left + 1 + columns).saturating_sub(width(&label)))) + &label);
    }
    lines
}

fn placed(axis: &AxisSpec, scale: &Scale, columns: usize, most: usize) -> Vec<(usize, String)> {
    let limit = if matches!(&axis.ticks, Ticks::Categories(names) if names.len() <= 1) { 40 } else { 16 };
    let ticks = ticks_of(axis, scale, most, limit).into_iter().filter_map(|(value, text)| {
        let column = (scale.place(value)? / 2.0).floor();
        (column >= 0.0 && column < columns as f64).then(|| (column as usize, clean(&text)))
    });
    ticks.collect()
}

fn fits(ticks: &[(usize, String)], columns: usize) -> bool {
    let beside = ticks.windows(2).all(|pair| {
        let ((a, a_name), (b, b_name)) = (&pair[0], &pair[1]);
        b - a > width(a_name).div_ceil(2) + width(b_name).div_ceil(2)
    });
    beside && ticks.iter().all(|(_, name)| width(name) <= columns)
}

/// Names take at most `limit` columns.
fn ticks_of(axis: &AxisSpec, scale: &Scale, most: usize, limit: usize) -> Vec<(f64, String)> {
    match &axis.ticks {
        Ticks::Categories(names) => {
            let every = names.len().div_ceil(most.max(1)).max(1);
            let kept: Vec<String> = names.iter().step_by(every).map(|name| clean(name)).collect();
            distinct(&kept, limit).into_iter().enumerate().map(|(i, name)| ((i * every) as f64, name)).collect()
        }
        ticks => {
            let TickList(ticks) = if scale.log {
                ticks::logarithmic(scale.lo, scale.hi, most.max(2))
            } else {
                ticks::linear(scale.lo, scale.hi, most, *ticks == Ticks::Whole)
            };
            ticks
        }
    }
}
