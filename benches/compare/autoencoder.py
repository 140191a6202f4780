"""Twin of `examples/autoencoder.nn`."""

import pandas as pd
import torch
from torch import nn
from torch.nn.functional import mse_loss

from common import DATA, fit, numbers, split, tensor

table = pd.read_csv(DATA / "digits.csv").drop(columns="digit")
train, _, test = split([0] * len(table), 0.8, 0, 0.2)
x = tensor(numbers(table, train, list(table)))


def run(seed):
    torch.manual_seed(seed)
    encode = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 12), nn.Tanh())
    decode = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 64))
    model = nn.Sequential(encode, decode)
    loss = lambda rows: mse_loss(model(x[rows]), x[rows])
    fit(model, loss, torch.optim.Adam(model.parameters(), lr=3e-3), train, epochs=20)
    return {"loss": loss(test).item()}
