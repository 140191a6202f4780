"""Losses: one number for each example. The format is described in `torch_cases.py`.

PyTorch's are computed with `reduction="none"` and averaged over all axes but the first. Losses that PyTorch lacks are
computed here from their papers' formulas.
"""

import math

import torch
import torch.nn.functional as F

from torch_cases import F64, case, grid, write


def per_row(values):
    return values.reshape(values.shape[0], -1).mean(1)


def loss(text, program_inputs, function, inputs, *, note="", **options):
    """`text` is the call, `program_inputs` the model's inputs with their types."""
    name = text.split("(")[0]
    program = f"model M({program_inputs}) -> real {{ return {text} }}"
    return case(f"{text} {note}".strip(), name, program, function, inputs, **options)


def mean_of(function):
    """A PyTorch loss with reduction="none", as a loss of this language. Argument names are those of the program."""
    return lambda _, **inputs: per_row(function(*inputs.values(), reduction="none"))


SCORES = torch.tensor([0, 0, 0.5, -2, 3, -3, 30, -30, 100, -100, 1000, -1000, 1000, -1000], dtype=F64)
ANSWERS = torch.tensor([0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1, 1, 0], dtype=F64)


def sign(y):
    """PyTorch's -1 and 1 for 0 and 1."""
    return 2 * y - 1


def focal(_, z, y, alpha=0.25, gamma=2.0):
    log_pt = F.logsigmoid(sign(y) * z)
    log_rest = F.logsigmoid(-sign(y) * z)
    return per_row(-torch.where(y == 1, alpha, 1 - alpha) * torch.exp(gamma * log_rest) * log_pt)


def binary():
    p = torch.tensor([0.5, 0.5, 0.125, 0.875, 1 / 1024, 1 - 1 / 1024], dtype=F64)
    y = torch.tensor([0, 1, 1, 0, 1, 1], dtype=F64)
    several = {"z": grid(3, 4, seed=1), "y": (grid(3, 4, seed=2) > 0).double()}
    edges = {"z": SCORES, "y": ANSWERS}
    yield loss("bce(p, y)", "p: prob, y: binary", mean_of(F.binary_cross_entropy), {"p": p, "y": y}, differentiable=["p"])
    wrong = {"p": torch.tensor([0, 1], dtype=F64), "y": torch.tensor([1, 0], dtype=F64)}
    # No gradients here: PyTorch's 1e-12 is a float32 number, and at a right answer its derivative jumps from -1 to 0.
    right = {"p": torch.tensor([0, 1], dtype=F64), "y": torch.tensor([0, 1], dtype=F64)}
    for note, certain in [("wrong", wrong), ("right", right)]:
        yield loss("bce(p, y)", "p: prob, y: binary", mean_of(F.binary_cross_entropy), certain, note=note, gradients=False)
    exact = lambda _, z, y: per_row(F.binary_cross_entropy_with_logits(z, y, reduction="none"))
    brier = lambda _, z, y: per_row((torch.sigmoid(z) - y) ** 2)
    weighted = lambda _, z, y: per_row(F.binary_cross_entropy_with_logits(z, y, reduction="none", pos_weight=torch.tensor(3.0, dtype=z.dtype)))
    table = {
        "bce(sigmoid(z), y)": exact,
        "bce_with_logits(z, y)": exact,
        "bce_with_logits(z, y, pos_weight = 3)": weighted,
        "brier(sigmoid(z), y)": brier,
        "focal(z, y)": focal,
        "focal(z, y, alpha = 0.5, gamma = 0)": lambda m, z, y: focal(m, z, y, 0.5, 0.0),
        "focal(z, y, gamma = 1.5)": lambda m, z, y: focal(m, z, y, gamma=1.5),
        "soft_margin(z, y)": lambda _, z, y: per_row(F.softplus(-sign(y) * z)),
    }
    for text, function in table.items():
        yield loss(text, "z: logit, y: binary", function, edges, note="edges", differentiable=["z"])
        yield loss(text, "z: logit[4], y: binary[4]", function, several, differentiable=["z"])
    soft = lambda _, z, y: F.multilabel_soft_margin_loss(z, y, reduction="none")
    yield loss("multilabel_soft_margin(z, y)", "z: logit[4], y: binary[4]", soft, several, differentiable=["z"])
    each = torch.tensor([1, 0.5, 3, 0], dtype=F64)
    by_answer = lambda _, z, y: per_row(F.binary_cross_entropy_with_logits(z, y, reduction="none", pos_weight=each.to(z.dtype)))
    yield loss("bce_with_logits(z, y, pos_weight = [1, 0.5, 3, 0])", "z: logit[4], y: binary[4]", by_answer, several, differentiable=["z"])
    soft4 = lambda _, z, y: F.multilabel_soft_margin_loss(z, y, weight=each.to(z.dtype), reduction="none")
    yield loss("multilabel_soft_margin(z, y, weight = [1, 0.5, 3, 0])", "z: logit[4], y: binary[4]", soft4, several, differentiable=["z"])
    one = {"z": SCORES[:4].reshape(1, 4), "y": ANSWERS[:4].reshape(1, 4)}
    yield loss("multilabel_soft_margin(z, y)", "z: logit[4], y: binary[4]", soft, one, note="one row", differentiable=["z"])
    margin = lambda _, z, y: F.multilabel_margin_loss(z, positions(y), reduction="none")
    yield loss("multilabel_margin(z, y)", "z: logit[4], y: binary[4]", margin, several, differentiable=["z"])
    edge = {"z": torch.tensor([[0, 0, 0], [1, 0, 2], [1000, -1000, 0], [3, 1, 2.5]], dtype=F64), "y": torch.tensor([[1, 0, 1], [0, 0, 0], [0, 1, 0], [1, 0, 1]], dtype=F64)}
    yield loss("multilabel_margin(z, y)", "z: logit[3], y: binary[3]", margin, edge, note="edges", differentiable=["z"])


def positions(y):
    """0 or 1 for each answer, as PyTorch's list of right answers ended by -1."""
    rows = [row.nonzero()[:, 0].tolist() for row in y]
    return torch.tensor([row + [-1] * (y.shape[1] - len(row)) for row in rows])


def classes():
    far = torch.tensor([[1000, -1000, 0], [0, 0, 0], [1000, 1000, -1000], [30, -30, 0], [-1000, 1000, 0]], dtype=F64)
    inputs = [
        ("edges", {"z": far, "y": torch.tensor([1, 2, 0, 0, 1])}),
        ("rows", {"z": grid(4, 5, seed=3), "y": torch.tensor([0, 4, 2, 2])}),
        ("two classes, one row", {"z": grid(1, 2, seed=4), "y": torch.tensor([1])}),
        ("pixels", {"z": grid(2, 3, 2, seed=5), "y": torch.tensor([[0, 2], [1, 1]])}),
    ]
    entropy = mean_of(F.cross_entropy)
    smooth = lambda _, z, y: per_row(F.cross_entropy(z, y, reduction="none", label_smoothing=0.125))
    table = {
        "cross_entropy(z, y)": entropy,
        "cross_entropy(z, y, label_smoothing = 0.125)": smooth,
        "nll(log_softmax(z), y)": entropy,
        "nll_prob(softmax(z), y)": entropy,
    }
    margins = {
        "multi_margin(z, y)": lambda _, z, y: F.multi_margin_loss(z, y, reduction="none"),
        "multi_margin(z, y, p = 2, margin = 0.5)": lambda _, z, y: F.multi_margin_loss(z, y, p=2, margin=0.5, reduction="none"),
    }
    for what, values in inputs:
        k, rest = values["z"].shape[1], list(values["z"].shape[2:]) or ""
        for text, function in (table if rest else table | margins).items():
            yield loss(text, f"z: logit({k}){rest}, y: label({k}){rest}", function, values, note=what)
    weighted = lambda _, z, y: F.multi_margin_loss(z, y, weight=torch.tensor([1, 0.5, 3, 0, 2], dtype=z.dtype), reduction="none")
    yield loss("multi_margin(z, y, weight = [1, 0.5, 3, 0, 2])", "z: logit(5), y: label(5)", weighted, inputs[1][1])
    q, p = torch.log_softmax(grid(3, 4, seed=6), 1), torch.tensor([[0.25] * 4, [0, 1, 0, 0], [0.5, 0.125, 0.375, 0]], dtype=F64)
    divergence = lambda _, q, p: F.kl_div(q, p, reduction="none").sum(1)
    q = torch.round(q * 64) / 64
    yield loss("kl_div(q, p)", "q: logprob(4), p: prob(4)", divergence, {"q": q, "p": p}, differentiable=["q"])
    yield loss("ordinal(z, y)", "z: logit[3], y: label(4)", ordinal, {"z": grid(4, 3, seed=7), "y": torch.tensor([0, 3, 1, 2])})


def ordinal(_, z, y):
    above = (y[:, None] > torch.arange(z.shape[1])).to(z.dtype)
    return F.binary_cross_entropy_with_logits(z, above, reduction="none").sum(1)


def regression():
    a = {"x": grid(3, 4, seed=8, scale=1.0), "y": grid(3, 4, seed=9, scale=1.0)}
    d = torch.tensor([0, 1, -1, 0.5, -0.5, 2, -2, 3, 1000, -1000], dtype=F64)
    edges = {"x": d, "y": torch.zeros_like(d)}
    one = {"x": torch.tensor([[0, 0.5, -3]], dtype=F64), "y": torch.tensor([[0, 0.5, 2]], dtype=F64)}
    table = {
        "mse(x, y)": F.mse_loss,
        "l1(x, y)": F.l1_loss,
        "huber(x, y)": F.huber_loss,
        "huber(x, y, delta = 2)": lambda x, y, reduction: F.huber_loss(x, y, reduction=reduction, delta=2),
        "smooth_l1(x, y)": F.smooth_l1_loss,
        "smooth_l1(x, y, beta = 0.5)": lambda x, y, reduction: F.smooth_l1_loss(x, y, reduction=reduction, beta=0.5),
        "smooth_l1(x, y, beta = 0)": F.l1_loss,
        "log_cosh(x, y)": lambda x, y, reduction: x - y + F.softplus(-2 * (x - y)) - math.log(2),
        "quantile(x, y, q = 0.25)": lambda x, y, reduction: torch.where(y > x, 0.25 * (y - x), -0.75 * (y - x)),
    }
    for text, function in table.items():
        yield loss(text, "x: real[4], y: real[4]", mean_of(function), a)
        yield loss(text, "x: real, y: real", mean_of(function), edges, note="edges")
        yield loss(text, "x: real[3], y: real[3]", mean_of(function), one, note="one row")
    counts = {"x": torch.tensor([0, 1, -2, 3, 0.5], dtype=F64), "y": torch.tensor([0, 1, 2, 30, 5], dtype=F64)}
    rates = counts | {"x": torch.tensor([0.5, 1, 2, 30, 4], dtype=F64)}
    poisson = lambda **keys: lambda _, x, y: F.poisson_nll_loss(x, y, reduction="none", **{"log_input": True} | keys)
    yield loss("poisson_nll(x, y)", "x: real, y: real", poisson(), counts, differentiable=["x"])
    yield loss("poisson_nll(x, y, full = true)", "x: real, y: real", poisson(full=True), counts, differentiable=["x"])
    far = {"x": torch.tensor([-1000, 0, 0, 16, -16], dtype=F64), "y": torch.tensor([0, 0, 1, 1000, 1], dtype=F64)}
    yield loss("poisson_nll(x, y)", "x: real, y: real", poisson(), far, note="edges", differentiable=["x"])
    both = poisson(log_input=False, full=True, eps=0.125)
    yield loss("poisson_nll(x, y, log_input = false, full = true, eps = 0.125)", "x: real, y: real", both, rates, differentiable=["x"])
    yield loss("poisson_nll(x, y, log_input = false)", "x: real, y: real", poisson(log_input=False), rates, differentiable=["x"])
    normal = a | {"v": torch.tensor([[1, 0.5, 2, 0], [1e-3, 4, 1, 1], [8, 1, 1, 0.25]], dtype=torch.float32).double()}
    gaussian = lambda _, x, y, v: per_row(F.gaussian_nll_loss(x, y, v, reduction="none"))
    yield loss("gaussian_nll(x, y, v)", "x: real[4], y: real[4], v: real[4]", gaussian, normal)
    full = lambda _, x, y, v: per_row(F.gaussian_nll_loss(x, y, v, full=True, eps=0.125, reduction="none"))
    yield loss("gaussian_nll(x, y, v, full = true, eps = 0.125)", "x: real[4], y: real[4], v: real[4]", full, normal)


def distances():
    x, y = torch.tensor([0, 0.5, 1, 2, 0, 0.5, 1, 2], dtype=F64), torch.tensor([1, 1, 1, 1, 0, 0, 0, 0], dtype=F64)
    hinge = lambda _, x, y: per_row(F.hinge_embedding_loss(x, sign(y), reduction="none"))
    yield loss("hinge_embedding(x, y)", "x: real, y: binary", hinge, {"x": x, "y": y}, differentiable=["x"])
    wide = lambda _, x, y: per_row(F.hinge_embedding_loss(x, sign(y), margin=2.0, reduction="none"))
    yield loss("hinge_embedding(x, y, margin = 2)", "x: real, y: binary", wide, {"x": x, "y": y}, differentiable=["x"])
    pair = {"a": torch.tensor([0, 1, 2, 0, 1, 2], dtype=F64), "b": torch.tensor([0, 2, 1, 0, 2, 1], dtype=F64), "y": torch.tensor([1, 1, 1, 0, 0, 0], dtype=F64)}
    for text, margin in [("margin_ranking(a, b, y)", 0.0), ("margin_ranking(a, b, y, margin = 0.5)", 0.5)]:
        ranking = lambda _, a, b, y, m=margin: F.margin_ranking_loss(a, b, sign(y), margin=m, reduction="none")
        yield loss(text, "a: real, b: real, y: binary", ranking, pair, differentiable=["a", "b"])
    vectors = {"a": grid(4, 5, seed=10), "b": grid(4, 5, seed=11), "y": torch.tensor([1, 0, 1, 0], dtype=F64)}
    for text, margin in [("cosine_embedding(a, b, y)", 0.0), ("cosine_embedding(a, b, y, margin = 0.5)", 0.5)]:
        cosine = lambda _, a, b, y, m=margin: F.cosine_embedding_loss(a, b, sign(y), margin=m, reduction="none")
        yield loss(text, "a: real[5], b: real[5], y: binary", cosine, vectors, differentiable=["a", "b"])
    # Alike, opposite, at right angles (a tie at margin 0), one of zeros.
    a, b = [[1, 2], [1, 2], [1, 0], [0, 0]] * 2, [[2, 4], [-1, -2], [0, 1], [1, 1]] * 2
    edges = {"a": torch.tensor(a, dtype=F64), "b": torch.tensor(b, dtype=F64), "y": torch.tensor([1] * 4 + [0] * 4, dtype=F64)}
    cosine = lambda _, a, b, y: F.cosine_embedding_loss(a, b, sign(y), reduction="none")
    yield loss("cosine_embedding(a, b, y)", "a: real[2], b: real[2], y: binary", cosine, edges, note="edges", gradients=False)
    triple = {"a": grid(4, 5, seed=12), "b": grid(4, 5, seed=13), "c": grid(4, 5, seed=14)}
    triple["b"][0], triple["c"][1] = triple["a"][0], triple["a"][1]
    for text, keys in [("triplet_margin(a, b, c)", {}), ("triplet_margin(a, b, c, margin = 2, p = 1)", {"margin": 2.0, "p": 1.0})]:
        triplet = lambda _, a, b, c, keys=keys: F.triplet_margin_loss(a, b, c, reduction="none", **keys)
        yield loss(text, "a: real[5], b: real[5], c: real[5]", triplet, triple)
    vectors = "a: real[5], b: real[5], c: real[5]"
    swapped = lambda _, a, b, c: F.triplet_margin_loss(a, b, c, swap=True, eps=0.125, reduction="none")
    yield loss("triplet_margin(a, b, c, swap = true, eps = 0.125)", vectors, swapped, triple)
    for text, keys in [("", {}), (", margin = 4, swap = true", {"margin": 4.0, "swap": True})]:
        own = lambda _, a, b, c, keys=keys: F.triplet_margin_with_distance_loss(a, b, c, reduction="none", **keys)
        yield loss(f"triplet_margin_with_distance(a, b, c{text})", vectors, own, triple)
    far = {"a": torch.tensor([[0, 0], [0, 0], [3, 4]], dtype=F64), "b": torch.tensor([[3, 4], [0, 0], [1000, 0]], dtype=F64), "c": torch.tensor([[0, 5], [6, 8], [0, 0]], dtype=F64)}
    squares = lambda a, b: ((a - b) ** 2).sum(1)
    custom = lambda _, a, b, c: F.triplet_margin_with_distance_loss(a, b, c, distance_function=squares, reduction="none")
    program = "fn squares(a: real[n], b: real[n]) -> real { return sum((a - b)^2) }\nmodel M(a: real[2], b: real[2], c: real[2]) -> real { return triplet_margin_with_distance(a, b, c, distance = squares) }"
    yield case("triplet_margin_with_distance of squares", "triplet_margin_with_distance", program, custom, far)


def cox(_, risk, time, event):
    """Written with its sums: times are all different, so the risk set of i is every j with time[j] >= time[i]."""
    total = 0
    for i in range(len(time)):
        if event[i] == 1:
            total = total - risk[i] + torch.logsumexp(risk[time >= time[i]], 0)
    return total / event.sum().clamp_min(1)


def survival():
    types = "risk: real, time: real, event: binary"
    times = torch.tensor([5, 1, 3, 2, 4, 6, 0.5, 8], dtype=F64)
    event = torch.tensor([1, 0, 1, 1, 0, 1, 1, 1], dtype=F64)
    for note, risk in [("", grid(8, seed=15)), ("far", 10 * grid(8, seed=16))]:
        inputs = {"risk": risk, "time": times, "event": event}
        yield loss("cox(risk, time, event)", types, cox, inputs, note=note, differentiable=["risk"], per="batch")


write(__file__, [*binary(), *classes(), *regression(), *distances(), *survival()])
