//! A network as a picture: boxes from top to bottom, groups around what belongs together.

use super::draw::{LABEL_SIZE, LINE, MARGIN, TICK_SIZE, TITLE_SIZE};
use super::font;
use super::scene::{Anchor, Ink, Item, Path, Rect, Scene, Text};
use super::terminal::{Ink as Tint, clean, padded, painted, shortened, width};
use super::ticks::count;
use super::{PlotFault, Theme, png, svg};

/// A layer, or a group of layers if it has `parts`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Block {
    /// Its path or the last part of it, such as `classifier` or `0`.
    pub name: String,
    /// The layer as written, such as `Linear(16)`.
    pub layer: String,
    /// The type of its result, such as `real[16]`.
    pub output: String,
    /// Numbers it has of its own; the parts' come on top.
    pub parameters: usize,
    pub frozen: bool,
    pub parts: Vec<Block>,
}

/// A network: its inputs (name and type) and what they flow through, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Diagram {
    pub title: String,
    pub inputs: Vec<(String, String)>,
    pub blocks: Vec<Block>,
}

const BOX_HEIGHT: f64 = 42.0;
const GAP: f64 = 18.0;
const PAD: f64 = 12.0;
const HEAD: f64 = 24.0;
/// Widths of the innermost boxes.
const BOX_WIDTH: std::ops::RangeInclusive<f64> = 220.0..=420.0;

impl Block {
    /// All numbers, the parts' included.
    pub fn total(&self) -> usize {
        self.parameters + self.parts.iter().map(Block::total).sum::<usize>()
    }

    fn head(&self) -> String {
        [self.name.as_str(), self.layer.as_str()].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join("  ")
    }

    fn facts(&self) -> String {
        let parameters = match self.total() {
            0 => String::new(),
            1 => "1 parameter".into(),
            n => format!("{} parameters", count(n)),
        };
        let frozen = if self.frozen { "frozen" } else { "" };
        let all = [self.output.as_str(), &parameters, frozen];
        all.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" · ")
    }

    fn depth(&self) -> usize {
        self.parts.iter().map(|p| p.depth() + 1).max().unwrap_or(0)
    }

    fn widest(&self) -> f64 {
        let (head, facts) = (font::width(&self.head(), LABEL_SIZE), font::width(&self.facts(), TICK_SIZE));
        // A group has both in one line.
        let own = if self.parts.is_empty() { head.max(facts) } else { head + PAD + facts };
        self.parts.iter().map(Block::widest).fold(own, f64::max)
    }
}

impl Diagram {
    /// One SVG file, as tall as the network needs.
    pub fn svg(&self) -> String {
        svg::svg(&self.scene())
    }

    /// One PNG file.
    ///
    /// # Errors
    /// The picture is too large for memory.
    pub fn png(&self, theme: Theme) -> Result<Vec<u8>, PlotFault> {
        png::png(&self.scene(), theme)
    }

    /// The network as an indented list, no wider than `columns`.
    pub fn terminal(&self, columns: usize, color: bool) -> String {
        let mut lines = vec![painted(&shortened(&clean(&self.title), columns), Tint::Strong, color)];
        lines.extend(self.inputs.iter().map(|(name, kind)| listed(0, name, kind, columns, color)));
        self.blocks.iter().for_each(|b| list(b, 0, columns, color, &mut lines));
        lines.iter().map(|l| format!("{}\n", l.trim_end())).collect()
    }

    fn scene(&self) -> Scene {
        let depth = self.blocks.iter().map(Block::depth).max().unwrap_or(0) as f64;
        let inner = self.blocks.iter().map(Block::widest).fold(0.0, f64::max) + 2.0 * PAD;
        let wide = inner.clamp(*BOX_WIDTH.start(), *BOX_WIDTH.end()) + 2.0 * PAD * depth;
        let mut items = Vec::new();
        let mut y = MARGIN;
        for line in font::wrapped(&self.title, TITLE_SIZE, wide, 3) {
            items.push(text(line, MARGIN, y + TITLE_SIZE * 0.85, TITLE_SIZE, Anchor::Start, Ink::Text));
            y += TITLE_SIZE * LINE;
        }
        let middle = MARGIN + wide / 2.0;
        y += 8.0;
        for (name, kind) in &self.inputs {
            let line = font::shortened(&format!("{name}: {kind}"), LABEL_SIZE, wide);
            items.push(text(line, middle, y + LABEL_SIZE, LABEL_SIZE, Anchor::Middle, Ink::Text));
            y += LABEL_SIZE * LINE;
        }
        y = flow(&self.blocks, MARGIN, y + 4.0, wide, !self.inputs.is_empty(), &mut items);
        let (width, height) = (wide + 2.0 * MARGIN, y + MARGIN);
        let whole = Rect { x: 0.0, y: 0.0, width, height };
        items.insert(0, Item::Fill { path: whole.path(), ink: Ink::Background, opacity: 1.0 });
        Scene { width, height, title: self.title.clone(), items }
    }
}

/// Blocks one below the other with arrows between; the result is where they end.
fn flow(blocks: &[Block], x: f64, mut y: f64, wide: f64, fed: bool, items: &mut Vec<Item>) -> f64 {
    for (i, block) in blocks.iter().enumerate() {
        if i > 0 || fed {
            arrow(x + wide / 2.0, y, items);
            y += GAP;
        }
        y = place(block, x, y, wide, items);
    }
    y
}

fn place(block: &Block, x: f64, y: f64, wide: f64, items: &mut Vec<Item>) -> f64 {
    let bottom = if block.parts.is_empty() {
        y + BOX_HEIGHT
    } else {
        flow(&block.parts, x + PAD, y + HEAD + 2.0, wide - 2.0 * PAD, false, items) + PAD
    };
    let border = Rect { x, y, width: wide, height: bottom - y };
    let color = if block.parts.is_empty() && block.total() > 0 { Ink::Series(0) } else { Ink::Axis };
    if block.parts.is_empty() {
        items.push(Item::Fill { path: border.path(), ink: color, opacity: 0.1 });
    }
    let dash: &[f64] = if block.frozen { &[5.0, 4.0] } else { &[] };
    items.push(Item::Stroke { path: border.path(), ink: color, width: 1.2, dash });
    let room = wide - 2.0 * PAD;
    if block.parts.is_empty() {
        let (head, facts) =
            (font::shortened(&block.head(), LABEL_SIZE, room), font::shortened(&block.facts(), TICK_SIZE, room));
        items.push(text(head, x + PAD, y + 17.0, LABEL_SIZE, Anchor::Start, Ink::Text));
        items.push(text(facts, x + PAD, y + 33.0, TICK_SIZE, Anchor::Start, Ink::Muted));
    } else {
        let head = font::shortened(&block.head(), LABEL_SIZE, room * 0.7);
        let facts = font::shortened(&block.facts(), TICK_SIZE, room - font::width(&head, LABEL_SIZE) - PAD);
        items.push(text(head, x + PAD, y + 17.0, LABEL_SIZE, Anchor::Start, Ink::Text));
        items.push(text(facts, x + wide - PAD, y + 17.0, TICK_SIZE, Anchor::End, Ink::Muted));
    }
    bottom
}

fn arrow(x: f64, y: f64, items: &mut Vec<Item>) {
    let tip = y + GAP - 2.0;
    items.push(Item::Stroke {
        path: Path::line(&[(x, y + 2.0), (x, tip - 4.0)]),
        ink: Ink::Muted,
        width: 1.2,
        dash: &[],
    });
    let mut head = Path::default();
    head.polygon(&[(x - 4.0, tip - 6.0), (x + 4.0, tip - 6.0), (x, tip)]);
    items.push(Item::Fill { path: head, ink: Ink::Muted, opacity: 1.0 });
}

fn text(text: String, x: f64, y: f64, size: f64, anchor: Anchor, ink: Ink) -> Item {
    Item::Text(Text { text, x, y, size, anchor, turn: 0.0, ink, halo: false })
}

fn list(block: &Block, level: usize, columns: usize, color: bool, lines: &mut Vec<String>) {
    lines.push(listed(level, &block.head(), &block.facts(), columns, color));
    block.parts.iter().for_each(|part| list(part, level + 1, columns, color, lines));
}

/// The name on the left, what is known of it from the middle on.
fn listed(level: usize, head: &str, facts: &str, columns: usize, color: bool) -> String {
    let left = columns / 2;
    let indent = "  ".repeat(level.min(left / 4));
    let head = shortened(&clean(head), left.saturating_sub(width(&indent) + 2));
    let facts = shortened(&clean(facts), columns.saturating_sub(left));
    padded(&format!("{indent}{head}"), left) + &painted(&facts, Tint::Muted, color)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn layer(name: &str, layer: &str, output: &str, parameters: usize) -> Block {
        let [name, layer, output] = [name, layer, output].map(String::from);
        Block { name, layer, output, parameters, ..Block::default() }
    }

    pub fn fraud() -> Diagram {
        let hidden = |name: &str, n: usize, frozen: bool| Block {
            parts: vec![
                Block { frozen, ..layer("0", &format!("Linear({n}, bias = false)"), &format!("real[{n}]"), 32 * n) },
                layer("1", "BatchNorm1d", &format!("real[{n}]"), 2 * n),
                layer("2", "ReLU", &format!("real[{n}]"), 0),
            ],
            ..layer(name, &format!("Hidden({n})"), &format!("real[{n}]"), 0)
        };
        let extractor = Block {
            parts: vec![hidden("0", 64, true), hidden("1", 32, false)],
            ..layer("feature_extractor", "seq", "real[32]", 0)
        };
        let classifier = Block {
            parts: vec![layer("0", "Linear(1)", "logit", 33), layer("1", "Sigmoid", "prob", 0)],
            ..layer("classifier", "seq", "prob", 0)
        };
        Diagram {
            title: "FraudDetection".into(),
            inputs: vec![("x".into(), "real[32]".into())],
            blocks: vec![extractor, classifier],
        }
    }

    #[test]
    fn the_picture_is_the_one_that_was_looked_at() {
        use super::super::tests::goldens::check;
        check("network.svg", &fraud().svg());
        check("network.txt", &fraud().terminal(80, false));
    }

    #[test]
    fn groups_add_up_their_parts() {
        let diagram = fraud();
        assert_eq!(diagram.blocks[0].total(), 32 * 64 + 128 + 32 * 32 + 64);
        let text = diagram.terminal(80, false);
        assert!(text.contains("    0  Linear(64, bias = false)"), "{text}");
        assert!(text.contains("real[32] · 3264 parameters"), "{text}");
        assert!(text.contains("real[64] · 2048 parameters · frozen"), "{text}");
    }

    /// Long names, and a group in a group in a group.
    pub fn awkward() -> Diagram {
        let mut diagram = fraud();
        diagram.title = "ANetworkWhoseNameIsLongerThanThePictureIsWide".repeat(3);
        diagram.inputs.push(("photo_of_the_house_from_the_street".into(), "real[3, 224, 224]".repeat(6)));
        diagram.blocks[0].parts[0].parts[0].layer = "AVeryLongLayerName".repeat(20);
        diagram.blocks = vec![Block { parts: diagram.blocks, ..layer("outermost", "seq", "prob", 0) }];
        diagram
    }

    #[test]
    fn texts_stay_in_the_picture() {
        let diagram = awkward();
        let scene = diagram.scene();
        for item in &scene.items {
            if let Item::Text(t) = item {
                let wide = font::width(&t.text, t.size);
                let start = match t.anchor {
                    Anchor::Start => t.x,
                    Anchor::Middle => t.x - wide / 2.0,
                    Anchor::End => t.x - wide,
                };
                assert!(start >= 0.0 && start + wide <= scene.width && t.y <= scene.height, "{}", t.text);
            }
        }
        assert!(diagram.terminal(60, false).lines().all(|l| width(l) <= 60));
    }
}
