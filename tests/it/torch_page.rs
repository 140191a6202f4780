//! `docs/torch.md`: where each name of PyTorch is. It is made from `tests/goldens/torch_names.json` (what PyTorch has), the sources
//! that the library names, and the programs of `torch_expressed.json`, which are compared with PyTorch; `NNRUN_BLESS=1` writes
//! it anew.

use std::collections::BTreeMap;
use std::fmt::Write;

use nnrun::prelude::{ENTRIES, Entry};
use serde_json::Value as Json;

use crate::nnrun::{golden, root};

/// What is no entry of the library, because the language itself says it.
const LANGUAGE: [(&str, &str); 24] = [
    ("AveragedModel", "`average = ema(0.999)` or `average = swa(75%)`"),
    ("Container", "nothing: an old name of `Module`"),
    ("LazyBatchNorm1d", "`BatchNorm1d`: widths follow from the data"),
    ("LazyInstanceNorm1d", "`InstanceNorm1d`: widths follow from the data"),
    ("LazyLinear", "`Linear`: widths follow from the data"),
    ("Module", "`model` or `layer`"),
    ("ModuleDict", "named entries of a body: `left: Linear(8)`"),
    ("ModuleList", "`repeat(3) { … }`, or named entries of a body"),
    ("NLLLoss2d", "`nll`, which takes any shape"),
    ("ParameterDict", "`parameter` entries"),
    ("ParameterList", "`parameter` entries"),
    ("RNNBase", "nothing: what `RNN`, `LSTM` and `GRU` share"),
    ("RNNCellBase", "nothing: what the cells share"),
    ("ReduceLROnPlateau", "`plateau(val.loss)`"),
    ("Sequential", "`seq { … }`, or a body without `return`"),
    ("Softmax2d", "`Softmax`: the class axis is the first one"),
    ("SyncBatchNorm", "`BatchNorm1d`: a run is on one machine"),
    ("clip_grad_norm_", "`clip = norm(1.0)`"),
    ("clip_grad_value_", "`clip = value(0.5)`"),
    ("constant_", "the number: `parameter scale: real[n] = 0.5`"),
    ("normal_", "`normal(mean, std)`"),
    ("ones_", "`1`"),
    ("uniform_", "`uniform(low, high)`"),
    ("zeros_", "`0`"),
];

/// Schedules that are expressions: a training with each is on the page.
const SCHEDULES: [(&str, &str); 5] = [
    ("ChainedScheduler", "0.1 * constant_lr(epoch, factor = 0.1) * exponential(epoch, 0.9)"),
    ("LambdaLR", "0.1 * 0.95^epoch"),
    ("MultiplicativeLR", "0.1 * 0.95^epoch"),
    ("SWALR", "0.1 * where(epoch < 15, 1, lerp(1, 0.05, min(1, (epoch - 15) / 5)))"),
    ("SequentialLR", "0.1 * where(epoch < 5, linear(epoch), cosine((epoch - 5) / 15))"),
];

/// Why the rest is not there: the first row that a name begins or ends with counts.
const NOT_YET: [(&str, &str); 24] = [
    ("AdaptiveLogSoftmaxWithLoss", "it picks rows by their class, and no shape here depends on values"),
    ("CTCLoss", "sequences of unequal length come with columns of kind `text`"),
    ("Transformer", "attention from one sequence to another is not written yet"),
    ("Adafactor", "its moments depend on how many axes a parameter has"),
    ("LBFGS", "it evaluates the loss several times in a step"),
    ("Muon", "it treats matrices and other parameters differently, and computes in bfloat16"),
    ("SparseAdam", "gradients are dense here: `adam` updates every row"),
    ("dirac_", "for kernels of convolutions"),
    ("Conv", IMAGES),
    ("LazyConv", IMAGES),
    ("Fold", IMAGES),
    ("Unfold", IMAGES),
    ("CrossMapLRN", IMAGES),
    ("LocalResponseNorm", IMAGES),
    ("Upsampl", IMAGES),
    ("MaxUnpool", IMAGES),
    ("FractionalMaxPool", IMAGES),
    ("AdaptiveAvgPool", IMAGES),
    ("AdaptiveMaxPool", IMAGES),
    ("BatchNorm", IMAGES),
    ("LazyBatchNorm", IMAGES),
    ("LazyInstanceNorm", IMAGES),
    ("2d", IMAGES),
    ("3d", IMAGES),
];

const IMAGES: &str = "it comes with columns of kind `image`";

/// Arguments that mean nothing here: of memory and devices, widths that follow from the input, axes that are settled, and reductions,
/// which are the trainer's.
const GENERAL: [&str; 29] = [
    "capturable",
    "device",
    "differentiable",
    "dim",
    "dtype",
    "foreach",
    "fused",
    "in1_features",
    "in2_features",
    "in_features",
    "inplace",
    "input_size",
    "normalized_shape",
    "num_channels",
    "num_embeddings",
    "num_features",
    "reduce",
    "reduction",
    "size_average",
    // Groups of parameters are a record: `(body = adam(…), head = sgd(…))`.
    "params",
    // Schedules count by themselves.
    "T_max",
    "total_steps",
    "epochs",
    "steps_per_epoch",
    "start_dim",
    // Old names.
    "min_value",
    "max_value",
    "_weight",
    "_freeze",
];

/// Arguments with another name, or said otherwise.
const OTHERWISE: [(&str, &str, &str); 42] = [
    ("*", "betas", "`beta1`, `beta2`"),
    ("*", "etas", "`eta_minus`, `eta_plus`"),
    ("*", "step_sizes", "`step_min`, `step_max`"),
    ("*", "eta_min", "`end`, as a share of the rate"),
    ("Adam", "decoupled_weight_decay", "`adamw`"),
    ("ASGD", "t0", "`average = swa(…)`"),
    ("BCELoss", "weight", "`weight = …` of the training"),
    ("BCEWithLogitsLoss", "weight", "`weight = …` of the training"),
    ("CrossEntropyLoss", "weight", "`weight = pick([1, 2, 5], row.y)` of the training"),
    ("CrossEntropyLoss", "ignore_index", "rows without a target are left out"),
    ("NLLLoss", "weight", "`weight = pick([1, 2, 5], row.y)` of the training"),
    ("NLLLoss", "ignore_index", "rows without a target are left out"),
    ("KLDivLoss", "log_target", "`kl_div(q, exp(p))`"),
    ("EmbeddingBag", "mode", "the mean"),
    ("EmbeddingBag", "sparse", "gradients are dense"),
    ("Embedding", "padding_idx", "`where(x == 0, 0, embedding(x))`"),
    ("Embedding", "sparse", "gradients are dense"),
    ("kaiming_uniform_", "nonlinearity", "`a`, the slope below 0"),
    ("kaiming_normal_", "nonlinearity", "`a`, the slope below 0"),
    ("GELU", "approximate", "`approximate = true` is `\"tanh\"`"),
    ("RNNCell", "nonlinearity", "`relu = true`"),
    ("Softplus", "threshold", "not needed: exact for every number"),
    ("Flatten", "end_dim", "all axes of the example"),
    ("OneCycleLR", "max_lr", "the rate itself"),
    ("OneCycleLR", "anneal_strategy", "`linear = true`"),
    ("OneCycleLR", "cycle_momentum", "`momentum = …` takes a schedule too"),
    ("OneCycleLR", "base_momentum", "`momentum = …` takes a schedule too"),
    ("OneCycleLR", "max_momentum", "`momentum = …` takes a schedule too"),
    ("CyclicLR", "base_lr", "`base`, as a share of the rate"),
    ("CyclicLR", "max_lr", "the rate itself"),
    ("CyclicLR", "mode", "`halving = true`, `gamma`"),
    ("CyclicLR", "scale_fn", "any expression"),
    ("CyclicLR", "scale_mode", "any expression"),
    ("CyclicLR", "cycle_momentum", "`momentum = …` takes a schedule too"),
    ("CyclicLR", "base_momentum", "`momentum = …` takes a schedule too"),
    ("CyclicLR", "max_momentum", "`momentum = …` takes a schedule too"),
    ("TripletMarginWithDistanceLoss", "distance_function", "`distance`"),
    ("kaiming_uniform_", "mode", "`fan`"),
    ("kaiming_normal_", "mode", "`fan`"),
    ("InstanceNorm1d", "track_running_stats", "`BatchNorm1d`"),
    ("InstanceNorm1d", "momentum", "`BatchNorm1d`"),
    ("Unflatten", "unflattened_size", "the argument"),
];

#[test]
fn the_page_of_pytorchs_names_is_up_to_date() {
    golden(&root().join("docs/torch.md"), &page());
}

/// A row for a name that PyTorch no longer has would never be seen.
#[test]
fn rows_of_the_page_are_names_of_pytorch() {
    let names = names();
    let all: Vec<&str> =
        GROUPS.iter().flat_map(|(group, ..)| names[group].as_object().unwrap().keys()).map(|k| &**k).collect();
    let more = ["AveragedModel", "SWALR", "clip_grad_norm_", "clip_grad_value_"];
    for (name, _) in LANGUAGE.iter().chain(&SCHEDULES) {
        assert!(all.contains(name) || more.contains(name), "{name}");
    }
    for (name, ..) in OTHERWISE.iter().filter(|(n, ..)| *n != "*") {
        assert!(all.contains(name), "{name}");
    }
    for (part, _) in NOT_YET {
        assert!(all.iter().any(|n| n.starts_with(part) || n.ends_with(part)), "{part}");
    }
}

/// Groups of the file of names, how PyTorch calls them, and their headings.
const GROUPS: [(&str, &str, &str); 4] = [
    ("modules", "torch.nn.", "Modules"),
    ("optimizers", "torch.optim.", "Optimisers"),
    ("schedulers", "torch.optim.lr_scheduler.", "Schedules"),
    ("inits", "torch.nn.init.", "Initial values"),
];

fn file(name: &str) -> Json {
    let path = root().join("tests/goldens").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn names() -> Json {
    file("torch_names.json")
}

fn page() -> String {
    let names = names();
    let expressed = file("torch_expressed.json");
    let programs: BTreeMap<&str, &str> = expressed["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["nn"].as_str().unwrap(), c["program"].as_str().unwrap()))
        .collect();
    let mut out = format!(
        "# From PyTorch\n\nEvery module of `torch.nn`, every optimiser, schedule and initialiser of PyTorch {}, and where it is. \
         This page is made by the\ntests. What is *here* or *expressed* agrees with PyTorch in result and gradients, in double precision \
         within 1e-9, and in single\nprecision about as well as PyTorch's own does (`tests/goldens`).\n\n\
         Arguments that have no meaning here are not told: of devices and memory, widths that follow from the input, and `reduction`, since \
         a loss is\na number for each row and the trainer averages.\n",
        names["torch"].as_str().unwrap()
    );
    let mut totals = String::new();
    let mut tables = String::new();
    for (group, prefix, title) in GROUPS {
        write!(tables, "\n## {title}\n\n| PyTorch | | said otherwise, or not there |\n|---|---|---|\n").unwrap();
        let (mut here, mut lines, mut missing) = (0, 0, 0);
        for (name, arguments) in names[group].as_object().unwrap() {
            let arguments: Vec<&str> = arguments.as_array().unwrap().iter().map(|a| a.as_str().unwrap()).collect();
            let (place, rest) = if let Some(entry) = entry_of(&format!("{prefix}{name}")) {
                here += 1;
                (
                    format!("[`{0}`](library.md#{1})", entry.name, entry.name.to_lowercase()),
                    left_out(name, &arguments, entry),
                )
            } else if let Some((_, what)) = LANGUAGE.iter().find(|(n, _)| n == name) {
                here += 1;
                (what.to_string(), String::new())
            } else if let Some(program) = programs.get(&**name) {
                lines += 1;
                (
                    format!("expressed in {} lines, [below](#{})", program.lines().count(), name.to_lowercase()),
                    String::new(),
                )
            } else if SCHEDULES.iter().any(|(n, _)| n == name) {
                lines += 1;
                ("expressed in 1 line, [below](#schedules-that-are-expressions)".into(), String::new())
            } else {
                missing += 1;
                let why = NOT_YET.iter().find(|(p, _)| name.starts_with(p) || name.ends_with(p));
                let (_, why) = why.unwrap_or_else(|| panic!("what about {name}?"));
                (format!("not yet: {why}"), String::new())
            };
            writeln!(tables, "| `{name}` | {place} | {rest} |").unwrap();
        }
        writeln!(totals, "| {title} | {here} | {lines} | {missing} |").unwrap();
    }
    write!(out, "\n| | here | expressed | not yet |\n|---|---|---|---|\n{totals}").unwrap();
    out += &tables;
    out += "\n## Weight averages and clipping\n\n| PyTorch | |\n|---|---|\n";
    for name in ["AveragedModel", "clip_grad_norm_", "clip_grad_value_"] {
        let (_, what) = LANGUAGE.iter().find(|(n, _)| *n == name).unwrap();
        writeln!(out, "| `{name}` | {what} |").unwrap();
    }
    out += "\n## Schedules that are expressions\n\nProducts are chains, and `where` makes sequences.\n\n```nn\n\
            data line {\n  source = generate(64, seed = 1) { x ~ normal(0, 1); y ~ normal(2 * x, 0.1) }\n  target y: number\n}\n\n\
            model Slope(x: line.features) -> real { Linear(1) }\n\n";
    for (name, rate) in SCHEDULES {
        writeln!(out, "train {name} {{ loss = mse; epochs = 20; optimizer = sgd(lr = {rate}) }}").unwrap();
    }
    out += "```\n\n## In a few lines\n";
    for (name, program) in programs {
        write!(out, "\n### {name}\n\n```nn\n{program}\n```\n").unwrap();
    }
    out
}

/// The entry of the library that names a source of PyTorch.
fn entry_of(source: &str) -> Option<&'static Entry> {
    let named = |e: &&Entry| {
        let docs = e.text.lines().take_while(|l| l.starts_with("##")).collect::<Vec<_>>().join(" ");
        let mut places = docs.match_indices(source).map(|(i, _)| docs[i + source.len()..].chars().next());
        places.any(|next| next.is_none_or(|c| !c.is_alphanumeric() && c != '_'))
    };
    // Where several name it, the layer or the one whose name is nearest counts.
    let own = source.rsplit('.').next().unwrap_or_default().trim_end_matches('_').to_lowercase();
    let distance = |e: &&'static Entry| {
        let name = e.name.to_lowercase();
        (name != own, name.len().abs_diff(own.len()))
    };
    ENTRIES.iter().filter(named).min_by_key(distance)
}

/// PyTorch's arguments that the entry does not have by the same name.
fn left_out(name: &str, arguments: &[&str], entry: &Entry) -> String {
    let header: String = entry.text.lines().filter(|l| !l.starts_with("##")).collect::<Vec<_>>().join(" ");
    let header = header.split(" {").next().unwrap_or_default();
    let has = |argument: &str| {
        header.match_indices(&format!("{argument}:")).any(|(i, _)| i == 0 || header[..i].ends_with(['(', ' ']))
    };
    let absent =
        arguments.iter().filter(|a| !(has(a) || GENERAL.contains(a) || **a == "lr" && entry.group == "schedules"));
    let told =
        absent.map(|a| match OTHERWISE.iter().find(|(n, argument, _)| (*n == name || *n == "*") && argument == a) {
            Some((_, _, how)) => format!("`{a}`: {how}"),
            None => format!("`{a}`: not there"),
        });
    told.collect::<Vec<_>>().join("; ")
}
