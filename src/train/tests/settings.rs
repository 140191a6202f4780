//! Settings of a training against PyTorch: `tests/goldens/torch_settings.json`, which `torch_settings.py` describes.

use serde_json::Value as Json;

use super::super::Outcome;
use super::torch::arrays;
use super::{run_from, setup};

const DATA: &str =
    "data d { source = csv(\"d.csv\"); target y: number |> identity; columns(\"x*\"): number |> identity; w: drop }";

#[test]
fn settings_of_trainings_do_what_pytorchs_do() {
    let path = format!("{}/tests/goldens/torch_settings.json", env!("CARGO_MANIFEST_DIR"));
    let file: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for case in file["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let setup = setup(&format!("{DATA}\n{}", case["program"].as_str().unwrap()), file["csv"].as_str().unwrap());
        let mut weights = arrays(case, "parameters");
        weights.extend(arrays(case, "buffers"));
        let mut run = run_from(setup, &weights);
        while let Outcome::Stepped(_) = run.advance().unwrap() {}
        run.settle();
        let tensors = run.tensors();
        for (path, (_, exact)) in arrays(case, "final") {
            let (.., found) = tensors.iter().find(|(p, ..)| **p == *path).unwrap();
            let largest = exact.iter().fold(0.0f64, |m, x| m.max(x.abs()));
            let error = found.iter().zip(&exact).map(|(a, b)| (f64::from(*a) - b).abs() / largest).fold(0.0, f64::max);
            if error.is_nan() || error > 5e-6 {
                wrong.push(format!("{name}: {path} has an error of {error:.2e}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
