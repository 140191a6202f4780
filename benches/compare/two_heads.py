"""Twin of `examples/two_heads.nn`."""

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import accuracy_score, mean_absolute_error, r2_score, roc_auc_score
from torch import nn
from torch.nn.functional import binary_cross_entropy, mse_loss

from common import Generated, fit, numbers, sigmoid, split, tensor

draw = Generated(600, seed=3)
area, rooms, centre = draw.uniform("area", 30, 180), draw.uniform("rooms", 1, 6), draw.uniform("centre", 0, 20)
price = draw.normal("price", 60 + 3 * area + 12 * rooms - 6 * centre, 25)
garden = torch.tensor(draw.bernoulli("garden", sigmoid(0.02 * area + 0.4 * centre - 5)), dtype=torch.float32)
train, val, test = split([0] * 600, 0.7, 0.15, 0.15)
x = tensor(numbers(pd.DataFrame({"area": area, "rooms": rooms, "centre": centre}), train, ["area", "rooms", "centre"]))
scaled = tensor(numbers(pd.DataFrame({"price": price}), train, ["price"]))[:, 0]


class Home(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, 32), nn.ReLU())
        self.price, self.garden = nn.Linear(32, 1), nn.Sequential(nn.Linear(32, 1), nn.Sigmoid())

    def forward(self, x):
        h = self.body(x)
        return self.price(h).squeeze(1), self.garden(h).squeeze(1)


def run(seed):
    torch.manual_seed(seed)
    model = Home()

    def loss(rows):
        u, p = model(x[rows])
        return 0.7 * mse_loss(u, scaled[rows]) + 0.3 * binary_cross_entropy(p, garden[rows])

    fit(model, loss, torch.optim.Adam(model.parameters(), lr=3e-3), train, epochs=40, watch=lambda: -loss(val))
    u, p = (out.detach().numpy() for out in model(x[test]))
    u = u * price[train].std() + price[train].mean()
    return {
        "price.r2": r2_score(price[test], u),
        "price.mae": mean_absolute_error(price[test], u),
        "garden.roc_auc": roc_auc_score(garden[test], p),
        "garden.accuracy": accuracy_score(garden[test], p >= 0.5),
    }
