use super::table::{Side, Table};
use crate::text::{Paint, Tone, format, layout};
use crate::train::event::{Cell, Predict};

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
    out += &reasons(predict, shown, paint, columns);
    let left = (predict.rows.len() - shown.len()) as u64;
    if left > 0 {
        out += &format!("  … {} more\n", format::counted(left, "row"));
    }
    out
}

/// What moved each of the shown rows, a line for each and its reasons.
fn reasons(predict: &Predict, shown: &[Vec<Cell>], paint: Paint, columns: usize) -> String {
    if predict.reasons.iter().take(shown.len()).all(Vec::is_empty) {
        return String::new();
    }
    let head = "  what moved it, against the training's median or commonest level";
    let mut out = format!("\n{}\n", paint.apply(Tone::Dim, head));
    let label = |i: usize, row: &[Cell]| match row.first() {
        Some(Cell::Text(id)) => layout::printable(id),
        _ => (i + 1).to_string(),
    };
    let labels: Vec<String> = shown.iter().enumerate().map(|(i, row)| label(i, row)).collect();
    let width = labels.iter().map(|l| layout::width(l)).max().unwrap_or(0).min(24);
    for (label, reasons) in labels.iter().zip(&predict.reasons) {
        let mut at = format!("  {}", layout::left(&layout::shorten(label, width), width));
        let indent = " ".repeat(width + 4);
        let mut line = String::new();
        let texts: Vec<String> = reasons.iter().map(|r| layout::printable(&r.text())).collect();
        let texts = if texts.is_empty() { vec!["nothing".to_string()] } else { texts };
        for (k, text) in texts.iter().enumerate() {
            let text = if k + 1 < texts.len() { format!("{text},") } else { text.clone() };
            if !line.is_empty() && layout::width(&indent) + layout::width(&line) + 1 + layout::width(&text) > columns {
                out += &format!("{at}  {line}\n");
                at = " ".repeat(width + 2);
                line.clear();
            }
            line += if line.is_empty() { "" } else { " " };
            line += &text;
        }
        out += &format!("{at}  {line}\n");
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
