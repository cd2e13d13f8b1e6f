"""Which index set an epoch trains on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from winnow.index_set import IndexSet
from winnow.source import IndexSetSource


@dataclass(frozen=True)
class Schedule:
    """When a set becomes due, and what happens until it is there."""

    every_epochs: Optional[int] = None
    """R: round r is due at epoch warm_start_epochs + r R. None takes the newest set that there is at each epoch."""
    warm_start_epochs: int = 0
    """Epochs on all data before the first set."""
    max_staleness_epochs: int = 0
    """Epochs to go on with the last set (or, after a warm start, with all data) while a due one is made; 0 waits."""

    def __post_init__(self) -> None:
        if self.every_epochs is not None and self.every_epochs < 1:
            raise ValueError(f"every_epochs is {self.every_epochs}; it must be at least 1, or None")
        if self.warm_start_epochs < 0:
            raise ValueError(f"warm_start_epochs is {self.warm_start_epochs}; it must be at least 0")
        if not 0 <= self.max_staleness_epochs < (self.every_epochs or 1):
            raise ValueError(f"max_staleness_epochs is {self.max_staleness_epochs}; it must be below every_epochs")

    @property
    def settles_rounds(self) -> bool:
        """Whether the epoch alone decides the round, whatever is published when."""
        return self.every_epochs is not None and self.max_staleness_epochs == 0

    def choose(
        self, source: IndexSetSource, epoch: int, current: Optional[IndexSet], timeout: Optional[float]
    ) -> Optional[IndexSet]:
        """The set of an epoch, None for all data. ``current`` is the set in use; raises what the source does."""
        since_warm = epoch - self.warm_start_epochs
        if since_warm < 0:
            return None
        if self.every_epochs is None:
            return source.get() or current or source.wait(timeout=timeout)
        due, late = divmod(since_warm, self.every_epochs)
        if current is not None and current.round == due:
            return current
        if late < self.max_staleness_epochs:
            found = source.get(due)
            if found is not None or (due == 0 and self.warm_start_epochs > 0):
                return found
            if due > 0:
                found = current if current is not None and current.round == due - 1 else source.get(due - 1)
                if found is not None:
                    return found
        return source.wait(due, timeout)
