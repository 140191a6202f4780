"""Whole trainings of 200 updates: loss curves and final weights of three models.

The file: {"torch": version, "data": {data's name: {"x": array [rows, n], "y": array [rows]}}, "cases": [case, …]} with
arrays as in `torch_cases.py`. Rows are not shuffled: update s (from 0) takes the rows `(s * batch_size + i) mod rows` for
i in 0..batch_size.

A case:
  name           unique in the file
  program        a `.nn` program with the model `M` and a `train` block (whose data is not named)
  data           which data
  batch_size
  parameters     {path: array}: the values before the first update, exact in float32; paths as in PyTorch's state_dict
  buffers        the same for running statistics, if there are any
  losses         [200 numbers]: the mean loss of each update's batch, before that update, in float64
  losses_float32 the same, computed by PyTorch in float32
  final          {path: array}: parameters and buffers behind the last update, in float64, rounded to 9 digits
  float32_error  {path: error} of PyTorch's own float32 values, as in `torch_cases.py`
"""

import copy

import torch
from torch import nn

from torch_cases import F64, array, grid, relative_error, write

STEPS = 200


def table(rows, columns, seed):
    """Columns with different noise, and a label that depends on some of them."""
    x = grid(rows, columns, seed=seed, scale=1.0)
    score = x @ grid(columns, seed=seed + 1, scale=1.0) + torch.sin(3 * x[:, 0]) * 2
    noise = grid(rows, seed=seed + 2, scale=1.0)
    return {"x": x, "y": (score + noise > 0).double()}


DATA = {"churn": table(128, 10, 1), "diabetes": table(256, 8, 11), "fraud": table(512, 20, 21)}


class Hidden(nn.Sequential):
    def __init__(self, n, out):
        super().__init__(nn.Linear(n, out, bias=False), nn.BatchNorm1d(out), nn.ReLU())


def churn():
    return nn.Sequential(nn.Linear(10, 1), nn.Sigmoid())


def diabetes():
    return nn.Sequential(nn.Linear(8, 12), nn.ReLU(), nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 1), nn.Sigmoid())


class Fraud(nn.Module):
    def __init__(self):
        super().__init__()
        self.feature_extractor = nn.Sequential(Hidden(20, 64), Hidden(64, 32))
        self.classifier = nn.Sequential(nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1), nn.Sigmoid())

    def forward(self, x):
        return self.classifier(self.feature_extractor(x))


PROGRAMS = {
    "churn": """model M(x: real[10]) -> prob { Linear(1); Sigmoid }
train { loss = bce; optimizer = sgd(lr = 0.01) }""",
    "diabetes": """model M(x: real[8]) -> prob { Linear(12); ReLU; Linear(8); ReLU; Linear(1); Sigmoid }
train { loss = bce; optimizer = adam(lr = 1e-3) }""",
    "fraud": """layer Hidden(out: int) { Linear(out, bias = false); BatchNorm1d; ReLU }
model M(x: real[20]) -> prob {
  feature_extractor: seq { Hidden(64); Hidden(32) }
  classifier:        seq { Linear(16); ReLU; Linear(1); Sigmoid }
}
train { loss = bce; optimizer = adam(lr = 1e-3) }""",
}


def train(model, optimizer, data, batch_size, dtype):
    """Losses and state after the last update."""
    model = copy.deepcopy(model).to(dtype).train()
    x, y = data["x"].to(dtype), data["y"].to(dtype)
    optimizer = optimizer(model.parameters())
    losses = []
    for s in range(STEPS):
        rows = (s * batch_size + torch.arange(batch_size)) % len(x)
        loss = nn.functional.binary_cross_entropy(model(x[rows])[:, 0], y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, {k: v for k, v in model.state_dict().items() if v.is_floating_point()}


def case(name, make, optimizer, batch_size):
    torch.manual_seed(3)
    model = make()
    data = DATA[name]
    exact, final = train(model, optimizer, data, batch_size, F64)
    single, final32 = train(model, optimizer, data, batch_size, torch.float32)
    short = lambda losses: [float(f"{v:.9g}") for v in losses]
    made = {"name": f"{name} {batch_size}", "program": PROGRAMS[name], "data": name, "batch_size": batch_size}
    made["parameters"] = {k: single_array(p) for k, p in model.named_parameters()}
    buffers = {k: array(b) for k, b in model.named_buffers() if b.is_floating_point()}
    if buffers:
        made["buffers"] = buffers
    made |= {"losses": exact, "losses_float32": short(single)}
    made["final"] = {k: {"shape": list(v.shape), "data": short(v.reshape(-1).tolist())} for k, v in final.items()}
    made["float32_error"] = {k: relative_error(final32[k], v) for k, v in final.items()}
    return made


def single_array(tensor):
    """A float32 tensor in as few digits as hold it."""
    return {"shape": list(tensor.shape), "data": [float(str(v)) for v in tensor.detach().numpy().reshape(-1)]}


sgd = lambda parameters: torch.optim.SGD(parameters, lr=0.01)
adam = lambda parameters: torch.optim.Adam(parameters, lr=1e-3)
cases = [
    case("churn", churn, sgd, 32),
    case("diabetes", diabetes, adam, 32),
    case("fraud", Fraud, adam, 32),
    case("fraud", Fraud, adam, 256),
]
write(__file__, cases, data={k: {n: array(v) for n, v in d.items()} for k, d in DATA.items()})
