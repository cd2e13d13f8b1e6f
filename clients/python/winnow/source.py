"""Where a sampler gets a run's index sets from."""

from __future__ import annotations

from typing import Optional, Protocol

import grpc

from winnow.error import WinnowError
from winnow.index_set import IndexSet


class IndexSetSource(Protocol):
    """A run's index sets. A selection that failed is raised as the WinnowError it was."""

    def get(self, round: Optional[int] = None) -> Optional[IndexSet]:
        """The set of a round, or the newest one; None where there is none yet."""
        ...

    def wait(self, round: Optional[int] = None, timeout: Optional[float] = None) -> IndexSet:
        """The set of a round, or the newest one, once there is one; DEADLINE_EXCEEDED after ``timeout`` seconds."""
        ...

    def close(self) -> None:
        """Lets go of connections."""
        ...


def timed_out(run_id: str, round: Optional[int], timeout: Optional[float]) -> WinnowError:
    """The error of a set that did not come."""
    what = "no set" if round is None else f"no set of round {round}"
    message = f"run {run_id!r} has {what} after {timeout:g} s; is its scoring service running, and was a set asked for?"
    return WinnowError(grpc.StatusCode.DEADLINE_EXCEEDED, message)
