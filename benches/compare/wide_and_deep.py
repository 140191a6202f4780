"""Twin of `examples/wide_and_deep.nn`."""

import torch
from sklearn.metrics import accuracy_score, brier_score_loss, roc_auc_score
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from common import Churn, fit, indices, numbers, one_hot, probabilities, tensor

data = Churn(0.7, 0.15, 0.15)
y, levels = data.churned, ["contract", "payment_method", "internet"]
wide = tensor(one_hot(data.table, data.train, levels))
deep = tensor(numbers(data.table, data.train, ["tenure_months", "monthly_charges", "support_calls", "data_usage_gb"]))
codes, counts = zip(*(indices(data.table, data.train, name) for name in levels))
x = torch.arange(len(y))  # rows


class WideAndDeep(nn.Module):
    def __init__(self):
        super().__init__()
        self.memory = nn.Linear(wide.shape[1], 1, bias=False)
        self.deep = nn.ModuleList(nn.Embedding(n, 3) for n in counts)
        n = deep.shape[1] + 9
        self.network = nn.Sequential(nn.Linear(n, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, rows):
        embedded = [table(code[rows]) for table, code in zip(self.deep, codes)]
        return (self.memory(wide[rows]) + self.network(torch.cat([deep[rows], *embedded], 1))).squeeze(1)


def run(seed):
    torch.manual_seed(seed)
    model = WideAndDeep()
    loss = lambda rows: binary_cross_entropy_with_logits(model(rows), y[rows])
    others = [*model.network.parameters(), *model.deep.parameters()]
    optimizers = [torch.optim.SGD(model.memory.parameters(), lr=0.05), torch.optim.Adam(others, lr=1e-3)]
    fit(model, loss, optimizers, data.train, epochs=30, watch=lambda: -loss(data.val), patience=5)
    p = probabilities(model, x, data.test)
    return {
        "roc_auc": roc_auc_score(y[data.test], p),
        "accuracy": accuracy_score(y[data.test], p >= 0.5),
        "brier": brier_score_loss(y[data.test], p),
    }
