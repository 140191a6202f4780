"""Writes tests/goldens/metrics/*.json: what scikit-learn says of small samples.

A score is null where scikit-learn raises or warns that it is undefined.
"""

import json
import pathlib
import warnings

import numpy as np
from sklearn import metrics as sk
from sklearn.calibration import _SigmoidCalibration, _TemperatureScaling, calibration_curve
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.utils.class_weight import compute_class_weight

OUT = pathlib.Path(__file__).parent / "metrics"


def plain(value):
    if isinstance(value, np.ndarray):
        return [plain(v) for v in value.tolist()]
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def score(metric, compute, strict=True, **args):
    with warnings.catch_warnings():
        warnings.simplefilter("error" if strict else "ignore")
        try:
            value = plain(compute())
        except (ValueError, Warning):
            value = None
    return {"metric": metric, "args": args, "value": value}


def averages(y, d, weight, classes):
    w = {"sample_weight": weight}
    rows = []
    for average in ["macro", "micro", "weighted"]:
        a = {"average": average, "zero_division": 0, **w}
        rows += [
            score("precision", lambda: sk.precision_score(y, d, **a), average=average),
            score("recall", lambda: sk.recall_score(y, d, **a), average=average),
            score("f1", lambda: sk.f1_score(y, d, **a), average=average),
            score("fbeta", lambda: sk.fbeta_score(y, d, beta=0.5, **a), average=average, beta=0.5),
        ]
    labels = list(range(classes))
    rows += [
        score("accuracy", lambda: sk.accuracy_score(y, d, **w)),
        score("balanced_accuracy", lambda: sk.balanced_accuracy_score(y, d, **w), strict=False),
        score("mcc", lambda: sk.matthews_corrcoef(y, d, **w), strict=False),
        score("confusion", lambda: sk.confusion_matrix(y, d, labels=labels, **w).astype(float).ravel(), strict=False),
    ]
    for weights in [None, "linear", "quadratic"]:
        kappa = lambda: sk.cohen_kappa_score(y, d, labels=labels, weights=weights, **w)
        rows.append(score("kappa", kappa, weights=weights or "none"))
    return rows


def ece(confidence, right, weight, bins):
    """Guo et al. 2017, equation 3; no scikit-learn function."""
    total, edges = 0.0, np.linspace(0, 1, bins + 1)
    for i in range(bins):
        inside = (confidence > edges[i]) & (confidence <= edges[i + 1])
        if i == 0:
            inside |= confidence == 0
        if weight[inside].sum() > 0:
            share = weight[inside].sum() / weight.sum()
            gap = np.average(right[inside], weights=weight[inside]) - np.average(confidence[inside], weights=weight[inside])
            total += share * abs(gap)
    return total


def counting(weight, *arrays):
    """Rows of weight 0 do not count: scikit-learn is asked without them."""
    kept = slice(None) if weight is None else weight > 0
    return [a if a is None else a[kept] for a in (weight, *arrays)]


def binary_case(name, all_p, all_y, all_weight=None, threshold=0.5):
    weight, p, y = counting(all_weight, all_p, all_y)
    d = (p >= threshold).astype(int)
    w = {"sample_weight": weight}
    ones = np.ones(len(p)) if weight is None else weight
    tn_side = {"pos_label": 0, **w}
    rows = averages(y, d, weight, 2) + [
        score("precision", lambda: sk.precision_score(y, d, **w)),
        score("recall", lambda: sk.recall_score(y, d, **w)),
        score("f1", lambda: sk.f1_score(y, d, **w)),
        score("fbeta", lambda: sk.fbeta_score(y, d, beta=2, **w), beta=2),
        score("specificity", lambda: sk.recall_score(y, d, **tn_side)),
        score("roc_auc", lambda: sk.roc_auc_score(y, p, **w)),
        score("pr_auc", lambda: sk.average_precision_score(y, p, **w)),
        score("roc_auc", lambda: sk.roc_auc_score(y, p, average="weighted", **w), average="weighted"),
        score("pr_auc", lambda: sk.average_precision_score(y, p, average="micro", **w), average="micro"),
        score("log_loss", lambda: sk.log_loss(y, p, labels=[0, 1], **w)),
        score("brier", lambda: sk.brier_score_loss(y, p, pos_label=1, **w)),
        score("ece", lambda: ece(p, y, ones, 15)),
        score("ece", lambda: ece(p, y, ones, 10), bins=10),
        score("per_class", lambda: np.array(sk.precision_recall_fscore_support(
            y, d, labels=[0, 1], zero_division=np.nan, **w)).T.ravel(), strict=False),
    ]
    case = {"name": name, "prob": plain(all_p), "target": plain(all_y), "weight": plain(all_weight), "threshold": threshold,
            "scores": rows}
    if 0 < y.sum() < len(y) and len(y) == len(all_y):
        fpr, tpr, t = sk.roc_curve(y, p, drop_intermediate=False, **w)
        precision, recall, u = sk.precision_recall_curve(y, p, **w)
        case["roc"] = plain([fpr, tpr, t[1:]])
        case["pr"] = plain([precision, recall, u])
        if weight is None:
            case["calibration"] = plain(list(calibration_curve(y, p, n_bins=10)))
    return case


def binary(rng):
    n = 50
    y = (rng.random(n) < 0.4).astype(int)
    p = np.clip(0.5 * rng.random(n) + 0.35 * y, 0, 1)
    w = rng.gamma(2.0, 1.0, n)
    zeros = w * (rng.random(n) < 0.7)
    extremes = np.where(rng.random(n) < 0.3, np.round(p), p)
    return [
        binary_case("plain", p, y),
        binary_case("weights", p, y, w),
        binary_case("zero weights", p, y, zeros),
        binary_case("ties", np.round(p, 1), y),
        binary_case("ties and weights", np.round(p, 1), y, w, threshold=0.4),
        binary_case("zeros and ones", extremes, y, w),
        binary_case("constant", np.full(n, 0.3), y, threshold=0.3),
        binary_case("perfect", 0.1 + 0.8 * y, y),
        binary_case("nothing decided yes", p, y, threshold=0.99),
        binary_case("only positives", p, np.ones(n, dtype=int), w),
        binary_case("only negatives", p, np.zeros(n, dtype=int)),
        binary_case("only negatives, none decided yes", p, np.zeros(n, dtype=int), threshold=0.99),
        binary_case("one row", np.array([0.7]), np.array([1])),
        binary_case("one row that counts", p, y, np.eye(n)[3]),
        binary_case("one class that counts", p, y, w * (y == 0)),
        binary_case("constant, weights", np.full(n, 0.3), y, w),
        binary_case("constant at one, weights", np.full(n, 1.0), y, w),
        binary_case("nothing decided yes, weights", p, y, w, threshold=0.99),
        binary_case("only negatives, weights", p, np.zeros(n, dtype=int), w),
        binary_case("all decided wrongly", 1.0 - y, y, w),
        binary_case("huge weights", np.round(p, 1), y, 1e9 * w),
    ]


def classes_case(name, all_p, all_y, all_weight=None):
    weight, p, y = counting(all_weight, all_p, all_y)
    k = p.shape[1]
    labels = list(range(k))
    w = {"sample_weight": weight}
    ones = np.ones(len(y)) if weight is None else weight
    d = p.argmax(axis=1)
    rows = averages(y, d, weight, k) + [
        score("precision", lambda: sk.precision_score(y, d, average="macro", zero_division=0, **w)),
        score("log_loss", lambda: sk.log_loss(y, p, labels=labels, **w)),
        score("brier", lambda: sk.brier_score_loss(y, p, labels=labels, **w)),
        score("ece", lambda: ece(p.max(axis=1), (d == y).astype(float), ones, 15)),
        score("per_class", lambda: np.array(sk.precision_recall_fscore_support(
            y, d, labels=labels, zero_division=np.nan, **w)).T.ravel(), strict=False),
    ]
    for top in [1, 2, k]:
        rows.append(score("top", lambda: sk.top_k_accuracy_score(y, p, k=top, labels=labels, **w), strict=False, k=top))
    pooled = (np.eye(k)[y].ravel(), p.ravel())
    repeated = {"sample_weight": None if weight is None else weight.repeat(k)}
    rows.append(score("roc_auc", lambda: sk.roc_auc_score(*pooled, **repeated), average="micro"))
    rows.append(score("pr_auc", lambda: sk.average_precision_score(*pooled, **repeated), average="micro"))
    for average in ["macro", "weighted"]:
        auc = lambda: sk.roc_auc_score(y, p, multi_class="ovr", average=average, **w)
        rows.append(score("roc_auc", auc, average=average))
        if len(np.unique(y)) == k:
            rows.append(score("pr_auc", lambda: sk.average_precision_score(y, p, average=average, **w), average=average))
    return {"name": name, "classes": k, "prob": plain(all_p.ravel()), "target": plain(all_y), "weight": plain(all_weight),
            "scores": rows}


def classes(rng):
    n, k = 40, 4
    y = rng.integers(0, k, n)
    z = rng.normal(0, 1, (n, k)) + 1.2 * np.eye(k)[y]
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    coarse = np.round(p * 8) / 8
    coarse[:, 0] = 1 - coarse[:, 1:].sum(axis=1)
    coarse = np.clip(coarse, 0, 1)
    coarse /= coarse.sum(axis=1, keepdims=True)
    w = rng.gamma(2.0, 1.0, n)
    never = p.copy()
    never[:, 2] = 0
    never /= never.sum(axis=1, keepdims=True)
    return [
        classes_case("plain", p, y),
        classes_case("weights", p, y, w),
        classes_case("ties", coarse, y),
        classes_case("ties and weights", coarse, y, w),
        classes_case("a class without rows", p, np.where(y == 1, 0, y)),
        classes_case("a class never decided", never, y, w),
        classes_case("all of one class", p, np.full(n, 3)),
        classes_case("all of one class, weights", p, np.full(n, 3), w),
        classes_case("a class that does not count", p, y, w * (y != 2)),
        classes_case("one row that counts", p, y, np.eye(n)[5]),
        classes_case("certain, and often wrong", np.eye(k)[rng.integers(0, k, n)], y, w),
        classes_case("constant", np.tile([0.1, 0.2, 0.4, 0.3], (n, 1)), y, w),
        classes_case("one row", p[:1], y[:1]),
    ]


def regression_case(name, all_value, all_y, all_weight=None):
    weight, value, y = counting(all_weight, all_value, all_y)
    w = {"sample_weight": weight}
    rows = [
        score("mse", lambda: sk.mean_squared_error(y, value, **w)),
        score("rmse", lambda: sk.root_mean_squared_error(y, value, **w)),
        score("mae", lambda: sk.mean_absolute_error(y, value, **w)),
        score("r2", lambda: sk.r2_score(y, value, **w)),
        score("mape", lambda: sk.mean_absolute_percentage_error(y, value, **w)),
        score("median_ae", lambda: sk.median_absolute_error(y, value, **w)),
        score("pinball", lambda: sk.mean_pinball_loss(y, value, **w)),
        score("pinball", lambda: sk.mean_pinball_loss(y, value, alpha=0.9, **w), q=0.9),
        score("pinball", lambda: sk.mean_pinball_loss(y, value, alpha=0, **w), q=0),
    ]
    return {"name": name, "value": plain(all_value), "target": plain(all_y), "weight": plain(all_weight), "scores": rows}


def regression(rng):
    y = rng.normal(20, 7, 41)
    value = y + rng.normal(0.5, 3, 41)
    w = rng.gamma(2.0, 1.0, 41)
    whole = rng.integers(0, 4, 41).astype(float)
    return [
        regression_case("plain", value, y),
        regression_case("even", value[:40], y[:40]),
        regression_case("weights", value, y, w),
        regression_case("whole weights and ties", np.round(value), np.round(y), whole),
        regression_case("constant target", value, np.full(41, 3.0)),
        regression_case("constant target, right", np.full(41, 3.0), np.full(41, 3.0)),
        regression_case("a target of zero", np.array([1.0, 2.0]), np.array([0.0, 2.5])),
        regression_case("one row", np.array([1.0]), np.array([2.0])),
        regression_case("one row that counts", value, y, np.eye(41)[7]),
        regression_case("constant target, weights", value, np.full(41, 3.0), w),
        regression_case("constant among what counts", value, np.where(whole > 0, 3.0, y), whole),
        regression_case("a target of zero, weights", value, np.where(whole > 2, 0.0, y), w),
        regression_case("all the same error, weights", y + 2, y, w),
        regression_case("large and close", 1e8 + value, 1e8 + y, w),
        regression_case("all right", y, y, w),
    ]


def calibration_case(name, p, y, weight=None):
    new = np.concatenate([p[:15], np.linspace(0, 1, 11)])
    odds = lambda q: np.log(q + 1e-12) - np.log(1 - q + 1e-12)
    pair = lambda q: np.stack([1 - q, q], axis=1)
    applied = {
        "temperature": _TemperatureScaling().fit(pair(p), y, weight).predict(pair(new))[:, 1],
        "sigmoid": _SigmoidCalibration().fit(odds(p), y, weight).predict(odds(new)),
        "isotonic": IsotonicRegression(out_of_bounds="clip").fit(p, y, weight).predict(new),
    }
    return {"name": name, "classes": 1, "prob": plain(p), "target": plain(y), "weight": plain(weight),
            "new": plain(new), "applied": {k: plain(v) for k, v in applied.items()}}


def calibration(rng):
    n = 60
    p = rng.random(n)
    y = (rng.random(n) < 0.2 + 0.5 * p).astype(int)
    w = rng.gamma(2.0, 1.0, n)
    q = rng.dirichlet(np.ones(3) * 0.7, n)
    c = np.array([rng.choice(3, p=0.5 * row + 0.5 / 3) for row in q])
    applied = {"temperature": _TemperatureScaling().fit(q, c, w).predict(q).ravel()}
    several = {"name": "three classes", "classes": 3, "prob": plain(q.ravel()), "target": plain(c), "weight": plain(w),
               "new": plain(q.ravel()), "applied": {k: plain(v) for k, v in applied.items()}}
    return [
        calibration_case("plain", p, y),
        calibration_case("weights", p, y, w),
        calibration_case("ties and weights", np.round(p, 1), y, w),
        calibration_case("far too sure", 1 / (1 + np.exp(-12 * (p - 0.5))), y),
        calibration_case("zeros and ones", np.where(rng.random(n) < 0.3, np.round(p), p), y, w),
        calibration_case("few values", np.round(2 * p) / 2, y),
        calibration_case("the wrong way round", 1 - p, y, w),
        several,
    ]


def baseline_case(name, task, x, y, model, weight=None):
    x = x.astype(np.float32)
    fitted = model.fit(x.astype(np.float64), y, sample_weight=weight)
    new = fitted.predict(x) if task == "regression" else fitted.predict_proba(x.astype(np.float64))
    new = new[:, 1] if task == "binary" else new.ravel()
    return {"name": name, "task": task, "columns": x.shape[1], "classes": len(np.unique(y)) if task == "classes" else 2,
            "features": plain(x.ravel()), "target": plain(y), "weight": plain(weight), "predicted": plain(new)}


def baselines(rng):
    n = 50
    x = rng.normal(0, 1, (n, 4)) * [1, 30, 0.1, 2] + [0, 500, 0, -3]
    y = (x[:, 0] + 0.03 * (x[:, 1] - 500) + rng.normal(0, 1, n) > 0).astype(int)
    c = np.digitize(x[:, 0] + rng.normal(0, 0.7, n), [-0.7, 0.6])
    v = 3 * x[:, 0] - 0.2 * x[:, 1] + rng.normal(0, 1, n)
    w = rng.gamma(2.0, 1.0, n)
    collinear = np.column_stack([x, x[:, 0], np.full(n, 7.0)])
    logistic = lambda: LogisticRegression(solver="newton-cholesky", max_iter=1000, tol=1e-12)
    return [
        baseline_case("binary", "binary", x, y, logistic()),
        baseline_case("binary, weights", "binary", x, y, logistic(), w),
        baseline_case("binary, separable", "binary", x, (x[:, 0] > 0).astype(int), logistic()),
        baseline_case("binary, collinear", "binary", collinear, y, logistic()),
        baseline_case("classes", "classes", x, c, logistic()),
        baseline_case("classes, weights", "classes", x, c, logistic(), w),
        baseline_case("number", "regression", x, v, LinearRegression()),
        baseline_case("number, weights", "regression", x, v, LinearRegression(), w),
        baseline_case("number, collinear", "regression", collinear, v, LinearRegression()),
    ]


def balanced(rng):
    y = rng.choice(5, 60, p=[0.5, 0.1, 0.2, 0.1, 0.1])
    y = y[y != 3]
    present = np.unique(y)
    weights = dict(zip(present.tolist(), compute_class_weight("balanced", classes=present, y=y).tolist()))
    return [{"target": plain(y), "classes": 5, "weights": [weights.get(k, 1.0) for k in range(5)]}]


def write(name, cases):
    OUT.mkdir(exist_ok=True)
    lines = ",\n".join(json.dumps(case) for case in cases)
    (OUT / f"{name}.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    write("binary", binary(np.random.default_rng(1)))
    write("classes", classes(np.random.default_rng(2)))
    write("regression", regression(np.random.default_rng(3)))
    write("calibration", calibration(np.random.default_rng(4)))
    write("baselines", baselines(np.random.default_rng(5)))
    write("balanced", balanced(np.random.default_rng(6)))
