//! Where results go, and where they never go.

use std::process::Stdio;

use super::lab::{Lab, program};

const TRAIN: &str = "train { loss = bce_with_logits; optimizer = sgd(lr = 0.1); epochs = 2 }\n";

fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("a.nn", program(TRAIN));
    lab
}

#[test]
fn runs_are_numbered_and_an_out_that_exists_is_refused() {
    let lab = lab();
    let before = lab.names(".");
    lab.good(&["a.nn"]);
    lab.good(&["a.nn"]);
    assert_eq!(lab.names("runs"), ["a-1", "a-2"]);
    let first = lab.read("runs/a-1/metrics.ndjson");
    lab.run(&["a.nn", "--out", "runs/a-1"]).expect(7, &["`runs/a-1` exists already"]);
    lab.run(&["a.nn", "--out", "d.csv"]).expect(7, &["`d.csv` exists already"]);
    assert_eq!(lab.read("runs/a-1/metrics.ndjson"), first);
    let mut after = lab.names(".");
    after.retain(|name| name != "runs");
    assert_eq!(after, before, "nothing but the run folder is written");
}

#[test]
fn a_place_that_can_not_be_written_is_7() {
    let lab = lab();
    lab.write("runs", "a file");
    lab.run(&["a.nn"]).expect(7, &["`runs` can't be written", "`--out` chooses another folder"]);
    lab.run(&["a.nn", "--out", "d.csv/o"]).expect(7, &["can't be written"]);
    #[cfg(target_os = "linux")]
    lab.run(&["a.nn", "--out", "/proc/o"]).expect(7, &["`/proc/o` can't be written"]);
}

#[test]
fn outputs_stay_in_the_run_folder_and_off_its_own_files() {
    let lab = Lab::new();
    let outside = ["../x.csv", "/tmp/x.csv", "a/../../x.csv"];
    let own = ["model.safetensors", "run.json", "metrics.ndjson", "./program.nn", "Train.checkpoint.safetensors"];
    let all = outside.map(|path| (path, "leaves the run folder"));
    let all = all.into_iter().chain(own.map(|path| (path, "is a file that every run writes itself")));
    for (path, words) in all.chain([(".", "names no file"), ("a/", "names no file"), ("", "names no file")]) {
        for what in ["predict { input = csv(\"new.csv\"); output = csv(\"P\") }", "plot loss of train to \"P\""] {
            lab.write("a.nn", program(&format!("{TRAIN}{}", what.replace('P', path))));
            let ended = lab.run(&["a.nn", "--out", "o"]);
            assert!([1, 7].contains(&ended.status), "{path}: {}", ended.err);
            if what.starts_with("predict") {
                ended.expect(7, &[words]);
            }
            assert!(!lab.path("o").exists() && !lab.path("../x.csv").exists(), "{path}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_7() {
    let lab = lab();
    lab.good(&["a.nn", "--out", "r"]);
    lab.run(&["predict", "r/model.safetensors", "new.csv", "-o", "/dev/full"])
        .expect(7, &["the disk or the quota is full"]);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = lab.command(&["a.nn", "--out", "o"]).stdout(Stdio::from(full)).output().unwrap();
    assert_eq!(output.status.code(), Some(7));
}

/// As under `| head -1`: the run goes on, and nothing complains.
#[test]
fn a_reader_who_goes_away_does_not_end_the_run() {
    let lab = lab();
    let mut child = lab.command(&["a.nn", "--out", "o"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).contains("panicked")), (Some(0), false));
    assert!(lab.path("o/model.safetensors").exists());
}

#[test]
fn with_json_every_line_is_an_object_of_a_known_type() {
    let lab = Lab::new();
    let more = "evaluate { metrics = [roc_auc] }\npredict { input = csv(\"new.csv\") }\nplot loss of train\nprint sigmoid(0)\n";
    lab.write("a.nn", program(&format!("{TRAIN}{more}")));
    let ended = lab.good(&["a.nn", "--out", "o", "--json"]);
    assert_eq!(ended.err, "");
    let mut seen = std::collections::BTreeSet::new();
    for line in ended.out.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let kind = event["type"].as_str().unwrap().to_string();
        let needed: &[&str] = match &*kind {
            "epoch" => &["train", "epoch", "step", "loss", "lr", "seconds", "val"],
            "evaluate" => &["name", "of", "split", "rows", "metrics", "intervals", "threshold"],
            "predict" => &["name", "rows"],
            "run" => &["folder", "schema"],
            "done" => &["seconds"],
            _ => &[],
        };
        needed.iter().for_each(|key| assert!(event.get(key).is_some(), "{key}: {line}"));
        seen.insert(kind);
    }
    for kind in ["train", "epoch", "evaluate", "predict", "run", "done"] {
        assert!(seen.contains(kind), "{kind} is not among {seen:?}");
    }
    let broken = "print sigmod(0)\n";
    lab.write("b.nn", broken);
    let ended = lab.run(&["check", "b.nn", "--json"]);
    assert_eq!((ended.status, &*ended.err), (1, ""));
    let d: serde_json::Value = serde_json::from_str(ended.out.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&d["type"], &d["severity"], &d["line"], &d["column"]),
        (&"diagnostic".into(), &"error".into(), &1.into(), &7.into())
    );
}

#[test]
fn quiet_leaves_results_but_no_progress_and_no_notes() {
    let lab = Lab::new();
    lab.write("a.nn", program(&format!("{TRAIN}evaluate {{ metrics = [roc_auc] }}\n")));
    let ended = lab.good(&["a.nn", "--out", "o", "--quiet"]);
    assert_eq!(ended.err, "");
    assert!(ended.out.contains("roc_auc") && !ended.out.contains("epoch"), "{}", ended.out);
}
