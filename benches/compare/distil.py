"""Twin of `examples/distil.nn`; the teacher is nnrun's own file, read as tensors."""

import math

import pandas as pd
import torch
from safetensors.torch import load_file
from sklearn.metrics import accuracy_score, log_loss
from torch import nn
from torch.nn.functional import cross_entropy, kl_div

from common import DATA, fit, numbers, split, tensor

table = pd.read_csv(DATA / "digits.csv")
y = torch.tensor(table.pop("digit").to_numpy())
train, val, test = split(y, 0.1, 0.7, 0.2)
x, pixels = tensor(numbers(table, train, list(table))), tensor(table)

teacher = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 10)).eval()
teacher.load_state_dict(load_file(DATA / "digits_teacher.safetensors"))
with torch.no_grad():
    taught_by = teacher(pixels)


cosine = lambda _, progress: (1 + math.cos(math.pi * progress)) / 2


def run(seed):
    torch.manual_seed(seed)
    small = lambda: nn.Sequential(nn.Linear(64, 10), nn.ReLU(), nn.Linear(10, 10))
    taught, alone = small(), small()

    def distillation(rows, t=4):
        z = taught(x[rows])
        soft = kl_div((z / t).log_softmax(1), (taught_by[rows] / t).softmax(1), reduction="batchmean")
        return 0.1 * cross_entropy(z, y[rows]) + 0.9 * t**2 * soft

    fit(taught, distillation, torch.optim.Adam(taught.parameters(), lr=0.01), train, epochs=60, rate=cosine)
    by_label = lambda rows: cross_entropy(alone(x[rows]), y[rows])
    fit(alone, by_label, torch.optim.Adam(alone.parameters(), lr=0.01), train, epochs=60, rate=cosine)
    figures = {}
    for name, model in {"taught": taught, "alone": alone}.items():
        p = model(x[test]).double().softmax(1).detach().numpy()
        figures |= {f"{name}.accuracy": accuracy_score(y[test], p.argmax(1)), f"{name}.log_loss": log_loss(y[test], p)}
    return figures
