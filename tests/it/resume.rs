//! A run that was ended at any moment goes on to the bits of one that was not.

use std::collections::BTreeMap;
use std::process::Child;
use std::time::{Duration, Instant};

use super::lab::{Draws, Lab, assert_same, program};

/// Two trainings with something between them, and all that a training has as state.
const TWO: &str = r#"
train first {
  loss = bce_with_logits
  optimizer = adam(lr = 3e-3 * warmup(step, 20) * cosine(progress))
  batch_size = 32
  epochs = 25
  stop = early(val.loss, patience = 20)
  keep = best(val.roc_auc)
  threshold = max_f1
  checkpoint_every = 1
}
evaluate one { of = first; metrics = [roc_auc] }
train second {
  start = first
  freeze = body
  loss = bce_with_logits
  optimizer = sgd(lr = 0.05, momentum = 0.9)
  epochs = 25
  accumulate = 3
  average = ema(0.95)
  clip = norm(1.0)
  checkpoint_every = 1
}
evaluate both { of = [first, second]; metrics = [roc_auc, accuracy] }
predict { of = second; input = csv("new.csv"); output = csv("out/scored.csv") }
"#;

type Results = BTreeMap<String, Vec<u8>>;

/// A folder with the program, the results of a run to its end in `whole`, and how long that took.
fn whole() -> (Lab, Results, Duration) {
    let lab = Lab::new();
    lab.write("a.nn", program(TWO));
    let start = Instant::now();
    lab.good(&["a.nn", "--out", "whole"]);
    let took = start.elapsed();
    let results = lab.results("whole");
    assert!(results.contains_key("out/scored.csv"), "{:?}", results.keys());
    (lab, results, took)
}

/// Ends a process after some time.
fn end(mut child: Child, after: Duration, signal: &str) -> i32 {
    std::thread::sleep(after);
    if signal == "KILL" {
        child.kill().unwrap();
    } else {
        let id = child.id().to_string();
        std::process::Command::new("kill").args(["-s", signal, &id]).status().unwrap();
    }
    child.wait().unwrap().code().unwrap_or(-1)
}

/// Resumes until it is finished; every third time the resumed run is ended once as well.
fn finish(lab: &Lab, out: &str, i: u64, after: Duration) {
    if i.is_multiple_of(3) {
        end(lab.start(&["resume", out]), after, "KILL");
    }
    lab.good(&["resume", out]);
}

#[test]
fn after_kills_at_random_moments_every_file_is_as_without() {
    let (lab, results, took) = whole();
    let mut draws = Draws(7);
    let mut resumed = 0;
    for i in 0..20 {
        let after = took.mul_f64(draws.below(1000) as f64 / 1000.0);
        let out = format!("killed-{i}");
        end(lab.start(&["a.nn", "--out", &out]), after, "KILL");
        // Before it has described itself, a run has done nothing that could be lost.
        if !lab.path(&out).join("run.json").exists() {
            continue;
        }
        finish(&lab, &out, i, took.mul_f64(draws.below(500) as f64 / 1000.0));
        assert_same(&results, &lab.results(&out), &format!("killed after {after:?}"));
        resumed += 1;
    }
    assert!(resumed >= 10, "only {resumed} of 20 runs got as far as describing themselves");
}

/// What is fitted or derived on the way to the model: it must come out the same when a resumed run does it again.
const FITTED: &str = r#"
data d {
  source = csv("d.csv")
  target y: binary
  id: drop
  amount: number |> quantile
  age: number |> power
  country: category |> embed(2)
  cross(country, spell): category |> target_mean
  spell: category |> one_hot
  at: time |> cyclic(hour, weekday)
  split = stratified(train = 60%, val = 20%, test = 20%, group = id)
}
model M(x: d.features) -> logit { Linear(8, bias = false); BatchNorm1d; ReLU; Dropout(0.3); Linear(1) }
train {
  loss = bce_with_logits
  optimizer = adam(lr = 3e-3 * plateau(val.loss, patience = 2))
  weight = balanced(row.y)
  batch_size = 16
  epochs = 40
  average = swa(50%)
  calibrate = temperature
  threshold = max_f1
  checkpoint_every = 1
}
evaluate { metrics = [roc_auc, accuracy]; baseline = logistic }
predict { input = csv("new.csv"); output = csv("scored.csv") }
"#;

/// `d.csv` and `new.csv` with a column `spell` more, and an id that several rows share.
fn with_spells(lab: &Lab) {
    for name in ["d.csv", "new.csv"] {
        let text = String::from_utf8(lab.read(name)).unwrap();
        let (head, rows) = text.split_once('\n').unwrap();
        let rows = rows.lines().enumerate().map(|(i, row)| {
            let (_, rest) = row.split_once(',').unwrap();
            format!("g{},{},{rest}\n", i / 3, ["wet", "dry", "mild"][i * i % 7 % 3])
        });
        let head = head.replacen("id,", "id,spell,", 1);
        lab.write(name, format!("{head}\n{}", rows.collect::<String>()));
    }
}

#[test]
fn what_is_fitted_to_the_data_is_the_same_after_kills() {
    let lab = Lab::new();
    with_spells(&lab);
    lab.write("f.nn", FITTED);
    let start = Instant::now();
    lab.good(&["f.nn", "--out", "whole"]);
    let took = start.elapsed();
    let results = lab.results("whole");
    assert!(results.contains_key("scored.csv"), "{:?}", results.keys());
    let mut resumed = 0;
    for (i, part) in [0.3, 0.5, 0.6, 0.7, 0.8].into_iter().enumerate() {
        let out = format!("killed-{i}");
        end(lab.start(&["f.nn", "--out", &out]), took.mul_f64(part), "KILL");
        if !lab.path(&out).join("train.checkpoint.safetensors").exists() {
            continue;
        }
        lab.good(&["resume", &out]);
        assert_same(&results, &lab.results(&out), &format!("killed after {part} of the time"));
        resumed += 1;
    }
    assert!(resumed > 0, "no run got as far as its first checkpoint");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_with_130_and_is_resumable() {
    let (lab, results, took) = whole();
    let mut interrupted = 0;
    for (i, part) in [0.05, 0.3, 0.5, 0.7].into_iter().enumerate() {
        let out = format!("stopped-{i}");
        let status = end(lab.start(&["a.nn", "--out", &out]), took.mul_f64(part), "INT");
        if !lab.path(&out).join("run.json").exists() {
            continue;
        }
        assert!([0, 130].contains(&status), "status {status}");
        interrupted += u32::from(status == 130);
        lab.good(&["resume", &out]);
        assert_same(&results, &lab.results(&out), &format!("interrupted after {part} of the time"));
    }
    assert!(interrupted > 0);
}

#[test]
fn a_finished_run_stays_as_it_is_however_often_it_is_resumed() {
    let (lab, results, _) = whole();
    for time in ["once", "twice"] {
        lab.good(&["resume", "whole"]);
        assert_same(&results, &lab.results("whole"), time);
    }
}

#[test]
fn a_run_is_resumed_from_another_folder() {
    let (lab, results, took) = whole();
    end(lab.start(&["a.nn", "--out", "k"]), took / 2, "KILL");
    let elsewhere = tempfile::tempdir().unwrap();
    let run = lab.path("k");
    let output = lab.command(&["resume"]).arg(&run).current_dir(elsewhere.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_same(&results, &lab.results("k"), "from elsewhere");
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn other_rows_are_not_taken_for_the_same() {
    let (lab, results, took) = whole();
    end(lab.start(&["a.nn", "--out", "k"]), took / 2, "KILL");
    let text = String::from_utf8(lab.read("d.csv")).unwrap();
    let (head, rest) = text.split_once('\n').unwrap();
    let (_, rest) = rest.split_once('\n').unwrap();
    lab.write("d.csv", format!("{head}\n{rest}"));
    lab.run(&["resume", "k"]).expect(3, &["has changed since the run was interrupted", "start the program anew"]);
    lab.write("d.csv", text);
    lab.good(&["resume", "k"]);
    assert_same(&results, &lab.results("k"), "with its rows again");
}

#[test]
fn what_is_no_run_or_is_damaged_is_refused() {
    let (lab, ..) = whole();
    lab.run(&["resume", "nowhere"]).expect(3, &["not the folder of a run"]);
    let mut bytes = lab.read("whole/second.checkpoint.safetensors");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    lab.write("whole/second.checkpoint.safetensors", bytes);
    lab.run(&["resume", "whole"]).expect(3, &["changed or damaged after it was written"]);
}
