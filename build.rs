//! Lists the library: a row for each `.nn` file in the folders of `src/prelude`, so that adding a definition is adding its file.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    println!("cargo::rerun-if-changed=src/prelude");
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("src/prelude");
    let mut rows = Vec::new();
    for group in fs::read_dir(&root)? {
        let group = group?.path();
        if group.is_dir() {
            for file in fs::read_dir(&group)? {
                rows.push(row(&group, &file?.path())?);
            }
        }
    }
    // By name, as `lookup` searches.
    rows.sort();
    let mut table = String::from("&[\n");
    for (_, text) in rows {
        table += &text;
    }
    table += "]\n";
    fs::write(Path::new(&env::var("OUT_DIR")?).join("prelude.rs"), table)?;
    Ok(())
}

/// A file's name and its row.
fn row(group: &Path, file: &Path) -> Result<(String, String), Failure> {
    let text = fs::read_to_string(file)?;
    let item = text.lines().find(|l| !l.starts_with("##")).unwrap_or_default();
    let kind = match item.split(' ').next() {
        Some("layer") => "Layer",
        Some("fn") => "Function",
        Some("optimizer") => "Optimizer",
        _ => {
            return Err(
                format!("{}: a layer, fn or optimizer is expected behind the documentation", file.display()).into()
            );
        }
    };
    let name = |p: &Path| p.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let (entry, group) = (name(file), name(group));
    let mut row = String::new();
    writeln!(
        row,
        "Entry {{ name: {entry:?}, kind: Kind::{kind}, group: {group:?}, text: include_str!({:?}) }},",
        file
    )?;
    Ok((entry, row))
}
