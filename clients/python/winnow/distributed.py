"""torch.distributed, where it is in use."""

from __future__ import annotations

import sys
from typing import Any, Optional, TypeVar

T = TypeVar("T")


def process_group() -> Optional[Any]:
    """torch.distributed, where its default group is initialised; torch is not imported for it."""
    torch = sys.modules.get("torch")
    distributed = getattr(torch, "distributed", None)
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return None
    return distributed


def from_rank_0(value: T) -> T:
    """Rank 0's value, on all ranks of the default group; every rank has to call this. The value itself without one."""
    distributed = process_group()
    if distributed is None or distributed.get_world_size() == 1:
        return value
    box = [value]
    distributed.broadcast_object_list(box, src=0)
    return box[0]
