"""Shared by the scripts `torch_*.py`: how a golden case is computed and written.

Every script writes the JSON file of its own name: {"torch": version, "cases": [case, …]}. Run one with
`python tests/goldens/torch_layers.py`; the files are deterministic.

An array is {"shape": [rows, …], "data": [numbers, row-major]}; the first axis of inputs, outputs and gradients is the
batch. Numbers that JSON lacks are the strings "nan", "inf", "-inf". Inputs, parameters and incoming gradients are exact in
float32.

A case of a layer, function, loss or schedule:
  name           unique in the file
  nn             the entry of the library that is checked, e.g. "LayerNorm"
  program        a whole `.nn` program: one model `M`; the layer at work is at the path `f`
  training       whether `training` holds
  per            "row": the result has a batch axis; "batch": it is one number for the whole batch
  inputs         {input's name: array}; labels are whole numbers, binary is 0 or 1
  parameters     {path: array}, by PyTorch's names: "f.weight"; absent if there are none
  buffers        {path: array} before, buffers_after: behind the step; absent if there are none
  out            the result in float64
  grad_out       the gradient that comes in (absent: only the result is checked)
  grads          {input's name or path: array}: derivatives of sum(out * grad_out), in float64
  float32_error  {"out" or name of a gradient: error}: how far PyTorch's own float32 result is from float64:
                 the largest |a - b| / max(|b|, floor * max |b|) over the array's elements
  floor          1e-6, and 1 for what is made of many operations, where small numbers are left from large ones
"""

import json
import math
import pathlib

import torch

F64 = torch.float64


def grid(*shape, seed=0, scale=2.0):
    """Normal numbers, rounded to multiples of 1/64."""
    generator = torch.Generator().manual_seed(seed)
    return torch.round(torch.randn(shape, generator=generator, dtype=F64) * scale * 64) / 64


def array(tensor):
    """A tensor as JSON."""
    tensor = tensor.detach()
    flat = [int(v) if v.is_integer() and abs(v) < 1e15 else v for v in tensor.double().reshape(-1).tolist()]
    flat = [v if math.isfinite(v) else str(v) for v in flat]
    return {"shape": list(tensor.shape), "data": flat}


def relative_error(single, double, floor=1e-6):
    """See float32_error above."""
    double = double.double()
    if double.numel() == 0 or not torch.isfinite(double).all():
        return None
    floor = max(floor * double.abs().max().item(), 1e-30)
    return float(f"{((single.double() - double).abs() / double.abs().clamp_min(floor)).max().item():.3g}")


def evaluate(function, module, inputs, differentiable, grad_out, dtype, training):
    """Result, gradients by name and buffers afterwards, at one precision. The module is not changed."""
    import copy

    work = copy.deepcopy(module).to(dtype).train(training) if module is not None else None
    values = {k: v.to(dtype) if v.is_floating_point() else v for k, v in inputs.items()}
    values = {k: v.clone().requires_grad_(k in differentiable) for k, v in values.items()}
    out = function(work, **values)
    result, grads = {"out": out.detach()}, {}
    if grad_out is not None:
        named = {k: values[k] for k in differentiable}
        if work is not None:
            named |= {f"f.{k}": p for k, p in work.named_parameters()}
        found = torch.autograd.grad((out * grad_out.to(dtype)).sum(), list(named.values()), allow_unused=True)
        grads = {k: torch.zeros_like(named[k]) if g is None else g for k, g in zip(named, found)}
    buffers = {f"f.{k}": b for k, b in work.named_buffers() if b.is_floating_point()} if work is not None else {}
    return result["out"], grads, buffers


def case(name, nn, program, function, inputs, *, module=None, training=True, differentiable=None, gradients=True, per="row", floor=1e-6):
    """One case. `function(module, **inputs)` computes the result; parameters of the module are set to exact numbers here."""
    if module is not None:
        module = module.double()
        with torch.no_grad():
            for i, parameter in enumerate(module.parameters()):
                parameter.copy_(grid(*parameter.shape, seed=100 + i, scale=0.7))
    floats = [k for k, v in inputs.items() if v.is_floating_point()]
    differentiable = floats if differentiable is None else differentiable
    before = {f"f.{k}": b.clone() for k, b in module.named_buffers() if b.is_floating_point()} if module is not None else {}
    probe, _, _ = evaluate(function, module, inputs, [], None, F64, training)
    grad_out = grid(*probe.shape, seed=7, scale=1.0) if gradients else None
    out, grads, after = evaluate(function, module, inputs, differentiable, grad_out, F64, training)
    out32, grads32, _ = evaluate(function, module, inputs, differentiable, grad_out, torch.float32, training)
    errors = {"out": relative_error(out32, out, floor)} | {k: relative_error(grads32[k], g, floor) for k, g in grads.items()}
    made = {"name": name, "nn": nn, "program": program, "training": training, "per": per}
    made["inputs"] = {k: array(v) for k, v in inputs.items()}
    if module is not None and list(module.parameters()):
        made["parameters"] = {f"f.{k}": array(p) for k, p in module.named_parameters()}
    if before:
        made |= {"buffers": {k: array(b) for k, b in before.items()}, "buffers_after": {k: array(b) for k, b in after.items()}}
    made["out"] = array(out)
    if gradients:
        made |= {"grad_out": array(grad_out), "grads": {k: array(g) for k, g in grads.items()}}
    made["float32_error"] = errors
    if floor != 1e-6:
        made["floor"] = floor
    return made


def write(script, cases, **more):
    """Writes the JSON file beside the script, one case a line."""
    names = [c["name"] for c in cases]
    assert len(set(names)) == len(names), sorted(n for n in names if names.count(n) > 1)
    lines = ",\n".join(json.dumps(c, separators=(",", ":"), allow_nan=False) for c in cases)
    head = {"torch": torch.__version__.split("+")[0]} | more
    head = json.dumps(head, separators=(",", ":"))[:-1]
    path = pathlib.Path(script).with_suffix(".json")
    path.write_text(f'{head},"cases":[\n{lines}\n]}}\n')
    print(f"{path.name}: {len(cases)} cases, {path.stat().st_size // 1024} KiB")
