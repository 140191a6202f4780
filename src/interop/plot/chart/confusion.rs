use super::super::ticks::{count, number};
use super::super::{Aspect, AxisSpec, Cell, Figure, Layer};

/// Confusion matrix: `counts[t][p]` rows of class t were predicted as class p. Shades are parts of the row's class.
pub fn confusion(counts: &[Vec<u64>], classes: &[String]) -> Figure {
    let total: u64 = counts.iter().flatten().sum();
    let right: u64 = counts.iter().enumerate().filter_map(|(i, row)| row.get(i)).sum();
    let note = match total {
        0 => String::new(),
        _ => {
            let part = number(100.0 * right as f64 / total as f64, 3);
            format!("{} of {} right ({part} %)", count(right as usize), count(total as usize))
        }
    };
    Figure {
        title: "Confusion matrix".into(),
        note,
        x: AxisSpec::new("predicted").categories(classes.to_vec()),
        y: AxisSpec::new("true").categories(classes.to_vec()),
        layers: vec![Layer::Heatmap { rows: counts.iter().map(|row| cells(row, classes.len() > 12)).collect() }],
        aspect: if classes.len() <= 20 { Aspect::Square } else { Aspect::Free },
        ..Figure::default()
    }
}

/// With many classes zeros are dots, so that the rest stands out.
fn cells(row: &[u64], many: bool) -> Vec<Cell> {
    let total: u64 = row.iter().sum();
    let cell = |&n: &u64| {
        let part = if total == 0 { 0.0 } else { n as f64 / total as f64 };
        let text = match n {
            0 if many => "·".to_string(),
            0 => "0".to_string(),
            _ => format!("{}\n{} %", count(n as usize), number(100.0 * part, 2)),
        };
        Cell { shade: part, text }
    };
    row.iter().map(cell).collect()
}
