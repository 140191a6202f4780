"""Writes python.safetensors: small tensors of several types, as Python's safetensors stores them.

Run with torch and safetensors installed, in any folder.
"""

from pathlib import Path

import torch
from safetensors.torch import save_file

values = torch.tensor([[0.5, -1.25, 3.0], [6.103515625e-05, -2.0**-24, 65504.0]], dtype=torch.float64)
tensors = {
    "double": values,
    "single": values.float(),
    "half": values.half(),
    "brain": values.bfloat16(),
    "special": torch.tensor([float("inf"), float("-inf"), float("nan")], dtype=torch.float16),
    "bn.num_batches_tracked": torch.tensor(7),
    "empty": torch.zeros(0, 4),
    "mask": torch.tensor([True, False]),
}
save_file(tensors, Path(__file__).parent / "python.safetensors", metadata={"made by": "Python"})
