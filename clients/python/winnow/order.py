"""The order of an epoch."""

from __future__ import annotations

import hashlib
from typing import Optional

import numpy as np
import numpy.typing as npt


def epoch_order(
    examples: int, seed: int, epoch: int, mask: Optional[npt.NDArray[np.bool_]] = None
) -> npt.NDArray[np.int64]:
    """One permutation of all N examples, filtered by the kept ones.

    A pruned run so visits its examples in the same relative order as a full run with the same seed, and the two stay
    comparable (as airbench does). The permutation is that of numpy's RandomState, whose stream is frozen by numpy's
    policy, seeded with SHA-256 over seed and epoch: the same on every machine, though not the training service's own.
    """
    digest = hashlib.sha256(f"winnow epoch-order {seed} {epoch}".encode()).digest()
    order = np.random.RandomState(np.frombuffer(digest, dtype="<u4")).permutation(examples)
    return order if mask is None else order[mask[order]]
