use unicode_width::UnicodeWidthChar;

use super::text::{Ink, painted};

/// Cells of 2 x 4 dots each, or of a letter. Dots are counted from the top left.
pub(super) struct Canvas {
    pub columns: usize,
    pub rows: usize,
    dots: Vec<u8>,
    inks: Vec<Ink>,
    /// `'\0'` behind a letter that takes two cells.
    letters: Vec<Option<char>>,
}

/// Bits of the eight dots of a braille pattern (Unicode 2800), by row and column.
const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

impl Canvas {
    pub fn new(columns: usize, rows: usize) -> Self {
        let cells = columns * rows;
        Canvas { columns, rows, dots: vec![0; cells], inks: vec![Ink::Plain; cells], letters: vec![None; cells] }
    }

    /// Sets a dot; those outside are left out.
    pub fn dot(&mut self, x: i64, y: i64, ink: Ink) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        if x / 2 >= self.columns || y / 4 >= self.rows {
            return;
        }
        let cell = y / 4 * self.columns + x / 2;
        self.dots[cell] |= BITS[y % 4][x % 2];
        self.inks[cell] = ink;
    }

    /// A straight line between two dots; of each `every` dots one is set.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), every: usize, ink: Ink) {
        let Some((from, to)) = self.clipped(from, to) else { return };
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).ceil().max(1.0) as usize;
        for i in (0..=steps).step_by(every.max(1)) {
            let t = i as f64 / steps as f64;
            let at = (from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t);
            self.dot(at.0.floor() as i64, at.1.floor() as i64, ink);
        }
    }

    /// The part inside, by Liang and Barsky (1984).
    fn clipped(&self, from: (f64, f64), to: (f64, f64)) -> Option<((f64, f64), (f64, f64))> {
        let (w, h) = (self.columns as f64 * 2.0, self.rows as f64 * 4.0);
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let (mut enter, mut leave) = (0.0f64, 1.0f64);
        for (p, q) in [(-dx, from.0), (dx, w - from.0), (-dy, from.1), (dy, h - from.1)] {
            if p == 0.0 {
                if q < 0.0 {
                    return None;
                }
            } else if p < 0.0 {
                enter = enter.max(q / p);
            } else {
                leave = leave.min(q / p);
            }
        }
        let at = |t: f64| (from.0 + dx * t, from.1 + dy * t);
        (enter <= leave).then(|| (at(enter), at(leave)))
    }

    /// Cells from (column, row) on that hold something already, of as many as the text takes; none if it does not fit.
    pub fn covered(&self, column: i64, row: i64, text: &str) -> Option<usize> {
        let (column, row) = (usize::try_from(column).ok()?, usize::try_from(row).ok()?);
        let width = super::text::width(text);
        if row >= self.rows || column + width > self.columns {
            return None;
        }
        let start = row * self.columns + column;
        let cells = start..start + width;
        // A letter must not be overwritten, dots may be.
        let cost = |i: usize| match self.letters[i] {
            Some(_) => 1000,
            None => usize::from(self.dots[i] != 0),
        };
        Some(cells.map(cost).sum())
    }

    /// Writes over what is there, as far as it fits.
    pub fn write(&mut self, column: i64, row: i64, text: &str, ink: Ink) {
        let (Ok(mut column), Ok(row)) = (usize::try_from(column), usize::try_from(row)) else { return };
        for c in text.chars() {
            let width = c.width().unwrap_or(0);
            if width == 0 || row >= self.rows || column + width > self.columns {
                continue;
            }
            let cell = row * self.columns + column;
            self.letters[cell] = Some(c);
            self.inks[cell] = ink;
            if width == 2 {
                self.letters[cell + 1] = Some('\0');
            }
            column += width;
        }
    }

    /// The row of the topmost dot of this colour in a column.
    pub fn row_of(&self, column: usize, ink: Ink) -> Option<usize> {
        (0..self.rows).find(|row| {
            let cell = row * self.columns + column;
            self.letters[cell].is_none() && self.dots[cell] != 0 && self.inks[cell] == ink
        })
    }

    pub fn lines(&self, color: bool) -> Vec<String> {
        (0..self.rows).map(|row| self.row(row, color)).collect()
    }

    fn row(&self, row: usize, color: bool) -> String {
        let mut out = String::new();
        let mut part = String::new();
        let mut ink = Ink::Plain;
        for cell in row * self.columns..(row + 1) * self.columns {
            let letter = match (self.letters[cell], self.dots[cell]) {
                (Some('\0'), _) => continue,
                (Some(c), _) => c,
                (None, 0) => ' ',
                (None, dots) => char::from_u32(0x2800 + u32::from(dots)).unwrap_or(' '),
            };
            if self.inks[cell] != ink {
                out.push_str(&painted(&std::mem::take(&mut part), ink, color));
                ink = self.inks[cell];
            }
            part.push(letter);
        }
        out + &painted(&part, ink, color)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_braille_patterns() {
        let mut canvas = Canvas::new(2, 1);
        for (x, y) in [(0, 0), (1, 3), (2, 1), (-1, 0), (0, 4), (4, 0)] {
            canvas.dot(x, y, Ink::Plain);
        }
        assert_eq!(canvas.lines(false), ["⢁⠂"]);
    }

    #[test]
    fn lines_are_cut_at_the_border() {
        let mut canvas = Canvas::new(2, 1);
        canvas.line((-1e6, 0.5), (1e6, 0.5), 1, Ink::Plain);
        assert_eq!(canvas.lines(false), ["⠉⠉"]);
        canvas.line((0.0, -3.0), (3.0, -1.0), 1, Ink::Plain);
        assert_eq!(canvas.lines(false), ["⠉⠉"]);
    }

    #[test]
    fn wide_letters_take_two_cells() {
        let mut canvas = Canvas::new(4, 1);
        canvas.write(1, 0, "数a", Ink::Plain);
        assert_eq!(canvas.lines(false), [" 数a"]);
        assert_eq!(canvas.covered(0, 0, "ab"), Some(1000));
        assert_eq!(canvas.covered(3, 0, "ab"), None);
    }
}
