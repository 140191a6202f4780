"""Twin of `examples/siamese.nn`."""

import torch
from torch import nn
from torch.nn.functional import triplet_margin_loss

from common import Generated, fit, split, tensor

draw = Generated(800, seed=5)
here, there, tilt = draw.normal("here", 0, 1), draw.normal("there", 0, 1), draw.uniform("tilt", -1, 1)
anchor = tensor(draw.normal("anchor", here, 0.6, width=6))
positive = tensor(draw.normal("positive", here + 0.2 * tilt, 0.6, width=6))
negative = tensor(draw.normal("negative", there, 0.6, width=6))
train, _, test = split([0] * 800, 0.7, 0, 0.3)


def run(seed):
    torch.manual_seed(seed)
    embed = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 2))
    triplet = lambda rows: (embed(anchor[rows]), embed(positive[rows]), embed(negative[rows]))
    loss = lambda rows: triplet_margin_loss(*triplet(rows), margin=1)
    fit(embed, loss, torch.optim.Adam(embed.parameters(), lr=3e-3), train, epochs=20)
    a, p, n = triplet(test)
    ranked = (((a - p) ** 2).sum(1) < ((a - n) ** 2).sum(1)).float().mean().item()
    return {"ranked(out.a, out.p, out.n)": ranked, "loss": loss(test).item()}
