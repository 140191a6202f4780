"""Twin of `examples/breast_cancer.nn`."""

import pandas as pd
import torch
from sklearn.metrics import brier_score_loss, roc_auc_score
from torch import nn
from torch.nn.functional import binary_cross_entropy

from common import DATA, fit, numbers, split, tensor

table = pd.read_csv(DATA / "breast_cancer.csv")
y = torch.tensor(table.pop("malignant").to_numpy(), dtype=torch.float32)
train, val, test = split(y, 0.6, 0.2, 0.2)
x = tensor(numbers(table, train, list(table)))


def run(seed):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(30, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 1), nn.Sigmoid(), nn.Flatten(0))
    loss = lambda rows: binary_cross_entropy(model(x[rows]), y[rows])
    adam = torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=1e-3)
    fit(model, loss, adam, train, epochs=60, watch=lambda: -loss(val), patience=8)
    p = model(x[test]).detach()
    return {"roc_auc": roc_auc_score(y[test], p), "brier": brier_score_loss(y[test], p)}
