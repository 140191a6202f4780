//! Sessions through a pipe, and the transcripts of the documents.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::markdown::{Block, blocks};
use crate::nnrun::{Folder, root};

/// How a session ended, and both outputs in the order in which they were written.
struct Session {
    shown: String,
    status: i32,
}

fn piped(folder: &Folder, words: &[&str], typed: &str) -> Session {
    let path = folder.path(".session");
    let file = std::fs::File::create(&path).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_nnrun"))
        .arg("repl")
        .args(words)
        .current_dir(folder.path(""))
        // Plain instructions, so that numbers are the same on every machine.
        .env("NNRUN_ISA", "scalar")
        .stdin(Stdio::piped())
        .stdout(file.try_clone().unwrap())
        .stderr(file)
        .spawn()
        .unwrap();
    // A session that ended early reads no more.
    let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    let status = child.wait().unwrap().code().unwrap_or(-1);
    Session { shown: std::fs::read_to_string(path).unwrap(), status }
}

/// Times are not compared.
fn untimed(text: &str) -> Vec<String> {
    text.lines().map(|l| l.split("  took ").next().unwrap_or_default().trim_end().to_string()).collect()
}

/// A block of a document: lines behind `> ` are typed, those behind `. ` belong to the line before, the rest is printed.
pub fn transcript(folder: &Folder, block: &Block) -> Result<(), String> {
    let (mut typed, mut expected) = (String::new(), String::new());
    for line in block.text.lines() {
        match line.strip_prefix("> ").or(line.strip_prefix(". ")) {
            Some(entry) => typed += &format!("{entry}\n"),
            None => expected += &format!("{line}\n"),
        }
    }
    let files: Vec<&str> = block.words.iter().skip(1).map(String::as_str).filter(|w| *w != "fails").collect();
    let session = piped(folder, &files, &typed);
    let (wanted, found) = (untimed(&expected), untimed(&session.shown));
    let lines = |all: &[String]| all.iter().map(String::as_str).map(str::to_string).collect::<Vec<_>>();
    if !agree(&lines(&wanted), &lines(&found)) {
        return Err(format!("the session prints\n{}", session.shown));
    }
    match (block.has("fails"), session.status) {
        (false, 0) => Ok(()),
        (true, status) if status != 0 => Ok(()),
        (_, status) => Err(format!("the session ends with {status}")),
    }
}

/// Whether the lines are the same, `…` standing for any lines.
fn agree(expected: &[String], printed: &[String]) -> bool {
    match (expected, printed) {
        ([], _) => printed.is_empty(),
        ([first, rest @ ..], _) if first.trim() == "…" => (0..=printed.len()).any(|n| agree(rest, &printed[n..])),
        ([first, rest @ ..], [line, others @ ..]) => first == line && agree(rest, others),
        _ => false,
    }
}

#[test]
fn every_command_has_a_transcript_in_its_reference() {
    let text = std::fs::read_to_string(root().join("docs/repl.md")).unwrap();
    let typed: Vec<String> = blocks(&text)
        .iter()
        .filter(|b| b.language() == "repl")
        .flat_map(|b| b.text.lines().filter_map(|l| l.strip_prefix("> ").map(str::to_string)).collect::<Vec<_>>())
        .collect();
    for command in nnrun::session::lab::command::COMMANDS {
        let shown = typed.iter().any(|l| l.split_whitespace().next() == Some(command.name));
        assert!(shown, "`{}` has no transcript in docs/repl.md", command.name);
        assert!(
            text.contains(&format!("| `{}", command.name)),
            "`{}` is not in the table of docs/repl.md",
            command.name
        );
    }
}

#[test]
fn the_status_tells_how_a_piped_session_ended() {
    let folder = Folder::with_examples();
    let status = |file: &str, typed: &str| piped(&folder, &[file], typed).status;
    assert_eq!(status("examples/churn.nn", ""), 0);
    assert_eq!(status("examples/churn.nn", "step\nquit\nfoo\n"), 0);
    assert_eq!(status("examples/churn.nn", "foo\nstep\n"), 1);
    assert_eq!(status("examples/churn.nn", "evaluate { on = csv(\"absent.csv\") }"), 3);
    assert_eq!(status("examples/churn.nn", "save model \"no/such/folder/m\""), 7);
    folder.write("bad.nn", "model");
    assert_eq!(status("bad.nn", "1 + 1"), 1);
    assert_eq!(status("absent.nn", ""), 2);
    let nothing = piped(&folder, &[], "1 + 1\n");
    assert_eq!((nothing.shown.as_str(), nothing.status), ("2 : real\n", 0));
}

#[test]
fn an_entry_of_several_lines_is_one_also_from_a_pipe() {
    let folder = Folder::new();
    let session =
        piped(&folder, &[], "fn twice(x: real) -> real {\n  # a comment with {\n  return 2 * x\n}\n\ntwice(\n  4\n)\n");
    assert_eq!((session.shown.as_str(), session.status), ("defined `twice`\n8 : real\n", 0));
    let open = piped(&folder, &[], "fn twice(x: real) -> real {\n");
    assert!(open.status == 1 && open.shown.contains("never closed"), "{}", open.shown);
}

#[test]
fn files_that_change_or_go_away_leave_the_session_as_it_is() {
    let folder = Folder::with_examples();
    folder.write("p.nn", std::fs::read(folder.path("examples/churn.nn")).unwrap());
    folder.write("data/churn.csv", std::fs::read(folder.path("examples/data/churn.csv")).unwrap());
    // The pipe is fed while the session runs.
    let mut child = Command::new(env!("CARGO_BIN_EXE_nnrun"))
        .args(["repl", "p.nn"])
        .current_dir(folder.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut say = |text: &str, last: &str| {
        writeln!(input, "{text}").unwrap();
        let mut said = String::new();
        // Up to the line that ends the answer; a session that is over says no more.
        while std::io::BufRead::read_line(&mut out, &mut said).unwrap() > 0 && !said.contains(last) {}
        said
    };
    assert!(say("step 3", "took").starts_with("step 3 "));
    let text = std::fs::read_to_string(folder.path("p.nn")).unwrap();
    folder.write("p.nn", text.replace("  Linear(1)", "  Linear(4)\n  ReLU\n  Linear(1)"));
    let said = say("reload", "changed");
    assert!(said.contains("start with fresh weights") && said.contains("1 item changed"), "{said}");
    assert!(say("step", "took").starts_with("step 4 "));
    std::fs::remove_file(folder.path("data/churn.csv")).unwrap();
    assert!(say("step", "took").starts_with("step 5 "));
    // A change reads the data anew, which is no longer there: it is refused.
    writeln!(input, "set lr = 0.3").unwrap();
    drop(input);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(3), "{}", String::from_utf8_lossy(&ended.stderr));
}

/// What is fitted on the val rows changes no step, so it is not carried over with the weights; it still counts.
#[test]
fn a_threshold_that_is_set_later_decides() {
    let folder = Folder::with_examples();
    let program = "data d { source = csv(\"examples/data/churn.csv\"); target churned: binary
  split = stratified(train = 60%, val = 20%, test = 20%) }
model M(x: d.features) -> prob { Linear(1); Sigmoid }
train t { loss = bce; optimizer = adam(lr = 0.01); epochs = 5 }
";
    folder.write("p.nn", program);
    let measured = "evaluate { of = t; metrics = [recall]; interval = false }\n";
    let session =
        piped(&folder, &["p.nn"], &format!("run\n{measured}set threshold = max_f1\n{measured}undo entry\n{measured}"));
    let heads: Vec<&str> = session.shown.lines().filter(|l| l.starts_with("evaluate ")).collect();
    assert_eq!(session.status, 0, "{}", session.shown);
    assert!(heads.len() == 3 && heads[0] == heads[2], "{}", session.shown);
    assert!(heads[0].ends_with("threshold 0.5") && !heads[1].ends_with("threshold 0.5"), "{}", session.shown);
}
