"""What PyTorch has: the names of all modules of torch.nn, optimisers, schedules and initialisers, with their arguments.

The file: {"torch": version, "modules": {name: [arguments]}, "optimizers": …, "schedulers": …, "inits": …}.
`docs/torch.md` says of each of them where it is here.
"""

import inspect
import json
import pathlib

import torch
from torch.optim import lr_scheduler


def arguments(callable, leave):
    found = inspect.signature(callable).parameters.values()
    return [p.name for p in found if p.name not in leave and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


def classes(module, leave, base):
    names = sorted(n for n in module.__all__ if isinstance(getattr(module, n), type) and getattr(module, n) is not base)
    return {n: arguments(getattr(module, n), leave) for n in names}


inits = [n for n in dir(torch.nn.init) if n.endswith("_") and not n.startswith("_")]
names = {
    "torch": torch.__version__.split("+")[0],
    "modules": classes(torch.nn.modules, [], torch.nn.modules.LinearCrossEntropyOptions),
    "optimizers": classes(torch.optim, ["params"], torch.optim.Optimizer),
    "schedulers": classes(lr_scheduler, ["optimizer", "last_epoch"], lr_scheduler.LRScheduler),
    "inits": {n: arguments(getattr(torch.nn.init, n), ["tensor", "generator"]) for n in inits},
}
path = pathlib.Path(__file__).with_suffix(".json")
lines = [f'"torch":{json.dumps(names.pop("torch"))}']
for group, entries in names.items():
    rows = ",\n".join(f"{json.dumps(n)}:{json.dumps(a, separators=(',', ':'))}" for n, a in entries.items())
    lines.append(f'"{group}":{{\n{rows}\n}}')
path.write_text("{" + ",\n".join(lines) + "}\n")
print(f"{path.name}: {', '.join(f'{len(v)} {k}' for k, v in names.items())}")
