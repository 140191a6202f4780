"""Twin of `examples/digits.nn`; its rate is OneCycleLR's with the total of steps that nnrun counts."""

import math

import pandas as pd
import torch
from sklearn.metrics import accuracy_score, log_loss
from torch import nn
from torch.nn.functional import cross_entropy

from common import DATA, fit, numbers, split, tensor

table = pd.read_csv(DATA / "digits.csv")
y = torch.tensor(table.pop("digit").to_numpy())
train, val, test = split(y, 0.7, 0.1, 0.2)
x = tensor(numbers(table, train, list(table)))


def hidden(n, out):
    return nn.Sequential(nn.Linear(n, out, bias=False), nn.BatchNorm1d(out), nn.ReLU(), nn.Dropout(0.2))


def one_cycle(_, progress):
    """Up to 1 from 1/25 along half a cosine in the first 30 %, then down to 1/250,000."""
    up = progress < 0.3
    low = 1 / 25 if up else 1 / 250_000
    way = progress / 0.3 if up else (1 - progress) / 0.7
    return low + (1 - low) * (1 - math.cos(math.pi * way)) / 2


def run(seed):
    torch.manual_seed(seed)
    model = nn.Sequential(hidden(64, 64), hidden(64, 64), nn.Linear(64, 10))
    loss = lambda rows: cross_entropy(model(x[rows]), y[rows], label_smoothing=0.05)
    fit(model, loss, torch.optim.Adam(model.parameters(), lr=0.01), train, epochs=15, rate=one_cycle)
    p = model(x[test]).double().softmax(1).detach().numpy()
    return {"accuracy": accuracy_score(y[test], p.argmax(1)), "log_loss": log_loss(y[test], p)}
