"""A rank's share of an epoch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def even_order(order: npt.NDArray[np.int64], replicas: int, drop_last: bool) -> npt.NDArray[np.int64]:
    """The order, made a multiple of the number of ranks: by examples from its beginning again, or by leaving some off.

    As DistributedSampler does: ranks of unequal length would wait for each other for ever.
    """
    if drop_last:
        return order[: len(order) // replicas * replicas]
    missing = -len(order) % replicas
    return np.concatenate([order, np.resize(order, missing)]) if missing else order


def share(order: npt.NDArray[np.int64], rank: int, replicas: int, done: int = 0) -> npt.NDArray[np.int64]:
    """What a rank has left to do of an even order of which all ranks together have done ``done`` examples."""
    return order[done:][rank::replicas]
