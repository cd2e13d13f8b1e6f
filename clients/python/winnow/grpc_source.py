"""Index sets from the scoring service."""

from __future__ import annotations

import time
from typing import Optional

import grpc

from winnow.error import WinnowError
from winnow.index_set import IndexSet
from winnow.scoring_client import ScoringClient
from winnow.source import timed_out

# A stream of sets passes over selections that failed, so those are asked for in between.
_LOOK_S = 5.0
# As a service that is restarted needs; whoever waits for a set goes on waiting.
_AWAY_S = 1.0


class GrpcSource:
    """A run's index sets over gRPC; rides out restarts of the service while it waits."""

    def __init__(self, scoring: ScoringClient, run_id: str) -> None:
        self._scoring = scoring
        self._run_id = run_id

    def get(self, round: Optional[int] = None) -> Optional[IndexSet]:
        try:
            return self._scoring.get_index_set(self._run_id, round)
        except WinnowError as error:
            if error.reason in ("UNKNOWN_INDEX_SET", "UNKNOWN_RUN"):
                return None
            raise

    def wait(self, round: Optional[int] = None, timeout: Optional[float] = None) -> IndexSet:
        end = float("inf") if timeout is None else time.monotonic() + timeout
        while True:
            try:
                found = self.get(round) or self._next(round, min(_LOOK_S, end - time.monotonic()))
                if found is not None:
                    return found
            except WinnowError as error:
                if error.code != grpc.StatusCode.UNAVAILABLE or time.monotonic() >= end:
                    raise
                time.sleep(_AWAY_S)
            if time.monotonic() >= end:
                raise timed_out(self._run_id, round, timeout)

    def close(self) -> None:
        """Does nothing: the client that it was made from is closed by its owner."""

    def _next(self, round: Optional[int], timeout: float) -> Optional[IndexSet]:
        """Waits for a set to be published."""
        try:
            with self._scoring.watch_index_sets(self._run_id, round or 0, timeout=max(0.001, timeout)) as sets:
                return next((found for found in sets if round is None or found.round == round), None)
        except WinnowError as error:
            if error.code == grpc.StatusCode.DEADLINE_EXCEEDED:
                return None
            raise
