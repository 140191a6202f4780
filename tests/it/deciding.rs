//! What is decided: thresholds and calibrations of several results, metrics of decisions, plots of several trainings.

use serde_json::Value as Json;

use super::lab::Lab;

const TWO: &str = "data d {
  source = generate(600, seed = 3) {
    a ~ uniform(-1, 1)
    b ~ uniform(-1, 1)
    price ~ uniform(1, 9)
    late ~ bernoulli(sigmoid(3 * a - 2))
    gone ~ bernoulli(sigmoid(2 * b))
    size = a + b
  }
  price: drop
  target late: binary
  target gone: binary
  target size: number
  split = random(train = 60%, val = 20%, test = 20%)
}
model M(x: d.features) -> (late: prob, gone: prob, size: real) {
  body: seq { Linear(8); ReLU }
  p: seq { Linear(1); Sigmoid }
  q: seq { Linear(1); Sigmoid }
  r: Linear(1)
  let h = body(x)
  return (late = p(h), gone = q(h), size = r(h))
}
fn right(decided: binary[rows], y: binary[rows]) -> real { return mean(where(decided == y, 1, 0)) }
train {
  loss = bce(out.late, row.late) + bce(out.gone, row.gone) + mse(out.size, row.size)
  optimizer = adam(lr = 0.01)
  epochs = 8
  FITTED
}
";

fn two(fitted: &str, rest: &str) -> String {
    TWO.replace("FITTED", fitted) + rest
}

fn evaluation(lab: &Lab, text: &str) -> Json {
    lab.write("a.nn", text);
    let out = lab.good(&["a.nn", "--out", "o", "--json"]).out;
    std::fs::remove_dir_all(lab.path("o")).unwrap();
    let events = out.lines().map(|l| serde_json::from_str::<Json>(l).unwrap());
    events.into_iter().find(|e| e["type"] == "evaluate").unwrap_or_else(|| panic!("no evaluation in {out}"))
}

fn text(lab: &Lab, name: &str) -> String {
    String::from_utf8(lab.read(name)).unwrap()
}

#[test]
fn each_result_has_a_threshold_and_a_calibration_of_its_own() {
    let lab = Lab::new();
    let measured = "evaluate { metrics = [precision, recall, brier] }\n";
    let plain = evaluation(&lab, &two("", measured));
    assert_eq!(plain["thresholds"], serde_json::json!({"late": 0.5, "gone": 0.5}));
    assert_eq!(plain["threshold"], Json::Null);
    let one = evaluation(&lab, &two("threshold = (late = max_f1)", measured));
    assert!(one["thresholds"]["late"] != 0.5 && one["thresholds"]["gone"] == 0.5, "{one}");
    assert!(one["metrics"]["late.recall"].as_f64() > plain["metrics"]["late.recall"].as_f64());
    assert_eq!(one["metrics"]["gone.recall"], plain["metrics"]["gone.recall"]);
    let all = evaluation(&lab, &two("threshold = max_f1", measured));
    assert_eq!(all["thresholds"]["late"], one["thresholds"]["late"]);
    assert!(all["thresholds"]["gone"] != 0.5, "{all}");
    let corrected = evaluation(&lab, &two("calibrate = (gone = isotonic)", measured));
    assert!(corrected["metrics"]["gone.brier"] != plain["metrics"]["gone.brier"]);
    assert_eq!(corrected["metrics"]["late.brier"], plain["metrics"]["late.brier"]);
}

#[test]
fn what_each_result_was_decided_by_is_saved_with_the_model() {
    let lab = Lab::new();
    let costs =
        "threshold = (late = min_cost(miss = row.price, alarm = 1), gone = max_f1); calibrate = (late = sigmoid)";
    lab.write("new.csv", "a,b\n-0.5,0\n0.2,0.3\n0.9,-0.4\n");
    lab.write("a.nn", two(costs, "predict { input = csv(\"new.csv\"); output = csv(\"scored.csv\") }\n"));
    lab.good(&["a.nn", "--out", "o"]);
    let scored = text(&lab, "o/scored.csv");
    assert_eq!(scored.lines().next(), Some("late_prob,late_decision,gone_prob,gone_decision,size"));
    assert_eq!(lab.good(&["predict", "o/model.safetensors", "new.csv"]).out, scored);
    // A probability below one half that is decided yes shows that the fitted threshold is the one that decides.
    let early = |l: &str| l.split(',').next().is_some_and(|p| p.parse::<f64>().is_ok_and(|p| p < 0.5));
    assert!(scored.lines().any(|l| early(l) && l.split(',').nth(1) == Some("1")), "{scored}");
}

#[test]
fn what_is_fitted_for_a_result_that_is_not_decided_is_an_error() {
    let lab = Lab::new();
    let wrong = [
        ("threshold = (size = max_f1)", "`threshold` is for results that are yes or no"),
        ("calibrate = (size = isotonic)", "`calibrate` is for results that are yes or no, or of classes"),
        ("threshold = (none = max_f1)", "no result `none` answers a target"),
        ("calibrate = 3", "`calibrate` names a way to correct probabilities"),
    ];
    for (setting, words) in wrong {
        lab.write("a.nn", two(setting, ""));
        lab.run(&["check", "a.nn"]).expect(1, &[words]);
    }
}

#[test]
fn a_metric_of_the_file_can_be_about_decisions() {
    let lab = Lab::new();
    let measured = "evaluate { metrics = (late = [accuracy, right]) }\n";
    let plain = evaluation(&lab, &two("threshold = max_f1", measured));
    assert!(plain["thresholds"]["late"] != 0.5, "{plain}");
    assert_eq!(plain["metrics"]["late.accuracy"], plain["metrics"]["late.right"]);
    let written_out = "evaluate { metrics = [mean(1 - (decision.late - row.late)^2), accuracy] }\n";
    let plain = evaluation(&lab, &two("threshold = max_f1", written_out));
    assert_eq!(plain["metrics"]["mean(1 - (decision.late - row.late)^2)"], plain["metrics"]["late.accuracy"]);
    // The most probable class is the decision on several.
    let kinds =
        "data d { source = generate(200, seed = 1) { x ~ normal(0, 1); k = where(x > 0.3, 2, where(x > -0.5, 1, 0)) }
  target k: label
  split = random(train = 50%, test = 50%) }
model M(x: d.features) -> logit(d.k) { Linear(classes(d.k)) }
fn right(decided: label(3)[rows], y: label(3)[rows]) -> real { return mean(where(decided == y, 1, 0)) }
train { loss = cross_entropy; optimizer = adam(lr = 0.1); epochs = 3 }
evaluate { metrics = [accuracy, right] }
";
    let kinds = evaluation(&lab, kinds);
    assert_eq!(kinds["metrics"]["accuracy"], kinds["metrics"]["right"]);
    // Without a result that is decided there is no decision.
    let number = "data d { source = generate(99, seed = 1) { x ~ normal(0, 1); y = 2 * x }
  target y: number
  split = random(train = 50%, test = 50%) }
model M(x: d.features) -> real { Linear(1) }
train { loss = mse; optimizer = adam(lr = 0.1); epochs = 3 }
evaluate { metrics = [mean(decision)] }
";
    lab.write("a.nn", number);
    lab.run(&["check", "a.nn"]).expect(1, &["no result of this training is decided"]);
}

#[test]
fn several_trainings_are_plotted_in_one_picture() {
    let lab = Lab::new();
    let program = "data d { source = generate(400, seed = 1) { x ~ normal(0, 1); y ~ bernoulli(sigmoid(2 * x)) }
  target y: binary
  split = random(train = 50%, val = 25%, test = 25%) }
model M(x: d.features) -> prob { Linear(1); Sigmoid }
train slow { loss = bce; optimizer = sgd(lr = 0.01); epochs = 3 }
train fast { loss = bce; optimizer = sgd(lr = 1 * cosine(progress)); epochs = 3 }
plot loss, lr, roc, confusion of [slow, fast]
";
    lab.write("a.nn", program);
    lab.good(&["a.nn", "--out", "o"]);
    for (file, lines) in
        [("loss", &["slow", "slow val", "fast", "fast val"][..]), ("lr", &["slow", "fast"]), ("roc", &["slow", "fast"])]
    {
        let picture = text(&lab, &format!("o/{file}.svg"));
        lines.iter().for_each(|line| assert!(picture.contains(line), "{file} lacks {line}"));
    }
    // Tables can't lie over each other.
    assert!(lab.path("o/confusion-slow.svg").exists() && lab.path("o/confusion-fast.svg").exists());
    lab.write("a.nn", program.replace("of [slow, fast]", "of []"));
    lab.run(&["check", "a.nn"]).expect(1, &["`of` names no training"]);
    lab.write("a.nn", program.replace("of [slow, fast]", "of [slow, quick]"));
    lab.run(&["check", "a.nn"]).expect(1, &["there is no training `quick` before this"]);
}

#[test]
fn a_metric_of_the_file_says_whether_less_of_it_is_better() {
    let lab = Lab::new();
    let program = "data d { source = generate(400, seed = 1) { x ~ normal(0, 1); y ~ bernoulli(sigmoid(3 * x)) }
  target y: binary
  split = random(train = 60%, test = 40%) }
model M(x: d.features) -> prob { Linear(1); Sigmoid }
fn off(p: prob[rows], y: binary[rows], power: real = 1) -> real { return mean(abs(p - y)^power) }
train short { loss = bce; optimizer = sgd(lr = 0.01); epochs = 1 }
train long { loss = bce; optimizer = adam(lr = 0.1); epochs = 5 }
evaluate { of = [short, long]; metrics = [off(power = 3), off(better = lower), off(power = 2, better = lower)] }
";
    lab.write("a.nn", program);
    let out = lab.good(&["a.nn", "--out", "o", "--json"]).out;
    let events = out.lines().map(|l| serde_json::from_str::<Json>(l).unwrap());
    let compared = events.into_iter().find(|e| e["type"] == "compare").unwrap();
    let share = |metric: &str| {
        let all = compared["differences"].as_object().unwrap_or_else(|| panic!("{compared}"));
        all.get(metric).unwrap_or_else(|| panic!("no {metric} in {compared}"))["better"].as_f64().unwrap()
    };
    assert!(share("off") > 0.99 && share("off(power = 2)") > 0.99, "{compared}");
    // Unless it says so, more of it is better.
    assert!(share("off(power = 3)") < 0.01, "{compared}");
}
