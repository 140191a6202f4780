use std::collections::BTreeMap;
use std::path::Path;

use crate::check::{Checked, Files, Overrides, check, check_with};
use crate::diag::{Diagnostic, codes};
use crate::text::{Source, Sources};

/// Largest program that is read.
const MAX_BYTES: u64 = 64 << 20;

/// The text of a program.
pub fn read_program(path: &Path) -> Result<String, Diagnostic> {
    let fail = |what: String| Diagnostic::new(&codes::FILE, what);
    let meta = std::fs::metadata(path).map_err(|e| fail(format!("`{}` can't be read: {e}", path.display())))?;
    if meta.is_dir() {
        return Err(fail(format!("`{}` is a folder, where a program is needed", path.display())));
    }
    if meta.len() > MAX_BYTES {
        return Err(fail(format!("`{}` is larger than any program (64 MiB)", path.display())));
    }
    let bytes = std::fs::read(path).map_err(|e| fail(format!("`{}` can't be read: {e}", path.display())))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(e) => {
            let at = e.utf8_error().valid_up_to();
            let bytes = e.as_bytes();
            let line = bytes[..at].iter().filter(|b| **b == b'\n').count() + 1;
            Err(Diagnostic::new(&codes::NOT_TEXT, format!("`{}` is not UTF-8 text", path.display())).help(format!(
                "the first bad byte is 0x{:02X}, number {} of the file, in line {line}; save the file as UTF-8",
                bytes[at],
                at + 1
            )))
        }
    }
}

/// Checks a program that lies in `path`.
pub fn load(path: &Path, overrides: &Overrides) -> Checked {
    let base = path.parent().map(Path::to_path_buf).unwrap_or_default();
    match read_program(path) {
        Ok(text) => load_text(&path.display().to_string(), &text, &base, overrides),
        Err(d) => {
            let mut checked = load_text(&path.display().to_string(), "", &base, &[]);
            checked.diagnostics = vec![d];
            checked
        }
    }
}

/// Checks a program's text; paths in it are relative to `base`.
pub fn load_text(name: &str, text: &str, base: &Path, overrides: &Overrides) -> Checked {
    let mut sources = Sources::default();
    let source: std::sync::Arc<Source> = sources.add(name, text);
    check(sources, &source, base, overrides)
}

/// As [`load_text`], with the texts of used files as a run has kept them.
pub fn load_kept(
    name: &str,
    text: &str,
    base: &Path,
    overrides: &Overrides,
    uses: &BTreeMap<String, String>,
) -> Checked {
    let mut sources = Sources::default();
    let source: std::sync::Arc<Source> = sources.add(name, text);
    check_with(sources, &source, base, overrides, Files::Kept(uses))
}
