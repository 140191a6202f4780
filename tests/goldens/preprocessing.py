"""Writes preprocessing.json: what scikit-learn makes of awkward columns.

Usage: python preprocessing.py > preprocessing.json
Every case has training cells and new cells (null is missing) and, for both, the features after fitting on the former.
"""
import json, math, sys, warnings
import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (FunctionTransformer, KBinsDiscretizer, MinMaxScaler, OneHotEncoder, PowerTransformer,
                                   OrdinalEncoder, QuantileTransformer, RobustScaler, StandardScaler, TargetEncoder)

np.seterr(all="ignore")
warnings.simplefilter("ignore")
nan = math.nan
rng = np.random.default_rng(3)
numbers = {
    "plain": ([3, 1, 4, 1, 5, 9, 2, 6], [0, 10.5, -3]),
    "constant": ([0.1] * 7, [0.1, 0.2, -5]),
    "large_offset": ([1e9 + d for d in (0, 1, 2, 3, 4)], [1e9 - 1, 1e9 + 2.5]),
    "tiny": ([1e-7, 2e-7, 4e-7], [3e-7]),
    "ties_and_missing": ([2, 2, nan, 7, 7, nan, 2, 7], [nan, 2]),
    "even_median": ([1, nan, 2, 10, 30], [nan, 5]),
    "one_row": ([42], [41, nan]),
    "skewed": (np.round(rng.lognormal(3, 2, 60), 3).tolist(), [0, 1e6, nan]),
}
# Random cells with ties, missing ones and, among the new, what lies outside; seeds of their own keep the others as they are.
def random_cells(seed, draw, decimals, missing):
    own = np.random.default_rng(seed)
    cells = np.round(draw(own), decimals)
    return np.where(own.random(len(cells)) < missing, nan, cells).tolist()
numbers |= {
    "random_ties": (random_cells(1, lambda r: r.normal(0, 2, 80), 0, 0.1), [nan, -9, 0, 0.5, 9]),
    "random_counts": (random_cells(2, lambda r: r.poisson(1.5, 120), 0, 0), [0, 1, 7, 100]),
    "random_negative": (random_cells(3, lambda r: -r.exponential(10, 50), 2, 0.2), [nan, -500, 3]),
    "random_two": (random_cells(4, lambda r: r.integers(0, 2, 40), 0, 0.1), [nan, 0, 1, 2]),
    "random_wide": (random_cells(5, lambda r: r.standard_t(2, 60), 3, 0.05), [nan, -1e5, 1e5]),
}
levels = {
    "texts": (["b", "a", "c", "a", "B"], ["a", "C", "c"]),
    "numbers": (["10", "9", "10", "2"], ["2", "1"]),
}
chains = {
    "identity": lambda: [],
    "zscore": lambda: [StandardScaler()],
    "min_max": lambda: [MinMaxScaler()],
    "log1p": lambda: [FunctionTransformer(np.log1p)],
    "log1p |> zscore": lambda: [FunctionTransformer(np.log1p), StandardScaler()],
    "robust": lambda: [RobustScaler()],
    "clip(0, 5)": lambda: [FunctionTransformer(lambda x: np.clip(x, 0, 5))],
    "quantile(normal)": lambda: [QuantileTransformer(output_distribution="normal")],
    "quantile(uniform, points = 5)": lambda: [QuantileTransformer(n_quantiles=5)],
    "power": lambda: [PowerTransformer()],
    "bins(3, by = width) |> ordinal(0, 1, 2)": lambda: [KBinsDiscretizer(3, strategy="uniform", encode="ordinal")],
    "bins(4) |> ordinal(0, 1, 2, 3)": lambda: [KBinsDiscretizer(4, quantile_method="linear", encode="ordinal", subsample=None)],
}
cases = []
# Null where there is no finite result.
plain = lambda rows: [[float(f"{x:.10g}") if math.isfinite(x) else None for x in row] for row in np.asarray(rows, float).tolist()]
for name, (train, new) in numbers.items():
    for chain, steps in chains.items():
        # Not the same where there is no spread: scikit-learn warns, or its quantiles are one point.
        if len({x for x in train if not math.isnan(x)}) < (2 if name == "ties_and_missing" else 3) and chain.startswith(("bins", "power", "quantile")):
            continue
        # Of equal edges at the upper end scikit-learn makes one bin with the one below.
        known = [x for x in train if not math.isnan(x)]
        if chain.startswith("bins(4)") and np.quantile(known, 0.75) == max(known):
            continue
        if chain.startswith("log1p") and min(x for x in train if not math.isnan(x)) <= -1:
            continue
        # The likelihood is flat within rounding errors, so that any exponent is as good.
        if name in ("large_offset", "tiny") and chain == "power":
            continue
        for policy in ("median", "mean"):
            pipeline = make_pipeline(SimpleImputer(strategy=policy), *steps())
            column = lambda cells: np.asarray(cells, float).reshape(-1, 1)
            fitted = pipeline.fit(column(train))
            cases.append(dict(name=f"{name}: {chain}, {policy}", kind="number", chain=chain, policy=policy,
                              train=[None if math.isnan(x) else x for x in map(float, train)],
                              new=[None if math.isnan(x) else x for x in map(float, new)],
                              train_features=plain(fitted.transform(column(train))),
                              new_features=plain(fitted.transform(column(new)))))
for name, (train, new) in levels.items():
    # As numbers if all are numbers, which is how the levels are sorted here.
    order = sorted(set(train), key=float) if name == "numbers" else sorted(set(train))
    encoder = OneHotEncoder(categories=[order], handle_unknown="ignore", sparse_output=False)
    column = lambda cells: np.asarray(cells, object).reshape(-1, 1)
    encoder.fit(column(train))
    cases.append(dict(name=f"{name}: one_hot", kind="category", chain="one_hot", policy="median", train=train, new=new,
                      train_features=plain(encoder.transform(column(train))), new_features=plain(encoder.transform(column(new)))))
# A declared order; what is not in it, and what is missing, is -1.
order = ["low", "middle", "high"]
train, new = ["middle", "low", "", "low", "high"], ["high", "", "none", "Low", "middle"]
encoder = OrdinalEncoder(categories=[order], handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1)
column = lambda cells: np.asarray([cell or None for cell in cells], object).reshape(-1, 1)
encoder.fit(column([cell for cell in train if cell]))
text = ", ".join(f'"{level}"' for level in order)
cases.append(dict(name="ordinal", kind="category", chain=f"ordinal({text})", policy="median", train=train, new=new,
                  train_features=plain(encoder.transform(column(train))), new_features=plain(encoder.transform(column(new)))))
# Columns of levels against a target: new rows get the full fit, and the folds are compared in the tests.
for seed, (kind, smooth) in enumerate([("binary", "auto"), ("binary", 10), ("number", "auto"), ("number", 2.5), ("label", "auto"), ("label", 1)]):
    own = np.random.default_rng(100 + seed)
    cells = own.choice(["a", "b", "c", "d", "only one", ""], 70, p=[.3, .3, .2, .1, .05, .05])
    targets = {"binary": lambda: own.integers(0, 2, 70), "number": lambda: np.round(own.normal(5, 3, 70), 2),
               "label": lambda: own.integers(0, 3, 70)}[kind]()
    new = ["a", "b", "c", "d", "only one", "", "never seen"]
    column = lambda cells: np.asarray([cell or None for cell in cells], object).reshape(-1, 1)
    encoder = TargetEncoder(smooth=smooth, target_type={"binary": "binary", "number": "continuous", "label": "multiclass"}[kind])
    encoder.fit(column(cells), targets)
    chain = "target_mean" if smooth == "auto" else f"target_mean({smooth})"
    cases.append(dict(name=f"{chain} of {kind}", kind="category", chain=chain, policy="median", train=list(cells), new=new,
                      target=dict(kind=kind, cells=[str(y) for y in targets]),
                      train_features=[], new_features=plain(encoder.transform(column(new)))))
json.dump(cases, sys.stdout, indent=None, separators=(",", ":"))
print()
