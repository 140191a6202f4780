"""The fraud model's peers in scikit-learn: the same columns, transforms, split and layer sizes as `fraud_mlp.nn`.

Usage: python fraud_sklearn.py TRANSACTIONS.csv [by_time | stratified] [epochs] [glorot | torch]
Prints the test ROC-AUC of MLPClassifier for five seeds and of LogisticRegression, with standard errors.
`torch` draws the initial weights as PyTorch and nnrun do, uniformly within ±1/sqrt(fan_in), instead of Glorot's.
"""

import sys
import warnings

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

SEEDS = range(5)
# How the MLP is trained in `fraud_mlp.nn`, too.
TRAINING = dict(hidden_layer_sizes=(64, 32, 16), solver="adam", learning_rate_init=1e-3, batch_size=256, tol=0, n_iter_no_change=10**6)


def features():
    """`missing = (number = median(flag = true), category = level)` and the transforms of the data item."""
    skewed = ["amount", "distance_from_home_km"]
    plain = ["account_age_days", "transactions_24h"] + [f"v{i}" for i in range(1, 11)]
    scaled = lambda *before: make_pipeline(SimpleImputer(strategy="median"), *before, StandardScaler())
    levels = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="<missing>"), OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    )
    missing = FunctionTransformer(lambda x: x.isna().astype(float))
    return ColumnTransformer(
        [
            ("skewed", scaled(FunctionTransformer(np.log1p)), skewed),
            ("plain", scaled(), plain),
            ("missing", missing, ["distance_from_home_km", "account_age_days"]),
            ("levels", levels, ["merchant_category", "country", "entry_mode"]),
            ("time", FunctionTransformer(cyclic), ["time"]),
        ]
    )


def cyclic(table):
    """`cyclic(hour, weekday)`"""
    time = pd.to_datetime(table["time"]).dt
    of_day = (time.hour * 3600 + time.minute * 60 + time.second) / 86400
    turns = 2 * np.pi * np.stack([of_day, time.dayofweek / 7], axis=1)
    return np.concatenate([np.sin(turns), np.cos(turns)], axis=1)


def sides(table, kind):
    """Train, validation and test rows: 70, 15 and 15 per cent."""
    if kind == "by_time":
        table = table.sort_values("time", kind="stable")
        a, b = round(len(table) * 0.7), round(len(table) * 0.85)
        return table[:a], table[a:b], table[b:]
    train, rest = train_test_split(table, train_size=0.7, stratify=table["is_fraud"], random_state=0)
    val, test = train_test_split(rest, train_size=0.5, stratify=rest["is_fraud"], random_state=0)
    return train, val, test


def standard_error(y, scores, draws=500):
    """Of the area, by resampling the test rows."""
    rng, n = np.random.default_rng(0), len(y)
    picks = (rng.integers(0, n, n) for _ in range(draws))
    return np.std([roc_auc_score(y[i], scores[i]) for i in picks])


class TorchInit(MLPClassifier):
    def _init_coef(self, fan_in, fan_out, dtype):
        bound = 1 / np.sqrt(fan_in)
        draw = lambda *shape: self._random_state.uniform(-bound, bound, shape).astype(dtype, copy=False)
        return draw(fan_in, fan_out), draw(fan_out)


def main(path, kind="by_time", epochs="30", init="glorot"):
    warnings.simplefilter("ignore")
    table = pd.read_csv(path)
    train, val, test = sides(table, kind)
    y, t = train["is_fraud"].to_numpy(), test["is_fraud"].to_numpy()
    transform = features().fit(train)
    x, u = transform.transform(train), transform.transform(test)
    print(f"{kind}: {len(train)} + {len(val)} + {len(test)} rows, {x.shape[1]} features, {t.sum()} frauds in test")
    areas = []
    for seed in SEEDS:
        make = TorchInit if init == "torch" else MLPClassifier
        model = make(**TRAINING, max_iter=int(epochs), random_state=seed).fit(x, y)
        p = model.predict_proba(u)[:, 1]
        areas.append(roc_auc_score(t, p))
        more = f"se {standard_error(t, p):.4f}, pr_auc {average_precision_score(t, p):.4f}, train loss {model.loss_:.5f}"
        print(f"MLPClassifier {init} seed {seed}: roc_auc {areas[-1]:.6f}, {more}")
    print(f"MLPClassifier {init} mean {np.mean(areas):.6f} sd {np.std(areas, ddof=1):.6f}")
    p = LogisticRegression(max_iter=10_000, tol=1e-8).fit(x, y).predict_proba(u)[:, 1]
    print(f"LogisticRegression: roc_auc {roc_auc_score(t, p):.6f}, se {standard_error(t, p):.4f}")


main(*sys.argv[1:])
