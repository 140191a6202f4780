"""Layers other than activations. The format is described in `torch_cases.py`."""

import torch
import torch.nn.functional as F
from torch import nn

from torch_cases import F64, case, grid, write


def one(text, module, x, *, result=None, input_type=None, training=True, note=""):
    """A layer of one input."""
    shape = list(x.shape[1:])
    out = result or f"real{shape}"
    program = f"model M(x: {input_type or f'real{shape}'}) -> {out} {{ f: {text} }}"
    mode = "training" if training else "evaluation"
    name = f"{text} {x.shape[0]} x {shape} {mode} {note}".strip()
    return case(name, text.split("(")[0], program, lambda m, x: m(x), {"x": x}, module=module, training=training)


def edges(n):
    """Rows of zeros, of one number, of large numbers with small differences, and of large numbers of both signs."""
    rows = [torch.zeros(n), torch.full((n,), 3.0), 1000 + torch.arange(n) / 64, 1000 * (-1.0) ** torch.arange(n)]
    return torch.stack(rows).double()


def linear():
    for rows, shape, out in [(5, (10,), 1), (1, (6,), 3), (3, (1,), 4), (2, (4, 6), 3)]:
        x = grid(rows, *shape, seed=1)
        result = f"real{[*shape[:-1], out]}"
        yield one(f"Linear({out})", nn.Linear(shape[-1], out), x, result=result)
        yield one(f"Linear({out}, bias = false)", nn.Linear(shape[-1], out, bias=False), x, result=result)
    yield one("Linear(3)", nn.Linear(6, 3), edges(6), result="real[3]", note="edges")


def shapes():
    x = grid(3, 2, 4, seed=2)
    yield one("Identity", nn.Identity(), x)
    yield one("Flatten", nn.Flatten(), x, result="real[8]")
    yield one("Unflatten([2, 3])", nn.Unflatten(1, (2, 3)), grid(3, 6, seed=3), result="real[2, 3]")
    index = torch.tensor([[0, 6, 3, 3], [6, 6, 6, 6]])
    yield one("Embedding(5)", nn.Embedding(7, 5), index, input_type="label(7)[4]", result="real[4, 5]")
    yield one("EmbeddingBag(5)", nn.EmbeddingBag(7, 5), index, input_type="label(7)[4]", result="real[5]")
    yield one("EmbeddingBag(2)", nn.EmbeddingBag(3, 2), torch.tensor([[2]]), input_type="label(3)[1]", result="real[2]")
    yield one("Embedding(1)", nn.Embedding(2, 1), torch.tensor([0, 1, 1]), input_type="label(2)", result="real[1]")


def dropout():
    x = grid(4, 3, 6, seed=4)
    for name, make in [("Dropout", nn.Dropout), ("AlphaDropout", nn.AlphaDropout), ("FeatureAlphaDropout", nn.FeatureAlphaDropout)]:
        yield one(f"{name}(0.5)", make(0.5), x, training=False)
        yield one(f"{name}(0)", make(0), x)
        yield one(f"{name}(1)", make(1), x)


    drop = nn.Dropout1d
    yield one("Dropout1d(0.5)", drop(0.5), x, training=False)
    yield one("Dropout1d(0)", drop(0), x)
    yield one("Dropout1d(1)", drop(1), x)
    yield one("RReLU", nn.RReLU(), x, training=False)
    yield one("RReLU(lower = 0.25, upper = 0.25)", nn.RReLU(0.25, 0.25), x)


def cells():
    """Steps of recurrent networks; the result is the state, for the LSTM the sum of state and memory."""
    for hidden, rows in [(3, 4), (1, 1)]:
        x, h, c = grid(rows, 5, seed=30), grid(rows, hidden, seed=31), grid(rows, hidden, seed=32)
        if rows > 1:
            x[0], h[0], c[0] = 0, 0, 0
            x[1] *= 16
        makes = {
            f"RNNCell({hidden})": nn.RNNCell(5, hidden),
            f"RNNCell({hidden}, bias = false, relu = true)": nn.RNNCell(5, hidden, bias=False, nonlinearity="relu"),
            f"GRUCell({hidden})": nn.GRUCell(5, hidden),
            f"GRUCell({hidden}, bias = false)": nn.GRUCell(5, hidden, bias=False),
        }
        state = f"real[{hidden}]"
        for text, module in makes.items():
            program = f"model M(x: real[5], h: {state}) -> {state} {{ f: {text}; return f(x, h) }}"
            yield case(text, text.split("(")[0], program, lambda m, x, h: m(x, h), {"x": x, "h": h}, module=module)
        for text, keys in [("", {}), (", bias = false", {"bias": False})]:
            body = f"f: LSTMCell({hidden}{text}); let next = f(x, h, c); return next.h + next.c"
            program = f"model M(x: real[5], h: {state}, c: {state}) -> {state} {{ {body} }}"
            both = lambda m, x, h, c: sum(m(x, (h, c)))
            inputs = {"x": x, "h": h, "c": c}
            yield case(f"LSTMCell({hidden}{text})", "LSTMCell", program, both, inputs, module=nn.LSTMCell(5, hidden, **keys))


def batch_norm():
    switches = {
        "BatchNorm1d": {},
        "BatchNorm1d(affine = false)": {"affine": False},
        "BatchNorm1d(track_running_stats = false)": {"track_running_stats": False},
        "BatchNorm1d(bias = false)": {"bias": False},
        "BatchNorm1d(affine = false, track_running_stats = false)": {"affine": False, "track_running_stats": False},
        "BatchNorm1d(eps = 0.125, momentum = 0.25)": {"eps": 0.125, "momentum": 0.25},
    }
    for text, options in switches.items():
        for training in [True, False]:
            module = nn.BatchNorm1d(6, **options)
            if module.running_mean is not None:
                module.running_mean.copy_(grid(6, seed=5))
                module.running_var.copy_(grid(6, seed=6).abs() + 0.5)
            yield one(text, module, grid(5, 6, seed=7), training=training)
    yield one("BatchNorm1d", nn.BatchNorm1d(3), grid(2, 3, seed=8))
    yield one("BatchNorm1d", nn.BatchNorm1d(4), grid(32, 4, seed=9))
    yield one("BatchNorm1d", nn.BatchNorm1d(3), grid(1, 3, seed=9), training=False)
    yield one("BatchNorm1d", nn.BatchNorm1d(4), edges(8).T.contiguous(), note="edges")


def norms():
    makes = {
        "LayerNorm": lambda n: nn.LayerNorm(n),
        "LayerNorm(eps = 0.125)": lambda n: nn.LayerNorm(n, eps=0.125),
        "LayerNorm(bias = false)": lambda n: nn.LayerNorm(n, bias=False),
        "LayerNorm(elementwise_affine = false)": lambda n: nn.LayerNorm(n, elementwise_affine=False),
        "RMSNorm": lambda n: nn.RMSNorm(n, eps=1.1920929e-7),
        "RMSNorm(eps = 0.125)": lambda n: nn.RMSNorm(n, eps=0.125),
        "RMSNorm(elementwise_affine = false)": lambda n: nn.RMSNorm(n, eps=1.1920929e-7, elementwise_affine=False),
        "GroupNorm(2)": lambda n: nn.GroupNorm(2, n),
        "GroupNorm(2, bias = false)": lambda n: nn.GroupNorm(2, n, bias=False),
        "GroupNorm(2, eps = 0.125, affine = false)": lambda n: nn.GroupNorm(2, n, eps=0.125, affine=False),
    }
    for text, make in makes.items():
        yield one(text, make(6), grid(4, 6, seed=10))
        yield one(text, make(6), grid(1, 6, seed=11))
        # Of equal numbers PyTorch's GroupNorm leaves 7e-12, which a bias would hide.
        if text != "GroupNorm(2, bias = false)":
            yield one(text, make(6), edges(6), note="edges")
        if not text.startswith("GroupNorm"):
            yield one(text, make(4), grid(2, 3, 4, seed=12))
    for text, module in {"InstanceNorm1d": nn.InstanceNorm1d(3), "InstanceNorm1d(eps = 0.125, affine = true)": nn.InstanceNorm1d(3, eps=0.125, affine=True), "InstanceNorm1d(affine = true, bias = false)": nn.InstanceNorm1d(3, affine=True, bias=False)}.items():
        yield one(text, module, grid(2, 3, 4, seed=23))
        yield one(text, module, edges(6)[:, None].repeat(1, 3, 1), note="edges")
    yield one("LayerNorm", nn.LayerNorm(1), grid(3, 1, seed=13))
    yield one("GroupNorm(6)", nn.GroupNorm(6, 6), grid(3, 6, seed=14))
    yield one("GroupNorm(1)", nn.GroupNorm(1, 6), grid(3, 6, seed=15))


class Residual(nn.Module):
    def __init__(self, *body):
        super().__init__()
        self.body = nn.Sequential(*body)

    def forward(self, x):
        return x + self.body(x)


def residual():
    module = Residual(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 4))
    yield one("Residual { Linear(8); ReLU; Linear(4) }", module, grid(3, 4, seed=16)) | {"nn": "Residual"}


def pairs():
    a, b = grid(4, 6, seed=17), grid(4, 6, seed=18)
    a[0], b[1], b[2] = 0, 0, a[2]
    # A vector of zeros is left out: PyTorch's derivative of the cosine there depends on how its norm is written.
    inputs = {"a": a[2:], "b": b[2:]}
    for function, arguments, keys in [("CosineSimilarity", "", {}), ("CosineSimilarity", "(eps = 0.5)", {"eps": 0.5})]:
        yield pair(function + arguments, nn.CosineSimilarity(1, **keys), inputs, "real")
    for arguments, keys in {"": {}, "(p = 1)": {"p": 1}, "(p = 3)": {"p": 3}, "(eps = 0.125)": {"eps": 0.125}}.items():
        yield pair("PairwiseDistance" + arguments, nn.PairwiseDistance(**keys), {"a": a, "b": b}, "real")
    functions = {
        "cosine_similarity(a, b)": (F.cosine_similarity, inputs),
        "pairwise_distance(a, b, p = 3)": (lambda a, b: F.pairwise_distance(a, b, p=3), {"a": a, "b": b}),
    }
    for text, (function, values) in functions.items():
        program = f"model M(a: real[6], b: real[6]) -> real {{ return {text} }}"
        yield case(text, text.split("(")[0], program, lambda _, a, b, f=function: f(a, b), values)
    inputs = {"a": a, "b": grid(4, 3, seed=19)}
    yield pair("Bilinear(2)", nn.Bilinear(6, 3, 2), inputs, "real[2]")
    yield pair("Bilinear(2, bias = false)", nn.Bilinear(6, 3, 2, bias=False), inputs, "real[2]")


def pair(text, module, inputs, result):
    """A layer of two inputs."""
    n, m = inputs["a"].shape[1], inputs["b"].shape[1]
    program = f"model M(a: real[{n}], b: real[{m}]) -> {result} {{ f: {text}; return f(a, b) }}"
    return case(text, text.split("(")[0], program, lambda k, a, b: k(a, b), inputs, module=module)


def functions():
    """Functions of the library that no layer covers."""
    x = torch.tensor([-2, -1, -0.5, 0, 0.5, 1, 2, 1000, -1000], dtype=F64)
    makes = {
        "clamp(x, -1, 1)": lambda x: torch.clamp(x, -1, 1),
        "clamp_min(x, 1)": lambda x: torch.clamp_min(x, 1),
        "clamp_max(x, 1)": lambda x: torch.clamp_max(x, 1),
        "lerp(x, 3 * x, 0.25)": lambda x: torch.lerp(x, 3 * x, 0.25),
    }
    for text, function in makes.items():
        program = f"model M(x: real) -> real {{ return {text} }}"
        yield case(text, text.split("(")[0], program, lambda _, x, f=function: f(x), {"x": x})
    program = "model M(a: real, b: real) -> real { return xlogy(a, b) }"
    inputs = {"a": torch.tensor([0, 0.5, 2], dtype=F64), "b": torch.tensor([1, 0.5, 3], dtype=F64)}
    yield case("xlogy", "xlogy", program, lambda _, a, b: torch.xlogy(a, b), inputs, differentiable=["b"])
    zeros = {"a": torch.zeros(1, dtype=F64), "b": torch.zeros(1, dtype=F64)}
    yield case("xlogy of zeros", "xlogy", program, lambda _, a, b: torch.xlogy(a, b), zeros, gradients=False)
    p = torch.tensor([0.015625, 0.25, 0.5, 0.75, 0.984375], dtype=F64)
    yield case("logit", "logit", "model M(p: prob) -> logit { return logit(p) }", lambda _, p: torch.logit(p), {"p": p})
    program = "model M(p: real) -> real { return ndtri(p) }"
    p = torch.tensor([0.5, 0.0625, 0.9375, 0.25, 0.984375, 2.0**-20, 2.0**-60, 0.07421875], dtype=F64)
    yield case("ndtri", "ndtri", program, lambda _, p: torch.special.ndtri(p), {"p": p})
    x = grid(4, 6, seed=20)
    rows = {
        "var(x, dim = -1)": lambda x: x.var(-1),
        "var(x, dim = -1, correction = 0)": lambda x: x.var(-1, correction=0),
        "std(x, dim = -1)": lambda x: x.std(-1),
        "logsumexp(x, dim = -1)": lambda x: x.logsumexp(-1),
    }
    for text, function in rows.items():
        program = f"model M(x: real[6]) -> real {{ return {text} }}"
        yield case(text, text.split("(")[0], program, lambda _, x, f=function: f(x), {"x": x})
        if "logsumexp" in text:
            yield case(f"{text} edges", "logsumexp", program, lambda _, x: x.logsumexp(-1), {"x": edges(6)})
    program = "model M(z: real[3], y: label(3)) -> real { return pick(z, y) }"
    inputs = {"z": grid(4, 3, seed=21), "y": torch.tensor([0, 2, 1, 2])}
    yield case("pick", "pick", program, lambda _, z, y: z.gather(1, y[:, None])[:, 0], inputs)


write(__file__, [*linear(), *shapes(), *dropout(), *cells(), *batch_norm(), *norms(), *residual(), *pairs(), *functions()])
