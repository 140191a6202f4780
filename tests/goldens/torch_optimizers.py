"""Optimisers: 100 updates of one tensor by given gradients.

The file: {"torch": version, "value": array, "grads": array [100, 6], "snapshots": [numbers of updates], "cases": [case, …]}
with arrays as in `torch_cases.py`. All cases start from `value` and take row t of `grads` as the gradient of update t + 1.

A case:
  name           the optimiser with its arguments, as it stands in `optimizer = …`; unique in the file
  nn             the entry of the library
  values         array [snapshots, 6]: the tensor after that many updates, in float64
  float32_error  as in `torch_cases.py`: PyTorch's own float32 values against these, the largest that it has with its plain and
                 its vector kernels
"""

import json
import os
import subprocess
import sys

import torch

from torch_cases import F64, array, grid, relative_error, write

STEPS = 100
SNAPSHOTS = [*range(1, 11), *range(20, STEPS + 1, 10)]


def gradients():
    """One column each: noise around a slope, always zero, alternating, huge, tiny, zero at first."""
    g = grid(STEPS, 6, seed=1)
    t = torch.arange(STEPS)
    g[:, 0] += 1
    g[:, 1] = 0
    g[:, 2] = (-1.0) ** t * 0.5
    g[:, 3] *= 1024
    g[:, 4] *= 2.0**-20
    g[:40, 5] = 0
    return g


class Lion(torch.optim.Optimizer):
    """Algorithm 2 of Chen et al. 2023, which PyTorch lacks."""

    def __init__(self, params, lr, beta1=0.9, beta2=0.99, weight_decay=0.0):
        super().__init__(params, {"lr": lr, "beta1": beta1, "beta2": beta2, "weight_decay": weight_decay})
        self.momentum = None

    @torch.no_grad()
    def step(self):
        (group,) = self.param_groups
        (theta,) = group["params"]
        m = torch.zeros_like(theta) if self.momentum is None else self.momentum
        update = (group["beta1"] * m + (1 - group["beta1"]) * theta.grad).sign()
        theta -= group["lr"] * (update + group["weight_decay"] * theta)
        self.momentum = group["beta2"] * m + (1 - group["beta2"]) * theta.grad


class Signum(torch.optim.Optimizer):
    """Algorithm 2 of Bernstein et al. 2018, which PyTorch lacks."""

    def __init__(self, params, lr=1e-4, beta=0.9, weight_decay=0.0):
        super().__init__(params, {"lr": lr, "beta": beta, "weight_decay": weight_decay})
        self.momentum = None

    @torch.no_grad()
    def step(self):
        (group,) = self.param_groups
        (theta,) = group["params"]
        m = torch.zeros_like(theta) if self.momentum is None else self.momentum
        self.momentum = group["beta"] * m + (1 - group["beta"]) * theta.grad
        theta -= group["lr"] * (self.momentum.sign() + group["weight_decay"] * theta)


O = torch.optim
# An argument that PyTorch takes as a pair is written as its two parts.
PAIRS = {"beta1": ("betas", 0), "beta2": ("betas", 1), "eta_minus": ("etas", 0), "eta_plus": ("etas", 1), "step_min": ("step_sizes", 0), "step_max": ("step_sizes", 1)}
CONFIGURATIONS = [
    (O.SGD, "sgd", {"lr": 0.01}),
    (O.SGD, "sgd", {"lr": 0.01, "weight_decay": 0.1}),
    (O.SGD, "sgd", {"lr": 0.01, "momentum": 0.9}),
    (O.SGD, "sgd", {"lr": 0.01, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.1}),
    (O.SGD, "sgd", {"lr": 0.01, "momentum": 0.9, "nesterov": True}),
    (O.SGD, "sgd", {"lr": 0.01, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1, "maximize": True}),
    (O.SGD, "sgd", {"lr": 0.01, "weight_decay": 0.1, "maximize": True}),
    (O.Adam, "adam", {}),
    (O.Adam, "adam", {"lr": 0.1, "beta1": 0.8, "beta2": 0.99, "eps": 1e-4, "weight_decay": 0.1}),
    (O.Adam, "adam", {"lr": 0.1, "amsgrad": True}),
    (O.Adam, "adam", {"lr": 0.1, "amsgrad": True, "weight_decay": 0.1, "maximize": True}),
    (O.AdamW, "adamw", {}),
    (O.AdamW, "adamw", {"lr": 0.1, "beta1": 0.8, "beta2": 0.99, "weight_decay": 0.1}),
    (O.AdamW, "adamw", {"lr": 0.1, "amsgrad": True}),
    (O.AdamW, "adamw", {"lr": 0.1, "amsgrad": True, "weight_decay": 0.1, "eps": 1e-4, "maximize": True}),
    (O.NAdam, "nadam", {}),
    (O.NAdam, "nadam", {"lr": 0.1, "momentum_decay": 0.1, "weight_decay": 0.1}),
    (O.NAdam, "nadam", {"lr": 0.1, "beta1": 0.8, "beta2": 0.99, "eps": 1e-4, "weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True}),
    (O.RAdam, "radam", {}),
    (O.RAdam, "radam", {"lr": 0.1, "beta2": 0.9, "weight_decay": 0.1}),
    (O.RAdam, "radam", {"lr": 0.1, "beta1": 0.8, "beta2": 0.99, "eps": 1e-4, "weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True}),
    (O.Adamax, "adamax", {}),
    (O.Adamax, "adamax", {"lr": 0.1, "beta2": 0.9, "weight_decay": 0.1}),
    (O.Adamax, "adamax", {"lr": 0.1, "beta1": 0.8, "eps": 1e-4, "weight_decay": 0.1, "maximize": True}),
    (O.Adagrad, "adagrad", {}),
    (O.Adagrad, "adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5}),
    (O.Adagrad, "adagrad", {"lr": 0.1, "eps": 1e-4, "weight_decay": 0.1, "maximize": True}),
    (O.Adadelta, "adadelta", {}),
    (O.Adadelta, "adadelta", {"lr": 0.5, "rho": 0.5, "weight_decay": 0.1}),
    (O.Adadelta, "adadelta", {"eps": 1e-4, "weight_decay": 0.1, "maximize": True}),
    (O.RMSprop, "rmsprop", {}),
    (O.RMSprop, "rmsprop", {"lr": 0.1, "alpha": 0.9, "momentum": 0.5, "weight_decay": 0.1}),
    (O.RMSprop, "rmsprop", {"lr": 0.1, "alpha": 0.9, "eps": 0.001, "centered": True}),
    (O.RMSprop, "rmsprop", {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.1, "eps": 0.001, "centered": True, "maximize": True}),
    (O.Rprop, "rprop", {}),
    (O.Rprop, "rprop", {"lr": 0.1, "eta_minus": 0.25, "eta_plus": 1.5, "step_min": 0.01, "step_max": 1}),
    (O.Rprop, "rprop", {"lr": 0.1, "maximize": True}),
    (O.ASGD, "asgd", {}),
    (O.ASGD, "asgd", {"lr": 0.01, "lambd": 0.1, "alpha": 0.5, "weight_decay": 0.1, "maximize": True}),
    (Signum, "signum", {}),
    (Signum, "signum", {"lr": 0.01, "beta": 0.5, "weight_decay": 0.1}),
    (Lion, "lion", {"lr": 0.01}),
    (Lion, "lion", {"lr": 0.01, "beta1": 0.5, "beta2": 0.75, "weight_decay": 0.1}),
]
DEFAULTS = {"betas": (0.9, 0.999), "etas": (0.5, 1.2), "step_sizes": (1e-6, 50)}


def as_torch(make, arguments):
    """The arguments by PyTorch's names."""
    if make in (Lion, Signum):
        return arguments
    keys = {}
    for name, value in arguments.items():
        if name in PAIRS:
            pair, index = PAIRS[name]
            parts = list(keys.get(pair, DEFAULTS[pair]))
            parts[index] = value
            keys[pair] = tuple(parts)
        else:
            keys[name] = value
    return keys


def trajectory(make, arguments, value, grads, dtype):
    torch.set_default_dtype(dtype)  # NAdam keeps a product of scalars in it
    parameter = value.to(dtype).clone().requires_grad_()
    optimizer = make([parameter], **as_torch(make, arguments))
    kept = []
    for t in range(STEPS):
        parameter.grad = grads[t].to(dtype).clone()
        optimizer.step()
        if t + 1 in SNAPSHOTS:
            kept.append(parameter.detach().clone())
    return torch.stack(kept)


def text(name, arguments):
    literal = {True: "true", False: "false"}
    return f"{name}({', '.join(f'{k} = {literal[v] if isinstance(v, bool) else v}' for k, v in arguments.items())})"


def errors():
    """Of this process's kernels, by case."""
    found = {}
    for make, name, arguments in CONFIGURATIONS:
        exact = trajectory(make, arguments, VALUE, GRADS, F64)
        single = trajectory(make, arguments, VALUE, GRADS, torch.float32)
        found[text(name, arguments)] = relative_error(single, exact)
    return found


def largest_errors():
    """Of all kernels: which ones PyTorch takes is settled when it starts."""
    all = []
    for kernels in ["default", "avx2"]:
        env = os.environ | {"ATEN_CPU_CAPABILITY": kernels}
        all.append(json.loads(subprocess.run([sys.executable, __file__, "errors"], env=env, check=True, capture_output=True).stdout))
    return {name: max(one[name] for one in all) for name in all[0]}


def cases():
    own = largest_errors()
    for make, name, arguments in CONFIGURATIONS:
        exact = trajectory(make, arguments, VALUE, GRADS, F64)
        title = text(name, arguments)
        yield {"name": title, "nn": name, "values": array(exact), "float32_error": own[title]}


VALUE = torch.tensor([1, -2, 0.5, 3, -0.25, 0], dtype=F64)
GRADS = gradients()
if sys.argv[1:] == ["errors"]:
    print(json.dumps(errors()))
else:
    write(__file__, list(cases()), value=array(VALUE), grads=array(GRADS), snapshots=SNAPSHOTS)
