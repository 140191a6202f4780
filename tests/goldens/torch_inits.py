"""Initial values: from which distribution PyTorch draws.

The file: {"torch": version, "cases": [case, …]}. A case:
  name     the initialiser with its arguments, or a layer with the input's size and the parameter's name; unique in the file
  nn       the entry of the library
  program  a `.nn` program whose model `M` has the parameter `path`
  path     the parameter
  shape    its extents
  kind     "uniform" with `low` and `high`, "normal" with `mean` and `std`, or "constant" with `value`
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


def layers():
    table = {
        "Linear(200)": (nn.Linear(300, 200), "real[300]", "real[200]", ["weight", "bias"]),
        "Linear(4)": (nn.Linear(9, 4), "real[9]", "real[4]", ["weight", "bias"]),
        "Embedding(50)": (nn.Embedding(40, 50), "label(40)", "real[50]", ["weight"]),
        "BatchNorm1d": (nn.BatchNorm1d(6), "real[6]", "real[6]", ["weight", "bias"]),
        "LayerNorm": (nn.LayerNorm(6), "real[6]", "real[6]", ["weight", "bias"]),
        "RMSNorm": (nn.RMSNorm(6), "real[6]", "real[6]", ["weight"]),
        "GroupNorm(2)": (nn.GroupNorm(2, 6), "real[6]", "real[6]", ["weight", "bias"]),
        "PReLU": (nn.PReLU(), "real[6]", "real[6]", ["weight"]),
    }
    for text, (module, given, result, names) in table.items():
        for name in names:
            yield layer(text, module, name, f"model M(x: {given}) -> {result} {{ f: {text} }}")
    for name in ["weight", "bias"]:
        body = "f: Bilinear(3); return f(a, b)"
        yield layer("Bilinear(3)", nn.Bilinear(9, 5, 3), name, f"model M(a: real[9], b: real[5]) -> real[3] {{ {body} }}")


def layer(text, module, name, program):
    parameters = [n for n, _ in module.named_parameters()]
    # Statistics are filled before the parameters.
    calls = drawn(module.reset_parameters)[-len(parameters) :]
    shape = list(getattr(module, name).shape)
    found = calls[parameters.index(name)]
    return {"name": f"{text} {name}", "nn": text.split("(")[0], "program": program, "path": f"f.{name}", "shape": shape} | found


write(__file__, [*functions(), *layers()])
