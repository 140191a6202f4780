//! Refuses what would not fit into memory, before any of it is taken.

use crate::check::elaborate::SlotDecl;
use crate::diag::{Diagnostic, codes};

/// Bytes that a program may take: what the system says is free, or the whole address space if it doesn't say.
pub(super) fn available() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix("MemAvailable:"));
    let kib = line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kib.map_or(u64::MAX / 2, |k| k.saturating_mul(1024))
}

/// An error if weights, gradients and optimizer states (about four numbers a parameter) are more than there is room for.
pub(super) fn check(slots: &[SlotDecl]) -> Result<(), Diagnostic> {
    let bytes = |s: &SlotDecl| {
        let count = s.shape.count().constant().unwrap_or(0).max(0) as u64;
        count.saturating_mul(16)
    };
    let total = slots.iter().map(bytes).fold(0u64, u64::saturating_add);
    let free = available();
    if total <= free {
        return Ok(());
    }
    let Some(largest) = slots.iter().max_by_key(|s| bytes(s)) else { return Ok(()) };
    let message = format!("this model needs {} of memory, and there are {}", size(total), size(free));
    Err(Diagnostic::new(&codes::RESOURCE, message)
        .at(largest.span, format!("`{}` has the shape {}: {} with gradient and optimizer state", largest.path, largest.shape, size(bytes(largest))))
        .help("make this layer smaller"))
}

fn size(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut x = bytes as f64;
    let mut unit = 0;
    while x >= 1024.0 && unit + 1 < units.len() {
        x /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} bytes") } else { format!("{x:.1} {}", units[unit]) }
}
