//! Words of other tools, and what they are called here.

/// An argument's name elsewhere, and here.
pub(super) fn argument(word: &str) -> Option<&'static str> {
    Some(match word {
        "units" | "out_dim" | "output_dim" | "n_units" => "out_features",
        "learning_rate" | "step_size" => "lr",
        "rate" | "drop_prob" | "dropout" => "p",
        "use_bias" => "bias",
        "epsilon" => "eps",
        "filters" | "out_planes" => "out_channels",
        "strides" => "stride",
        "beta_1" => "beta1",
        "beta_2" => "beta2",
        "decay" | "l2" => "weight_decay",
        "axis" | "dims" => "dim",
        "slope" => "negative_slope",
        _ => return None,
    })
}

/// A name elsewhere: what to write here, and why.
pub(super) fn name(word: &str) -> Option<(&'static str, String)> {
    let bare = word.trim_start_matches("nn.");
    let here = match bare {
        "Dense" | "FullyConnected" | "fc" => "Linear",
        "BatchNormalization" | "BatchNorm" => "BatchNorm1d",
        "LayerNormalization" => "LayerNorm",
        "Relu" | "RELU" => "ReLU",
        "Gelu" => "GELU",
        "LeakyRelu" => "LeakyReLU",
        "Swish" => "SiLU",
        "Sequential" => "seq",
        "BCELoss" | "binary_crossentropy" | "BinaryCrossentropy" | "binary_cross_entropy" => "bce",
        "BCEWithLogitsLoss" | "binary_cross_entropy_with_logits" => "bce_with_logits",
        "CrossEntropyLoss" | "CrossEntropy" | "categorical_crossentropy" | "sparse_categorical_crossentropy" => {
            "cross_entropy"
        }
        "NLLLoss" | "nll_loss" => "nll",
        "MSELoss" | "mean_squared_error" | "mse_loss" => "mse",
        "L1Loss" | "mae_loss" | "mean_absolute_error" => "l1",
        "HuberLoss" | "huber_loss" => "huber",
        "Adam" => "adam",
        "AdamW" => "adamw",
        "SGD" => "sgd",
        "RMSprop" | "RMSProp" => "rmsprop",
        "maximum" => "max",
        "minimum" => "min",
        "pow" => "^",
        "matmul" | "mm" => "@",
        _ => return None,
    };
    Some((here, format!("what other tools call `{word}` is `{here}` here")))
}

/// `LeakyReLU` as a function is `leaky_relu`.
pub(super) fn snake_case(name: &str) -> String {
    let mut out = String::new();
    let chars: Vec<char> = name.chars().collect();
    for (i, c) in chars.iter().enumerate() {
        let starts_word = c.is_uppercase()
            && i > 0
            && chars[i - 1].is_lowercase()
            && chars.get(i + 1).is_some_and(|n| {
                n.is_lowercase() || chars[i + 1..].iter().all(|c| c.is_uppercase()) || n.is_uppercase()
            });
        if starts_word {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    match out.as_str() {
        "re_lu" => "relu".into(),
        other => other.replace("_re_lu", "_relu").replace("re_lu", "relu"),
    }
}
