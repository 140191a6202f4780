"""Schedules: the factor by which PyTorch's schedulers multiply the learning rate at each of the first steps.

The format is described in `torch_cases.py`; the input `t` counts from 0 (epochs, updates or progress, as each schedule's
documentation says), there are no gradients.
"""

import torch
from torch.optim import lr_scheduler as S

from torch_cases import F64, case, write


def factors(make, steps, peak=1.0):
    """The rates of `make(optimizer)` at steps 0, 1, …, divided by the peak."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"] / peak)
        optimizer.step()
        scheduler.step()
    return torch.tensor(rates, dtype=F64)


def rows():
    """Text, PyTorch's scheduler, number of steps, and what the input is at step i."""
    at = lambda i: i
    yield "step_lr(t, 3, gamma = 0.5)", lambda o: S.StepLR(o, 3, 0.5), 100, at
    yield "step_lr(t, 4)", lambda o: S.StepLR(o, 4), 100, at
    yield "multistep_lr(t, [2, 5, 6], gamma = 0.5)", lambda o: S.MultiStepLR(o, [2, 5, 6], 0.5), 100, at
    yield "exponential(t, 0.9)", lambda o: S.ExponentialLR(o, 0.9), 100, at
    yield "constant_lr(t)", lambda o: S.ConstantLR(o), 100, at
    yield "constant_lr(t, factor = 0.25, total_iters = 3)", lambda o: S.ConstantLR(o, 0.25, 3), 100, at
    yield "linear(t)", lambda o: S.LinearLR(o), 100, at
    yield "linear(t, start_factor = 0.1, end_factor = 0.5, total_iters = 4)", lambda o: S.LinearLR(o, 0.1, 0.5, 4), 100, at
    yield "polynomial(t)", lambda o: S.PolynomialLR(o), 100, at
    yield "polynomial(t, total_iters = 6, power = 2)", lambda o: S.PolynomialLR(o, 6, 2.0), 100, at
    yield "cosine(t)", lambda o: S.CosineAnnealingLR(o, 128), 129, lambda i: i / 128
    yield "cosine(t, end = 0.1)", lambda o: S.CosineAnnealingLR(o, 128, 0.1), 129, lambda i: i / 128
    yield "cosine_restarts(t, 4)", lambda o: S.CosineAnnealingWarmRestarts(o, 4), 100, at
    yield "cosine_restarts(t, 3, T_mult = 2, end = 0.1)", lambda o: S.CosineAnnealingWarmRestarts(o, 3, 2, 0.1), 100, at
    # PyTorch's rise ends at pct_start * total_steps - 1: here at 33 - 1 of 128.
    yield "one_cycle(t, pct_start = 0.25)", lambda o: S.OneCycleLR(o, 1.0, 129, pct_start=33 / 129), 129, lambda i: i / 128
    cyclic = lambda **keys: lambda o: S.CyclicLR(o, 0.125, 1.0, cycle_momentum=False, **keys)
    yield "cyclic(t, base = 0.125, step_size_up = 4, step_size_down = 4)", cyclic(step_size_up=4), 100, at
    yield "cyclic(t, base = 0.125, step_size_up = 4, step_size_down = 2)", cyclic(step_size_up=4, step_size_down=2), 100, at
    yield (
        "cyclic(t, base = 0.125, step_size_up = 4, step_size_down = 2, halving = true)",
        cyclic(step_size_up=4, step_size_down=2, mode="triangular2"), 100, at,
    )
    yield (
        "cyclic(t, base = 0.125, step_size_up = 4, step_size_down = 3, gamma = 0.9)",
        cyclic(step_size_up=4, step_size_down=3, mode="exp_range", gamma=0.9), 100, at,
    )
    cycle = lambda **keys: lambda o: S.OneCycleLR(o, 1.0, 129, pct_start=33 / 129, **keys)
    yield "one_cycle(t, pct_start = 0.25, linear = true)", cycle(anneal_strategy="linear"), 129, lambda i: i / 128
    yield "one_cycle(t, pct_start = 0.25, three_phase = true)", cycle(three_phase=True), 129, lambda i: i / 128
    yield (
        "one_cycle(t, pct_start = 0.25, div_factor = 10, final_div_factor = 100, linear = true, three_phase = true)",
        cycle(three_phase=True, anneal_strategy="linear", div_factor=10.0, final_div_factor=100.0), 129, lambda i: i / 128,
    )
    # Products and sequences are expressions.
    chained = lambda o: S.ChainedScheduler([S.ConstantLR(o, 0.1, 5), S.ExponentialLR(o, 0.9)], optimizer=o)
    yield "constant_lr(t, factor = 0.1) * exponential(t, 0.9)", chained, 100, at
    parts = lambda o: S.SequentialLR(o, [S.LinearLR(o, 0.1, 1.0, 4), S.StepLR(o, 10, 0.5), S.CosineAnnealingLR(o, 50)], [4, 50])
    sequence = "where(t < 4, linear(t, start_factor = 0.1, total_iters = 4), where(t < 50, step_lr(t - 4, 10, gamma = 0.5), cosine((t - 50) / 50)))"
    yield sequence, parts, 100, at
    warmup = lambda o: S.LambdaLR(o, lambda step: min(1, (step + 1) / 5))
    yield "warmup(t, 5)", warmup, 100, at
    yield "inverse_sqrt(t, 5)", lambda o: S.LambdaLR(o, lambda step: min((step + 1) / 5, (5 / (step + 1)) ** 0.5)), 100, at


def cases():
    for text, make, steps, at in rows():
        expected = factors(make, steps)
        t = torch.tensor([at(i) for i in range(steps)], dtype=F64)
        program = f"model M(t: real) -> real {{ return {text} }}"
        yield case(text, text.split("(")[0], program, lambda _, t, e=expected: e.to(t.dtype), {"t": t}, gradients=False)


write(__file__, list(cases()))
