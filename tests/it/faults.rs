//! The fault benchmark's figures, and what must hold of them.

#[path = "../faults/cases.rs"]
mod cases;

use cases::{Found, all, left_out, run, table};

use crate::nnrun::{Folder, root};

#[test]
fn faults_are_found_and_fixed_programs_are_quiet() {
    let cases = all();
    let left_out = left_out();
    let numbers: Vec<u32> = cases.iter().map(|c| c.number).chain(left_out.keys().copied()).collect();
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (1..=cases::ALL).collect::<Vec<_>>(), "every case is here once");
    let alarms: Vec<_> =
        cases.iter().filter(|c| !c.fixed.before.is_empty() || !c.fixed.while_running.is_empty()).collect();
    assert!(alarms.is_empty(), "{alarms:?}");
    let caught = cases.iter().filter(|c| c.found() != Found::Missed).count();
    assert!(caught * 10 >= cases.len() * 8, "{}", table(&cases));
    let before = cases.iter().filter(|c| c.found() == Found::Before).count();
    assert!(before * 2 >= cases::ALL as usize, "{}", table(&cases));
}

/// One seed of each; `cargo bench --bench faults -- sound` takes five, and twenty random models.
#[test]
fn no_probe_warns_of_an_example() {
    let mut said = Vec::new();
    for entry in std::fs::read_dir(root().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "nn") {
            let found = run(&path, Some(1), true).while_running;
            let probes: Vec<_> = found.iter().filter(|c| c[1..].starts_with('8')).collect();
            if !probes.is_empty() {
                said.push(format!("{}: {probes:?}", path.display()));
            }
        }
    }
    assert!(said.is_empty(), "{}", said.join("\n"));
}

/// One message for a number that is not finite, and what it has to say.
#[track_caller]
fn traced(train: &str, model: &str, data: &str, words: &[&str]) {
    let folder = Folder::new();
    folder.write("t.nn", format!("{data}\n{model}\ntrain {{ {train} }}\n"));
    let ran = folder.run(&["t.nn", "--json"]);
    let errors: Vec<_> = ran.diagnostics().into_iter().filter(|(_, severity, _)| severity == "error").collect();
    assert_eq!(errors.len(), 1, "{}{}", ran.out, ran.err);
    assert_eq!(errors[0].0, "R801", "{errors:?}");
    assert_eq!(ran.status, 4);
    words.iter().for_each(|w| assert!(ran.out.contains(w), "`{w}` is not in {}", ran.out));
}

const POINTS: &str = "data d {
  source = generate(200, seed = 1) {
    a ~ normal(0, 1)
    b ~ normal(0, 1)
    y ~ bernoulli(sigmoid(2 * a - b))
  }
  target y: binary
}";
const NET: &str = "model M(x: d.features) -> prob { Linear(8); ReLU; Linear(1); Sigmoid }";

#[test]
fn a_logarithm_of_nought_in_a_loss_is_traced_to_it() {
    let own = "fn own(p: prob, y: binary) -> real { return -(y * log(relu(p - 0.4)) + (1 - y) * log(1 - p)) }";
    let model = format!("{own}\n{NET}");
    traced(
        "loss = own; optimizer = adam(lr = 0.01); epochs = 3",
        &model,
        POINTS,
        &["step 1", "`log` of 0", "for rows"],
    );
}

#[test]
fn a_learning_rate_that_is_too_high_is_named() {
    let told = ["ran away", "the loss was", "step 1 moved `", "times its size", "a tenth of the learning rate"];
    traced("loss = bce; optimizer = sgd(lr = 1e3); epochs = 5", NET, POINTS, &told);
}

#[test]
fn a_bad_initial_weight_is_named() {
    let model = "layer Gate()(x: real[n]) -> real[n] { parameter g: real = log(0 - 1); return x * g }
model M(x: d.features) -> prob { Linear(8); Gate; Linear(1); Sigmoid }";
    traced(
        "loss = bce; optimizer = adam(lr = 0.01); epochs = 3",
        model,
        POINTS,
        &["`1.g` is not a number before the training"],
    );
}

#[test]
fn a_bad_cell_is_named_with_column_and_row() {
    let folder = Folder::new();
    let mut csv = String::from("a,w,y\n");
    for i in 1..=60 {
        csv += &format!("{},{},{}\n", i % 7, if i == 17 { "NaN" } else { "1" }, i % 2);
    }
    folder.write("c.csv", csv);
    folder.write(
        "t.nn",
        "data d { source = csv(\"c.csv\"); w: drop; a: number |> zscore; target y: binary }
model M(x: d.features) -> logit { Linear(8); ReLU; Linear(1) }
train { loss = bce_with_logits; weight = row.w; optimizer = sgd(lr = 0.01); epochs = 5 }\n",
    );
    let ran = folder.run(&["t.nn", "--json"]);
    let said = ran.diagnostics().into_iter().find(|(code, ..)| code == "R801").unwrap();
    assert!(said.2.contains("column `w`, for row 17 of `d`"), "{}", said.2);
}
