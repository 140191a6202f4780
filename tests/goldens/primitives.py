"""Values and gradients of PyTorch's elementwise operations at awkward points: writes primitives.json beside this file.

Numbers are float64; "nan", "inf" and "-inf" are strings. A gradient of null means that PyTorch has none.
"""

import itertools
import json
import math
import pathlib

import torch

torch.set_default_dtype(torch.float64)
INF, NAN = math.inf, math.nan

ONE = [0.0, -0.0, 1e-20, -1e-20, 0.3, 0.5, -0.5, 1.0, -1.0, 2.5, -3.7, 20.0, -20.0, 1000.0, -1000.0, INF, -INF, NAN]
TWO = [0.0, -0.0, 1e-20, 1.0, -1.5, 2.0, 1000.0, INF, -INF, NAN]
FINITE = [0.0, -0.0, 1.0, -1.5, 2.0, 0.7, 1000.0, -1000.0]
CONDITIONS = [0.0, -0.0, 1.0, -2.0, INF, NAN]


def truth(x):
    return x.to(torch.float64)


def safe_log(x):
    """The gradient is that of PyTorch's binary_cross_entropy: the divisor, not the logarithm, is clamped."""

    class SafeLog(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.clamp(torch.log(x), min=-100)

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g / torch.clamp(x, min=1e-12)

    return SafeLog.apply(x)


UNARY = {
    "neg": torch.neg, "abs": torch.abs, "sign": torch.sign, "exp": torch.exp, "expm1": torch.expm1, "log": torch.log,
    "log1p": torch.log1p, "safe_log": safe_log, "sqrt": torch.sqrt, "sin": torch.sin, "cos": torch.cos,
    "tan": torch.tan, "asin": torch.asin, "acos": torch.acos, "atan": torch.atan, "sinh": torch.sinh,
    "cosh": torch.cosh, "tanh": torch.tanh, "erf": torch.erf, "sigmoid": torch.sigmoid,
    "softplus": torch.nn.functional.softplus, "floor": torch.floor, "ceil": torch.ceil,
    "round": torch.round, "not": lambda x: truth(torch.logical_not(x)), "is_finite": lambda x: truth(torch.isfinite(x)),
}
BINARY = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "pow": torch.pow, "max": torch.maximum,
    "min": torch.minimum, "mod": torch.remainder, "lt": lambda a, b: truth(a < b), "le": lambda a, b: truth(a <= b),
    "eq": lambda a, b: truth(a == b), "and": lambda a, b: truth(torch.logical_and(a, b)),
    "or": lambda a, b: truth(torch.logical_or(a, b)),
}


def plain(x):
    if x is None:
        return None
    return [v if math.isfinite(v) else str(v) for v in x.detach().tolist()]


def case(name, function, columns):
    args = [torch.tensor(c, requires_grad=True) for c in columns]
    value = function(*args)
    gradients = [None] * len(args)
    if value.requires_grad:
        gradients = torch.autograd.grad(value.sum(), args, allow_unused=True)
    return {"name": name, "args": [plain(a) for a in args], "value": plain(value), "gradients": [plain(g) for g in gradients]}


cases = [case(name, f, [ONE]) for name, f in UNARY.items()]
for name, f in BINARY.items():
    points = FINITE if name == "mod" else TWO
    cases.append(case(name, f, list(zip(*itertools.product(points, points)))))
triples = list(zip(*itertools.product(CONDITIONS, [1.0, NAN, INF], [2.0, NAN])))
cases.append(case("where", lambda c, a, b: torch.where(c != 0, a, b), triples))

path = pathlib.Path(__file__).with_suffix(".json")
lines = ",\n".join(json.dumps(c) for c in cases)
path.write_text(f'{{"torch": "{torch.__version__.split("+")[0]}", "cases": [\n{lines}\n]}}\n')
