"""Twin of `examples/focal.nn`; the loss as in torchvision's `sigmoid_focal_loss`."""

import torch
from sklearn.metrics import average_precision_score, roc_auc_score
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from common import fit, probabilities
from transactions import test, train, val, with_merchant as x, y


def focal(z, y, alpha=0.25, gamma=1.5):
    p = torch.sigmoid(z)
    p_t = p * y + (1 - p) * (1 - y)
    alpha_t = alpha * y + (1 - alpha) * (1 - y)
    return (alpha_t * (1 - p_t) ** gamma * binary_cross_entropy_with_logits(z, y, reduction="none")).mean()


def run(seed):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(x.shape[1], 32), nn.ReLU(), nn.Linear(32, 1), nn.Flatten(0))
    loss = lambda rows: focal(model(x[rows]), y[rows])
    watch = lambda: average_precision_score(y[val], model(x[val]))
    adam = torch.optim.Adam(model.parameters(), lr=3e-3)
    fit(model, loss, adam, train, epochs=30, batch_size=256, watch=watch, patience=8)
    p = probabilities(model, x, test)
    return {"roc_auc": roc_auc_score(y[test], p), "pr_auc": average_precision_score(y[test], p)}
