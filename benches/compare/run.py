"""Runs examples and their twins with several seeds, and prints a table of their figures on the test rows.

    python benches/compare/run.py --nnrun target/release/nnrun [--seeds 5] [--all] [NAME…]

The difference is in standard errors of itself, better for nnrun if positive. Without `--all` only the first figure of each training
is shown.
"""

import argparse
import importlib
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"
LOWER_IS_BETTER = {"loss", "log_loss", "brier", "mae", "mean(abs(out - exact(row.t)))"}


def by_nnrun(nnrun, name, seed):
    """Figures on the test rows: `metric`, or `training.metric` where a training has a name."""
    with tempfile.TemporaryDirectory() as folder:
        words = [nnrun, EXAMPLES / f"{name}.nn", "--json", "--seed", str(seed), "--out", Path(folder) / "run"]
        ran = subprocess.run(words, capture_output=True, text=True)
    if ran.returncode not in (0, 6):
        raise SystemExit(f"{name} with seed {seed}: {ran.stderr or ran.stdout}")
    figures = {}
    for event in map(json.loads, ran.stdout.splitlines()):
        if event["type"] == "evaluate" and event["split"] == "test":
            prefix = "" if event["of"] == "train" else event["of"] + "."
            figures |= {prefix + metric: value for metric, value in event["metrics"].items()}
    return figures


def mean_and_error(values):
    return np.mean(values), np.std(values, ddof=1) / np.sqrt(len(values))


def shown(mean, error):
    digits = 4 if error == 0 else int(np.clip(1 - np.floor(np.log10(error)), 3, 6))
    return f"{mean:.{digits}f} ± {error:.{digits}f}"


def main():
    words = argparse.ArgumentParser()
    words.add_argument("--nnrun", default="nnrun")
    words.add_argument("--seeds", type=int, default=5)
    words.add_argument("--all", action="store_true")
    words.add_argument("names", nargs="*", metavar="NAME")
    words = words.parse_args()
    names = words.names or sorted(p.stem for p in EXAMPLES.glob("*.nn") if (HERE / p.with_suffix(".py").name).exists())
    print("| example | figure | nnrun | twin | difference | within two |\n|---|---|---|---|---|---|", flush=True)
    for name in names:
        twin = importlib.import_module(name)
        ours = [by_nnrun(words.nnrun, name, seed) for seed in range(words.seeds)]
        theirs = [twin.run(seed) for seed in range(words.seeds)]
        of_training = set()
        for figure in theirs[0]:
            training = figure.rpartition(".")[0]
            if training in of_training and not words.all:
                continue
            of_training.add(training)
            (a, a_error), (b, b_error) = (mean_and_error([run[figure] for run in runs]) for runs in (ours, theirs))
            sign = -1 if figure.rpartition(".")[2] in LOWER_IS_BETTER or figure in LOWER_IS_BETTER else 1
            error = np.hypot(a_error, b_error)
            z = 0.0 if a == b else sign * (a - b) / error if error else sign * np.inf * (a - b)
            verdict = "yes" if abs(z) <= 2 else "better" if z > 0 else "**no**"
            print(f"| {name} | {figure} | {shown(a, a_error)} | {shown(b, b_error)} | {z:+.1f} | {verdict} |", flush=True)


main()
