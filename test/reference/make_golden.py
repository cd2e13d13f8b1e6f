"""Writes golden/*.json: what PyTorch computes in float64, from the inputs of formulas.py. See README.md."""

import json
import pathlib
import sys

import numpy as np
import torch

import cases
import files

FOLDER = pathlib.Path(__file__).parent / "golden"


def rounded(value):
    """Nine digits, beyond what float32 can tell apart; the last ones differ between versions of PyTorch."""
    if isinstance(value, torch.Tensor):
        value = value.detach().numpy()
    if isinstance(value, np.ndarray):
        value = value.ravel().tolist()
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return float(f"{value:.9g}") if isinstance(value, float) else value


def write(name: str, make) -> None:
    """One line per top-level entry, so that a change shows where it is."""
    entries = rounded(make()).items()
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in entries)
    path = FOLDER / f"{name}.json"
    path.write_text(f"{{\n{lines}\n}}\n")
    print(f"{path.name}: {path.stat().st_size} bytes")


GOLDEN = {
    "losses": cases.losses,
    "input-gradients": cases.input_gradients,
    "pgd": cases.pgd,
    "gram": cases.gram,
    "sgd": cases.sgd,
    "forward": cases.forward,
    "safetensors": files.safetensors,
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    for chosen in sys.argv[1:] or GOLDEN:
        write(chosen, GOLDEN[chosen])
