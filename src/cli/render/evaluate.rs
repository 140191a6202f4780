use super::table::{Side, Table};
use crate::text::{Paint, Tone, format, layout};
use crate::train::event::{Compare, Evaluate, Importance, Metric, MetricTable, Named};

/// What one `evaluate` found, for one or several trainings side by side.
pub fn render(all: &[Evaluate], paint: Paint, columns: usize) -> String {
    let mut out = heading(all, paint);
    if let Some(table) = numbers(all) {
        out += &table.render(paint, columns);
    }
    let of = |e: &Evaluate| if all.len() > 1 { format!(" of {}", e.of) } else { String::new() };
    for evaluate in all {
        for (name, metric) in evaluate.metrics.iter() {
            if let Metric::Undefined(why) = metric {
                out += &layout::printable(&format!("  {name}{}: {why}\n", of(evaluate)));
            }
        }
    }
    for evaluate in all {
        for (name, metric) in evaluate.metrics.iter() {
            if let Metric::Table(table) = metric {
                out += &metric_table(&format!("{name}{}", of(evaluate)), table, paint, columns);
            }
        }
    }
    for evaluate in all.iter().filter(|e| !e.slices.is_empty()) {
        out += &slices(&format!("slice{}", of(evaluate)), evaluate, paint, columns);
    }
    for evaluate in all {
        if let Some(found) = &evaluate.importance {
            out += &importance(&format!("column{}", of(evaluate)), found, paint, columns);
        }
    }
    out
}

/// How two trainings differ on the same rows.
pub fn compare(compare: &Compare, paint: Paint, columns: usize) -> String {
    let title = paint.apply(Tone::Strong, layout::printable(&format!("{} less {}", compare.of, compare.with)));
    let rows = format::counted(compare.rows, &layout::printable(&format!("{} row", compare.split)));
    let mut out = format!("{title}  on the same {rows}\n");
    let share = format!("{} better", layout::printable(&compare.of));
    let heads = [
        ("metric".to_string(), Side::Left),
        ("difference".to_string(), Side::Right),
        (level_title(compare.level), Side::Right),
        (share, Side::Right),
    ];
    let mut table = Table::new(heads);
    for (name, d) in compare.differences.iter() {
        let [low, high] = d.interval;
        let chance = format!("{:.1}%", 100.0 * d.better);
        table.row(vec![layout::printable(name), signed(d.difference), interval(low, high), chance]);
    }
    out += &table.render(paint, columns);
    out
}

fn level_title(level: f64) -> String {
    format!("{}% interval", format::number(100.0 * level, 4))
}

fn signed(x: f64) -> String {
    if x > 0.0 { format!("+{}", format::measure(x)) } else { format::measure(x) }
}

/// Columns in rows, the most important first; those that do not stand out from 0 are only counted.
fn importance(title: &str, found: &Importance, paint: Paint, columns: usize) -> String {
    const MOST: usize = 20;
    let heads = [
        (layout::printable(title), Side::Left),
        (format!("loss of {}", layout::printable(&found.metric)), Side::Right),
        ("±".to_string(), Side::Right),
    ];
    let mut table = Table::new(heads);
    for c in found.columns.iter().take(MOST) {
        table.row(vec![layout::printable(&c.column), signed(c.mean), format::measure(c.deviation)]);
    }
    let left = found.columns.len().saturating_sub(MOST) as u64;
    let more = if left > 0 { format!("  … {} more\n", format::counted(left, "column")) } else { String::new() };
    let how = format!("shuffled {} times among {}", found.repeats, format::counted(found.rows, "row"));
    let head = paint.apply(Tone::Strong, "  importance");
    format!("\n{head}  {how}\n{}{more}", table.render(paint, columns))
}

/// `evaluate  1,200 test rows, threshold 0.31`.
fn heading(all: &[Evaluate], paint: Paint) -> String {
    let Some(first) = all.first() else { return String::new() };
    let name = if first.name == "evaluate" { first.name.clone() } else { format!("evaluate {}", first.name) };
    let mut parts = vec![format::counted(first.rows, &layout::printable(&format!("{} row", first.split)))];
    match all {
        [only] => {
            if only.of != "train" {
                parts.push(format!("of {}", layout::printable(&only.of)));
            }
            parts.extend(only.threshold.map(|t| format!("threshold {}", format::number(t, 3))));
            let each = only.thresholds.iter().map(|(field, t)| format!("{} of {field}", format::number(*t, 3)));
            let list = each.collect::<Vec<_>>().join(", ");
            if !list.is_empty() {
                parts.push(layout::printable(&format!("thresholds {list}")));
            }
        }
        _ => {
            let of = |e: &Evaluate| {
                let only = e.threshold.map(|t| format!("{} of {}", format::number(t, 3), e.of));
                let each = e.thresholds.iter().map(|(f, t)| format!("{} of {}.{f}", format::number(*t, 3), e.of));
                each.chain(only).collect::<Vec<_>>()
            };
            let list = all.iter().flat_map(of).collect::<Vec<_>>().join(", ");
            if !list.is_empty() {
                parts.push(layout::printable(&format!("thresholds {list}")));
            }
        }
    }
    format!("{}  {}\n", paint.apply(Tone::Strong, layout::printable(&name)), parts.join(", "))
}

/// Metrics in rows; for each training its value and interval, then the baselines.
fn numbers(all: &[Evaluate]) -> Option<Table> {
    let first = all.first()?;
    let names: Vec<&str> = first.metrics.iter().filter(|(_, m)| !matches!(m, Metric::Table(_))).map(|m| m.0).collect();
    if names.is_empty() {
        return None;
    }
    let mut columns = vec![("metric".to_string(), Side::Left)];
    for evaluate in all {
        let title = if all.len() > 1 { layout::printable(&evaluate.of) } else { "value".to_string() };
        columns.push((title, Side::Right));
        if !evaluate.intervals.is_empty() {
            columns.push((level_title(evaluate.level.unwrap_or(0.95)), Side::Right));
        }
    }
    columns.extend(first.baselines.iter().map(|(name, _)| (layout::printable(name), Side::Right)));
    let mut table = Table::new(columns);
    for name in names {
        let mut cells = vec![layout::printable(name)];
        for evaluate in all {
            cells.push(number(evaluate.metrics.get(name)));
            if !evaluate.intervals.is_empty() {
                let ends = evaluate.intervals.get(name);
                cells.push(ends.map_or(String::new(), |[a, b]| interval(*a, *b)));
            }
        }
        cells.extend(first.baselines.iter().map(|(_, metrics)| number(metrics.get(name))));
        table.row(cells);
    }
    Some(table)
}

/// `0.581..0.660`: the ends with one digit less than the value, for they are estimates of an uncertainty.
fn interval(low: f64, high: f64) -> String {
    let digits = |x: f64| if x.abs() < 9.9995 { format!("{x:.3}") } else { format::number(x, 4) };
    format!("{}..{}", digits(low), digits(high))
}

fn number(metric: Option<&Metric>) -> String {
    match metric {
        Some(Metric::Number(x)) => format::measure(*x),
        _ => "–".to_string(),
    }
}

/// A confusion matrix and the like, under its name.
fn metric_table(name: &str, metric: &MetricTable, paint: Paint, columns: usize) -> String {
    let whole = metric.cells.iter().flatten().all(|x| x.is_finite() && x.fract() == 0.0 && *x >= 0.0);
    let shown = |x: &f64| match x {
        x if whole => format::count(*x as u64),
        x if x.is_nan() => "–".to_string(),
        x => format::measure(*x),
    };
    let title = match (metric.row_title.as_str(), metric.column_title.as_str()) {
        ("", _) | (_, "") => String::new(),
        (row, column) => format!("  {row} in rows, {column} in columns"),
    };
    let heads = metric.columns.iter().map(|c| (layout::printable(c), Side::Right));
    let mut table = Table::new(std::iter::once((layout::printable(&metric.row_title), Side::Left)).chain(heads));
    for (label, cells) in metric.rows.iter().zip(&metric.cells) {
        table.row(std::iter::once(layout::printable(label)).chain(cells.iter().map(shown)).collect());
    }
    let head = layout::printable(&format!("  {name}{title}"));
    format!("\n{}\n{}", paint.apply(Tone::Strong, head), table.render(paint, columns))
}

/// Slices in rows, metrics in columns, with their intervals where those have room.
fn slices(title: &str, evaluate: &Evaluate, paint: Paint, columns: usize) -> String {
    let wide = slice_table(title, evaluate, true);
    let plain = wide.render(Paint::default(), columns);
    let fits = plain.lines().all(|line| layout::width(line) <= columns) && !plain.contains('…');
    let table = if fits { wide } else { slice_table(title, evaluate, false) };
    format!("\n{}", table.render(paint, columns))
}

fn slice_table(title: &str, evaluate: &Evaluate, intervals: bool) -> Table {
    let names: Vec<&str> =
        evaluate.metrics.iter().filter(|(_, m)| !matches!(m, Metric::Table(_))).map(|m| m.0).collect();
    let mut heads = vec![(layout::printable(title), Side::Left), ("rows".to_string(), Side::Right)];
    let has = |name: &str| intervals && evaluate.slices.iter().any(|s| s.intervals.get(name).is_some());
    for name in &names {
        heads.push((layout::printable(name), Side::Right));
        if has(name) {
            heads.push((level_title(evaluate.level.unwrap_or(0.95)), Side::Right));
        }
    }
    let mut table = Table::new(heads);
    for slice in &evaluate.slices {
        let mut cells = vec![layout::printable(&slice.slice), format::count(slice.rows)];
        for name in &names {
            cells.push(number(slice.metrics.get(name)));
            if has(name) {
                cells.push(ends(&slice.intervals, name));
            }
        }
        table.row(cells);
    }
    table
}

fn ends(intervals: &Named<[f64; 2]>, name: &str) -> String {
    intervals.get(name).map_or(String::new(), |[a, b]| interval(*a, *b))
}
