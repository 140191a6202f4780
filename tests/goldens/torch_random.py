"""Random programs of the grammar of layers, and their twins in PyTorch.

`python tests/goldens/torch_random.py` writes the dozen that the tests run. `python tests/goldens/torch_random.py 100 more.json` writes as
many others to another file; `NNRUN_RANDOM=more.json cargo test --lib random_programs -- --nocapture` runs those and prints the errors.

The file: {"torch": version, "cases": [case, …]} with arrays as in `torch_cases.py`, floats in 12 digits. A case:
  name           the seed
  program        a whole `.nn` program with `d.csv` as its data, whose columns are `x0`, `x1`, … and `y`
  csv            the text of that file: 12 rows. Update s (from 0) takes the rows `(6 s + i) mod 12` for i in 0..6
  parameters     {path: array}: values before the first update, exact in float32
  buffers        the same for running statistics
  out            what the model answers for all rows before the first update, outside of training: probabilities for scores
  grads          {path: array}: the gradients of the first update, before they are clipped
  losses         [10 numbers]: the mean loss of each update's batch, before that update
  final          {path: array}: parameters and buffers behind the last update
  float32_error  {"out", "grads", "losses", "final": error} of PyTorch's own float32 values: the largest |a - b| / max |b| of the
                 arrays, with its plain and its vector kernels
"""

import copy
import itertools
import json
import math
import os
import pathlib
import random
import re
import subprocess
import sys

import torch
import torch.nn.functional as F
from torch import nn

from torch_cases import F64, grid, relative_error

ROWS, BATCH, STEPS = 12, 6, 10


class Residual(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return x + self.body(x)


class Parallel(nn.Sequential):
    """Branches of the same input, joined."""

    def __init__(self, join, branches):
        super().__init__(*branches)
        self.join = join

    def forward(self, x):
        results = [branch(x) for branch in self]
        return torch.cat(results, -1) if self.join == "concat" else sum(results)


class HardSigmoid(nn.Module):
    """PyTorch's own takes the float32 number nearest to 1/6 as its derivative, also in float64."""

    def forward(self, x):
        return F.relu6(x + 3) / 6


class Named(nn.Module):
    """A body and a head by name."""

    def __init__(self, body, head):
        super().__init__()
        self.body, self.head = body, head

    def forward(self, x):
        return self.head(self.body(x))


ACTIVATIONS = {
    "ReLU": nn.ReLU,
    "LeakyReLU": nn.LeakyReLU,
    "LeakyReLU(negative_slope = 0.2)": lambda: nn.LeakyReLU(0.2),
    "ReLU6": nn.ReLU6,
    "Hardtanh(min_val = -0.5, max_val = 2)": lambda: nn.Hardtanh(-0.5, 2),
    "Hardsigmoid": HardSigmoid,
    "Hardswish": nn.Hardswish,
    "Hardshrink(lambd = 0.25)": lambda: nn.Hardshrink(0.25),
    "Softshrink(lambd = 0.25)": lambda: nn.Softshrink(0.25),
    "Tanhshrink": nn.Tanhshrink,
    "Threshold(0.125, 0.5)": lambda: nn.Threshold(0.125, 0.5),
    "ELU(alpha = 0.5)": lambda: nn.ELU(0.5),
    "SELU": nn.SELU,
    "CELU(alpha = 2)": lambda: nn.CELU(2),
    "GELU": nn.GELU,
    "GELU(approximate = true)": lambda: nn.GELU("tanh"),
    "SiLU": nn.SiLU,
    "Mish": nn.Mish,
    "Softsign": nn.Softsign,
    "Tanh": nn.Tanh,
    "Softplus(beta = 2)": lambda: nn.Softplus(beta=2, threshold=100),
    "PReLU": nn.PReLU,
    "LogSigmoid": nn.LogSigmoid,
}


class Writer:
    """Draws the stages of a body; each is its text and its module."""

    def __init__(self, rng):
        self.rng = rng
        self.layers = []

    def activation(self):
        text = self.rng.choice(list(ACTIVATIONS))
        return text, ACTIVATIONS[text]()

    def linear(self, width, out):
        """Without a bias before a batch norm, which would take it out again: its gradient is nothing but rounding."""
        text, module = f"Linear({out})", nn.Linear(width, out)
        pick = self.rng.random()
        if pick < 0.3:
            rest, norm = self.batch_norm(out)
            return [(f"Linear({out}, bias = false)", nn.Linear(width, out, bias=False)), (rest, norm)], out
        if pick < 0.4:
            return [(f"Linear({out}, bias = false)", nn.Linear(width, out, bias=False))], out
        return [(text, module)], out

    def batch_norm(self, width):
        return self.rng.choice([
            ("BatchNorm1d", nn.BatchNorm1d(width)),
            ("BatchNorm1d(affine = false)", nn.BatchNorm1d(width, affine=False)),
            ("BatchNorm1d(track_running_stats = false)", nn.BatchNorm1d(width, track_running_stats=False)),
            ("BatchNorm1d(eps = 0.01, momentum = 0.25)", nn.BatchNorm1d(width, eps=0.01, momentum=0.25)),
        ])

    def norm(self, width):
        choices = [
            ("LayerNorm", nn.LayerNorm(width)),
            ("LayerNorm(bias = false)", nn.LayerNorm(width, bias=False)),
            ("LayerNorm(elementwise_affine = false)", nn.LayerNorm(width, elementwise_affine=False)),
            ("RMSNorm", nn.RMSNorm(width, eps=1.1920929e-7)),
            ("RMSNorm(eps = 0.01, elementwise_affine = false)", nn.RMSNorm(width, eps=0.01, elementwise_affine=False)),
        ]
        if width % 2 == 0 and width >= 8:
            choices.append(("GroupNorm(2)", nn.GroupNorm(2, width)))
            choices.append(("GroupNorm(2, affine = false)", nn.GroupNorm(2, width, affine=False)))
        return self.rng.choice(choices)

    def stage(self, width, depth):
        """Stages, and the width behind them."""
        pick = self.rng.random()
        if depth <= 0 or pick < 0.4:
            out = self.rng.randint(3, 10)
            stages, out = self.linear(width, out)
            return [*stages, self.activation()], out
        if pick < 0.5:
            return [self.norm(width)], width
        if pick < 0.56 and width % 2 == 0 and width >= 6:
            return [("GLU", nn.GLU())], width // 2
        if pick < 0.62:
            return [self.rng.choice([("Identity", nn.Identity()), ("Dropout(0)", nn.Dropout(0.0)), ("tanh", nn.Tanh()), ("relu", nn.ReLU())])], width
        if pick < 0.72:
            body, out = self.sequence(width, depth - 1)
            return [(f"seq {{ {text_of(body)} }}", nn.Sequential(*modules(body)))], out
        if pick < 0.82:
            body, _ = self.sequence(width, depth - 1, out=width)
            return [(f"Residual {{ {text_of(body)} }}", Residual(nn.Sequential(*modules(body))))], width
        if pick < 0.88:
            body, _ = self.sequence(width, depth - 1, out=width)
            times = [nn.Sequential(*copy.deepcopy(modules(body))) for _ in range(self.rng.randint(1, 3))]
            for copied in times[1:]:
                redraw(copied)
            return [(f"repeat({len(times)}) {{ {text_of(body)} }}", nn.Sequential(*times))], width
        if pick < 0.95:
            join = self.rng.choice(["concat", "sum"])
            out = self.rng.randint(3, 6)
            branches, widths = [], []
            for _ in range(self.rng.randint(2, 3)):
                body, w = self.sequence(width, depth - 1, out=out if join == "sum" else None)
                branches.append((f"seq {{ {text_of(body)} }}", nn.Sequential(*modules(body))))
                widths.append(w)
            module = Parallel(join, modules(branches))
            return [(f"parallel({join}) {{ {text_of(branches)} }}", module)], sum(widths) if join == "concat" else out
        # A layer of the file's own.
        out, name = self.rng.randint(3, 8), f"Own{len(self.layers)}"
        self.layers.append(None)
        at = len(self.layers) - 1
        first, _ = self.linear(width, out)
        rest = [*first, self.activation()]
        body = text_of(rest).replace(f"Linear({out}", "Linear(out")
        self.layers[at] = f"layer {name}(out: int) {{ {body} }}"
        return [(f"{name}({out})", nn.Sequential(*modules(rest)))], out

    def sequence(self, width, depth, out=None, at_least=1):
        stages = []
        for _ in range(self.rng.randint(at_least, 3)):
            more, width = self.stage(width, depth)
            stages += more
        if out is not None:
            stages.append((f"Linear({out})", nn.Linear(width, out)))
            width = out
        return stages, width


def redraw(module):
    for part in module.modules():
        if hasattr(part, "reset_parameters"):
            part.reset_parameters()


def text_of(stages):
    return "; ".join(text for text, _ in stages)


def modules(stages):
    return [module for _, module in stages]


def sign(y):
    return 2 * y - 1


def focal(z, y):
    return (torch.where(y == 1, 0.25, 0.75) * torch.exp(2 * F.logsigmoid(-sign(y) * z)) * F.softplus(-sign(y) * z)).mean()


def heads(rng):
    """Kind of the target, result type, last layers, twin of what follows the Linear, number of outputs, loss text and function, link."""
    k = rng.randint(3, 4)
    smooth = rng.choice([0.125, 0.25])
    weight = rng.choice([0.5, 3.0])
    probability = lambda f: lambda p, y: f(p[:, 0], y)
    binary = [
        ("prob", "Linear(1); Sigmoid", [nn.Sigmoid()], 1, "bce", probability(F.binary_cross_entropy), None),
        ("prob", "Linear(1); Sigmoid", [nn.Sigmoid()], 1, "brier", probability(F.mse_loss), None),
        ("logit", "Linear(1)", [], 1, "bce_with_logits", probability(F.binary_cross_entropy_with_logits), torch.sigmoid),
        (
            "logit", "Linear(1)", [], 1, f"bce_with_logits(pos_weight = {weight})",
            lambda z, y: F.binary_cross_entropy_with_logits(z[:, 0], y, pos_weight=torch.tensor(weight, dtype=z.dtype)), torch.sigmoid,
        ),
        ("logit", "Linear(1)", [], 1, "focal", probability(focal), torch.sigmoid),
        ("logit", "Linear(1)", [], 1, "soft_margin", probability(lambda z, y: F.softplus(-sign(y) * z).mean()), torch.sigmoid),
    ]
    soft = lambda z: torch.softmax(z, 1)
    label = [
        (f"logit({k})", f"Linear({k})", [], k, "cross_entropy", F.cross_entropy, soft),
        (f"logit({k})", f"Linear({k})", [], k, f"cross_entropy(label_smoothing = {smooth})", lambda z, y: F.cross_entropy(z, y, label_smoothing=smooth), soft),
        (f"logit({k})", f"Linear({k})", [], k, "multi_margin", F.multi_margin_loss, soft),
        (f"logprob({k})", f"Linear({k}); LogSoftmax", [nn.LogSoftmax(1)], k, "nll", F.nll_loss, torch.exp),
        (f"prob({k})", f"Linear({k}); Softmax", [nn.Softmax(1)], k, "nll", lambda p, y: F.nll_loss(torch.log(p), y), None),
    ]
    value = lambda f: lambda x, y: f(x[:, 0], y)
    number = [
        ("real", "Linear(1)", [], 1, "mse", value(F.mse_loss), None),
        ("real", "Linear(1)", [], 1, "l1", value(F.l1_loss), None),
        ("real", "Linear(1)", [], 1, "huber(delta = 0.5)", value(lambda x, y: F.huber_loss(x, y, delta=0.5)), None),
        ("real", "Linear(1)", [], 1, "smooth_l1(beta = 0.5)", value(lambda x, y: F.smooth_l1_loss(x, y, beta=0.5)), None),
        ("real", "Linear(1)", [], 1, "quantile(q = 0.25)", value(lambda x, y: torch.where(y > x, 0.25 * (y - x), -0.75 * (y - x)).mean()), None),
    ]
    kind = rng.choice(["binary", "label", "number"])
    return kind, *rng.choice({"binary": binary, "label": label, "number": number}[kind])


O = torch.optim
OPTIMIZERS = [
    ("sgd", {}, O.SGD, {}),
    ("sgd", {"momentum": 0.9}, O.SGD, {"momentum": 0.9}),
    ("sgd", {"momentum": 0.9, "nesterov": "true", "weight_decay": 0.1}, O.SGD, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("sgd", {"momentum": 0.5, "dampening": 0.25}, O.SGD, {"momentum": 0.5, "dampening": 0.25}),
    ("adam", {}, O.Adam, {}),
    ("adam", {"amsgrad": "true", "weight_decay": 0.1}, O.Adam, {"amsgrad": True, "weight_decay": 0.1}),
    ("adamw", {"beta2": 0.9}, O.AdamW, {"betas": (0.9, 0.9)}),
    ("nadam", {}, O.NAdam, {}),
    ("radam", {}, O.RAdam, {}),
    ("adamax", {}, O.Adamax, {}),
    ("adagrad", {"initial_accumulator_value": 0.5}, O.Adagrad, {"initial_accumulator_value": 0.5}),
    ("adadelta", {}, O.Adadelta, {}),
    ("rmsprop", {}, O.RMSprop, {}),
    ("rmsprop", {"centered": "true", "momentum": 0.5}, O.RMSprop, {"centered": True, "momentum": 0.5}),
    ("asgd", {}, O.ASGD, {}),
]
# Of the step, from 0.
RATES = [
    ("{lr}", lambda s: 1.0),
    ("{lr}", lambda s: 1.0),
    ("{lr} * warmup(step, 4)", lambda s: min(1.0, (s + 1) / 4)),
    ("{lr} * step_lr(step, 3, gamma = 0.5)", lambda s: 0.5 ** (s // 3)),
    ("{lr} * exponential(step, 0.9)", lambda s: 0.9**s),
    ("{lr} * where(step < 5, linear(step, start_factor = 0.5), 0.25)", lambda s: 0.5 + 0.5 * s / 5 if s < 5 else 0.25),
]


class Case:
    def __init__(self, seed):
        rng = random.Random(seed)
        torch.manual_seed(seed)
        width = rng.randint(3, 8)
        writer = Writer(rng)
        self.kind, domain, head, last, outputs, loss, self.loss, self.link = heads(rng)
        body, behind = writer.sequence(width, depth=2, at_least=2)
        start = []
        if rng.random() < 0.15:
            start, inner = [(f"Unflatten([1, {width}])", nn.Unflatten(1, (1, width))), ("Flatten", nn.Flatten())], width
        stages = [*start, *body]
        tail = [nn.Linear(behind, outputs), *last]
        if rng.random() < 0.3:
            self.model = Named(nn.Sequential(*modules(stages)), nn.Sequential(*tail))
            model = f"  body: seq {{ {text_of(stages)} }}\n  head: seq {{ {head} }}\n  return head(body(x))"
        else:
            self.model = nn.Sequential(*modules(stages), *tail)
            model = "\n".join(f"  {text}" for text, _ in stages) + f"\n  {head}"
        name, arguments, self.make, self.keys = rng.choice(OPTIMIZERS)
        self.rate = rng.choice([0.01, 0.05])
        rate, self.factor = rng.choice(RATES)
        self.clip = rng.choice([None, None, ("norm", 0.5), ("value", 0.05)])
        written = ", ".join([f"lr = {rate.format(lr=self.rate)}", *(f"{k} = {v}" for k, v in arguments.items())])
        clip = f"clip = {self.clip[0]}({self.clip[1]}); " if self.clip else ""
        self.x = grid(ROWS, width, seed=1000 + seed, scale=1.0)
        score = self.x @ grid(width, seed=2000 + seed, scale=1.0) + grid(ROWS, seed=3000 + seed, scale=0.5)
        if self.kind == "binary":
            self.y = (score > score.median()).double()
            cells = [str(int(v)) for v in self.y]
        elif self.kind == "label":
            self.y = torch.argsort(torch.argsort(score)) % outputs
            cells = ["abcd"[int(v)] for v in self.y]
        else:
            self.y = torch.round(score * 64) / 64
            cells = [repr(float(v)) for v in self.y]
        target = {"binary": "binary", "label": "label", "number": "number |> identity"}[self.kind]
        self.csv = ",".join([*(f"x{i}" for i in range(width)), "y"]) + "\n"
        self.csv += "".join(",".join([*(repr(float(v)) for v in row), cell]) + "\n" for row, cell in zip(self.x, cells))
        layers = "".join(f"{text}\n" for text in writer.layers)
        self.program = (
            f'data d {{ source = csv("d.csv"); target y: {target}; columns("x*"): number |> identity }}\n{layers}'
            f"model M(x: d.features) -> {domain} {{\n{model}\n}}\n"
            f"train {{ loss = {loss}; optimizer = {name}({written}); {clip}batch_size = {BATCH}; steps = {STEPS} }}"
        )

    def run(self, dtype):
        """Answers, gradients of the first update, losses and what is left, at one precision."""
        torch.set_default_dtype(dtype)
        model = copy.deepcopy(self.model).to(dtype)
        x, y = self.x.to(dtype), self.y.to(dtype) if self.y.is_floating_point() else self.y
        with torch.no_grad():
            out = model.eval()(x)
            out = self.link(out) if self.link else out
        model.train()
        optimizer = self.make(model.parameters(), lr=self.rate, **self.keys)
        losses, first = [], None
        for s in range(STEPS):
            for group in optimizer.param_groups:
                group["lr"] = self.rate * self.factor(s)
            rows = (BATCH * s + torch.arange(BATCH)) % ROWS
            loss = self.loss(model(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            for parameter in model.parameters():
                if parameter.grad is None:
                    parameter.grad = torch.zeros_like(parameter)
            if first is None:
                first = {k: p.grad.clone() for k, p in model.named_parameters()}
            if self.clip and self.clip[0] == "norm":
                nn.utils.clip_grad_norm_(model.parameters(), self.clip[1])
            elif self.clip:
                nn.utils.clip_grad_value_(model.parameters(), self.clip[1])
            optimizer.step()
            losses.append(loss.detach())
        final = {k: v for k, v in model.state_dict().items() if v.is_floating_point()}
        torch.set_default_dtype(torch.float32)
        return {"out": {"out": out}, "grads": first, "losses": {"losses": torch.stack(losses)}, "final": final}

    def errors(self, exact):
        """Of PyTorch's float32."""
        single = self.run(torch.float32)
        worst = lambda what: max((relative_error(single[what][k], v, floor=1) or 0.0) for k, v in exact[what].items())
        return {what: worst(what) for what in ["out", "grads", "losses", "final"]}

    def made(self, name):
        exact = self.run(F64)
        made = {"name": name, "program": self.program, "csv": self.csv}
        made["parameters"] = {k: short(p, 9) for k, p in self.model.named_parameters()}
        made["buffers"] = {k: short(b, 9) for k, b in self.model.named_buffers() if b.is_floating_point()}
        made |= {"out": short(exact["out"]["out"]), "grads": {k: short(g) for k, g in exact["grads"].items()}}
        made |= {"losses": short(exact["losses"]["losses"])["data"], "final": {k: short(v) for k, v in exact["final"].items()}}
        made["float32_error"] = self.errors(exact)
        return made


def short(tensor, digits=13):
    return {"shape": list(tensor.shape), "data": [float(f"{v:.{digits}g}") for v in tensor.detach().double().reshape(-1).tolist()]}


def sound(case):
    """All is finite, no gradient is nothing but rounding (that of a bias whose shift a norm takes out again, for example), and ten steps
    do not blow rounding up: PyTorch's own float32 stays within 1e-3.
    """
    parts = [case["out"], *case["grads"].values(), {"data": case["losses"]}, *case["final"].values()]
    finite = all(math.isfinite(v) for part in parts for v in part["data"])
    largest = [max(abs(v) for v in part["data"]) for part in case["grads"].values()]
    settled = max(case["float32_error"].values()) <= 1e-3
    return finite and settled and all(v == 0 or v > 1e-9 * max(largest) for v in largest)


def cases(seeds):
    """Those with numbers that can be compared."""
    for seed in seeds:
        case = Case(seed).made(f"seed {seed}")
        if sound(case):
            yield case


def dozen():
    """Small ones, each of which has a word that no earlier one has."""
    known = set()
    for case in cases(range(100)):
        words = set(re.findall(r"[A-Za-z_]\w*", case["program"]))
        size = sum(len(a["data"]) for a in case["parameters"].values())
        new = words - known
        if size <= 300 and len(new) + 3 * len(new & {"repeat", "parallel", "concat", "sum", "Residual", "GLU", "GroupNorm"}) >= 5:
            known |= words
            yield case


def with_plain_kernels(cases):
    """The larger errors of this process's kernels and of the plain ones: which ones PyTorch takes is settled when it starts."""
    cases = list(cases)
    names = [case["name"] for case in cases]
    env = os.environ | {"ATEN_CPU_CAPABILITY": "default"}
    found = subprocess.run([sys.executable, __file__, "errors", *names], env=env, check=True, capture_output=True).stdout
    for case, errors in zip(cases, json.loads(found)):
        case["float32_error"] = {what: max(error, errors[what]) for what, error in case["float32_error"].items()}
    return cases


def store(path, found):
    lines = [json.dumps(case, separators=(",", ":"), allow_nan=False) for case in with_plain_kernels(found)]
    head = json.dumps({"torch": torch.__version__.split("+")[0]})[:-1]
    path.write_text(f'{head},"cases":[\n' + ",\n".join(lines) + "\n]}\n")
    print(f"{path.name}: {len(lines)} cases, {path.stat().st_size // 1024} KiB")


if sys.argv[1:2] == ["errors"]:
    again = [Case(int(name.split()[1])) for name in sys.argv[2:]]
    print(json.dumps([case.errors(case.run(F64)) for case in again]))
elif len(sys.argv) > 2:
    store(pathlib.Path(sys.argv[2]), itertools.islice(cases(itertools.count(100)), int(sys.argv[1])))
else:
    store(pathlib.Path(__file__).with_suffix(".json"), itertools.islice(dozen(), 12))
