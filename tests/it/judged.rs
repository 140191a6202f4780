//! What `evaluate` says beside its figures, reasons of predictions, and the pictures of a run.

use serde_json::Value as Json;

use super::lab::{Lab, program};

/// `amount` and `abroad` decide, `noise` does not; four rows of a group are the same.
const LOANS: &str = r#"
data loans {
  source = generate(800, seed = 5) {
    amount ~ uniform(0, 1000)
    abroad ~ bernoulli(0.3)
    noise  ~ normal(0, 1)
    team   ~ uniform(0, 40)
    late   ~ bernoulli(sigmoid(0.01 * amount + 2 * abroad - 6))
  }
  target late: binary
  team: drop
  split = stratified(train = 50%, val = 10%, test = 40%)
}
model Wide(x: loans.features) -> prob { Linear(8); ReLU; Linear(1); Sigmoid }
model Line(x: loans.features) -> prob { Linear(1); Sigmoid }
train wide { model = Wide; loss = bce; optimizer = adam(lr = 0.03); epochs = 12 }
train line { model = Line; loss = bce; optimizer = adam(lr = 0.03); epochs = 3 }
"#;

fn lab(rest: &str) -> Lab {
    let lab = Lab::new();
    lab.write("a.nn", format!("{LOANS}{rest}\n"));
    lab
}

fn events(lab: &Lab, kind: &str) -> Vec<Json> {
    let ended = lab.good(&["a.nn", "--out", "o", "--json"]);
    let all = ended.out.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    all.filter(|e| e["type"] == kind).collect()
}

#[test]
fn slices_cover_all_rows_once_and_have_intervals() {
    let lab = lab("evaluate { of = wide; metrics = [accuracy]; slices = [abroad, amount, row.amount > 500] }");
    let found = events(&lab, "evaluate");
    let slices = found[0]["slices"].as_array().unwrap();
    let names: Vec<&str> = slices.iter().map(|s| s["slice"].as_str().unwrap()).collect();
    assert_eq!(names[..2], ["abroad = 0", "abroad = 1"]);
    assert_eq!(names[6..], ["row.amount > 500", "not (row.amount > 500)"]);
    assert!(names[2].starts_with("amount up to ") && names[5].starts_with("amount over "), "{names:?}");
    let rows = |range: std::ops::Range<usize>| slices[range].iter().map(|s| s["rows"].as_u64().unwrap()).sum::<u64>();
    assert_eq!([rows(0..2), rows(2..6), rows(6..8)], [320; 3]);
    assert!(slices[2..6].iter().all(|s| s["rows"] == 80), "{names:?}");
    // Accuracy of the whole is the mean of its parts'.
    let of = |s: &Json| s["rows"].as_f64().unwrap() * s["metrics"]["accuracy"].as_f64().unwrap();
    let whole = found[0]["metrics"]["accuracy"].as_f64().unwrap();
    assert!((slices[..2].iter().map(of).sum::<f64>() / 320.0 - whole).abs() < 1e-12);
    for slice in slices {
        let (low, high) = (&slice["intervals"]["accuracy"][0], &slice["intervals"]["accuracy"][1]);
        let value = slice["metrics"]["accuracy"].as_f64().unwrap();
        assert!(low.as_f64().unwrap() <= value && value <= high.as_f64().unwrap(), "{slice}");
    }
}

#[test]
fn weights_and_groups_change_figures_and_intervals() {
    let of = |rest: &str| {
        let lab = lab(&format!("evaluate {{ of = wide; metrics = [accuracy]{rest} }}"));
        let found = events(&lab, "evaluate").remove(0);
        let ends = &found["intervals"]["accuracy"];
        (found["metrics"]["accuracy"].as_f64().unwrap(), ends[1].as_f64().unwrap() - ends[0].as_f64().unwrap())
    };
    let plain = of("");
    assert_eq!(plain, of("; weight = 1 + 0 * row.amount"));
    let abroad = of("; weight = row.abroad");
    let sliced = lab("evaluate { of = wide; metrics = [accuracy]; slices = abroad }");
    let slice = &events(&sliced, "evaluate")[0]["slices"][1];
    assert!((abroad.0 - slice["metrics"]["accuracy"].as_f64().unwrap()).abs() < 1e-12, "weights 0 leave rows out");
    let grouped = of("; by = team");
    assert!(grouped.0 == plain.0 && grouped.1 != plain.1, "{grouped:?} {plain:?}");
}

#[test]
fn a_difference_has_the_interval_of_pairs() {
    let lab = lab("evaluate { of = [line, wide, line]; metrics = [roc_auc, log_loss, confusion] }");
    let found = events(&lab, "compare");
    assert_eq!(found.len(), 2);
    let d = &found[0]["differences"]["log_loss"];
    assert_eq!((&found[0]["of"], &found[0]["with"]), (&"wide".into(), &"line".into()));
    // More epochs make the loss clearly less.
    assert!(d["difference"].as_f64().unwrap() < 0.0 && d["interval"][1].as_f64().unwrap() < 0.0, "{d}");
    assert_eq!(d["better"], 1.0);
    let same = &found[1]["differences"]["roc_auc"];
    assert_eq!((&same["difference"], &same["interval"][0], &same["better"]), (&0.0.into(), &0.0.into(), &0.5.into()));
    assert!(found[0]["differences"].get("confusion").is_none());
    let text = lab.good(&["a.nn"]).out;
    assert!(text.contains("wide less line  on the same 320 test rows"), "{text}");
}

#[test]
fn importance_ranks_what_the_data_follows() {
    let lab = lab("evaluate { of = wide; metrics = [confusion, roc_auc]; importance = true; interval = false }");
    let found = &events(&lab, "evaluate")[0];
    assert_eq!(found["importance"]["metric"], "roc_auc");
    let columns = found["importance"]["columns"].as_array().unwrap();
    let names: Vec<&str> = columns.iter().map(|c| c["column"].as_str().unwrap()).collect();
    assert_eq!(names, ["amount", "abroad", "noise"]);
    assert!(columns[0]["mean"].as_f64().unwrap() > 0.1 && columns[2]["mean"].as_f64().unwrap().abs() < 0.03);
    assert!(found.get("level").is_none() && found["intervals"] == serde_json::json!({}));
}

#[test]
fn reasons_name_what_moved_a_row() {
    let rows = "(amount = 990, abroad = 1, noise = 0), (amount = 5, abroad = 0, noise = 0)";
    let lab = lab(&format!("predict {{ of = line; rows = [{rows}] }}"));
    let found = &events(&lab, "predict")[0];
    let of = |row: usize, k: usize| {
        let r = &found["reasons"][row][k];
        (r["column"].as_str().unwrap(), r["value"].as_str().unwrap(), r["change"].as_f64().unwrap())
    };
    assert!(matches!(of(0, 0), ("amount", "990", change) if change > 0.1), "{found}");
    assert!(matches!(of(1, 0), ("amount", "5", change) if change < -0.1), "{found}");
    // The commonest value of `abroad` is 0, so that the second row's moves nothing.
    let second = found["reasons"][1].as_array().unwrap();
    assert!(second.iter().all(|r| r["column"] != "abroad"), "{found}");
    // What a column adds is the prediction less that of the row with the column's median.
    lab.write("a.nn", format!("{LOANS}predict {{ of = line; rows = [{rows}]; reasons = false }}\n"));
    let ended = lab.good(&["a.nn", "--json"]);
    assert!(!ended.out.contains("reasons"), "{}", ended.out);
}

#[test]
fn reasons_are_columns_of_a_file() {
    let lab = Lab::new();
    let train = "train { loss = bce_with_logits; optimizer = sgd(lr = 0.1); epochs = 2 }\n";
    let predict = "predict { input = csv(\"new.csv\"); output = csv(\"scored.csv\"); reasons = 2 }";
    lab.write("a.nn", program(&format!("{train}{predict}")));
    lab.good(&["a.nn", "--out", "o"]);
    let text = String::from_utf8(lab.read("o/scored.csv")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines[0], lines.len()), ("id,prob,decision,reason_1,reason_2", 21));
    for line in &lines[1..] {
        let reason = line.split(',').nth(3).unwrap();
        let (name, rest) = reason.split_once(' ').unwrap();
        assert!(["amount", "age", "country", "at"].contains(&name), "{line}");
        assert!(rest.ends_with(')') && (rest.contains("(+") || rest.contains("(-")), "{line}");
    }
}

/// `late` follows the hour and whether `a` and `b` are alike, which only their cross can say.
const CROSSED: &str = r#"
data loans {
  source = csv("loans.csv")
  target late: binary
  cross(a, b): category |> one_hot
  at: time |> cyclic(hour)
  a, b: drop
  split = random(train = 80%, val = 10%, test = 10%)
}
model M(x: loans.features) -> prob { Linear(1); Sigmoid }
train { loss = bce; optimizer = adam(lr = 0.05); epochs = 20 }
"#;

fn crossed() -> Lab {
    let lab = Lab::new();
    let mut text = "late,a,b,at\n".to_string();
    for i in 0..1200 {
        let (a, b, hour) = (i % 5 / 3, (i / 5) % 3 / 2, (i * 7) % 24);
        let late = u8::from(a == b && hour >= 12);
        text += &format!("{late},{a},{b},2026-03-{:02}T{hour:02}:00\n", 1 + i % 28);
    }
    lab.write("loans.csv", text);
    lab
}

#[test]
fn a_crossed_column_s_reasons_are_the_columns_it_is_made_of() {
    let lab = crossed();
    // The commonest `a` and the commonest `b` are 0.
    lab.write("a.nn", format!("{CROSSED}predict {{ rows = [(a = 1, b = 1, at = \"2026-03-02T18:00\")] }}\n"));
    let found = &events(&lab, "predict")[0];
    let reasons = found["reasons"][0].as_array().unwrap();
    let mut names: Vec<&str> = reasons.iter().map(|r| r["column"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["a", "at", "b"], "{found}");
    assert!(reasons.iter().all(|r| r["change"].as_f64().unwrap() > 0.1), "{found}");
}

#[test]
fn the_change_of_a_time_is_against_the_mean_over_the_hours() {
    let lab = crossed();
    let hours: Vec<String> = (0..24).map(|h| format!("(a = 0, b = 0, at = \"2026-03-02T{h:02}:00\")")).collect();
    lab.write("a.nn", format!("{CROSSED}predict {{ rows = [{}] }}\n", hours.join(", ")));
    let found = &events(&lab, "predict")[0];
    let prob = |h: usize| found["rows"][h]["prob"].as_f64().unwrap();
    // The hours of the rows are all equally common, and so are those of the 24 that stand for a time.
    let mean = (0..24).map(prob).sum::<f64>() / 24.0;
    for hour in [0, 6, 13, 23] {
        let reasons = found["reasons"][hour].as_array().unwrap();
        let at = reasons.iter().find(|r| r["column"] == "at").map_or(0.0, |r| r["change"].as_f64().unwrap());
        assert!((prob(hour) - mean - at).abs() < 0.03, "{hour}: {at}, {} from {mean}", prob(hour));
    }
}

#[test]
fn baselines_are_fitted_with_the_weights_of_the_evaluation() {
    let of = |weight: &str| {
        let lab = lab(&format!(
            "evaluate {{ of = wide; on = loans.train; metrics = [brier, log_loss]; baseline = [prevalence, logistic]; \
             interval = false{weight} }}"
        ));
        let found = events(&lab, "evaluate").remove(0);
        ["prevalence", "logistic"].map(|b| ["brier", "log_loss"].map(|m| found["baselines"][b][m].as_f64().unwrap()))
    };
    // On the rows that it was fitted on the share p scores p (1 - p) and the entropy of p; no other share does both.
    let own_share = |[brier, log_loss]: [f64; 2]| {
        let p = 0.5 - (0.25 - brier).sqrt();
        (-p * p.ln() - (1.0 - p) * (1.0 - p).ln() - log_loss).abs() < 1e-9
    };
    let (plain, abroad) = (of(""), of("; weight = where(row.abroad == 1, 1, 0)"));
    assert!(own_share(plain[0]) && own_share(abroad[0]) && plain[0] != abroad[0], "{plain:?} {abroad:?}");
    assert!(plain[1] != abroad[1], "{plain:?} {abroad:?}");
}

#[test]
fn what_can_not_be_looked_at_is_named() {
    let cases = [
        ("evaluate { slices = [abrod] }", "`loans` has no column `abrod`"),
        ("evaluate { slices = [row.amount + 1] }", "a slice is a column, or a condition on the row"),
        ("evaluate { by = row.amount > 1 }", "`by` names the column"),
        ("evaluate { weight = amount }", "amount"),
        ("evaluate { importance = confusion }", "is a table"),
        ("evaluate { importance = rmse }", "does not fit a target that is yes or no"),
        ("predict { rows = [(amount = 1, abroad = 0, noise = 0)]; reasons = 1000 }", "at most 100"),
        ("plot cost", "does not say what mistakes cost"),
        ("plot residuals of wide", "is for another kind of target"),
        ("plot pr_auc of wide", "does not look at `pr_auc`"),
        ("plot rok of wide", "a training has no plot `rok`"),
    ];
    for (rest, words) in cases {
        let ended = lab(rest).run(&["check", "a.nn"]);
        ended.expect(1, &[words]);
    }
    lab("evaluate { of = wide; weight = row.noise }").run(&["a.nn"]).expect(3, &["the weight of row"]);
}

#[test]
fn every_plot_of_a_training_is_drawn() {
    let plots = "plot loss, lr, network, weights, activations, importance, roc, pr, confusion, calibration of wide\n";
    let lab = lab(&format!("{plots}evaluate {{ of = [wide, line]; metrics = [roc_auc] }}"));
    lab.good(&["a.nn", "--out", "o", "--quiet"]);
    let names = lab.names("o");
    let drawn =
        ["loss", "lr", "network", "weights", "activations", "importance", "roc", "pr", "confusion", "calibration"];
    for name in drawn {
        assert!(names.contains(&format!("{name}.svg")), "{name}: {names:?}");
    }
    let network = String::from_utf8(lab.read("o/network.svg")).unwrap();
    assert!(network.contains("Wide"), "the title of the picture");
    let own = [
        "evaluate-calibration-line.svg",
        "evaluate-calibration-wide.svg",
        "evaluate-confusion-line.svg",
        "evaluate-confusion-wide.svg",
        "evaluate-pr.svg",
        "evaluate-roc.svg",
        "line-loss.svg",
        "line-network.svg",
        "wide-loss.svg",
        "wide-network.svg",
    ];
    assert_eq!(lab.names("o/plots"), own);
}

#[test]
fn figures_do_not_depend_on_threads() {
    let rest =
        "evaluate { of = [wide, line]; metrics = [roc_auc, f1]; slices = [abroad]; importance = true; by = team }";
    let lab = lab(rest);
    for threads in ["1", "3"] {
        lab.good(&["a.nn", "--out", threads, "--threads", threads]);
    }
    super::lab::assert_same(&lab.results("1"), &lab.results("3"), "threads");
}
