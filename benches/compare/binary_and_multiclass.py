"""Twin of `examples/binary_and_multiclass.nn`."""

import torch
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from torch import nn
from torch.nn.functional import binary_cross_entropy, cross_entropy

from common import Churn, fit

data = Churn(0.7, 0.15, 0.15)
x = data.features(without=["contract"])
churned, contract = data.churned, torch.tensor(data.table["contract"].astype("category").cat.codes.to_numpy()).long()


def run(seed):
    torch.manual_seed(seed)
    leaves = nn.Sequential(nn.Linear(x.shape[1], 16), nn.ReLU(), nn.Linear(16, 1), nn.Sigmoid(), nn.Flatten(0))
    kinds = nn.Sequential(nn.Linear(x.shape[1], 16), nn.ReLU(), nn.Linear(16, 3))
    adam = lambda model: torch.optim.Adam(model.parameters(), lr=0.003)
    fit(leaves, lambda rows: binary_cross_entropy(leaves(x[rows]), churned[rows]), adam(leaves), data.train, epochs=20)
    fit(kinds, lambda rows: cross_entropy(kinds(x[rows]), contract[rows]), adam(kinds), data.train, epochs=20)
    p, q = leaves(x[data.test]).detach(), kinds(x[data.test]).double().softmax(1).detach().numpy()
    return {
        "leaves.roc_auc": roc_auc_score(churned[data.test], p),
        "leaves.accuracy": accuracy_score(churned[data.test], p >= 0.5),
        "contract.accuracy": accuracy_score(contract[data.test], q.argmax(1)),
        "contract.log_loss": log_loss(contract[data.test], q),
    }
