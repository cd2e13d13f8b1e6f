"""Checkpoint files as the safetensors library writes and reads them."""

import base64
import json

import numpy as np
from safetensors.numpy import load, save

import formulas

SHAPES = {"layer.weight": [2, 3, 1, 1], "layer.bias": [2], "gewicht.größe": [3], "scalar": [], "empty": [0, 4]}
METADATA = {"format": "winnow", "note": "naïve ✓"}


def laid_out(tensors: dict[str, np.ndarray]) -> bytes:
    """The bytes that the service writes for these tensors: declaration order, metadata first, padded to 8 bytes."""
    header: dict = {"__metadata__": METADATA}
    offset = 0
    for name, value in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [offset, offset + value.nbytes]}
        offset += value.nbytes
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(value.tobytes() for value in tensors.values())


def safetensors() -> dict:
    """A file that Python wrote, and the bytes of one that Python was seen to read."""
    tensors = {name: formulas.weight(name, shape) for name, shape in SHAPES.items()}
    ours = laid_out(tensors)
    read = load(ours)
    assert read.keys() == tensors.keys()
    for name, value in tensors.items():
        assert read[name].shape == value.shape and (read[name] == value).all(), name
    files = {"writtenByPython": save(tensors, METADATA), "readByPython": ours}
    return {"shapes": SHAPES, "metadata": METADATA, **{key: base64.b64encode(v).decode() for key, v in files.items()}}
