"""Twin of `examples/compare.nn`: two trainings, and a third that goes on from the first with its first block frozen."""

import copy

import torch
from sklearn.metrics import log_loss, roc_auc_score
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.nn.utils import clip_grad_norm_
from torch.optim.swa_utils import AveragedModel

from common import Churn, fit, probabilities

data = Churn(0.6, 0.2, 0.2)
x, y = data.features(), data.churned


def net(depth):
    widths = [x.shape[1]] + [24] * depth
    hidden = [nn.Sequential(nn.Linear(a, b), nn.ReLU(), nn.Dropout(0.2)) for a, b in zip(widths, widths[1:])]
    return nn.Sequential(*hidden, nn.Linear(24, 1), nn.Flatten(0))


def loss_of(model):
    return lambda rows: binary_cross_entropy_with_logits(model(x[rows]), y[rows])


def run(seed):
    torch.manual_seed(seed)
    shallow, deep = net(1), net(2)
    for model in (shallow, deep):
        fit(model, loss_of(model), torch.optim.Adam(model.parameters(), lr=3e-3), data.train, epochs=15)

    onwards = copy.deepcopy(shallow)
    onwards[0].requires_grad_(False)
    averaged = AveragedModel(onwards)
    trained = [p for p in onwards.parameters() if p.requires_grad]
    sgd = torch.optim.SGD(trained, lr=0.05, momentum=0.9)
    sgd.register_step_pre_hook(lambda *_: clip_grad_norm_(trained, 1.0) and None)

    def loss(rows):
        onwards[0].eval()  # frozen: no dropout either
        return loss_of(onwards)(rows)

    half = lambda epoch: averaged.update_parameters(onwards) if epoch + 1 >= 5 else None
    fit(onwards, loss, sgd, data.train, epochs=10, after=half)

    figures, truth = {}, y[data.test]
    for name, model in {"shallow": shallow, "deep": deep, "onwards": averaged}.items():
        p = probabilities(model, x, data.test)
        figures |= {f"{name}.roc_auc": roc_auc_score(truth, p), f"{name}.log_loss": log_loss(truth, p)}
    return figures
