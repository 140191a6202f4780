"""Writes tests/goldens/reasons.json: of each fraud in examples/data/transactions.csv the three columns that count most.

The data's generator is known, so the probability of fraud given a row's cells is too: latent factors follow a normal
distribution given v1..v10, the amount's part in excess of the customer's habit one given the amount, whether the payment
was abroad is a matter of country and distance. A column counts by how much that probability changes when its cell is
replaced by the training rows' median or commonest level, and the hour by all hours in turn. Integrals over what is not
seen are means over 3,000 draws, the same for all rows.
"""

import collections
import csv
import json
import pathlib
import runpy
import sys
import tempfile

import numpy as np
from scipy.stats import gamma, norm

HERE = pathlib.Path(__file__).parent
DATA = HERE.parent.parent / "examples" / "data"
DRAWS, TRAIN = 3000, 14000

with tempfile.NamedTemporaryFile() as again:
    sys.argv = ["make_transactions.py", again.name]
    mix = runpy.run_path(str(DATA / "make_transactions.py"))["mix"]
    assert again.read() == (DATA / "transactions.csv").read_bytes(), "the generator has changed"

CATEGORIES = ["grocery", "travel", "electronics", "fuel", "restaurant", "online", "gaming", "jewellery"]
SHARE = np.array([.26, .08, .1, .16, .18, .17, .045, .005])
DEARER = np.log([1, 5, 1, 1, 1, 1, 1, 12])
RISKY = np.array([0, 0, 1, 0, 0, 0, 1, 1])
HOME = {"US": .45, "GB": .15, "DE": .12, "FR": .1, "BR": .1, "JP": .08}
V = [f"v{j + 1}" for j in range(10)]
COLUMNS = ["amount", "distance_from_home_km", *V, "merchant_category", "country", "entry_mode", "time",
           "account_age_days", "transactions_24h"]

rng = np.random.default_rng(0)
LATENT, EXCESS = rng.normal(size=(DRAWS, 3)), rng.normal(size=DRAWS)
ABROAD, CATEGORY = rng.random(DRAWS), rng.random(DRAWS)
AGE = rng.gamma(2.0, 400, DRAWS)
COVARIANCE = np.linalg.inv(np.eye(3) + mix @ mix.T)
ROOT = np.linalg.cholesky(COVARIANCE)


def number(row, column):
    return float(row[column]) if row[column] else np.nan


def probability(row, hours):
    """Of fraud, given the cells of a row; the mean over `hours`."""
    latent = COVARIANCE @ mix @ np.array([float(row[v]) for v in V]) + LATENT @ ROOT.T
    # log(amount) = 3.4 + habit + excess + log(dearer), with variances 0.7^2 and 0.8^2.
    spent = np.log(max(float(row["amount"]), 0.01)) - 3.4
    if row["merchant_category"]:
        category = np.full(DRAWS, CATEGORIES.index(row["merchant_category"]))
    else:
        posterior = SHARE * norm.pdf(spent - DEARER, scale=np.sqrt(1.13))
        category = np.searchsorted(np.cumsum(posterior / posterior.sum()), CATEGORY).clip(0, 7)
    dearer = DEARER[category]
    excess = (spent - dearer) * .64 / 1.13 + EXCESS * np.sqrt(.49 * .64 / 1.13)
    at_home = HOME.get(row["country"], 0.0)
    abroad, near = .07 / 8 * (1 - at_home), at_home * (.93 + .07 / 8)
    distance = number(row, "distance_from_home_km")
    if not np.isnan(distance):
        abroad *= gamma.pdf(max(distance, 0.05), 3, scale=900)
        near *= gamma.pdf(max(distance, 0.05), 1.2, scale=12)
    age = number(row, "account_age_days")
    z = (-12.4 + 2.6 * (ABROAD < abroad / (abroad + near)) + 1.3 * np.log1p(np.exp(excess + dearer))
         + .8 * float(row["transactions_24h"]) + 1.8 * (row["entry_mode"] == "online") + 2.2 * RISKY[category]
         - .0015 * (AGE if np.isnan(age) else age) + 2.4 * latent[:, 0] * latent[:, 1]
         + 1.4 * np.maximum(latent[:, 2], 0) ** 2)
    night = np.array([1.6 * (hour < 5 or hour > 22) for hour in hours])
    return (1 / (1 + np.exp(-(z[:, None] + np.unique(night))))).mean(axis=0) @ [
        (night == level).mean() for level in np.unique(night)]


def usual(rows, column):
    if column in ("merchant_category", "country", "entry_mode"):
        return collections.Counter(row[column] for row in rows if row[column]).most_common(1)[0][0]
    return str(np.nanmedian([number(row, column) for row in rows]))


if __name__ == "__main__":
    with open(DATA / "transactions.csv") as file:
        rows = list(csv.DictReader(file))
    cells = {column: usual(rows[:TRAIN], column) for column in COLUMNS if column != "time"}
    found = {}
    for row in rows:
        if row["is_fraud"] == "1":
            hour = [int(row["time"][11:13])]
            whole = probability(row, hour)
            change = {c: abs(whole - probability({**row, c: cells[c]}, hour)) for c in cells}
            change["time"] = abs(whole - probability(row, range(24)))
            found[row["transaction_id"]] = sorted(COLUMNS, key=lambda c: -change[c])[:3]
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(columns)}" for name, columns in found.items())
    (HERE / "reasons.json").write_text("{\n" + lines + "\n}\n")
