"""The table of `examples/fraud.nn` and `examples/focal.nn`."""

import numpy as np
import pandas as pd
import torch

from common import DATA, cyclic, indices, numbers, one_hot, tensor

table = pd.read_csv(DATA / "transactions.csv").sort_values("time", kind="stable", ignore_index=True)
y = torch.tensor(table["is_fraud"].to_numpy(), dtype=torch.float32)
train, val, test = np.split(np.arange(len(table)), [14_000, 17_000])

plain = ["account_age_days", "transactions_24h"] + [f"v{i}" for i in range(1, 11)]
skewed = numbers(table, train, ["amount", "distance_from_home_km"], before=np.log1p)
dense = [skewed, numbers(table, train, plain), one_hot(table, train, ["country", "entry_mode"]), cyclic(table, "time")]
merchant, merchants = indices(table, train, "merchant_category")
without_merchant = tensor(*dense)
with_merchant = tensor(*dense, one_hot(table, train, ["merchant_category"]))
