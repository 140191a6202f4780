//! The words with which an item starts.

/// All kinds of items, but for the line `edition 1`.
pub const ITEM_KINDS: [&str; 14] = [
    "data",
    "model",
    "layer",
    "fn",
    "train",
    "evaluate",
    "predict",
    "test",
    "optimizer",
    "hyper",
    "use",
    "weights",
    "print",
    "plot",
];

/// Kinds that are kept for a later version.
pub const LATER_KINDS: [&str; 2] = ["sweep", "kfold"];

/// Words that other languages use for an item.
pub fn kind_elsewhere(word: &str) -> Option<&'static str> {
    Some(match word {
        "import" | "from" | "include" | "require" => "use",
        "def" | "func" | "function" | "fun" | "define" | "proc" => "fn",
        "class" | "network" | "net" | "module" | "struct" => "model",
        "var" | "const" | "let" | "val" | "set" | "param" | "config" => "hyper",
        "dataset" => "data",
        "fit" => "train",
        "eval" => "evaluate",
        "optim" => "optimizer",
        _ => return None,
    })
}
