"""Averaged weights: PyTorch's AveragedModel over 12 epochs of one update each, all rows in a batch.

The file: {"torch": version, "csv": text of the data's file, "parameters": {path: array}, "cases": [case, …]} with arrays as in
`torch_cases.py`. A case:
  name        the setting of the training: `average = …`
  averaged    {path: array}: the averaged weights at the end, in float64
"""

import copy
import json
import pathlib

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from torch_cases import F64, array, grid

EPOCHS = 12
X, Y = grid(8, 3, seed=1, scale=1.0), grid(8, seed=2, scale=1.0)


def model():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))


def averaged(make, wants):
    """Behind each epoch that `wants` names, the weights are taken in."""
    net = model().to(F64)
    average = make(net)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for epoch in range(1, EPOCHS + 1):
        optimizer.zero_grad()
        ((net(X)[:, 0] - Y) ** 2).mean().backward()
        optimizer.step()
        if wants(epoch):
            average.update_parameters(net)
    return {k.removeprefix("module."): array(v) for k, v in average.named_parameters()}


ema = lambda decay: lambda net: AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(decay))
cases = [
    {"name": "ema(0.9)", "averaged": averaged(ema(0.9), lambda _: True)},
    {"name": "ema(0.5)", "averaged": averaged(ema(0.5), lambda _: True)},
    {"name": "swa(75%)", "averaged": averaged(AveragedModel, lambda epoch: epoch >= 9)},
    {"name": "swa(0)", "averaged": averaged(AveragedModel, lambda _: True)},
]
csv = "x0,x1,x2,y\n" + "".join(",".join(repr(v) for v in [*row, y]) + "\n" for row, y in zip(X.tolist(), Y.tolist()))
single = lambda p: {"shape": list(p.shape), "data": [float(str(v)) for v in p.detach().numpy().reshape(-1)]}
made = {"torch": torch.__version__.split("+")[0], "csv": csv}
made |= {"parameters": {k: single(p) for k, p in model().named_parameters()}, "cases": cases}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(made, separators=(",", ":")) + "\n")
print(f"{path.name}: {len(cases)} cases, {path.stat().st_size // 1024} KiB")
