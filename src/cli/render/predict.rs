use super::table::{Side, Table};
use crate::train::event::{Cell, Predict};
use crate::text::{Paint, Tone, format, layout};

/// Predictions as a table of at most `most` rows.
pub fn render(predict: &Predict, most: usize, paint: Paint, columns: usize) -> String {
    let name = if predict.name == "predict" { String::new() } else { format!(" {}", predict.name) };
    let rows = format::counted(predict.rows.len() as u64, "row");
    let to = predict.output.as_ref().map_or(String::new(), |file| format!(" to {file}"));
    let title = paint.apply(Tone::Strong, layout::printable(&format!("predict{name}")));
    let mut out = format!("{title}  {}\n", layout::printable(&format!("{rows}{to}")));
    let shown = &predict.rows[..predict.rows.len().min(most)];
    let formats: Vec<Column> = (0..predict.columns.len()).map(|i| Column::of(shown, i)).collect();
    let mut table = Table::new(predict.columns.iter().zip(&formats).map(|(n, f)| (layout::printable(n), f.side)));
    for row in shown {
        table.row(row.iter().zip(&formats).map(|(cell, f)| f.show(cell)).collect());
    }
    if !shown.is_empty() {
        out += &table.render(paint, columns);
    }
    let left = (predict.rows.len() - shown.len()) as u64;
    if left > 0 {
        out += &format!("  … {} more\n", format::counted(left, "row"));
    }
    out
}

/// How the cells of a column are written: alike, so that they line up.
struct Column {
    side: Side,
    /// All numbers lie in 0 to 1.
    share: bool,
}

impl Column {
    fn of(rows: &[Vec<Cell>], index: usize) -> Column {
        let cells = || rows.iter().filter_map(|r| r.get(index));
        let number = |c: &Cell| matches!(c, Cell::Number(_) | Cell::Whole(_) | Cell::Missing);
        let share = |c: &Cell| !matches!(c, Cell::Number(x) if !(0.0..=1.0).contains(x));
        let side = if cells().all(number) { Side::Right } else { Side::Left };
        Column { side, share: cells().all(share) }
    }

    fn show(&self, cell: &Cell) -> String {
        match cell {
            Cell::Missing => "–".to_string(),
            Cell::Yes(yes) => if *yes { "yes" } else { "no" }.to_string(),
            Cell::Whole(n) => n.to_string(),
            Cell::Number(x) if self.share => format!("{x:.4}"),
            Cell::Number(x) => format::number(*x, 6),
            Cell::Text(text) => layout::printable(text).replace(['\n', '\t'], " "),
        }
    }
}
