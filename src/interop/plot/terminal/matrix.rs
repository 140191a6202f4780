use super::super::figure::{Cell, Figure};
use super::text::{Ink, clean, distinct, padded, painted, right, shortened, width};

const SHADES: [char; 5] = ['·', '░', '▒', '▓', '█'];

/// A table of the cells' texts if it fits, else a letter of shade for each cell, or for each block of cells.
pub(super) fn lines(
    figure: &Figure,
    rows: &[Vec<Cell>],
    [x_names, y_names]: [&[String]; 2],
    columns: usize,
    color: bool,
) -> Vec<String> {
    let [x_names, y_names] = [x_names, y_names].map(|names| names.iter().map(|n| clean(n)).collect::<Vec<_>>());
    let labels = [clean(&figure.x.text()), clean(&figure.y.text())];
    let names_take = y_names.iter().map(|n| width(n)).max().unwrap_or(0).clamp(width(&labels[1]), columns / 3);
    let y_names = distinct(&y_names, names_take);
    let table = Table { rows, x_names, y_names, labels, names_take, columns, color };
    table.full().unwrap_or_else(|| table.shaded())
}

struct Table<'a> {
    rows: &'a [Vec<Cell>],
    x_names: Vec<String>,
    y_names: Vec<String>,
    /// Of the x and the y axis.
    labels: [String; 2],
    /// What the widest of the rows' names takes.
    names_take: usize,
    columns: usize,
    color: bool,
}

impl Table<'_> {
    /// Nothing if it does not fit.
    fn full(&self) -> Option<Vec<String>> {
        let count = self.rows.iter().map(Vec::len).max()?;
        let texts = self.rows.iter().flatten().map(|c| c.text.lines().next().map_or(0, |t| width(&clean(t))));
        let least = texts.max().unwrap_or(1).max(3);
        let room = self.columns.saturating_sub(self.names_take + 2) / count.max(1);
        let names = self.x_names.iter().map(|n| width(n)).max().unwrap_or(0);
        if room < least + 2 || room < names.min(5) + 2 {
            return None;
        }
        let each = room.min(names.max(least) + 2);
        let head = distinct(&self.x_names, each - 1).iter().map(|n| right(n, each)).collect::<String>();
        let corner = right(&self.labels[1], self.names_take);
        let mut out = vec![
            " ".repeat(self.names_take + 2) + &painted(&centred(&self.labels[0], each * count), Ink::Muted, self.color),
        ];
        out.push(format!(
            "{} {}{head}",
            painted(&corner, Ink::Muted, self.color),
            painted("│", Ink::Muted, self.color)
        ));
        for (r, row) in self.rows.iter().enumerate() {
            let cells: String = row.iter().enumerate().map(|(c, cell)| self.cell(cell, r == c, each)).collect();
            out.push(format!("{} {}{cells}", self.y_name(r), painted("│", Ink::Muted, self.color)));
        }
        Some(out)
    }

    fn cell(&self, cell: &Cell, diagonal: bool, each: usize) -> String {
        let text = right(&clean(cell.text.lines().next().unwrap_or("")), each);
        let ink = if cell.shade <= 0.0 {
            Ink::Muted
        } else if diagonal {
            Ink::Strong
        } else {
            Ink::Plain
        };
        painted(&text, ink, self.color)
    }

    fn y_name(&self, row: usize) -> String {
        let name = self.y_names.get(row).map_or("", String::as_str);
        right(name, self.names_take)
    }

    /// One column a cell; names stand at the rows, which are in the order of the columns.
    fn shaded(&self) -> Vec<String> {
        let count = self.rows.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let room = self.columns.saturating_sub(self.names_take + 2).max(1);
        let block = count.div_ceil(room);
        let wide = if count * 2 <= room { 2 } else { 1 };
        let mut out = vec![" ".repeat(self.names_take + 2) + &painted(&self.explained(block), Ink::Muted, self.color)];
        for (b, rows) in self.rows.chunks(block).enumerate() {
            let strongest = |start: usize| {
                let cells = rows.iter().flat_map(|row| row.iter().skip(start).take(block));
                cells.map(|c| c.shade).fold(0.0, f64::max)
            };
            let cells = (0..count).step_by(block).map(strongest).flat_map(|s| std::iter::repeat_n(shade(s), wide));
            let cells: String = cells.collect();
            out.push(format!("{} {}{cells}", self.y_name(b * block), painted("│", Ink::Muted, self.color)));
        }
        out.push(padded("", self.names_take) + " └" + &"─".repeat((count.div_ceil(block)) * wide));
        out
    }

    fn explained(&self, block: usize) -> String {
        let [x, y] = &self.labels;
        let order = format!("{y} (rows), {x} (columns, same order)");
        let text = if block > 1 { format!("{order}; a sign is {block} x {block} cells") } else { order };
        shortened(&text, self.columns.saturating_sub(self.names_take + 2))
    }
}

fn shade(shade: f64) -> char {
    // Less than one in fifty is nearly nothing.
    let level = if shade >= 0.02 { 1 + (shade.min(1.0) * 3.999) as usize } else { 0 };
    SHADES.get(level).copied().unwrap_or('█')
}

fn centred(text: &str, columns: usize) -> String {
    " ".repeat(columns.saturating_sub(width(text)) / 2) + text
}
