"""Activations, as functions with all edge values and as layers. The format is described in `torch_cases.py`."""

import torch
import torch.nn.functional as F
from torch import nn

from torch_cases import F64, case, grid, write

# Every kink of an activation, saturation, and numbers far outside.
EDGES = [0, 0.015625, -0.015625, 0.5, -0.5, 1, -1, 2.25, -2.25, 3, -3, 5.75, 6, 6.5, -6, 10, -10, 16, -16, 100, -100, 1000, -1000]


class HardSigmoid(nn.Module):
    """PyTorch's own takes the float32 number nearest to 1/6 as its derivative, also in float64."""

    def forward(self, x):
        return F.relu6(x + 3) / 6


FUNCTIONS = {
    "relu(x)": F.relu,
    "leaky_relu(x)": F.leaky_relu,
    "leaky_relu(x, negative_slope = 0.25)": lambda x: F.leaky_relu(x, 0.25),
    "relu6(x)": F.relu6,
    "hardtanh(x)": F.hardtanh,
    "hardtanh(x, min_val = -3, max_val = 0.5)": lambda x: F.hardtanh(x, -3, 0.5),
    "hardsigmoid(x)": lambda x: F.relu6(x + 3) / 6,
    "hardswish(x)": F.hardswish,
    "hardshrink(x)": F.hardshrink,
    "hardshrink(x, lambd = 1)": lambda x: F.hardshrink(x, 1),
    "softshrink(x)": F.softshrink,
    "softshrink(x, lambd = 1)": lambda x: F.softshrink(x, 1),
    "tanhshrink(x)": F.tanhshrink,
    "threshold(x, 0.5, 20)": lambda x: F.threshold(x, 0.5, 20),
    "elu(x)": F.elu,
    "elu(x, alpha = 0.5)": lambda x: F.elu(x, 0.5),
    "selu(x)": F.selu,
    "celu(x)": F.celu,
    "celu(x, alpha = 2)": lambda x: F.celu(x, 2),
    "gelu(x)": F.gelu,
    "gelu(x, approximate = true)": lambda x: F.gelu(x, approximate="tanh"),
    "silu(x)": F.silu,
    "mish(x)": F.mish,
    "softsign(x)": F.softsign,
    "tanh(x)": torch.tanh,
    "sigmoid(x)": torch.sigmoid,
    "log_sigmoid(x)": F.logsigmoid,
    "softplus(x)": F.softplus,
}

LAYERS = {
    "ReLU": nn.ReLU(),
    "LeakyReLU": nn.LeakyReLU(),
    "LeakyReLU(negative_slope = 0.25)": nn.LeakyReLU(0.25),
    "ReLU6": nn.ReLU6(),
    "Hardtanh(min_val = -0.5, max_val = 2)": nn.Hardtanh(-0.5, 2),
    "Hardsigmoid": HardSigmoid(),
    "Hardswish": nn.Hardswish(),
    "Hardshrink(lambd = 1)": nn.Hardshrink(1),
    "Softshrink(lambd = 1)": nn.Softshrink(1),
    "Tanhshrink": nn.Tanhshrink(),
    "Threshold(0.5, 20)": nn.Threshold(0.5, 20),
    "ELU(alpha = 0.5)": nn.ELU(0.5),
    "SELU": nn.SELU(),
    "CELU(alpha = 2)": nn.CELU(2),
    "GELU": nn.GELU(),
    "GELU(approximate = true)": nn.GELU("tanh"),
    "SiLU": nn.SiLU(),
    "Mish": nn.Mish(),
    "Softsign": nn.Softsign(),
    "Tanh": nn.Tanh(),
    "Sigmoid": nn.Sigmoid(),
    "LogSigmoid": nn.LogSigmoid(),
    "Softplus": nn.Softplus(),
    "Softplus(beta = 2)": nn.Softplus(beta=2),
    "PReLU": nn.PReLU(),
    "PReLU(6)": nn.PReLU(6),
    "GLU": nn.GLU(),
}

CLASSES = {
    "softmax": ("prob", nn.Softmax(1), "Softmax"),
    "log_softmax": ("logprob", nn.LogSoftmax(1), "LogSoftmax"),
    "softmin": ("prob", nn.Softmin(1), "Softmin"),
}


def functions():
    x = torch.tensor(EDGES, dtype=F64).reshape(-1, 1)
    for text, function in FUNCTIONS.items():
        name = text.split("(")[0]
        result = "prob" if name == "sigmoid" else "real"
        program = f"model M(x: real) -> {result} {{ return {text} }}"
        yield case(f"{text} edges", name, program, lambda _, x, f=function: f(x), {"x": x.reshape(-1)})
    x = grid(3, 6, seed=1)
    program = "model M(x: real[6]) -> real[3] { return glu(x) }"
    yield case("glu", "glu", program, lambda _, x: F.glu(x), {"x": x})
    x = torch.cat([grid(3, 6, seed=2), torch.zeros(1, 6, dtype=F64)])
    w = torch.tensor([[0.25, -0.5, 0, 1, 2, 0.125]] * 4, dtype=F64)
    program = "model M(x: real[6], w: real[6]) -> real[6] { return prelu(x, w) }"
    yield case("prelu", "prelu", program, lambda _, x, w: torch.where(x > 0, x, w * x), {"x": x, "w": w})


def layers():
    for text, module in LAYERS.items():
        name = text.split("(")[0]
        for rows, shape in [(4, (6,)), (1, (2, 6))]:
            if name == "PReLU" and len(shape) == 2:
                continue  # PyTorch's channels are the second axis there
            out = (*shape[:-1], 3) if name == "GLU" else shape
            result = ("prob" if name == "Sigmoid" else "real") + str(list(out))
            program = f"model M(x: real{list(shape)}) -> {result} {{ f: {text} }}"
            x = grid(rows, *shape, seed=3)
            x[0].reshape(-1)[0] = 0
            label = f"{text} {rows} x {list(shape)}"
            yield case(label, name, program, lambda m, x: m(x), {"x": x}, module=module)


def class_inputs():
    far = torch.tensor([[1000, -1000, 0], [0, 0, 0], [1000, 1000, -1000], [-1000, -1000, -1000], [30, -30, 0]], dtype=F64)
    return [("edges", far), ("two classes", grid(4, 2, seed=4)), ("one row", grid(1, 5, seed=5)), ("pixels", grid(2, 3, 2, seed=6))]


def classes():
    for function, (domain, module, layer) in CLASSES.items():
        for what, x in class_inputs():
            k, rest = x.shape[1], list(x.shape[2:]) or ""
            head = f"model M(z: logit({k}){rest}) -> {domain}({k}){rest}"
            inputs = {"z": x}
            yield case(f"{function} {what}", function, f"{head} {{ return {function}(z) }}", lambda _, z, m=module: m(z), inputs)
        yield case(f"{layer} {what}", layer, f"{head} {{ f: {layer} }}", lambda _, z, m=module: m(z), inputs)


write(__file__, [*functions(), *layers(), *classes()])
