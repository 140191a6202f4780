"""What the twins share: the rows that nnrun splits and generates, its preparation of columns, and a training loop.

A twin is a module with `run(seed) -> {figure: value}`; the figures bear the names that nnrun reports them by.
"""

import copy
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.preprocessing import StandardScaler

DATA = Path(__file__).resolve().parents[2] / "examples" / "data"
torch.set_num_threads(1)


# The same rows: nnrun's counter-based randomness (`src/engine/random.rs`), of which PyTorch's seeds know nothing.

U64 = (1 << 64) - 1


def mix(x):
    """The finaliser of SplitMix64."""
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & U64
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & U64
    return x ^ (x >> 31)


def derive(key, part):
    return mix(key ^ mix((part + 0x9E3779B97F4A7C15) & U64))


def name_hash(name):
    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = (h ^ byte) * 0x100000001B3 & U64
    return mix(h)


def shuffled(items, key):
    items = list(items)
    for i in range(len(items) - 1, 0, -1):
        while True:
            key = (key + 0x9E3779B97F4A7C15) & U64
            product = mix(key) * (i + 1)
            if product & U64 >= (1 << 64) % (i + 1):
                break
        j = product >> 64
        items[i], items[j] = items[j], items[i]
    return items


def split(strata, train, val, test):
    """Rows of train, val and test, as `stratified` gives them; for `random` all rows are one class: `[0] * rows`."""
    strata = np.asarray(strata)
    key, sides = derive(0, name_hash("split")), ([], [], [])
    for i, stratum in enumerate(np.unique(strata)):
        rows = shuffled(np.flatnonzero(strata == stratum), derive(key, i))
        exact = np.array([train, val, test]) * len(rows)
        counts = np.floor(exact + 1e-9 * len(rows)).astype(int)
        # The largest remainders get one more.
        for side in np.argsort(counts - exact, kind="stable")[: len(rows) - counts.sum()]:
            counts[side] += 1
        ends = np.cumsum(counts)
        for side, begin, end in zip(sides, [0, *ends], ends):
            side.extend(rows[begin:end])
    return tuple(np.sort(np.array(side, dtype=int)) for side in sides)


class Generated:
    """`generate(rows, seed) { … }`: each method draws a column, or with `width` several."""

    def __init__(self, rows, seed):
        self.rows, self.key = rows, derive(seed, name_hash("generate"))

    def unit(self, name, width, second=False):
        k = derive(self.key, name_hash(name))
        words = [k & 0xFFFFFFFF, k >> 32]
        if second:
            words = [words[0] ^ 0x9E3779B9, words[1] ^ 0x85EBCA6B]
        x = np.arange(self.rows * (width or 1), dtype=np.uint32)
        for word in words:
            x ^= np.uint32(word)
            x ^= x >> 16
            x *= np.uint32(0x21F0AAAD)
            x ^= x >> 15
            x *= np.uint32(0xD35A2D97)
            x ^= x >> 15
        u = (x >> 8) / 2.0**24
        return u.reshape(self.rows, width) if width else u

    def uniform(self, name, low, high):
        return low + (high - low) * self.unit(name, None)

    def normal(self, name, mean, std, width=None):
        radius = np.sqrt(-2 * np.log(1 - self.unit(name, width)))
        draws = radius * np.cos(2 * np.pi * self.unit(name, width, second=True))
        return draws * std + (mean[:, None] if width and np.ndim(mean) else mean)

    def bernoulli(self, name, p):
        return (self.unit(name, None) < p).astype(float)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# The same preparation of columns, fitted on the training rows.


def numbers(table, train, names, before=lambda x: x):
    """`number |> zscore`, missing cells as medians, with a flag where a training row lacks a cell."""
    x = before(table[names].astype(float))
    scaler = StandardScaler().fit(x.fillna(x.iloc[train].median()).iloc[train])
    flags = x.loc[:, x.iloc[train].isna().any()].isna()
    return np.hstack([scaler.transform(x.fillna(x.iloc[train].median())), flags])


def one_hot(table, train, names):
    """`category |> one_hot`: the levels of the training rows, then a slot for unseen ones and one for missing cells."""
    columns = []
    for name in names:
        levels = np.sort(table[name].iloc[train].dropna().unique())
        columns += [table[name] == level for level in levels]
        columns += [table[name].notna() & ~table[name].isin(levels), table[name].isna()]
    return np.stack(columns, axis=1)


def indices(table, train, name):
    """`category |> embed(…)`: 0 for unseen levels, 1 for missing cells, then the levels of the training rows."""
    levels = np.sort(table[name].iloc[train].dropna().unique())
    number = table[name].map({level: i + 2 for i, level in enumerate(levels)}).fillna(0)
    return torch.tensor(number.where(table[name].notna(), 1).to_numpy(dtype=int)), len(levels) + 2


def cyclic(table, name):
    """`time |> cyclic(hour, weekday)`"""
    time = pd.to_datetime(table[name]).dt
    of_day = (time.hour * 3600 + time.minute * 60 + time.second) / 86400
    turns = 2 * np.pi * np.stack([of_day, time.dayofweek / 7], axis=1)
    return np.hstack([np.sin(turns), np.cos(turns)])


def tensor(*blocks):
    """Columns side by side, in `f32`."""
    return torch.tensor(np.hstack([np.asarray(b, dtype=np.float32) for b in blocks]))


# The same training.


def fit(model, loss, optimizer, rows, epochs, batch_size=32, rate=None, watch=None, patience=None, after=None):
    """Trains with `loss(rows)` on batches of `rows`, drawn anew in each epoch; the last, short batch is kept.

    `rate(step, progress)` is a factor of the learning rate. With `watch`, whose value should rise, the weights of the
    best epoch are kept; with `patience`, that many epochs without a better one end the training. `after(epoch)` is
    called after each epoch, `optimizer` may be several.
    """
    optimizers = optimizer if isinstance(optimizer, list) else [optimizer]
    groups = [group for o in optimizers for group in o.param_groups]
    base = [group["lr"] for group in groups]
    rows = torch.as_tensor(rows)
    planned = epochs * -(-len(rows) // batch_size)
    step, best, kept, stale = 0, -np.inf, None, 0
    for epoch in range(epochs):
        model.train()
        for batch in rows[torch.randperm(len(rows))].split(batch_size):
            if rate:
                for group, lr in zip(groups, base):
                    group["lr"] = lr * rate(step, step / planned)
            for o in optimizers:
                o.zero_grad()
            loss(batch).backward()
            for o in optimizers:
                o.step()
            step += 1
        model.eval()
        if after:
            after(epoch)
        if watch:
            with torch.no_grad():
                value = watch()
            stale += 1
            if value > best:
                best, kept, stale = value, copy.deepcopy(model.state_dict()), 0
            if patience and stale >= patience:
                break
    if kept:
        model.load_state_dict(kept)


# The churn table, which four examples read.


class Churn:
    def __init__(self, train, val, test):
        self.table = table = pd.read_csv(DATA / "churn.csv", keep_default_na=False, na_values=["", "NA"])
        self.churned = torch.tensor((table["churned"] == "yes").to_numpy(), dtype=torch.float32)
        self.train, self.val, self.test = split(self.churned, train, val, test)

    def features(self, without=()):
        t, train = self.table, self.train
        levels = ["contract", "payment_method", "internet", "paperless_billing"]
        scaled = numbers(t, train, ["tenure_months", "monthly_charges", "support_calls", "data_usage_gb"])
        return tensor(scaled, t[["senior"]], one_hot(t, train, [name for name in levels if name not in without]))


def probabilities(model, x, rows):
    """Of yes, by a model that gives scores."""
    model.eval()
    with torch.no_grad():
        return torch.sigmoid(model(x[rows]).squeeze(-1)).numpy()
