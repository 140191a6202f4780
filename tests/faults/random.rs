//! Random programs without a fault: tasks that can be learned, models that can learn them, optimizers at usual rates.

/// How many there are.
pub const ALL: u64 = 20;

/// A pseudo-random choice, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll<T: Copy>(&mut self, of: &[T]) -> T {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        of[(self.0 >> 33) as usize % of.len()]
    }
}

/// A task that can be learned, a model that can learn it, and an optimizer at a usual rate.
pub fn program(number: u64) -> String {
    let mut dice = Dice(number.wrapping_mul(977) + 13);
    let (rows, batch) = (dice.roll(&[400, 800, 1500]), dice.roll(&[16, 32, 64, 128]));
    let (width, depth) = (dice.roll(&[8, 16, 32, 64]), dice.roll(&[1, 2, 3, 4]));
    let activation = dice.roll(&["ReLU", "Tanh", "GELU", "SiLU", "LeakyReLU", "ELU"]);
    let norm = dice.roll(&["", "", "BatchNorm1d; ", "LayerNorm; "]);
    let dropout = dice.roll(&["", "", "; Dropout(0.2)"]);
    let optimizer = dice.roll(&[
        "adam(lr = 0.003)",
        "adam(lr = 0.01)",
        "adamw(lr = 0.005)",
        "sgd(lr = 0.05, momentum = 0.9)",
        "rmsprop(lr = 0.003)",
    ]);
    let hidden: String = (0..depth).map(|_| format!("  Linear({width}); {norm}{activation}{dropout}\n")).collect();
    let (task, target, result, last, loss) = dice.roll(&[
        ("y ~ normal(2 * a - b + 0.5 * a * c, 0.3)", "number", "real", "Linear(1)", "mse"),
        ("y ~ normal(10 * a - 5 * b, 3)", "number", "real", "Linear(1)", "l1"),
        ("y ~ bernoulli(sigmoid(3 * a - 2 * b + a * c))", "binary", "prob", "Linear(1); Sigmoid", "bce"),
        ("y ~ bernoulli(sigmoid(3 * a - 2 * b - 2))", "binary", "logit", "Linear(1)", "bce_with_logits"),
    ]);
    let epochs = 30.max(30 * batch / 32).min(120);
    format!(
        "data d {{\n  source = generate({rows}, seed = {number}) {{\n    a ~ normal(0, 1)\n    b ~ normal(0, 1)\n    c ~ normal(0, 1)\n    {task}\n  }}\n  target y: {target}\n  split = random(train = 80%, val = 20%)\n}}\n\nmodel M(x: d.features) -> {result} {{\n{hidden}  {last}\n}}\n\ntrain {{ loss = {loss}; optimizer = {optimizer}; batch_size = {batch}; epochs = {epochs}; keep = best(val.loss) }}\n"
    )
}
