"""The factor of ReduceLROnPlateau over 100 epochs.

The file: {"torch": version, "cases": [case, …]}. A case:
  name     the call as it stands in a program; unique in the file
  values   [100 numbers]: what is watched, after each epoch
  factors  [100 numbers]: by which the rate is multiplied behind that epoch
"""

import json
import pathlib

import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau

# What is watched: falls with noise, then stays, falls a little, rises, and has ties.
G = torch.Generator().manual_seed(1)
FALLS = [round(v, 4) for v in (2 * 0.9 ** torch.arange(40) + 0.02 * torch.rand(40, generator=G)).tolist()]
VALUES = [*FALLS, *[0.0625] * 20, *[0.0625 - i / 2**16 for i in range(20)], *[0.5] * 10, *[0.03125] * 10]

CASES = {
    "plateau(val.loss)": {},
    "plateau(val.loss, factor = 0.5, patience = 2)": {"factor": 0.5, "patience": 2},
    "plateau(val.loss, factor = 0.5, patience = 0, cooldown = 4, min = 0.125)": {"factor": 0.5, "patience": 0, "cooldown": 4, "min_lr": 0.125},
    "plateau(val.loss, factor = 0.5, patience = 3, threshold = 0.001, absolute = true)": {"factor": 0.5, "patience": 3, "threshold": 0.001, "threshold_mode": "abs"},
    "plateau(val.accuracy, factor = 0.75, patience = 5)": {"mode": "max", "factor": 0.75, "patience": 5},
    "plateau(val.accuracy, factor = 0.75, patience = 1, threshold = 0.25, absolute = true)": {"mode": "max", "factor": 0.75, "patience": 1, "threshold": 0.25, "threshold_mode": "abs"},
}


def case(name, keys):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = ReduceLROnPlateau(optimizer, **keys)
    values = [-v for v in VALUES] if keys.get("threshold") == 0.25 else [2 - v for v in VALUES] if keys.get("mode") else VALUES
    factors = []
    for value in values:
        scheduler.step(value)
        factors.append(optimizer.param_groups[0]["lr"])
    return {"name": name, "values": values, "factors": factors}


lines = ",\n".join(json.dumps(case(name, keys), separators=(",", ":")) for name, keys in CASES.items())
head = json.dumps({"torch": torch.__version__.split("+")[0]})[:-1]
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(f'{head},"cases":[\n{lines}\n]}}\n')
print(f"{path.name}: {len(CASES)} cases, {path.stat().st_size // 1024} KiB")
