"""Index sets and sources for tests of the sampler."""

import numpy as np

from winnow import IndexSet, WinnowError
from winnow.source import timed_out
from winnow.v1 import index_set_pb2, selection_pb2


def index_set(round=0, indices=(1, 3, 9), weights=None, examples=10, fingerprint="f"):
    meaning = "UNIFORM" if weights is None else "NORMALISED_SUM"
    return IndexSet.from_message(
        index_set_pb2.IndexSet(
            run_id="run",
            round=round,
            dataset_fingerprint=fingerprint,
            dataset_examples=examples,
            index_gaps=np.diff(sorted(indices), prepend=0).tolist(),
            weights=weights,
            weight_meaning=getattr(selection_pb2, f"WEIGHT_MEANING_{meaning}"),
        )
    )


class Published:
    """A source whose sets are there as soon as they are published; a WinnowError stands for a failed selection."""

    def __init__(self, *sets):
        self.sets = {one.round: one for one in sets}
        self.waits = []

    def publish(self, one, round=None):
        self.sets[one.round if round is None else round] = one

    def get(self, round=None):
        found = self.sets.get(max(self.sets, default=0) if round is None else round)
        if isinstance(found, WinnowError):
            raise found
        return found

    def wait(self, round=None, timeout=None):
        self.waits.append(round)
        found = self.get(round)
        if found is None:
            raise timed_out("run", round, timeout or 0)
        return found

    def close(self):
        pass
