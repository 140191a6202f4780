//! Pictures as they were when someone looked at them. `NNRUN_BLESS=1 cargo test goldens` writes them anew.

use std::path::PathBuf;
use std::{env, fs};

use super::super::{Theme, diagram};
use super::samples;

pub(in super::super) fn check(name: &str, drawn: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/plots").join(name);
    if env::var_os("NNRUN_BLESS").is_some_and(|v| v == "1") {
        fs::write(&path, drawn).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let differs = kept.lines().zip(drawn.lines()).position(|(a, b)| a != b);
    assert!(kept == drawn, "{name} is drawn otherwise, from line {:?} on; look at it, then set NNRUN_BLESS=1", differs);
}

#[test]
fn pictures_are_those_that_were_looked_at() {
    let kept = [
        "function",
        "training",
        "confusion",
        "calibration",
        "roc",
        "pr",
        "threshold",
        "predicted",
        "residuals",
        "importance",
        "schedule",
        "histogram",
        "weights",
    ];
    let all = samples::all();
    for name in kept {
        let (_, figure) = all.iter().find(|(n, _)| *n == name).unwrap_or_else(|| panic!("no sample {name}"));
        check(&format!("{name}.svg"), &figure.svg(figure.natural_size()));
        check(&format!("{name}.txt"), &figure.terminal(80, 24, false));
    }
}

/// `NNRUN_PICTURES=DIR cargo test pictures_to_look_at` writes every sample as PNG in both themes and as text.
#[test]
fn pictures_to_look_at() {
    let Some(folder) = env::var_os("NNRUN_PICTURES").map(PathBuf::from) else { return };
    for (name, figure) in samples::all() {
        let name = name.replace([' ', ','], "_");
        for (theme, word) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            let png = figure.png(figure.natural_size(), theme).unwrap();
            fs::write(folder.join(format!("{name}-{word}.png")), png).unwrap();
        }
        fs::write(folder.join(format!("{name}.txt")), figure.terminal(80, 24, false)).unwrap();
    }
    for (name, diagram) in [("network", diagram::tests::fraud()), ("network_awkward", diagram::tests::awkward())] {
        for (theme, word) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            fs::write(folder.join(format!("{name}-{word}.png")), diagram.png(theme).unwrap()).unwrap();
        }
        fs::write(folder.join(format!("{name}.txt")), diagram.terminal(80, false)).unwrap();
    }
}
