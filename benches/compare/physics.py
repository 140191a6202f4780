"""Twin of `examples/physics.nn`."""

import math

import torch
from torch import nn
from torch.autograd import grad

from common import Generated, fit, split, tensor

t = tensor(Generated(400, seed=2).uniform("t", 0, 3)[:, None])
train, _, test = split([0] * 400, 0.75, 0, 0.25)


def exact(t):
    w = math.sqrt(3.96)
    return torch.exp(-0.2 * t) * (torch.cos(w * t) + 0.2 / w * torch.sin(w * t))


def run(seed):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(1, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh(), nn.Linear(24, 1))
    oscillator = lambda t: 1 + t**2 * net(t)

    def equation(rows):
        at = t[rows].requires_grad_()
        u = oscillator(at)
        du = grad(u.sum(), at, create_graph=True)[0]
        ddu = grad(du.sum(), at, create_graph=True)[0]
        return ((ddu + 0.4 * du + 4 * u) ** 2).mean()

    cosine = lambda _, progress: (1 + math.cos(math.pi * progress)) / 2
    fit(net, equation, torch.optim.Adam(net.parameters(), lr=0.01), train, epochs=300, rate=cosine)
    distance = (oscillator(t[test]) - exact(t[test])).abs().mean().item()
    return {"loss": equation(test).item(), "mean(abs(out - exact(row.t)))": distance}
