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
        "slope" | "alpha" => "negative_slope",
        "validation" | "valid" | "val_size" | "validation_size" => "val",
        "test_size" => "test",
        "train_size" => "train",
        "random_state" | "manual_seed" => "seed",
        "num_epochs" | "n_epochs" | "max_epochs" => "epochs",
        "max_steps" | "max_iter" => "steps",
        "criterion" | "loss_fn" | "objective" => "loss",
        "optim" => "optimizer",
        "network" | "net" => "model",
        "dataset" => "data",
        "early_stopping" => "stop",
        "grad_clip" | "gradient_clip" => "clip",
        "sample_weight" | "class_weight" => "weight",
        _ => return None,
    })
}

/// A name elsewhere: what to write here, and why.
pub(super) fn name(word: &str) -> Option<(&'static str, String)> {
    let bare = word.trim_start_matches("nn.");
    let here = match bare {
        "Dense" | "FullyConnected" => "Linear",
        "BatchNormalization" | "BatchNorm" => "BatchNorm1d",
        "LayerNormalization" => "LayerNorm",
        "Relu" | "RELU" => "ReLU",
        "Gelu" => "GELU",
        "LeakyRelu" => "LeakyReLU",
        "Swish" => "SiLU",
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
        "True" => "true",
        "False" => "false",
        "gaussian" => "normal",
        "cat" | "concatenate" => "concat",
        _ => return None,
    };
    Some((here, format!("what other tools call `{word}` is `{here}` here")))
}

/// What a word of another tool, a name or an argument, is called here.
pub fn here(word: &str) -> Option<&'static str> {
    name(word).map(|(here, _)| here).or_else(|| argument(word))
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

/// What to do where a name elsewhere has no one name here.
pub(super) fn advice(word: &str) -> Option<&'static str> {
    Some(match word {
        "None" | "null" | "nil" => "there is no empty value: leave the argument out, or write `false` for a switch",
        "Sequential" => {
            "layers one after the other are written `seq { Linear(8); ReLU }`, or in a model simply line by line"
        }
        "categorical" | "multinomial" | "choice" | "randn" | "rand" | "randint" | "poisson" | "exponential" => {
            "draws are from `normal`, `uniform`, `truncated_normal` and `bernoulli`"
        }
        "lambda" => "a function is an item of its own: `fn f(x: real) -> real { return x + 1 }`",
        "pow" => "a power is written `a ^ b`",
        "matmul" | "mm" | "dot" => "the matrix product is written `a @ b`",
        "self" => "layers and arguments have their plain names here: leave `self.` out",
        "parameters" => "the optimizer gets the parameters by itself: leave this out",
        "BatchNorm2d" | "BatchNorm3d" => {
            "the library of this version has layers for tables: `BatchNorm1d`; for others write a `layer`"
        }
        "Conv1d" | "Conv2d" | "Conv3d" | "MaxPool2d" | "AvgPool2d" | "LSTM" | "GRU" | "RNN" | "Transformer"
        | "Embedding" => "the library of this version has layers for tables; for others write a `layer`",
        _ => return None,
    })
}

/// Modules of other tools whose members have plain names here.
pub(super) fn is_module(word: &str) -> bool {
    matches!(
        word,
        "nn" | "torch" | "F" | "functional" | "optim" | "tf" | "keras" | "layers" | "np" | "numpy" | "math" | "self"
    )
}

/// An argument elsewhere that has no counterpart here: why.
pub(super) fn argument_advice(word: &str) -> Option<&'static str> {
    Some(match word {
        "in_features" | "in_channels" | "input_dim" | "input_shape" | "input_size" | "num_features"
        | "normalized_shape" => "the width of the input follows from what stands before: remove this",
        "activation" => "an activation is a stage of its own: `Linear(8); ReLU`",
        "params" | "parameters" => "the optimizer gets the parameters by itself: remove this",
        _ => return None,
    })
}

/// A type elsewhere, and here.
pub(super) fn tensor_type(word: &str) -> Option<&'static str> {
    Some(match word {
        "float" | "double" | "float32" | "float64" | "Tensor" | "tensor" | "number" | "num" => "real",
        "integer" | "long" | "usize" | "int64" => "int",
        "boolean" => "bool",
        "str" | "string" => "text",
        "probability" => "prob",
        "score" | "logits" => "logit",
        _ => return None,
    })
}

/// A setting elsewhere that is written in another place here.
pub(super) fn setting_advice(item: &str, word: &str) -> Option<&'static str> {
    Some(match (item, word) {
        ("train", "learning_rate" | "lr") => {
            "the learning rate is an argument of the optimizer: `optimizer = adam(lr = 1e-3)`"
        }
        ("train", "momentum" | "weight_decay" | "betas") => {
            "this is an argument of the optimizer: `optimizer = sgd(lr = 0.1, momentum = 0.9)`"
        }
        ("train", "scheduler" | "lr_scheduler") => {
            "a schedule is part of the learning rate: `optimizer = adam(lr = 1e-3 * cosine(progress))`"
        }
        ("train", "metrics" | "metric") => {
            "metrics are for `evaluate { metrics = [accuracy] }`; a training is watched by `val.accuracy` in `stop` and `keep`"
        }
        ("train", "callbacks" | "patience") => {
            "a training stops early by `stop = early(val.loss, patience = 5)` and keeps the best weights by `keep = best(val.loss)`"
        }
        ("train", "shuffle") => "rows are shuffled anew in each epoch: remove this",
        ("train", "validation_split" | "validation_data" | "val_split") => {
            "rows for validation come from the data: `split = random(train = 70%, val = 15%, test = 15%)` in its `data`"
        }
        ("train", "device" | "gpu" | "cuda" | "num_workers") => {
            "a training runs on all cores of the machine; `--threads` limits them"
        }
        ("train", "verbose") => "`report_every` says after how many epochs a line is printed; `--quiet` prints none",
        ("data", "target" | "label" | "labels" | "y") => {
            "the target is an entry of its own: `target churned: binary` (or `label`, `number`)"
        }
        ("data", "features" | "inputs" | "X" | "x") => {
            "every column that is not the target is a feature; `name: drop` leaves one out"
        }
        ("data", "path" | "file") => "the rows come from `source = csv(\"file.csv\")`",
        ("evaluate" | "predict", "model") => "`of` names the training whose model is meant",
        _ => return None,
    })
}

/// A side of a split elsewhere, and here.
pub(super) fn side(word: &str) -> Option<&'static str> {
    Some(match word {
        "validation" | "valid" | "dev" | "eval" => "val",
        "training" | "fit" => "train",
        "holdout" | "held_out" => "test",
        _ => return None,
    })
}

/// A kind, transform, metric or other choice elsewhere, and here.
pub(super) fn row(word: &str) -> Option<&'static str> {
    Some(match word {
        "float" | "int" | "integer" | "numeric" | "numerical" | "continuous" | "real" => "number",
        "string" | "str" | "categorical" | "text" => "category",
        "bool" | "boolean" => "binary",
        "datetime" | "date" | "timestamp" => "time",
        "ignore" | "skip" => "drop",
        "StandardScaler" | "standardize" | "standard" | "normalize" | "zscale" => "zscore",
        "MinMaxScaler" | "minmax" => "min_max",
        "RobustScaler" => "robust",
        "OneHotEncoder" | "onehot" | "get_dummies" => "one_hot",
        "log" => "log1p",
        "read_csv" => "csv",
        "train_test_split" | "shuffle" => "random",
        "auc" | "auroc" | "roc" | "roc_auc_score" => "roc_auc",
        "average_precision" | "prauc" | "auprc" => "pr_auc",
        "f1_score" => "f1",
        "accuracy_score" | "acc" => "accuracy",
        "precision_score" => "precision",
        "recall_score" | "sensitivity" => "recall",
        "r2_score" => "r2",
        "confusion_matrix" => "confusion",
        "mean_squared_error" => "mse",
        "mean_absolute_error" => "mae",
        "brier_score" => "brier",
        "majority" => "prevalence",
        "best_f1" => "max_f1",
        _ => return None,
    })
}
