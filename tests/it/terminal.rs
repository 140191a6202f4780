//! Sessions on a pseudo-terminal.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::nnrun::Folder;

/// A session with a terminal of 80 columns and 24 rows.
struct Terminal {
    child: Child,
    keys: File,
    shown: Receiver<Vec<u8>>,
    text: String,
}

impl Terminal {
    fn open(folder: &Folder, file: &str, term: &str) -> Terminal {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::<u8>::new()).unwrap();
        let slave: OwnedFd = open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(slave.as_fd(), size).unwrap();
        // `setsid --ctty` makes the terminal the one that Ctrl-C comes from.
        let child = Command::new("setsid")
            .args(["--ctty", "--wait", env!("CARGO_BIN_EXE_nnrun"), "repl", file])
            .current_dir(folder.path(""))
            .env("TERM", term)
            .env("XDG_STATE_HOME", folder.path("state"))
            .env("NNRUN_ISA", "scalar")
            .env_remove("NO_COLOR")
            .stdin(slave.try_clone().unwrap())
            .stdout(slave.try_clone().unwrap())
            .stderr(slave)
            .spawn()
            .unwrap();
        let keys = File::from(master);
        let mut reader = keys.try_clone().unwrap();
        let (send, shown) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(n) = reader.read(&mut bytes) {
                if n == 0 || send.send(bytes[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        let mut terminal = Terminal { child, keys, shown, text: String::new() };
        terminal.until("nn> ");
        terminal
    }

    /// Waits until the screen shows a text behind what was waited for before; gives all that came.
    #[track_caller]
    fn until(&mut self, wanted: &str) -> String {
        let end = Instant::now() + Duration::from_secs(60);
        let mut came = std::mem::take(&mut self.text);
        loop {
            let plain = without_escapes(&came);
            if let Some(at) = plain.find(wanted) {
                self.text = plain[at + wanted.len()..].to_string();
                return plain[..at + wanted.len()].to_string();
            }
            match self.shown.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => came += &String::from_utf8_lossy(&bytes),
                Err(_) => panic!("`{wanted}` did not come, but\n{plain}"),
            }
        }
    }

    fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    #[track_caller]
    fn leaves(mut self) {
        self.keys("\u{4}");
        let end = Instant::now() + Duration::from_secs(20);
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert_eq!(status.code(), Some(0));
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        panic!("Ctrl-D did not end the session");
    }
}

/// The text without what moves the cursor and colours.
fn without_escapes(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => {
                if chars.next_if_eq(&'[').is_some() {
                    while chars.next_if(|c| !c.is_ascii_alphabetic()).is_some() {}
                }
                chars.next();
            }
            '\r' => {}
            c => out.push(c),
        }
    }
    out
}

#[test]
fn lines_are_edited_completed_and_remembered() {
    let folder = Folder::with_examples();
    let mut t = Terminal::open(&folder, "examples/churn.nn", "xterm");
    // An open bracket waits for more lines.
    t.keys("fn twice(x: real) -> real {\r");
    t.keys("return 2 * x\r");
    t.keys("}\r");
    t.until("defined `twice`");
    t.until("nn> ");
    t.keys("twice(4)\r");
    t.until("8 : real");
    t.until("nn> ");
    // The tabulator completes what is clear.
    t.keys("evalu\t");
    t.until("evaluate");
    t.keys("\r");
    t.until("roc_auc");
    t.until("nn> ");
    t.keys("step 4\r");
    t.until("step 4 ");
    t.until("nn> ");
    t.leaves();
    // Another session has the history, which Ctrl-R searches.
    let mut t = Terminal::open(&folder, "examples/churn.nn", "xterm");
    t.keys("\u{12}ste");
    t.until("step 4");
    t.keys("\r");
    t.until("loss 0.");
    t.until("nn> ");
    t.leaves();
}

#[test]
fn ctrl_c_stops_a_long_run_and_keeps_the_session() {
    let folder = Folder::with_examples();
    let mut t = Terminal::open(&folder, "examples/churn.nn", "xterm");
    t.keys("set epochs = 1_000_000\r");
    t.until("nn> ");
    t.keys("run\r");
    t.until("epoch 1 ");
    t.keys("\u{3}");
    let said = t.until("interrupted at step");
    assert!(said.contains("loss"), "{said}");
    t.until("nn> ");
    t.keys("step 2\r");
    t.until("steps/s");
    t.until("nn> ");
    // At the prompt it drops the line.
    t.keys("nonsense\u{3}");
    t.until("nn> ");
    t.keys("1 + 1\r");
    t.until("2 : real");
    t.until("nn> ");
    t.leaves();
}

#[test]
fn a_dumb_terminal_gets_plain_text() {
    let folder = Folder::with_examples();
    let mut t = Terminal::open(&folder, "examples/churn.nn", "dumb");
    t.keys("step 2\n");
    let said = t.until("steps/s");
    assert!(said.contains("step 2  loss"), "{said}");
    t.until("nn> ");
    t.leaves();
}
