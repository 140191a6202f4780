"""Twin of `examples/stable_logits.nn`."""

import pandas as pd
import torch
from sklearn.metrics import log_loss, roc_auc_score
from torch import nn
from torch.nn.functional import binary_cross_entropy, binary_cross_entropy_with_logits

from common import DATA, fit, numbers, split, tensor

table = pd.read_csv(DATA / "breast_cancer.csv")
y = torch.tensor(table.pop("malignant").to_numpy(), dtype=torch.float32)
train, _, test = split(y, 0.7, 0, 0.3)
x = tensor(numbers(table, train, list(table)))


def run(seed):
    figures = {}
    by_prob = lambda z, y: binary_cross_entropy(z.sigmoid(), y)
    for name, cost in {"by_prob": by_prob, "by_score": binary_cross_entropy_with_logits}.items():
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Linear(30, 1), nn.Flatten(0))
        sgd = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
        fit(model, lambda rows: cost(model(x[rows]), y[rows]), sgd, train, epochs=30)
        p = model(x[test]).double().sigmoid().detach().numpy()
        figures |= {f"{name}.roc_auc": roc_auc_score(y[test], p), f"{name}.log_loss": log_loss(y[test], p)}
    return figures
