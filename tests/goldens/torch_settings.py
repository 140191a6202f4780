"""Settings of a training: what clipping, accumulated batches, frozen parts, optimisers by path, weights of rows and averages make of 24 epochs.

The file: {"torch": version, "csv": text of the data's file, "cases": [case, …]} with arrays as in `torch_cases.py`. Batches are such
that the order of the rows does not matter: all rows, or four batches that count as one. A case:
  name        what is compared
  program     the model `M` and the training, without the data item
  parameters  {path: array}: the values before the first update, exact in float32
  buffers     the same for running statistics, if there are any
  final       {path: array}: parameters and buffers at the end, in float64
"""

import copy
import math

import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from torch_cases import F64, array, grid, write

EPOCHS, ROWS = 24, 32
X, Y = grid(ROWS, 3, seed=1, scale=1.0), grid(ROWS, seed=2, scale=1.0)
W = grid(ROWS, seed=3, scale=1.0).abs()
PLAIN = "model M(x: d.features) -> real { a: seq { Linear(4); Tanh }; b: Linear(1); return b(a(x)) }"
NORMED = "model M(x: d.features) -> real { a: seq { Linear(4); BatchNorm1d; Tanh; Dropout(0.5) }; b: Linear(1); return b(a(x)) }"
DEEP = "model M(x: d.features) -> real { a: seq { Linear(4); Tanh }; m: frozen(Linear(4)); b: Linear(1); return b(tanh(m(a(x)))) }"
UNDROPPED = "model M(x: d.features) -> real { a: seq { Linear(4); BatchNorm1d; Tanh }; b: Linear(1); return b(a(x)) }"


class Net(nn.Module):
    def __init__(self, a, m=None):
        super().__init__()
        self.a = a
        if m:
            self.m = m
        self.b = nn.Linear(4, 1)

    def forward(self, x):
        x = self.a(x)
        return self.b(torch.tanh(self.m(x)) if hasattr(self, "m") else x)[:, 0]


plain = lambda: Net(nn.Sequential(nn.Linear(3, 4), nn.Tanh()))
normed = lambda: Net(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Dropout(0.5)))
undropped = lambda: Net(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh()))
deep = lambda: Net(nn.Sequential(nn.Linear(3, 4), nn.Tanh()), nn.Linear(4, 4))
sgd = lambda net: [torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=0.01)]
adam = lambda net: [torch.optim.Adam(net.parameters(), lr=0.05)]
SGD, ADAM = "sgd(lr = 0.1, momentum = 0.9, weight_decay = 0.01)", "adam(lr = 0.05)"


def case(name, make, text, settings, optimizers, *, parts=1, clip=None, frozen=(), weighted=False, average=None, rate=None):
    torch.manual_seed(1)
    first = make()
    for buffer in first.buffers():  # such as an earlier training has left
        if buffer.is_floating_point():
            buffer.copy_(grid(*buffer.shape, seed=5, scale=0.5).abs() + 0.5)
    net = copy.deepcopy(first).to(F64).train()
    for part in frozen:
        getattr(net, part).requires_grad_(False).eval()
    stepped = optimizers(net)
    averaged = average and average(net)
    for epoch in range(EPOCHS):
        for optimizer in stepped:
            optimizer.zero_grad()
        for rows in torch.arange(ROWS).chunk(parts):
            losses = (net(X[rows]) - Y[rows]) ** 2
            loss = (W[rows] * losses).sum() / W[rows].sum() if weighted else losses.mean()
            (loss / parts).backward()
        if clip:
            clip(net.parameters())
        for optimizer in stepped:
            if rate:
                optimizer.param_groups[0]["lr"] = rate(epoch)
            optimizer.step()
        if averaged:
            averaged.update_parameters(net)
    state = averaged.module.state_dict() if averaged else net.state_dict()
    single = lambda t: {"shape": list(t.shape), "data": [float(str(v)) for v in t.detach().numpy().reshape(-1)]}
    made = {"name": name, "program": f"{text}\ntrain {{ loss = mse; batch_size = {ROWS // parts}; epochs = {EPOCHS}; {settings} }}"}
    made["parameters"] = {k: single(p) for k, p in first.named_parameters()}
    made["buffers"] = {k: single(b) for k, b in first.named_buffers() if b.is_floating_point()}
    made["final"] = {k: array(v) for k, v in state.items() if v.is_floating_point()}
    return made


by_path = lambda net: [torch.optim.SGD(net.a.parameters(), lr=0.1), torch.optim.Adam(net.b.parameters(), lr=0.05)]
norm = lambda most: lambda parameters: clip_grad_norm_(parameters, most)
cosine = lambda epoch: 0.1 * (1 + math.cos(math.pi * epoch / EPOCHS)) / 2
ema = lambda net: AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.9), use_buffers=True)
cases = [
    case("clip by norm", plain, PLAIN, f"optimizer = {SGD}; clip = norm(0.1)", sgd, clip=norm(0.1)),
    case("clip by a norm that is seldom reached", plain, PLAIN, f"optimizer = {SGD}; clip = norm(1)", sgd, clip=norm(1)),
    case("clip by value", plain, PLAIN, f"optimizer = {SGD}; clip = value(0.05)", sgd, clip=lambda p: clip_grad_value_(p, 0.05)),
    case("accumulate", plain, PLAIN, f"optimizer = {ADAM}; accumulate = 4", adam, parts=4),
    case("accumulate and clip", plain, PLAIN, f"optimizer = {SGD}; accumulate = 4; clip = norm(0.1)", sgd, parts=4, clip=norm(0.1)),
    case("optimizers by path", plain, PLAIN, f"optimizer = (a = sgd(lr = 0.1), b = {ADAM})", by_path),
    case("optimizers by path, one clip of all", plain, PLAIN, f"optimizer = (a = sgd(lr = 0.1), b = {ADAM}); clip = norm(0.1)", by_path, clip=norm(0.1)),
    case("a schedule, with momentum and weight decay", plain, PLAIN, "optimizer = sgd(lr = 0.1 * cosine(progress), momentum = 0.9, weight_decay = 0.01)", sgd, rate=cosine),
    case("freeze, with statistics and dropout", normed, NORMED, f'optimizer = {SGD}; freeze = "a"', sgd, frozen=["a"]),
    case("freeze and clip", plain, PLAIN, f'optimizer = {SGD}; freeze = "b"; clip = norm(0.1)', sgd, frozen=["b"], clip=norm(0.1)),
    case("a frozen layer between trained ones", deep, DEEP, f"optimizer = {SGD}", sgd, frozen=["m"]),
    case("weights of rows", plain, PLAIN, f"optimizer = {SGD}; weight = row.w", sgd, weighted=True),
    case("an average with running statistics", undropped, UNDROPPED, f"optimizer = {SGD}; average = ema(0.9)", sgd, average=ema),
]
cells = [",".join(repr(v) for v in [*row, w, y]) for row, w, y in zip(X.tolist(), W.tolist(), Y.tolist())]
write(__file__, cases, csv="x0,x1,x2,w,y\n" + "".join(f"{line}\n" for line in cells))
