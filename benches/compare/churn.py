"""Twin of `examples/churn.nn`: a logistic regression by stochastic gradient descent."""

import torch
from sklearn.metrics import accuracy_score, brier_score_loss, roc_auc_score
from torch import nn
from torch.nn.functional import binary_cross_entropy

from common import Churn, fit

data = Churn(0.7, 0.15, 0.15)
x, y = data.features(), data.churned


def run(seed):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(x.shape[1], 1), nn.Sigmoid(), nn.Flatten(0))
    loss = lambda rows: binary_cross_entropy(model(x[rows]), y[rows])
    fit(model, loss, torch.optim.SGD(model.parameters(), lr=0.1), data.train, epochs=40)
    p, y_test = model(x[data.test]).detach(), y[data.test]
    return {
        "roc_auc": roc_auc_score(y_test, p),
        "accuracy": accuracy_score(y_test, p >= 0.5),
        "brier": brier_score_loss(y_test, p),
    }
