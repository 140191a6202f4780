//! Pictures as they were when someone looked at them. `NNRUN_BLESS=1 cargo test goldens` writes them anew.

use std::path::PathBuf;
use std::{env, fs};

use super::samples;

fn check(name: &str, drawn: &str) {
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
    let figures = [
        ("function", samples::function()),
        ("training", samples::training()),
        ("confusion", samples::matrix(3, |i| ["setosa", "versicolor", "virginica"][i].to_string())),
        ("calibration", samples::reliability()),
    ];
    for (name, figure) in figures {
        check(&format!("{name}.svg"), &figure.svg(figure.natural_size()));
        check(&format!("{name}.txt"), &figure.terminal(80, 24, false));
    }
}
