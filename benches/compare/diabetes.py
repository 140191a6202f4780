"""Twin of `examples/diabetes.nn`."""

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import brier_score_loss, roc_auc_score
from torch import nn
from torch.nn.functional import binary_cross_entropy

from common import Generated, fit, numbers, split, tensor

draw = Generated(500, seed=42)
bmi, glucose = draw.normal("bmi", 0.45, 0.2), draw.normal("glucose", 0.45, 0.17)
age, bp, other = draw.normal("age", 0.5, 0.15), draw.normal("bp", 0.5, 0.15), draw.normal("other", 0.5, 0.15, width=4)
table = pd.DataFrame(np.column_stack([age, bmi, bp, glucose, other])).rename(columns=str)
y = torch.tensor(draw.bernoulli("diabetes", np.clip(0.3 + 0.4 * glucose + 0.3 * bmi, 0.1, 0.9)), dtype=torch.float32)
train, val, test = split([0] * 500, 0.6, 0.2, 0.2)
x = tensor(numbers(table, train, list(table)))


def run(seed):
    torch.manual_seed(seed)
    hidden = [nn.Linear(8, 12), nn.ReLU(), nn.Linear(12, 8), nn.ReLU()]
    model = nn.Sequential(*hidden, nn.Linear(8, 1), nn.Sigmoid(), nn.Flatten(0))
    loss = lambda rows: binary_cross_entropy(model(x[rows]), y[rows])
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-2)
    fit(model, loss, adam, train, epochs=200, watch=lambda: -loss(val), patience=20)
    p = model(x[test]).detach()
    return {"roc_auc": roc_auc_score(y[test], p), "brier": brier_score_loss(y[test], p)}
