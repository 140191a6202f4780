//! Targets of several columns, several targets, metrics of one's own, trainings side by side.

use serde_json::Value as Json;

use super::lab::Lab;

const TAGS: &str = "data posts {
  source = generate(300, seed = 1) {
    x[4] ~ normal(0, 1)
    cost ~ uniform(1, 5)
    tag_a ~ bernoulli(0.5)
    tag_b ~ bernoulli(0.3)
  }
  cost: drop
  target tags { columns(\"tag_*\"): binary }
  split = random(train = 60%, val = 20%, test = 20%)
}
model Tags(x: posts.features) -> posts.tags { Linear(2); Sigmoid }
train { loss = bce; optimizer = adam(lr = 0.05); epochs = 3; keep = best(val.roc_auc) }
";

const HOMES: &str = "data homes {
  source = generate(300, seed = 1) {
    area ~ uniform(20, 200)
    rooms ~ uniform(1, 6)
    price ~ normal(3 * area, 20)
    garden ~ bernoulli(sigmoid(rooms - 3))
  }
  target price: number |> zscore
  target garden: binary
  split = random(train = 60%, val = 20%, test = 20%)
}
model Home(x: homes.features) -> (price: homes.price, garden: logit) {
  body: seq { Linear(16); ReLU }
  a: Linear(1)
  b: Linear(1)
  let h = body(x)
  return (price = a(h), garden = b(h))
}
train {
  loss = 0.5 * mse(out.price, row.price) + bce_with_logits(out.garden, row.garden)
  optimizer = adam(lr = 0.01)
  epochs = 10
  KEEP
}
";

fn homes(keep: &str, rest: &str) -> String {
    HOMES.replace("KEEP", keep) + rest
}

fn event(out: &str, kind: &str) -> Json {
    let events = out.lines().filter_map(|l| serde_json::from_str::<Json>(l).ok());
    events.into_iter().find(|e| e["type"] == kind).unwrap_or_else(|| panic!("no {kind} in {out}"))
}

#[test]
fn a_target_of_several_columns_is_scored_by_the_mean_of_its_columns() {
    let lab = Lab::new();
    let more = "evaluate { metrics = [accuracy, roc_auc, confusion]; baseline = [prevalence]; require = accuracy >= 0 }
predict { rows = [(x = [1, 2, 3, 4])] }\n";
    lab.write("a.nn", format!("{TAGS}{more}"));
    let ended = lab.good(&["a.nn", "--out", "o", "--json"]);
    let evaluated = event(&ended.out, "evaluate");
    let (metrics, table) = (&evaluated["metrics"], &evaluated["metrics"]["columns"]);
    assert_eq!(table["rows"], serde_json::json!(["tag_a", "tag_b"]));
    for (i, name) in ["accuracy", "roc_auc"].iter().enumerate() {
        let of = |row: usize| table["cells"][row][i].as_f64().unwrap();
        let mean = (of(0) + of(1)) / 2.0;
        assert!((metrics[name].as_f64().unwrap() - mean).abs() < 1e-12, "{evaluated}");
        let ends = &evaluated["intervals"][name];
        assert!(ends[0].as_f64().unwrap() <= mean && mean <= ends[1].as_f64().unwrap(), "{evaluated}");
        // The accuracy of a column is that of its own table.
        let cells = &metrics[format!("confusion.tag_{}", ["a", "b"][i])]["cells"];
        let right = cells[0][0].as_f64().unwrap() + cells[1][1].as_f64().unwrap();
        assert!((right / 60.0 - table["cells"][i][0].as_f64().unwrap()).abs() < 1e-12, "{evaluated}");
    }
    assert_eq!(evaluated["baselines"]["prevalence"]["roc_auc"], 0.5);
    let row = &event(&ended.out, "predict")["rows"][0];
    for key in ["prob_tag_a", "decision_tag_a", "prob_tag_b", "decision_tag_b"] {
        assert!(!row[key].is_null(), "{row}");
    }
    lab.write("new.csv", "x[0],x[1],x[2],x[3]\n1,2,3,4\n");
    let again = lab.good(&["predict", "o/model.safetensors", "new.csv"]);
    assert!(again.out.starts_with("prob_tag_a,decision_tag_a,prob_tag_b,decision_tag_b\n"), "{}", again.out);
}

#[test]
fn results_are_measured_by_their_names() {
    let lab = Lab::new();
    let more = "evaluate { metrics = (price = [r2, mae], garden = [accuracy]); require = price.r2 >= 0.5 and garden.accuracy > 0 }
evaluate all { baseline = [linear, logistic] }
predict { rows = [(area = 100, rooms = 3)] }\n";
    lab.write("a.nn", homes("keep = best(val.garden.roc_auc); stop = early(val.price.r2, patience = 50)", more));
    let ended = lab.good(&["a.nn", "--out", "o", "--json"]);
    let evaluated = event(&ended.out, "evaluate");
    let names: Vec<&String> = evaluated["metrics"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["price.r2", "price.mae", "garden.accuracy"]);
    let epoch = event(&ended.out, "epoch");
    assert!(epoch["val"]["garden.roc_auc"].is_number() && epoch["val"]["price.r2"].is_number(), "{epoch}");
    let row = &event(&ended.out, "predict")["rows"][0];
    assert!((row["price"].as_f64().unwrap() - 300.0).abs() < 60.0 && row["garden_prob"].is_number(), "{row}");
    let all = ended.out.lines().find(|l| l.contains("\"name\":\"all\"")).unwrap();
    let all: Json = serde_json::from_str(all).unwrap();
    assert!(all["baselines"]["linear"]["price.r2"].as_f64().unwrap() > 0.9, "{all}");
    assert!(
        all["baselines"]["linear"]["garden.roc_auc"].is_null()
            && !all["baselines"]["logistic"]["garden.roc_auc"].is_null(),
        "{all}"
    );
}

#[test]
fn a_metric_says_which_result_it_is_about() {
    let lab = Lab::new();
    for (more, words) in [
        ("evaluate { require = r2 >= 0.5 }", "answers several targets, so a metric says of which"),
        ("evaluate { metrics = (prize = [r2]) }", "no result `prize` answers a target; did you mean `price`?"),
        ("evaluate { metrics = (price = [roc_auc]) }", "`roc_auc` does not fit a target that is a number"),
    ] {
        lab.write("a.nn", homes("", more));
        let words: Vec<&str> = words.split("; ").collect();
        lab.run(&["check", "a.nn"]).expect(1, &words);
    }
    for (keep, words) in [
        ("keep = best(val.r2)", "answers several targets"),
        ("keep = best(train.price.r2)", "`price.r2` is watched on the val rows only"),
        ("keep = best(val.price.r2, better = lower)", "whether more of it is better is known"),
    ] {
        lab.write("a.nn", homes(keep, ""));
        lab.run(&["check", "a.nn"]).expect(1, &[words]);
    }
}

#[test]
fn functions_and_expressions_over_all_rows_are_metrics() {
    let lab = Lab::new();
    let text = "data d {
  source = generate(400, seed = 1) { x[3] ~ normal(0, 1); a ~ uniform(1, 10); y ~ bernoulli(0.3) }
  a: drop
  target y: binary
  split = random(train = 70%, val = 10%, test = 20%)
}
fn off(p: prob[rows], y: binary[rows], power: real = 2) -> real { return mean(abs(p - y)^power) }
model M(x: d.features) -> logit { Linear(1) }
train { loss = bce_with_logits; optimizer = adam(lr = 0.01); epochs = 3; keep = best(val.off, better = lower) }
evaluate { metrics = [off, off(power = 1), brier, loss, log_loss, sum(row.a * row.y) / sum(row.y)] }
";
    lab.write("a.nn", text);
    let ended = lab.good(&["a.nn", "--out", "o", "--json"]);
    let evaluated = event(&ended.out, "evaluate");
    let of = |name: &str| evaluated["metrics"][name].as_f64().unwrap_or_else(|| panic!("{name} in {evaluated}"));
    assert!((of("off") - of("brier")).abs() < 1e-9, "the same formula: {evaluated}");
    assert!((of("loss") - of("log_loss")).abs() < 1e-5, "the same formula: {evaluated}");
    assert!(of("off(power = 1)") > of("off"));
    let (own, known) = (&evaluated["intervals"]["off"], &evaluated["intervals"]["brier"]);
    for end in 0..2 {
        assert!((own[end].as_f64().unwrap() - known[end].as_f64().unwrap()).abs() < 0.02, "{own} {known}");
    }
    assert!((1.0..10.0).contains(&of("sum(row.a * row.y) / sum(row.y)")));
    let best: Vec<bool> = ended
        .out
        .lines()
        .filter_map(|l| serde_json::from_str::<Json>(l).ok())
        .filter(|e| e["type"] == "epoch")
        .map(|e| e["best"] == true)
        .collect();
    let off: Vec<f64> = ended
        .out
        .lines()
        .filter_map(|l| serde_json::from_str::<Json>(l).ok())
        .filter_map(|e| e["val"]["off"].as_f64())
        .collect();
    let mut least = f64::INFINITY;
    for (best, off) in best.iter().zip(&off) {
        assert_eq!(*best, *off < least, "{off:?}");
        least = least.min(*off);
    }
    for (metric, words) in [
        ("abs(row.a)", ""),
        ("mean(row.features)", "metrics don't read whole inputs"),
        ("out + row.z", "has no column `z`"),
        ("\"off\"", "the name of a metric is expected"),
        ("sin", "there is no metric `sin`"),
    ] {
        lab.write("b.nn", text.replace("sum(row.a * row.y) / sum(row.y)", metric));
        let ended = lab.run(&["check", "b.nn"]);
        ended.expect(i32::from(!words.is_empty()), &[words]);
    }
}

/// What answers no target has its loss, and whatever is written out.
#[test]
fn a_model_without_a_target_is_evaluated_by_its_loss() {
    let lab = Lab::new();
    let text = "data d {
  source = generate(200, seed = 1) { x[4] ~ normal(0, 1) }
  split = random(train = 70%, test = 30%)
}
model Auto(x: d.features) -> real[4] { Linear(2); Linear(4) }
train { loss = mse(out, row.features); optimizer = adam(lr = 0.01); epochs = 3 }
";
    lab.write("a.nn", format!("{text}evaluate {{ }}\nevaluate again {{ metrics = [loss, mean(out)] }}\n"));
    let ended = lab.good(&["a.nn", "--out", "o"]);
    assert!(ended.out.contains("loss") && ended.out.contains("mean(out)"), "{}", ended.out);
    lab.write("a.nn", format!("{text}evaluate {{ metrics = [r2] }}\n"));
    lab.run(&["check", "a.nn"]).expect(1, &["answer no target", "`loss` is the mean loss"]);
}

#[test]
fn trainings_are_evaluated_side_by_side_also_on_rows_of_other_data() {
    let lab = Lab::new();
    let text = "data d { source = csv(\"d.csv\"); target y: binary; split = stratified(train = 80%, test = 20%) }
data other { source = csv(\"d.csv\"); target y: binary; split = stratified(train = 50%, test = 50%, seed = 9) }
model M(x: d.features) -> logit { Linear(1) }
train a { model = M; data = d; loss = bce_with_logits; optimizer = adam(lr = 0.01); epochs = 2 }
train b { model = M; data = d; start = a; loss = bce_with_logits; optimizer = adam(lr = 0.01); epochs = 2 }
evaluate { of = [a, b]; metrics = [accuracy] }
evaluate there { of = [a, b]; on = other.test; metrics = [accuracy] }
evaluate file { of = b; on = csv(\"d.csv\"); metrics = [accuracy] }
";
    lab.write("a.nn", text);
    let ended = lab.good(&["a.nn", "--out", "o", "--json"]);
    let found: Vec<(String, String, u64)> = ended
        .out
        .lines()
        .filter_map(|l| serde_json::from_str::<Json>(l).ok())
        .filter(|e| e["type"] == "evaluate")
        .map(|e| {
            let text = |key: &str| e[key].as_str().unwrap().to_string();
            (text("of"), text("split"), e["rows"].as_u64().unwrap())
        })
        .collect();
    let expected =
        [("a", "test", 60), ("b", "test", 60), ("a", "other.test", 149), ("b", "other.test", 149), ("b", "d.csv", 300)];
    let expected: Vec<_> = expected.iter().map(|(a, b, n)| (a.to_string(), b.to_string(), *n)).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_derivative_by_a_column_is_that_by_its_place_in_the_input() {
    let lab = Lab::new();
    // With u = w t + v s + b the derivatives are the weights themselves, so the loss is known.
    let text = "data d { source = generate(64, seed = 1) { s ~ normal(0, 1); t ~ normal(0, 1) }; s, t: number |> identity; split = random(train = 50%, test = 50%) }
model U(x: d.features) -> real { Linear(1) }
train { loss = (grad(out, row.t) - 2)^2 + (grad(out, row.s) + 3)^2; optimizer = sgd(lr = 0.1); epochs = 60 }
evaluate { metrics = [loss] }
predict { rows = [(s = 0, t = 0), (s = 0, t = 1), (s = 1, t = 0)] }
";
    lab.write("a.nn", text);
    let ended = lab.good(&["a.nn", "--out", "o", "--json"]);
    let rows = event(&ended.out, "predict")["rows"].clone();
    let u = |i: usize| rows[i]["out"].as_f64().unwrap();
    assert!((u(1) - u(0) - 2.0).abs() < 1e-3 && (u(2) - u(0) + 3.0).abs() < 1e-3, "{rows}");
    lab.write("a.nn", text.replace("-> real {", "-> real[2] {").replace("Linear(1) }", "Linear(2) }"));
    lab.run(&["check", "a.nn"]).expect(1, &["`grad` derives one number a row", "[2]"]);
}
