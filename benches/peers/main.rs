//! nnrun and its peers on the same work, interleaved: `cargo bench --bench peers -- --help`.

mod by_hand;
mod contest;
mod processes;
mod steps;
mod table;

use std::path::PathBuf;

const HELP: &str = "\
cargo bench --bench peers -- --peers DIR [--python EXE] [--data DIR] [--rounds N] [--threads 1,2] [NAME…]

Runs nnrun and its peers in turn (A B C A B C …), each in a process of its own, with a fixed loop in between that tells
how fast the machine was, and prints medians and ratios as a Markdown table. What is absent is left out, with a word.

  --peers DIR    the peers' programs: torch_peer.py, jax_peer.py, score_torch.py, train_churn.py, rust/limit-peer
  --python EXE   a Python that has them (default: python3; the jobs of packages that it lacks are left out)
  --limit EXE    limit-peer's program `limit` (default: below DIR/rust/limit-peer/target/release)
  --data DIR     the peers' data, as `bench.py data` writes it (default: target/peers/data)
  --rounds N     turns (default: 3)
  --threads L    1, 2 or both (default: 1,2)
  NAME           of W1 W2 W3 W3b32 W4 own W7 W8 rows (default: all); `own` has loops by hand beside it, `rows` nothing
";

/// What the command line asks for.
pub struct Request {
    pub peers: Option<PathBuf>,
    pub python: PathBuf,
    pub limit: Option<PathBuf>,
    pub data: PathBuf,
    pub rounds: usize,
    pub threads: Vec<usize>,
    pub names: Vec<String>,
}

impl Request {
    pub fn wants(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|n| n == name)
    }

    /// Where programs and results of the measurements lie.
    pub fn work(&self) -> PathBuf {
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("peers")
    }
}

fn main() {
    let mut words = std::env::args().skip(1).filter(|w| w != "--bench");
    let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("peers");
    let mut request = Request {
        peers: None,
        python: "python3".into(),
        limit: None,
        data: work.join("data"),
        rounds: 3,
        threads: vec![1, 2],
        names: Vec::new(),
    };
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap_or_else(|| wrong(&format!("`{word}` wants a value")));
        match word.as_str() {
            "--help" => return print!("{HELP}"),
            "--steps" => {
                let (program, threads) = (value(), value());
                return steps::measure(program.as_ref(), threads.parse().unwrap_or(1));
            }
            "--by-hand" => return by_hand::measure(value().as_ref()),
            "--peers" => request.peers = Some(value().into()),
            "--python" => request.python = value().into(),
            "--limit" => request.limit = Some(value().into()),
            "--data" => request.data = value().into(),
            "--rounds" => request.rounds = value().parse().unwrap_or_else(|_| wrong("`--rounds` is a number")),
            "--threads" => request.threads = value().split(',').filter_map(|t| t.parse().ok()).collect(),
            name if !name.starts_with('-') => request.names.push(name.into()),
            _ => wrong(&format!("unknown flag `{word}`")),
        }
    }
    if request.peers.is_none() {
        eprintln!("no --peers: only nnrun is measured");
    }
    contest::run(&request);
}

fn wrong(what: &str) -> ! {
    eprintln!("{what}\n\n{HELP}");
    std::process::exit(2)
}
