//! Averaged weights against PyTorch's AveragedModel: `tests/goldens/torch_averages.json`, which `torch_averages.py` describes.

use serde_json::Value as Json;

use super::super::Outcome;
use super::torch::arrays;
use super::{run_from, setup};

const PROGRAM: &str =
    "data d { source = csv(\"d.csv\"); target y: number |> identity; columns(\"x*\"): number |> identity }
model M(x: d.features) -> real { Linear(4); Tanh; Linear(1) }
train { loss = mse; optimizer = sgd(lr = 0.1, momentum = 0.9); batch_size = 8; epochs = 12; average = {average} }";

#[test]
fn averages_of_weights_are_pytorchs() {
    let path = format!("{}/tests/goldens/torch_averages.json", env!("CARGO_MANIFEST_DIR"));
    let file: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for case in file["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let setup = setup(&PROGRAM.replace("{average}", name), file["csv"].as_str().unwrap());
        let mut run = run_from(setup, &arrays(&file, "parameters"));
        while let Outcome::Stepped(_) = run.advance().unwrap() {}
        run.settle();
        let tensors = run.tensors();
        for (path, (_, exact)) in arrays(case, "averaged") {
            let (.., found) = tensors.iter().find(|(p, ..)| **p == *path).unwrap();
            let largest = exact.iter().fold(0.0f64, |m, x| m.max(x.abs()));
            let error = found.iter().zip(&exact).map(|(a, b)| (f64::from(*a) - b).abs() / largest).fold(0.0, f64::max);
            assert!(error < 2e-6, "{name}: {path} has an error of {error:.2e}");
        }
    }
}
