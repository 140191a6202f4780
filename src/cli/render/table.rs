use crate::text::{Paint, Tone, layout};

/// On which side of its column a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

/// Rows of text in aligned columns, two blanks apart and two blanks in.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<(String, Side)>,
    rows: Vec<Vec<String>>,
}

/// What a column is never made narrower than.
const NARROWEST: usize = 8;

/// Columns of paths, which are cut in front.
const PATHS: [&str; 2] = ["path", "parameter"];

impl Table {
    pub fn new(columns: impl IntoIterator<Item = (String, Side)>) -> Self {
        Table { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row; missing cells are empty.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The table with its heading; texts on the left are cut where it would be wider than `columns`.
    pub fn render(&self, paint: Paint, columns: usize) -> String {
        let widths = self.widths(columns);
        let heading: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        let mut out = format!("{}\n", paint.apply(Tone::Dim, self.line(&heading, &widths)));
        for row in &self.rows {
            out += &self.line(row, &widths);
            out.push('\n');
        }
        out
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let mut out = String::new();
        for (i, ((name, side), width)) in self.columns.iter().zip(widths).enumerate() {
            let cut = if PATHS.contains(&name.as_str()) { layout::shorten_front } else { layout::shorten };
            let cell = cut(cells.get(i).map_or("", String::as_str), *width);
            out += "  ";
            out += &match side {
                Side::Left => layout::left(&cell, *width),
                Side::Right => layout::right(&cell, *width),
            };
        }
        out.trim_end().to_string()
    }

    fn widths(&self, columns: usize) -> Vec<usize> {
        let cell = |row: &Vec<String>, i: usize| row.get(i).map_or(0, |c| layout::width(c));
        let widest = |i: usize| self.rows.iter().map(|r| cell(r, i)).max().unwrap_or(0);
        let mut widths: Vec<usize> =
            self.columns.iter().enumerate().map(|(i, (name, _))| layout::width(name).max(widest(i))).collect();
        let text = |i: usize| self.columns.get(i).is_some_and(|(_, side)| *side == Side::Left);
        while widths.iter().map(|w| w + 2).sum::<usize>() > columns {
            let widest = widths.iter_mut().enumerate().filter(|(i, w)| text(*i) && **w > NARROWEST);
            match widest.max_by_key(|(_, w)| **w) {
                Some((_, width)) => *width -= 1,
                None => break,
            }
        }
        widths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new([("layer".into(), Side::Left), ("parameters".into(), Side::Right)]);
        table.row(vec!["feature_extractor.0".into(), "1,024".into()]);
        table.row(vec!["数学".into(), "8".into()]);
        table
    }

    #[test]
    fn columns_line_up_by_what_the_terminal_shows() {
        let expected =
            "  layer                parameters\n  feature_extractor.0       1,024\n  数学                          8\n";
        assert_eq!(table().render(Paint::default(), 80), expected);
    }

    #[test]
    fn long_texts_are_cut_numbers_are_not() {
        let text = table().render(Paint::default(), 26);
        assert_eq!(text.lines().nth(1), Some("  feature_ext…       1,024"));
        let mut paths = Table::new([("path".into(), Side::Left)]);
        paths.row(vec!["feature_extractor.0.weight".into()]);
        assert_eq!(paths.render(Paint::default(), 12).lines().nth(1), Some("  ….0.weight"));
        assert_eq!(table().render(Paint::default(), 0).lines().nth(1), Some("  feature…       1,024"));
    }
}
