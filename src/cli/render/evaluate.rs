use super::table::{Side, Table};
use crate::train::event::{Evaluate, Metric, MetricTable};
use crate::text::{Paint, Tone, format, layout};

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
    out
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
        }
        _ => {
            let thresholds =
                all.iter().filter_map(|e| Some(format!("{} of {}", format::number(e.threshold?, 3), e.of)));
            let list = thresholds.collect::<Vec<_>>().join(", ");
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
            columns.push(("95% interval".to_string(), Side::Right));
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

/// Slices in rows, metrics in columns.
fn slices(title: &str, evaluate: &Evaluate, paint: Paint, columns: usize) -> String {
    let names: Vec<&str> =
        evaluate.metrics.iter().filter(|(_, m)| !matches!(m, Metric::Table(_))).map(|m| m.0).collect();
    let heads = [(layout::printable(title), Side::Left), ("rows".to_string(), Side::Right)].into_iter();
    let mut table = Table::new(heads.chain(names.iter().map(|n| (layout::printable(n), Side::Right))));
    for slice in &evaluate.slices {
        let mut cells = vec![layout::printable(&slice.slice), format::count(slice.rows)];
        cells.extend(names.iter().map(|n| number(slice.metrics.get(n))));
        table.row(cells);
    }
    format!("\n{}", table.render(paint, columns))
}
