use super::super::figure::Figure;
use super::super::font;
use super::super::scene::{Anchor, Ink, Item};
use super::{LINE, MARGIN, TICK_SIZE, TITLE_SIZE, label};

/// Title and note at the top left; the result is where the rest begins.
pub(super) fn draw(figure: &Figure, width: f64, items: &mut Vec<Item>) -> f64 {
    let mut y = MARGIN;
    let parts = [(&figure.title, TITLE_SIZE, Ink::Text, 3), (&figure.note, TICK_SIZE + 0.5, Ink::Muted, 4)];
    for (text, size, ink, lines) in parts {
        if text.is_empty() {
            continue;
        }
        for line in font::wrapped(text, size, width - 2.0 * MARGIN, lines) {
            items.push(label(line, MARGIN, y + size * 0.85, size, Anchor::Start, ink));
            y += size * LINE;
        }
        y += 2.0;
    }
    y + 8.0
}
