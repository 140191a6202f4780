"""Twin of `examples/multi_label.nn`."""

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import average_precision_score, roc_auc_score
from torch import nn
from torch.nn.functional import binary_cross_entropy

from common import Generated, fit, numbers, sigmoid, split, tensor

draw = Generated(900, seed=8)
mood = draw.normal("mood", 0, 1)
chances = {"tag_news": sigmoid(2 * mood - 1), "tag_sport": sigmoid(1.5 * mood**2 - 2), "tag_culture": sigmoid(-2 * mood)}
tags = tensor(np.stack([draw.bernoulli(name, p) for name, p in chances.items()], axis=1))
table = pd.DataFrame(np.column_stack([draw.normal("topic", 0, 1, width=8), mood])).rename(columns=str)
train, val, test = split([0] * 900, 0.7, 0.15, 0.15)
x = tensor(numbers(table, train, list(table)))


def run(seed):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(9, 16), nn.ReLU(), nn.Linear(16, 3), nn.Sigmoid())
    loss = lambda rows: binary_cross_entropy(model(x[rows]), tags[rows])
    watch = lambda: roc_auc_score(tags[val], model(x[val]))
    fit(model, loss, torch.optim.Adam(model.parameters(), lr=5e-3), train, epochs=30, watch=watch)
    p = model(x[test]).detach()
    return {
        "roc_auc": roc_auc_score(tags[test], p),
        "pr_auc": average_precision_score(tags[test], p),
        "accuracy": ((p >= 0.5) == (tags[test] > 0)).float().mean().item(),
    }
