pub(super) mod goldens;
mod samples;

use std::panic::catch_unwind;

use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

use super::scene::{Anchor, Item, Rect, Text};
use super::*;

/// The box around a line of text, turned texts included.
fn bounds(text: &Text) -> Rect {
    let width = font::width(&text.text, text.size);
    let start = match text.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => -width / 2.0,
        Anchor::End => -width,
    };
    let (sin, cos) = text.turn.to_radians().sin_cos();
    let corners = [(start, -0.75), (start + width, -0.75), (start, 0.2), (start + width, 0.2)];
    let turned = corners.map(|(x, y)| (x, y * text.size)).map(|(x, y)| (x * cos - y * sin, x * sin + y * cos));
    let (least, most) = (f64::min as fn(f64, f64) -> f64, f64::max as fn(f64, f64) -> f64);
    let x = turned.map(|c| c.0).into_iter().reduce(least).unwrap();
    let y = turned.map(|c| c.1).into_iter().reduce(least).unwrap();
    let (right, bottom) =
        (turned.map(|c| c.0).into_iter().reduce(most).unwrap(), turned.map(|c| c.1).into_iter().reduce(most).unwrap());
    Rect { x: text.x + x, y: text.y + y, width: right - x, height: bottom - y }
}

fn texts(items: &[Item]) -> Vec<&Text> {
    let inner = items.iter().flat_map(|item| match item {
        Item::Text(text) => vec![text],
        Item::Clip(_, items) => texts(items),
        _ => Vec::new(),
    });
    inner.collect()
}

#[test]
fn no_text_is_cut_off() {
    for (name, figure) in samples::all() {
        let natural = figure.natural_size();
        for size in [natural, Size::new(480.0, 360.0), Size::new(1200.0, 500.0)] {
            let scene = draw::scene(&figure, size);
            for text in texts(&scene.items) {
                let at = bounds(text);
                let inside = at.x >= -0.5
                    && at.y >= -0.5
                    && at.right() <= scene.width + 0.5
                    && at.bottom() <= scene.height + 0.5;
                assert!(inside, "{name} at {size:?}: {:?} at {at:?}", text.text);
            }
        }
    }
}

#[test]
fn level_texts_do_not_cover_each_other() {
    for (name, figure) in samples::all() {
        for size in [figure.natural_size(), Size::new(480.0, 360.0)] {
            let scene = draw::scene(&figure, size);
            let level: Vec<_> =
                texts(&scene.items).into_iter().filter(|t| t.turn == 0.0 && !t.text.is_empty()).collect();
            for (i, a) in level.iter().enumerate() {
                for b in &level[..i] {
                    let overlap = bounds(a).overlap(&bounds(b));
                    assert!(overlap < 8.0, "{name} at {size:?}: {:?} and {:?}: {overlap:.0}", a.text, b.text);
                }
            }
        }
    }
}

#[test]
fn files_hold_only_finite_numbers_and_colours_of_both_themes() {
    for (name, figure) in samples::all() {
        let svg = figure.svg(figure.natural_size());
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{name}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{name}");
        assert!(svg.contains("prefers-color-scheme:dark"), "{name}");
        assert!(svg.len() < 2_000_000, "{name}: {} bytes", svg.len());
    }
}

#[test]
fn pictures_differ_by_theme() {
    for figure in [samples::training(), Figure::default()] {
        let [light, dark] =
            [Theme::Light, Theme::Dark].map(|theme| figure.png(Size::new(300.0, 200.0), theme).unwrap());
        assert!(light.starts_with(b"\x89PNG") && dark.starts_with(b"\x89PNG"));
        // Width and height in the header: two pixels for each unit.
        assert_eq!([&light[16..20], &light[20..24]], [600u32.to_be_bytes(), 400u32.to_be_bytes()]);
        assert_ne!(light, dark);
    }
}

#[test]
fn terminal_lines_fit_the_columns() {
    for (name, figure) in samples::all() {
        for columns in [80, 81, 100, 200] {
            let text = figure.terminal(columns, 24, false);
            for line in text.lines() {
                assert!(line.width() <= columns, "{name} at {columns}: {} {line}", line.width());
            }
            assert!(!text.contains(['\x1b', '\r', '\t']), "{name}");
        }
    }
}

#[test]
fn an_ordinary_plot_takes_the_rows_it_is_given() {
    assert_eq!(samples::training().terminal(80, 24, false).lines().count(), 24);
    assert_eq!(samples::function().terminal(100, 40, false).lines().count(), 40);
}

#[test]
fn colours_change_nothing_but_the_colours() {
    let figure = samples::reliability();
    let colored = figure.terminal(80, 24, true);
    let mut parts = colored.split('\x1b');
    let mut plain = parts.next().unwrap().to_string();
    parts.for_each(|part| plain.push_str(part.split_once('m').unwrap().1));
    assert_eq!(plain, figure.terminal(80, 24, false));
}

#[test]
fn names_can_not_break_out() {
    let mut figure = samples::training();
    figure.title = "</title><script>alert(1)</script>\u{1b}[2J \u{0}".into();
    figure.layers[0] =
        Layer::Line { name: "日\"><svg>\u{1b}".into(), points: vec![(1.0, 1.0)], style: Style::default() };
    let svg = figure.svg(figure.natural_size());
    assert!(!svg.contains("<script") && !svg.contains("\"><svg>") && !svg.contains(['\u{1b}', '\u{0}']));
    assert!(!figure.terminal(80, 24, false).contains(['\u{1b}', '\u{0}']));
}

#[test]
fn empty_figures_say_so() {
    let samples = samples::all();
    let text = |name: &str| samples.iter().find(|(n, _)| *n == name).unwrap().1.terminal(80, 24, false);
    assert!(text("no points").contains("no data to show"));
    assert!(text("nothing finite").contains("no finite values to show"));
    assert!(text("no features").contains("no data to show"));
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -10.0..10.0,
        1 => proptest::num::f64::ANY,
        1 => prop_oneof![Just(0.0), Just(f64::NAN), Just(f64::INFINITY), Just(-1e300), Just(f64::MIN_POSITIVE)],
    ]
}

fn layer() -> impl Strategy<Value = Layer> {
    let points = proptest::collection::vec((number(), number()), 0..20);
    (0..9usize, "\\PC{0,12}", points, number(), number()).prop_map(|(kind, name, points, a, b)| {
        let style = Style::default();
        let bar = |&(at, to): &Point| Bar { at, width: 1.0, from: a, to, error: Some((a, b)), text: name.clone() };
        let mark = |&at: &Point| Mark { at, label: name.clone() };
        match kind {
            0 => Layer::Line { name, points, style },
            1 => Layer::Step { name, points, style },
            2 => Layer::Points { name, points, style },
            3 => Layer::Band { name, points: points.into_iter().map(|(x, y)| (x, y, b)).collect(), style },
            4 => Layer::Bars { bars: points.iter().map(bar).collect(), name, horizontal: a > b, style },
            5 => Layer::Marks { marks: points.iter().map(mark).collect(), style },
            6 => Layer::Diagonal { label: name },
            7 => Layer::VerticalLine { x: a, label: name },
            _ => Layer::HorizontalLine { y: a, label: name },
        }
    })
}

fn axis() -> impl Strategy<Value = AxisSpec> {
    let ticks = prop_oneof![
        3 => Just(Ticks::Auto),
        1 => Just(Ticks::Whole),
        1 => proptest::collection::vec("\\PC{0,20}", 0..5).prop_map(Ticks::Categories),
    ];
    ("\\PC{0,20}", proptest::option::of((number(), number())), any::<bool>(), ticks)
        .prop_map(|(label, range, log, ticks)| AxisSpec { label, unit: None, range, log, ticks })
}

#[test]
fn single_points_are_larger_than_dots_on_a_terminal() {
    let of = |name: &str| {
        let all = samples::all();
        let (_, figure) = all.iter().find(|(n, _)| *n == name).unwrap();
        figure.terminal(80, 24, false).matches('•').count()
    };
    let counts =
        ["predicted of 3", "residuals, gaps", "one point", "gaps", "residuals, constant", "predicted of 500"].map(of);
    assert_eq!(counts, [3, 2, 1, 2, 1, 0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_figure_is_drawn(
        x in axis(),
        y in axis(),
        layers in proptest::collection::vec(layer(), 0..5),
        (width, height) in (number(), 100.0..900.0),
        (columns, rows) in (0usize..120, 0usize..40),
    ) {
        let figure = Figure { title: "t".into(), x, y, layers, ..Figure::default() };
        let drawn = catch_unwind(|| {
            let size = Size::new(width * 60.0, height);
            (figure.svg(size), figure.terminal(columns, rows, true), figure.natural_size())
        });
        prop_assert!(drawn.is_ok());
        let (svg, ..) = drawn.unwrap();
        prop_assert!(!svg.contains("NaN") && !svg.contains("\"inf") && !svg.contains(" inf"));
        prop_assert!(figure.png(Size::new(200.0, 150.0), Theme::Dark).is_ok());
    }
}
