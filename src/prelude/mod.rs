//! The standard library, written in the language: one definition a file, embedded as text.
//!
//! A program parses and checks only the entries that it reaches. Adding a definition means adding its file and its row here.

#[cfg(test)]
mod tests;

/// What an entry defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Layer,
    Function,
    Optimizer,
}

impl Kind {
    /// The word with which the definition starts.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Layer => "layer",
            Kind::Function => "fn",
            Kind::Optimizer => "optimizer",
        }
    }
}

/// A definition of the library.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: &'static str,
    pub kind: Kind,
    /// The folder: `activations`, `functions`, `inits`, `layers`, `losses`, `optimizers` or `schedules`.
    pub group: &'static str,
    /// The whole file: `##` documentation with an example in a fenced block, and one item.
    pub text: &'static str,
}

impl Entry {
    /// The program in the fenced block of the documentation; it runs as it stands.
    pub fn example(&self) -> String {
        let docs = self.text.lines().map_while(|l| l.strip_prefix("##")).map(|l| l.strip_prefix(' ').unwrap_or(l));
        let inside = docs.skip_while(|l| *l != "```nn").skip(1).take_while(|l| *l != "```");
        inside.flat_map(|l| [l, "\n"]).collect()
    }
}

/// The entry of that name. Names are unique over all groups.
pub fn lookup(name: &str) -> Option<&'static Entry> {
    ENTRIES.binary_search_by(|e| e.name.cmp(name)).ok().map(|i| &ENTRIES[i])
}

/// The function that stands for another where its first argument holds probabilities rather than their logarithms.
pub fn on_probabilities(name: &str) -> Option<&'static str> {
    const PAIRS: [(&str, &str); 1] = [("nll", "nll_prob")];
    PAIRS.iter().find(|(of, _)| *of == name).map(|(_, alternative)| *alternative)
}

macro_rules! entries {
    ($($kind:ident $group:literal $name:literal;)*) => {
        /// All definitions, sorted by name (capitals first).
        pub static ENTRIES: &[Entry] = &[$(Entry {
            name: $name,
            kind: Kind::$kind,
            group: $group,
            text: include_str!(concat!($group, "/", $name, ".nn")),
        }),*];
    };
}

entries! {
    Layer "layers" "AlphaDropout";
    Layer "layers" "BatchNorm1d";
    Layer "layers" "Bilinear";
    Layer "layers" "CELU";
    Layer "layers" "CosineSimilarity";
    Layer "layers" "Dropout";
    Layer "layers" "ELU";
    Layer "layers" "Embedding";
    Layer "layers" "FeatureAlphaDropout";
    Layer "layers" "Flatten";
    Layer "layers" "GELU";
    Layer "layers" "GLU";
    Layer "layers" "GroupNorm";
    Layer "layers" "Hardshrink";
    Layer "layers" "Hardsigmoid";
    Layer "layers" "Hardswish";
    Layer "layers" "Hardtanh";
    Layer "layers" "Identity";
    Layer "layers" "LayerNorm";
    Layer "layers" "LeakyReLU";
    Layer "layers" "Linear";
    Layer "layers" "LogSigmoid";
    Layer "layers" "LogSoftmax";
    Layer "layers" "Mish";
    Layer "layers" "PReLU";
    Layer "layers" "PairwiseDistance";
    Layer "layers" "RMSNorm";
    Layer "layers" "ReLU";
    Layer "layers" "ReLU6";
    Layer "layers" "Residual";
    Layer "layers" "SELU";
    Layer "layers" "SiLU";
    Layer "layers" "Sigmoid";
    Layer "layers" "Softmax";
    Layer "layers" "Softmin";
    Layer "layers" "Softplus";
    Layer "layers" "Softshrink";
    Layer "layers" "Softsign";
    Layer "layers" "Tanh";
    Layer "layers" "Tanhshrink";
    Layer "layers" "Threshold";
    Layer "layers" "Unflatten";
    Optimizer "optimizers" "adadelta";
    Optimizer "optimizers" "adagrad";
    Optimizer "optimizers" "adam";
    Optimizer "optimizers" "adamax";
    Optimizer "optimizers" "adamw";
    Function "losses" "bce";
    Function "losses" "bce_with_logits";
    Function "losses" "brier";
    Function "activations" "celu";
    Function "functions" "clamp";
    Function "functions" "clamp_max";
    Function "functions" "clamp_min";
    Function "schedules" "cosine";
    Function "losses" "cosine_embedding";
    Function "schedules" "cosine_restarts";
    Function "functions" "cosine_similarity";
    Function "losses" "cox";
    Function "losses" "cross_entropy";
    Function "schedules" "cyclic";
    Function "activations" "elu";
    Function "schedules" "exponential";
    Function "losses" "focal";
    Function "losses" "gaussian_nll";
    Function "activations" "gelu";
    Function "activations" "glu";
    Function "activations" "hardshrink";
    Function "activations" "hardsigmoid";
    Function "activations" "hardswish";
    Function "activations" "hardtanh";
    Function "losses" "hinge_embedding";
    Function "losses" "huber";
    Function "inits" "kaiming_normal";
    Function "inits" "kaiming_uniform";
    Function "losses" "kl_div";
    Function "losses" "l1";
    Function "activations" "leaky_relu";
    Function "inits" "lecun_normal";
    Function "functions" "lerp";
    Function "schedules" "linear";
    Optimizer "optimizers" "lion";
    Function "activations" "log_sigmoid";
    Function "activations" "log_softmax";
    Function "functions" "logit";
    Function "functions" "logsumexp";
    Function "losses" "margin_ranking";
    Function "activations" "mish";
    Function "losses" "mse";
    Function "losses" "multi_margin";
    Function "losses" "multilabel_margin";
    Function "losses" "multilabel_soft_margin";
    Function "schedules" "multistep_lr";
    Optimizer "optimizers" "nadam";
    Function "losses" "nll";
    Function "losses" "nll_prob";
    Function "schedules" "one_cycle";
    Function "losses" "ordinal";
    Function "functions" "pairwise_distance";
    Function "functions" "pick";
    Function "losses" "poisson_nll";
    Function "schedules" "polynomial";
    Function "activations" "prelu";
    Function "losses" "quantile";
    Optimizer "optimizers" "radam";
    Function "activations" "relu";
    Function "activations" "relu6";
    Optimizer "optimizers" "rmsprop";
    Optimizer "optimizers" "rprop";
    Function "activations" "selu";
    Optimizer "optimizers" "sgd";
    Function "activations" "silu";
    Function "losses" "smooth_l1";
    Function "losses" "soft_margin";
    Function "activations" "softmax";
    Function "activations" "softmin";
    Function "activations" "softshrink";
    Function "activations" "softsign";
    Function "functions" "std";
    Function "schedules" "step_lr";
    Function "activations" "tanhshrink";
    Function "activations" "threshold";
    Function "losses" "triplet_margin";
    Function "functions" "var";
    Function "schedules" "warmup";
    Function "inits" "xavier_normal";
    Function "inits" "xavier_uniform";
    Function "functions" "xlogy";
}
