//! The fault benchmark's figures, and what must hold of them.

#[path = "../faults/cases.rs"]
mod cases;
#[path = "../faults/random.rs"]
mod random;

use cases::{Case, Collection, Found, figures, run, table};

use crate::nnrun::{Folder, root};

/// The cases of a collection; every one is here once, and no fixed program gets a warning.
fn whole(collection: &Collection) -> Vec<Case> {
    let cases = collection.run();
    let mut numbers: Vec<u32> = cases.iter().map(|c| c.number).chain(collection.left_out().keys().copied()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=collection.size).collect::<Vec<_>>(), "every case is here once");
    let alarms: Vec<_> = cases.iter().filter(|c| !c.is_quiet_when_fixed()).collect();
    assert!(alarms.is_empty(), "{alarms:?}");
    let caught = cases.iter().filter(|c| c.found() != Found::Missed).count();
    assert!(caught * 10 >= cases.len() * 8, "{}", table(collection, &cases));
    cases
}

#[test]
fn faults_are_found_fixed_programs_are_quiet_and_the_readme_says_so() {
    let (first, second) = (whole(&cases::FIRST), whole(&cases::SECOND));
    let before = first.iter().filter(|c| c.found() == Found::Before).count();
    assert!(before * 2 >= cases::FIRST.size as usize, "{}", table(&cases::FIRST, &first));
    let figures = figures(&[(&cases::FIRST, first.as_slice()), (&cases::SECOND, second.as_slice())]);
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains(&figures), "README.md does not have\n{figures}");
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

/// A quarter of those that `-- sound` takes.
#[test]
fn no_probe_warns_of_a_sound_random_model() {
    let folder = Folder::new();
    for number in (0..random::ALL).step_by(4) {
        folder.write("random.nn", random::program(number));
        let found = run(&folder.path("random.nn"), Some(number), true).while_running;
        assert!(found.is_empty(), "{number}: {found:?}\n{}", random::program(number));
    }
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

#[test]
fn a_bad_number_that_only_val_rows_have_is_named_with_its_row() {
    let folder = Folder::new();
    let mut csv = String::from("t,a,y\n");
    for i in 0..100 {
        csv += &format!("{i},{},{}\n", i % 7, if i == 95 { 0 } else { 1 + i % 3 });
    }
    folder.write("c.csv", csv);
    folder.write(
        "t.nn",
        "data d { source = csv(\"c.csv\"); t: drop; a: number |> zscore; target y: number |> identity
  split = by_time(t, train = 80%, val = 20%) }
model M(x: d.features) -> real { Linear(4); Tanh; Linear(1) }
fn own(out: real, y: real) -> real { return (out - log(y))^2 }
train { loss = own; optimizer = adam(lr = 0.01); epochs = 3 }\n",
    );
    let ran = folder.run(&["t.nn", "--json"]);
    let said = ran.diagnostics().into_iter().find(|(code, ..)| code == "R801").unwrap();
    assert!(said.2.contains("on the val rows") && said.2.contains("`log` of 0, for row 96 of `d`"), "{}", said.2);
}

#[test]
fn a_derivative_that_is_not_finite_is_traced_to_the_root() {
    let data = "data d {
  source = generate(100, seed = 1) {
    k ~ bernoulli(0.5)
    a0 ~ normal(0, 1)
    a = a0 * k
    b = a0 * a0 * k
    y ~ bernoulli(sigmoid(2 * a - b))
  }
  k, a0: drop
  a, b: number |> identity
  target y: binary
}";
    let model = "layer Short()(x: real[n]) -> real[n] { return x / (1 + sqrt(sum(x^2))) }
model M(x: d.features) -> logit { Linear(4, bias = false); Short; Linear(1) }";
    traced(
        "loss = bce_with_logits; optimizer = adam(lr = 0.01); epochs = 3",
        model,
        data,
        &["the derivative of `1` is not a number", "for rows", "roots and norms have no finite derivative at 0"],
    );
}

/// A training whose loss still falls at its end, with N827 as the only thing that a probe says.
const UNFINISHED: &str = "train { loss = bce; optimizer = adam(lr = 0.003); epochs = 4; checkpoint_every = 1 }";

fn codes_of_probes(ran: &crate::nnrun::Ran) -> Vec<(String, String)> {
    let said = ran.diagnostics().into_iter().map(|(code, severity, _)| (code, severity));
    said.filter(|(code, _)| code[1..].starts_with('8')).collect()
}

#[test]
fn a_resumed_run_has_probes_as_it_was_started_or_as_it_is_told() {
    let folder = Folder::new();
    folder.write("t.nn", format!("{POINTS}\n{NET}\n{UNFINISHED}\n"));
    let found = vec![("N827".to_string(), "note".to_string())];
    let started = |words: &[&str]| codes_of_probes(&folder.run(words));
    assert_eq!(started(&["t.nn", "--out", "on", "--json"]), found);
    assert_eq!(started(&["t.nn", "--out", "off", "--probes", "off", "--json"]), []);
    // Without a checkpoint a resumed run begins anew.
    let resumed = |run: &str, words: &[&str]| {
        std::fs::remove_file(folder.path(run).join("train.checkpoint.safetensors")).unwrap();
        codes_of_probes(&folder.run(&[&["resume", run, "--json"], words].concat()))
    };
    assert_eq!(resumed("on", &[]), found);
    assert_eq!(resumed("off", &[]), []);
    assert_eq!(resumed("off", &["--probes", "on"]), found);
    assert_eq!(resumed("on", &["--probes", "off"]), []);
}

#[test]
fn what_a_probe_says_can_be_allowed() {
    let folder = Folder::new();
    folder.write("t.nn", format!("{POINTS}\n{NET}\n# allow N827: it goes on elsewhere\n{UNFINISHED}\n"));
    assert_eq!(codes_of_probes(&folder.run(&["t.nn", "--json"])), []);
}
