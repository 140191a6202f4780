use std::path::Path;

use super::backend::Backend;
use super::exit::Exit;
use super::output::Output;
use crate::diag::{Diagnostic, fix};
use crate::interop::atomic_write;
use crate::text::{Paint, Sources, Tone, diff, format, layout};

/// `nnrun fix FILE`: applies the certain fixes, or shows them.
pub fn run(file: &Path, dry_run: bool, backend: &mut dyn Backend, output: &mut Output) -> Exit {
    let checked = backend.check(file);
    let Some(source) = checked.sources.get(checked.file) else {
        output.diagnostics(&checked.diagnostics, &checked.sources);
        return Exit::of(&checked.diagnostics);
    };
    let shown = layout::printable(&file.display().to_string());
    let fixed = fix::apply(&source.text, checked.file, &checked.diagnostics);
    if fixed.applied.is_empty() {
        output.text(&format!("{shown}: nothing to fix\n"));
        return Exit::Fine;
    }
    if dry_run {
        let changes = diff::unified(&source.text, &fixed.text);
        output.text(&paint(&format!("--- {shown}\n+++ {shown}\n{changes}"), output.screen().out.paint));
        return Exit::Fine;
    }
    if let Err(fault) = atomic_write(file, fixed.text.as_bytes()) {
        let diagnostic = [Diagnostic::from(fault)];
        output.diagnostics(&diagnostic, &Sources::default());
        return Exit::Output;
    }
    let mut text = format!("{shown}: {}\n", format::counted(fixed.applied.len() as u64, "change"));
    for title in &fixed.applied {
        text += &format!("  {}\n", layout::printable(title));
    }
    if fixed.left > 0 {
        text += "  some touch each other: run `nnrun fix` again for the rest\n";
    }
    output.text(&text);
    Exit::Fine
}

fn paint(diff: &str, paint: Paint) -> String {
    let line = |line: &str| match line.get(..1) {
        Some("+") => paint.apply(Tone::Good, line),
        Some("-") => paint.apply(Tone::Error, line),
        Some("@") => paint.apply(Tone::Dim, line),
        _ => line.to_string(),
    };
    layout::printable(diff).lines().map(|l| line(l) + "\n").collect()
}
