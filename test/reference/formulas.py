"""The inputs of every golden value, computed here and in formulas.ts alike, so that the JSON files stay small."""

import math
from collections.abc import Sequence

import numpy as np

MASK = 0xFFFFFFFF


def fnv1a(text: str) -> int:
    """32-bit FNV-1a of a name."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 0x01000193) & MASK
    return value


def noise(name: str, count: int) -> np.ndarray:
    """`count` values in [-1, 1): an integer hash (MurmurHash3's finaliser) of the name and the index."""
    h = (np.arange(count, dtype=np.uint64) * 0x9E3779B1 + fnv1a(name)) & MASK
    h ^= h >> np.uint64(16)
    h = (h * 0x85EBCA6B) & MASK
    h ^= h >> np.uint64(13)
    h = (h * 0xC2B2AE35) & MASK
    h ^= h >> np.uint64(16)
    return h.astype(np.float64) / 2**31 - 1


def array(values: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Rounds to float32, what the system under test sees, and shapes."""
    return values.astype(np.float32).reshape(shape)


def logits(name: str, shape: Sequence[int], scale: float) -> np.ndarray:
    return array(noise(name, math.prod(shape)) * scale, shape)


def images(name: str, shape: Sequence[int]) -> np.ndarray:
    """Images N x H x W x C in [0,1]; a sixth of the values lies on a bound, where attacks are clipped."""
    return array(np.clip(noise(name, math.prod(shape)) * 0.6 + 0.5, 0, 1), shape)


def shifted(base: np.ndarray, name: str, radius: float) -> np.ndarray:
    """Images moved by up to `radius`, kept in [0,1]."""
    return array(np.clip(base.astype(np.float64).ravel() + noise(name, base.size) * radius, 0, 1), base.shape)


def labels(count: int, classes: int) -> list[int]:
    return [(7 * i + 3) % classes for i in range(count)]


def weight(name: str, shape: Sequence[int]) -> np.ndarray:
    """The value of a model's weight by its name; convolutions and linear layers are scaled by fan-in."""
    values = noise(name, math.prod(shape))
    if name == "normalise.mean":
        values = values * 0.05 + 0.5
    elif name == "normalise.std":
        values = values * 0.05 + 0.25
    elif len(shape) > 1:
        values = values * math.sqrt(3 / math.prod(shape[1:]))
    elif name.endswith("running_var"):
        values = values * 0.5 + 1
    elif name.endswith(".weight"):
        values = values * 0.3 + 1
    else:
        values = values * 0.2
    return array(values, shape)
