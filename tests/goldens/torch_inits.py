"""Initial values: from which distribution PyTorch draws.

The file: {"torch": version, "cases": [case, …]}. A case:
  name     the initialiser with its arguments, or a layer with the input's size and the parameter's name; unique in the file
  nn       the entry of the library
  program  a `.nn` program whose model `M` has the parameter `path`
  path     the parameter
  shape    its extents
  kind     "uniform" with `low` and `high`, "normal" with `mean` and `std`, "constant" with `value`,
           "truncated" with `low`, `high` and the `mean` and `std` that are left between them, "values" with all numbers
           (`values`), "orthogonal" with `gain`: rows or columns are orthogonal and of that length, or "sparse" with `std` and
           how many `zeros` each column has
"""

from unittest import mock

import torch
from torch import nn

from torch_cases import write


def drawn(fill):
    """What `fill()` asks of PyTorch's random number functions."""
    calls = []
    uniform = lambda t, low=0.0, high=1.0, **_: calls.append({"kind": "uniform", "low": low, "high": high})
    normal = lambda t, mean=0.0, std=1.0, **_: calls.append({"kind": "normal", "mean": mean, "std": std})
    constant = lambda t, value, **_: calls.append({"kind": "constant", "value": value})
    zero = lambda t: constant(t, 0)
    with (
        mock.patch.object(torch.Tensor, "uniform_", uniform),
        mock.patch.object(torch.Tensor, "normal_", normal),
        mock.patch.object(torch.Tensor, "fill_", constant),
        mock.patch.object(torch.Tensor, "zero_", zero),
    ):
        fill()
    return calls


def functions():
    weight = torch.empty(200, 300)
    table = {
        "xavier_uniform(300, 200)": lambda: nn.init.xavier_uniform_(weight),
        "xavier_uniform(300, 200, gain = 2)": lambda: nn.init.xavier_uniform_(weight, gain=2.0),
        "xavier_normal(300, 200)": lambda: nn.init.xavier_normal_(weight),
        "xavier_normal(300, 200, gain = 2)": lambda: nn.init.xavier_normal_(weight, gain=2.0),
        "kaiming_uniform(300)": lambda: nn.init.kaiming_uniform_(weight),
        "kaiming_uniform(200, a = 0.5)": lambda: nn.init.kaiming_uniform_(weight, a=0.5, mode="fan_out"),
        "kaiming_normal(300)": lambda: nn.init.kaiming_normal_(weight),
        "kaiming_normal(200, a = 0.5)": lambda: nn.init.kaiming_normal_(weight, a=0.5, mode="fan_out"),
        "lecun_normal(300)": lambda: nn.init.kaiming_normal_(weight, nonlinearity="linear"),
    }
    for text, fill in table.items():
        (found,) = drawn(fill)
        layer = f"layer L()(x: real[300]) -> real[200] {{ parameter weight: real[200, 300] = {text}; return x @ weight.T }}"
        program = f"{layer}\nmodel M(x: real[300]) -> real[200] {{ f: L }}"
        yield {"name": text, "nn": text.split("(")[0], "program": program, "path": "f.weight", "shape": [200, 300]} | found


def matrices():
    """Initialisers of whole matrices, and the truncated normal, whose mean and deviation follow from its bounds."""
    from scipy.stats import truncnorm

    for text, (mean, std, a, b) in {
        "trunc_normal()": (0, 1, -2, 2),
        "trunc_normal(mean = 1, std = 0.5, a = 1.25, b = 3)": (1, 0.5, 1.25, 3),
        "trunc_normal(std = 0.5, a = -4, b = -2)": (0, 0.5, -4, -2),
        "trunc_normal(std = 0.02)": (0, 0.02, -2, 2),
    }.items():
        kept = truncnorm((a - mean) / std, (b - mean) / std, mean, std)
        yield matrix(text, 200, 300) | {"kind": "truncated", "low": a, "high": b, "mean": float(kept.mean()), "std": float(kept.std())}
    for rows, columns in [(3, 3), (2, 4), (5, 2)]:
        values = [int(v) for v in nn.init.eye_(torch.empty(rows, columns)).reshape(-1)]
        yield matrix(f"eye({rows}, {columns})", rows, columns) | {"kind": "values", "values": values}
    for text, rows, columns, gain in [("orthogonal()", 6, 6, 1), ("orthogonal(gain = 2)", 3, 20, 2), ("orthogonal(gain = 0.5)", 30, 8, 0.5), ("orthogonal()", 1, 1, 1)]:
        weight = nn.init.orthogonal_(torch.empty(rows, columns, dtype=torch.float64), gain=gain)
        across = weight @ weight.T if rows <= columns else weight.T @ weight
        assert torch.allclose(across, gain**2 * torch.eye(min(rows, columns), dtype=torch.float64))
        yield matrix(text, rows, columns) | {"kind": "orthogonal", "gain": gain}
    for text, rows, columns, sparsity, std in [("sparse(0.25)", 10, 400, 0.25, 0.01), ("sparse(0.5, std = 2)", 7, 500, 0.5, 2)]:
        weight = nn.init.sparse_(torch.empty(rows, columns), sparsity=sparsity, std=std)
        zeros = {int(n) for n in (weight == 0).sum(0)}
        assert len(zeros) == 1
        yield matrix(text, rows, columns) | {"kind": "sparse", "zeros": zeros.pop(), "std": std}


def matrix(text, rows, columns):
    layer = f"layer L()(x: real[{columns}]) -> real[{rows}] {{ parameter weight: real[{rows}, {columns}] = {text}; return x @ weight.T }}"
    program = f"{layer}\nmodel M(x: real[{columns}]) -> real[{rows}] {{ f: L }}"
    name = f"{text} {rows} x {columns}"
    return {"name": name, "nn": text.split("(")[0], "program": program, "path": "f.weight", "shape": [rows, columns]}


def layers():
    table = {
        "Linear(200)": (nn.Linear(300, 200), "real[300]", "real[200]", ["weight", "bias"]),
        "Linear(4)": (nn.Linear(9, 4), "real[9]", "real[4]", ["weight", "bias"]),
        "Embedding(50)": (nn.Embedding(40, 50), "label(40)", "real[50]", ["weight"]),
        "EmbeddingBag(50)": (nn.EmbeddingBag(40, 50), "label(40)[2]", "real[50]", ["weight"]),
        "BatchNorm1d": (nn.BatchNorm1d(6), "real[6]", "real[6]", ["weight", "bias"]),
        "LayerNorm": (nn.LayerNorm(6), "real[6]", "real[6]", ["weight", "bias"]),
        "RMSNorm": (nn.RMSNorm(6), "real[6]", "real[6]", ["weight"]),
        "GroupNorm(2)": (nn.GroupNorm(2, 6), "real[6]", "real[6]", ["weight", "bias"]),
        "PReLU": (nn.PReLU(), "real[6]", "real[6]", ["weight"]),
        "InstanceNorm1d(affine = true)": (nn.InstanceNorm1d(6, affine=True), "real[6, 2]", "real[6, 2]", ["weight", "bias"]),
    }
    for text, (module, given, result, names) in table.items():
        for name in names:
            yield layer(text, module, name, f"model M(x: {given}) -> {result} {{ f: {text} }}")
    for name in ["weight", "bias"]:
        body = "f: Bilinear(3); return f(a, b)"
        yield layer("Bilinear(3)", nn.Bilinear(9, 5, 3), name, f"model M(a: real[9], b: real[5]) -> real[3] {{ {body} }}")


    for text, module in {"RNNCell(20)": nn.RNNCell(9, 20), "GRUCell(20)": nn.GRUCell(9, 20)}.items():
        for name in ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]:
            yield layer(text, module, name, f"model M(x: real[9], h: real[20]) -> real[20] {{ f: {text}; return f(x, h) }}")
    for name in ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]:
        body = "f: LSTMCell(20); let next = f(x, h, c); return next.h"
        program = f"model M(x: real[9], h: real[20], c: real[20]) -> real[20] {{ {body} }}"
        yield layer("LSTMCell(20)", nn.LSTMCell(9, 20), name, program)


def layer(text, module, name, program):
    parameters = [n for n, _ in module.named_parameters()]
    # Statistics are filled before the parameters.
    calls = drawn(module.reset_parameters)[-len(parameters) :]
    shape = list(getattr(module, name).shape)
    found = calls[parameters.index(name)]
    return {"name": f"{text} {name}", "nn": text.split("(")[0], "program": program, "path": f"f.{name}", "shape": shape} | found


write(__file__, [*functions(), *matrices(), *layers()])
