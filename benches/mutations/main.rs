//! The fuzz targets `parse` and `check` as a plain loop, for machines without cargo-fuzz: mutated programs, seeded, so that
//! what is found is found again. `cargo bench --bench mutations [SECONDS] [SEED]`; every finding is printed with its text.

#[path = "../../fuzz/targets.rs"]
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

/// A text that takes longer is a finding.
const SLOW: Duration = Duration::from_secs(1);

fn main() {
    let args: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let (seconds, seed) = (args.first().copied().unwrap_or(60), args.get(1).copied().unwrap_or(1));
    let seeds = seeds();
    let words: Vec<String> = words();
    let mut draw = Draw(seed);
    let start = Instant::now();
    let (mut texts, mut slowest, mut findings) = (0u64, Duration::ZERO, 0);
    std::panic::set_hook(Box::new(|_| {}));
    while start.elapsed() < Duration::from_secs(seconds) {
        let text = mutated(&seeds, &words, &mut draw);
        let begun = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            targets::parse(&text);
            targets::check(&text);
        }));
        let took = begun.elapsed();
        texts += 1;
        slowest = slowest.max(took);
        let why = match outcome {
            Err(panic) => {
                let said = panic.downcast_ref::<String>().cloned();
                said.or(panic.downcast_ref::<&str>().map(|s| s.to_string())).unwrap_or_default()
            }
            Ok(()) if took > SLOW => format!("took {took:?}"),
            Ok(()) => continue,
        };
        findings += 1;
        println!("finding {findings}, text {texts} of seed {seed}: {why}\n----\n{text}\n----");
    }
    println!("{texts} texts in {:?}, the slowest took {slowest:?}, {findings} findings", start.elapsed());
    std::process::exit(i32::from(findings > 0));
}

/// Programs to start from: examples, bad programs, the library.
fn seeds() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("examples"), root.join("tests/diagnostics"), root.join("src/prelude")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for path in entries.filter_map(|e| Some(e.ok()?.path())) {
            match path.is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|e| e == "nn") => files.push(path),
                false => {}
            }
        }
    }
    files.sort();
    files.iter().filter_map(|f| std::fs::read_to_string(f).ok()).filter(|t| t.len() < 6000).collect()
}

/// The dictionary of the fuzz targets.
fn words() -> Vec<String> {
    let dictionary = include_str!("../../fuzz/nn.dict");
    let quoted = dictionary.lines().filter_map(|l| l.split_once('"')?.1.rsplit_once('"').map(|(word, _)| word));
    quoted.map(|w| w.replace("\\\"", "\"").replace("\\x0A", "\n").replace("\\\\", "\\")).collect()
}

struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n.max(1)
    }
}

fn mutated(seeds: &[String], words: &[String], draw: &mut Draw) -> String {
    let mut text: Vec<char> = seeds[draw.below(seeds.len())].chars().collect();
    for _ in 0..=draw.below(6) {
        let at = draw.below(text.len() + 1);
        match draw.below(7) {
            0 => drop(text.drain(at..(at + 1 + draw.below(20)).min(text.len()))),
            1 => drop(text.splice(at..at, words[draw.below(words.len())].chars())),
            2 => drop(text.splice(at..at, char::from_u32(draw.below(0x11_0000) as u32))),
            3 if !text.is_empty() => {
                let from = draw.below(text.len());
                let moved: Vec<char> = text[from..(from + draw.below(60)).min(text.len())].to_vec();
                drop(text.splice(at..at, moved));
            }
            4 => {
                let other = &seeds[draw.below(seeds.len())];
                let lines: Vec<&str> = other.lines().collect();
                let from = draw.below(lines.len());
                let piece = lines[from..(from + 1 + draw.below(5)).min(lines.len())].join("\n");
                drop(text.splice(at..at, piece.chars()));
            }
            5 => {
                let digits: Vec<usize> = (0..text.len()).filter(|i| text[*i].is_ascii_digit()).collect();
                let numbers = ["0", "-1", "1e308", "99999999999999999999", "0.5", "1e-320", "4294967296"];
                if let Some(i) = digits.get(draw.below(digits.len())) {
                    drop(text.splice(*i..*i + 1, numbers[draw.below(numbers.len())].chars()));
                }
            }
            _ => text.truncate(at),
        }
    }
    text.into_iter().collect()
}
