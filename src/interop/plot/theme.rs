use super::scene::Ink;

/// The colours of a picture that can't adapt itself. SVG has both and follows the viewer's preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    #[default]
    Light,
    Dark,
}

pub(super) type Rgb = [u8; 3];

/// The hues of Okabe and Ito (2008), which the common kinds of colour blindness keep apart, made darker or lighter until
/// each has a contrast of at least 3:1 with the background (WCAG 2.1, 1.4.11).
const LIGHT: [Rgb; 7] = [
    [0x00, 0x72, 0xb2],
    [0xd5, 0x5e, 0x00],
    [0x00, 0x8a, 0x64],
    [0xb3, 0x55, 0x8e],
    [0x8a, 0x6d, 0x00],
    [0x2b, 0x8c, 0xc4],
    [0x5a, 0x5a, 0x5a],
];
const DARK: [Rgb; 7] = [
    [0x56, 0xb4, 0xe9],
    [0xf0, 0x86, 0x33],
    [0x1f, 0xc2, 0x96],
    [0xe0, 0x8f, 0xbf],
    [0xf0, 0xe4, 0x42],
    [0x5a, 0x8f, 0xe0],
    [0xb8, 0xb8, 0xb8],
];

/// Colours before they repeat.
pub(super) const COLORS: usize = LIGHT.len();

impl Theme {
    pub(super) fn rgb(self, ink: Ink) -> Rgb {
        let dark = self == Theme::Dark;
        let pick = |light: Rgb, dark_one: Rgb| if dark { dark_one } else { light };
        match ink {
            Ink::Background => pick([0xff, 0xff, 0xff], [0x15, 0x19, 0x1e]),
            Ink::Text => pick([0x1f, 0x23, 0x28], [0xe8, 0xea, 0xed]),
            Ink::Muted => pick([0x57, 0x60, 0x6a], [0xa3, 0xab, 0xb5]),
            Ink::Axis => pick([0x8c, 0x95, 0x9f], [0x6b, 0x75, 0x80]),
            Ink::Grid => pick([0xe6, 0xe9, 0xec], [0x2b, 0x31, 0x38]),
            Ink::Series(i) => pick(LIGHT[i % COLORS], DARK[i % COLORS]),
            Ink::Heat(level) => self.heat(level),
            Ink::OnHeat(level) => self.on_heat(level),
        }
    }

    /// From nearly the background to full blue.
    fn heat(self, level: u8) -> Rgb {
        let (low, high) = match self {
            Theme::Light => ([0xf3, 0xf6, 0xf9], [0x00, 0x4f, 0x8c]),
            Theme::Dark => ([0x1e, 0x24, 0x2b], [0x8c, 0xcf, 0xf7]),
        };
        let t = f64::from(level.min(Ink::LEVELS)) / f64::from(Ink::LEVELS);
        std::array::from_fn(|i| (f64::from(low[i]) + (f64::from(high[i]) - f64::from(low[i])) * t).round() as u8)
    }

    fn on_heat(self, level: u8) -> Rgb {
        let cell = self.heat(level);
        let (black, white) = ([0, 0, 0], [0xff, 0xff, 0xff]);
        if contrast(cell, black) >= contrast(cell, white) { black } else { white }
    }
}

/// WCAG 2.1: (lighter + 0.05) / (darker + 0.05), of the relative luminances.
fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(rgb: Rgb) -> f64 {
    let linear = rgb.map(|byte| {
        let c = f64::from(byte) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_can_be_told_from_the_background() {
        for theme in [Theme::Light, Theme::Dark] {
            let background = theme.rgb(Ink::Background);
            for i in 0..COLORS {
                let ratio = contrast(theme.rgb(Ink::Series(i)), background);
                assert!(ratio >= 3.0, "{theme:?} series {i}: {ratio:.2}");
            }
            assert!(contrast(theme.rgb(Ink::Text), background) >= 7.0);
            assert!(contrast(theme.rgb(Ink::Muted), background) >= 4.5);
            for level in 0..=Ink::LEVELS {
                let ratio = contrast(theme.rgb(Ink::OnHeat(level)), theme.rgb(Ink::Heat(level)));
                assert!(ratio >= 4.5, "{theme:?} level {level}: {ratio:.2}");
            }
        }
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        assert_eq!(contrast([0, 0, 0], [255, 255, 255]), 21.0);
        assert!((contrast([0x77, 0x77, 0x77], [255, 255, 255]) - 4.48).abs() < 0.01);
    }

    /// Machado, Oliveira, Fernandes 2009, severity 1.0, on linear light.
    #[test]
    fn the_first_colours_differ_for_the_colour_blind() {
        let protan =
            [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]];
        let deutan = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]];
        for (theme, matrix) in [Theme::Light, Theme::Dark].into_iter().flat_map(|t| [(t, protan), (t, deutan)]) {
            let seen = |i: usize| {
                let linear = theme.rgb(Ink::Series(i)).map(|b| (f64::from(b) / 255.0).powf(2.2));
                matrix.map(|row| row.iter().zip(linear).map(|(m, c)| m * c).sum::<f64>().max(0.0).powf(1.0 / 2.2))
            };
            for (i, j) in (0..4).flat_map(|i| (0..i).map(move |j| (i, j))) {
                let distance = seen(i).iter().zip(seen(j)).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                assert!(distance > 0.12, "{theme:?} {i} {j}: {distance:.3}");
            }
        }
    }
}
