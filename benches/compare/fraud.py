"""Twin of `examples/fraud.nn`."""

import math

import torch
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
from torch import nn
from torch.nn.functional import binary_cross_entropy

from common import fit
from transactions import merchant, merchants, test, train, val, without_merchant as x, y


def hidden(n, out, drop=0.3):
    return nn.Sequential(nn.Linear(n, out, bias=False), nn.BatchNorm1d(out), nn.ReLU(), nn.Dropout(drop))


class FraudDetection(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.merchant = nn.Embedding(merchants, 4)
        self.extractor = nn.Sequential(hidden(x.shape[1] + 4, width), hidden(width, width // 2, drop=0.2))
        self.classifier = nn.Sequential(nn.Linear(width // 2, 16), nn.ReLU(), nn.Linear(16, 1), nn.Sigmoid())

    def forward(self, rows):
        columns = torch.cat([x[rows], self.merchant(merchant[rows])], 1)
        return self.classifier(self.extractor(columns)).squeeze(1)


def rate(step, progress):
    return min(1, (step + 1) / 100) * (1 + math.cos(math.pi * progress)) / 2


def run(seed):
    torch.manual_seed(seed)
    model = FraudDetection()
    loss = lambda rows: binary_cross_entropy(model(rows), y[rows])
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    watch = lambda: average_precision_score(y[val], model(val))
    fit(model, loss, adam, train, epochs=30, batch_size=256, rate=rate, watch=watch, patience=10)
    p = model(test).detach()
    return {
        "roc_auc": roc_auc_score(y[test], p),
        "pr_auc": average_precision_score(y[test], p),
        "brier": brier_score_loss(y[test], p),
    }
