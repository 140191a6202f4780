//! Fenced blocks of Markdown.

/// A block: the words behind its fence, and what stands in it.
#[derive(Debug)]
pub struct Block {
    pub words: Vec<String>,
    pub text: String,
    /// Line of the fence, from 1.
    pub line: usize,
}

impl Block {
    pub fn language(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    pub fn has(&self, word: &str) -> bool {
        self.words.iter().skip(1).any(|w| w == word)
    }
}

/// All fenced blocks, in order.
pub fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = markdown.lines().enumerate();
    while let Some((i, line)) = lines.next() {
        let Some(words) = line.strip_prefix("```") else { continue };
        let body: String = lines.by_ref().map(|(_, l)| l).take_while(|l| *l != "```").flat_map(|l| [l, "\n"]).collect();
        blocks.push(Block { words: words.split_whitespace().map(str::to_string).collect(), text: body, line: i + 1 });
    }
    blocks
}

#[test]
fn blocks_have_their_words_and_lines() {
    let found = blocks("a\n```nn bad E101\nprint\n```\n\n```\nx\n```\n");
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].language(), found[0].has("bad"), found[0].line), ("nn", true, 2));
    assert_eq!(found[0].text, "print\n");
    assert_eq!((found[1].language(), found[1].line), ("", 6));
}
