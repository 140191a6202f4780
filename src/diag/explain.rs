//! The pages of the codes: what `nnrun explain E401` shows.
//!
//! A page is Markdown: `# CODE: title`, prose, and programs in fences marked ```` ```nn bad ```` (has the problem) or
//! ```` ```nn good ```` (has not). A third word `sketch` marks those that can't run as they stand on the page.

use super::{Code, Look, codes};
use crate::text::{Tone, closest, layout};

/// Why a page can't be shown: the word is not a code.
#[derive(Debug, PartialEq, Eq)]
pub struct UnknownCode {
    pub word: String,
    pub suggestion: Option<&'static str>,
}

/// The code that the user means: `E401`, `e401`, `error[E401]`, `401`.
pub fn find(word: &str) -> Result<&'static Code, UnknownCode> {
    let inner = word.split_once('[').map_or(word, |(_, rest)| rest.trim_end_matches(']')).trim().to_uppercase();
    let ids = || codes::ALL.iter().map(|c| c.id);
    let same = |code: &&&Code| code.id == inner || code.id.get(1..) == Some(&inner);
    // Codes of the same family come first, so that they win ties.
    let (family, others): (Vec<_>, Vec<_>) = ids().partition(|id| inner.starts_with(&id[..2]));
    codes::ALL.iter().find(same).copied().ok_or_else(|| UnknownCode {
        word: word.to_string(),
        suggestion: closest(&inner, family.into_iter().chain(others)),
    })
}

/// A program on a page.
#[derive(Debug, PartialEq, Eq)]
pub struct Example {
    pub bad: bool,
    /// Shows the idea only: needs files, or is cut short.
    pub sketch: bool,
    pub text: String,
}

/// The programs on a page, in order.
pub fn examples(page: &str) -> Vec<Example> {
    let program = |block| match block {
        Block::Program(example) => Some(example),
        _ => None,
    };
    blocks(page).into_iter().filter_map(program).collect()
}

/// The page for reading on a terminal.
pub fn render(code: &Code, look: Look) -> String {
    let columns = look.width.min(92);
    let mut out = String::new();
    for block in blocks(code.page) {
        if !out.is_empty() {
            out.push('\n');
        }
        match block {
            Block::Title(text) => out += &format!("{}\n", look.paint.apply(Tone::Strong, text)),
            Block::Text(lines) => push_text(&mut out, &lines, columns),
            Block::Program(example) => push_program(&mut out, &example, look),
        }
    }
    out
}

enum Block {
    Title(String),
    Text(Vec<String>),
    Program(Example),
}

/// Splits a page at blank lines and fences.
fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut text: Vec<String> = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let fence = line.strip_prefix("```nn ");
        let title = line.strip_prefix("# ");
        if (line.is_empty() || fence.is_some() || title.is_some()) && !text.is_empty() {
            blocks.push(Block::Text(std::mem::take(&mut text)));
        }
        match (fence, title) {
            (Some(marks), _) => {
                let body: Vec<&str> = lines.by_ref().take_while(|l| *l != "```").collect();
                let (bad, sketch) = (marks.contains("bad"), marks.contains("sketch"));
                blocks.push(Block::Program(Example { bad, sketch, text: body.join("\n") + "\n" }));
            }
            (_, Some(title)) => blocks.push(Block::Title(title.to_string())),
            _ if line.is_empty() => {}
            _ => text.push(line.to_string()),
        }
    }
    if !text.is_empty() {
        blocks.push(Block::Text(text));
    }
    blocks
}

/// Refills a paragraph; items of a list start lines of their own, tables stay as they are.
fn push_text(out: &mut String, lines: &[String], columns: usize) {
    let mut paragraphs: Vec<String> = Vec::new();
    for line in lines {
        match paragraphs.last_mut() {
            Some(last) if !line.starts_with(['-', '|']) => *last += &format!(" {}", line.trim_start()),
            _ => paragraphs.push(line.clone()),
        }
    }
    if lines.iter().all(|l| l.starts_with('|')) {
        return push_table(out, lines);
    }
    for paragraph in paragraphs {
        let hang = if paragraph.starts_with('-') { "  " } else { "" };
        for (i, line) in layout::wrap(&paragraph, columns).iter().enumerate() {
            *out += &format!("{}{line}\n", if i == 0 { "" } else { hang });
        }
    }
}

fn push_table(out: &mut String, lines: &[String]) {
    let cells = |line: &String| -> Vec<String> {
        line.trim_matches('|').split('|').map(|c| c.trim().replace('`', "")).collect()
    };
    let rows: Vec<_> = lines.iter().filter(|l| !l.starts_with("|-")).map(cells).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let wide = |i: usize| rows.iter().filter_map(|r| r.get(i)).map(|c| layout::width(c)).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(wide).collect();
    for row in &rows {
        let line: String = row.iter().zip(&widths).map(|(c, w)| format!("  {}", layout::left(c, *w))).collect();
        *out += &format!("  {}\n", line.trim_end());
    }
}

fn push_program(out: &mut String, example: &Example, look: Look) {
    let (tone, word) = if example.bad { (Tone::Error, "wrong:") } else { (Tone::Good, "right:") };
    *out += &format!("  {}\n", look.paint.apply(tone, word));
    for line in example.text.lines() {
        *out += format!("    {line}").trim_end();
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_has_its_title_and_both_programs() {
        for code in codes::ALL {
            let title = format!("# {}: {}\n", code.id, code.title);
            assert!(code.page.starts_with(&title), "{} starts with another title", code.id);
            let examples = examples(code.page);
            for bad in [true, false] {
                assert!(examples.iter().any(|e| e.bad == bad && e.text.len() > 1), "{}: bad = {bad} missing", code.id);
            }
            assert!(blocks(code.page).iter().any(|b| matches!(b, Block::Text(_))), "{} has no prose", code.id);
        }
    }

    #[test]
    fn each_page_belongs_to_a_code() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/diag/pages");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            assert!(codes::ALL.iter().any(|c| c.id == stem), "{} is no code's page", path.display());
        }
    }

    #[test]
    fn codes_are_found_as_people_write_them() {
        for word in ["E401", "e401", "401", "error[E401]"] {
            assert_eq!(find(word).map(|c| c.id), Ok("E401"));
        }
        assert_eq!(find("E403"), Err(UnknownCode { word: "E403".into(), suggestion: Some("E401") }));
        assert_eq!(find("shape").unwrap_err().suggestion, None);
    }

    #[test]
    fn a_page_is_refilled_for_the_width() {
        let narrow = Look { width: 60, ..Look::PLAIN };
        for code in codes::ALL {
            let text = render(code, narrow);
            assert!(!text.contains("```"), "{} shows its fences", code.id);
            let prose = text.lines().filter(|l| !l.starts_with("  ") && !l.contains(code.id));
            prose.for_each(|line| assert!(layout::width(line) <= 60, "{}: {line}", code.id));
        }
        let page = render(&codes::LOSS_TARGET, narrow);
        assert!(page.contains("\n    logit                binary  bce_with_logits\n"), "{page}");
        assert!(page.contains("  wrong:\n    data points {\n"), "{page}");
    }
}
