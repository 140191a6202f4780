use super::super::figure::Figure;
use super::super::font;
use super::super::look::{Entry, Swatch, dash_lengths, entries};
use super::super::names::distinct;
use super::super::scene::{Anchor, Ink, Item, Path, Rect};
use super::frame::Frame;
use super::{TICK_SIZE, label, series};

const SWATCH: f64 = 26.0;
const GAP: f64 = 6.0;
const ROW: f64 = 18.0;
const BETWEEN: f64 = 18.0;

/// Entries above the plot if they fit in two rows, otherwise to its right, in columns. Never on the data.
pub(super) enum Legend {
    None,
    Above(Vec<Vec<Entry>>),
    Right { columns: Vec<Vec<Entry>>, width: f64, more: usize },
}

impl Legend {
    pub fn fit(figure: &Figure, free: Rect) -> Legend {
        let entries = entries(figure);
        if entries.is_empty() {
            return Legend::None;
        }
        match rows(&entries, free.width) {
            Some(rows) if rows.len() <= 2 => Legend::Above(rows),
            _ => beside(entries, free),
        }
    }

    /// What remains of the free area, and the legend's place.
    pub fn take(&self, free: Rect) -> (Rect, Rect) {
        match self {
            Legend::None => (free, free),
            Legend::Above(rows) => {
                let height = rows.len() as f64 * ROW + 4.0;
                (Rect { y: free.y + height, height: free.height - height, ..free }, Rect { height, ..free })
            }
            Legend::Right { columns, width, .. } => {
                let taken = columns.len() as f64 * (width + BETWEEN);
                let rest = Rect { width: free.width - taken, ..free };
                (rest, Rect { x: rest.right() + BETWEEN, width: taken - BETWEEN, ..free })
            }
        }
    }

    pub fn draw(&self, at: Rect, frame: &Frame, items: &mut Vec<Item>) {
        match self {
            Legend::None => {}
            Legend::Above(rows) => {
                for (row, entries) in rows.iter().enumerate() {
                    let mut x = at.x;
                    for entry in entries {
                        draw_entry(entry, x, at.y + (row as f64 + 0.5) * ROW, at.width, items);
                        x += entry_width(entry) + BETWEEN;
                    }
                }
            }
            Legend::Right { columns, width, more } => {
                let top = frame.area.y;
                for (column, entries) in columns.iter().enumerate() {
                    let x = at.x + column as f64 * (width + BETWEEN);
                    for (row, entry) in entries.iter().enumerate() {
                        draw_entry(entry, x, top + (row as f64 + 0.5) * ROW, *width, items);
                    }
                    if *more > 0 && column + 1 == columns.len() {
                        let y = top + (entries.len() as f64 + 0.5) * ROW + 4.0;
                        items.push(label(format!("and {more} more"), x, y, TICK_SIZE, Anchor::Start, Ink::Muted));
                    }
                }
            }
        }
    }
}

fn entry_width(entry: &Entry) -> f64 {
    SWATCH + GAP + font::width(&entry.name, TICK_SIZE)
}

fn rows(entries: &[Entry], width: f64) -> Option<Vec<Vec<Entry>>> {
    let mut rows: Vec<Vec<Entry>> = vec![Vec::new()];
    let mut x = 0.0;
    for entry in entries {
        let wide = entry_width(entry);
        if wide > width {
            return None;
        }
        if x > 0.0 && x + wide > width {
            rows.push(Vec::new());
            x = 0.0;
        }
        rows.last_mut()?.push(entry.clone());
        x += wide + BETWEEN;
    }
    Some(rows)
}

/// At most 40 % of the width.
fn beside(mut entries: Vec<Entry>, free: Rect) -> Legend {
    let widest = entries.iter().map(entry_width).fold(0.0, f64::max);
    let width = widest.min(free.width * 0.38);
    // The axis below the plot takes some of the height.
    let capacity = (((free.height - 50.0) / ROW).floor() as usize).max(2);
    let most_columns = ((free.width * 0.4 / (width + BETWEEN)).floor() as usize).max(1);
    let mut more = 0;
    if entries.len() > capacity * most_columns {
        let kept = capacity * most_columns - 1;
        more = entries.len() - kept;
        entries.truncate(kept);
    }
    let names: Vec<String> = entries.iter().map(|e| e.name.clone()).collect();
    let room = width - SWATCH - GAP;
    let short = distinct(&names, room, |t| font::width(t, TICK_SIZE), |t, limit| font::shortened(t, TICK_SIZE, limit));
    entries.iter_mut().zip(short).for_each(|(entry, name)| entry.name = name);
    let columns = entries.chunks(capacity).map(<[Entry]>::to_vec).collect();
    Legend::Right { columns, width, more }
}

fn draw_entry(entry: &Entry, x: f64, middle: f64, width: f64, items: &mut Vec<Item>) {
    let ink = Ink::Series(entry.look.color);
    match entry.swatch {
        Swatch::Line => {
            let path = Path::line(&[(x, middle), (x + SWATCH, middle)]);
            items.push(Item::Stroke { path, ink, width: 2.0, dash: dash_lengths(entry.look.dash) });
        }
        Swatch::Points => {
            let mut path = Path::default();
            series::marker(&mut path, entry.look.marker, x + SWATCH / 2.0, middle, 4.0);
            items.push(Item::Fill { path, ink, opacity: 1.0 });
        }
        Swatch::Area => {
            let area = Rect { x: x + 4.0, y: middle - 5.0, width: SWATCH - 8.0, height: 10.0 };
            items.push(Item::Fill { path: area.path(), ink, opacity: 0.7 });
        }
    }
    let name = font::shortened(&entry.name, TICK_SIZE, width - SWATCH - GAP);
    let baseline = middle + TICK_SIZE * font::CAP_HEIGHT / 2.0;
    items.push(label(name, x + SWATCH + GAP, baseline, TICK_SIZE, Anchor::Start, Ink::Text));
}
