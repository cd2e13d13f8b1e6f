"""The examples to train on, as a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

import grpc
import numpy as np
import numpy.typing as npt

from winnow.error import WinnowError
from winnow.v1 import index_set_pb2, selection_pb2


@dataclass(frozen=True)
class Quality:
    """Signs of how good a selection is; None where a scorer has no notion of one."""

    residual: Optional[float]
    """|| sum_S w g - sum_D g || / || sum_D g || over last-layer gradients."""
    effective_sample_size: float
    """(sum w)^2 / sum w^2, in [1, k]."""
    overlap: Optional[float]
    """Jaccard overlap with the run's previous set, in [0, 1]; None for the first."""
    kept_per_class: tuple[int, ...]
    """Kept examples of each class, in label order."""


@dataclass(frozen=True)
class Fallback:
    """What took the place of a scorer that failed."""

    kind: str
    """"last-set" or "random"."""
    reason: str
    """What went wrong."""


@dataclass(frozen=True, eq=False)
class IndexSet:
    """An index set, checked: indices sorted, unique and in range, weights finite, at least 0 and not all 0."""

    indices: npt.NDArray[np.int64]
    """Kept examples, ascending, in [0, dataset_examples)."""
    weights: Optional[npt.NDArray[np.float32]]
    """One for each index; None where every example counts the same."""
    meaning: str
    """"uniform", or "normalised-sum": the mini-batch loss is sum(w l) / sum(w)."""
    quality: Quality
    run_id: str
    """Empty for a set made on request."""
    round: int
    dataset_fingerprint: str
    dataset_examples: int
    scorer: str
    scorer_version: str
    fraction: float
    seed: int
    fallback: Optional[Fallback]
    message: index_set_pb2.IndexSet = field(repr=False)
    """The message it was read from, with cost, attack and checkpoint."""

    def __len__(self) -> int:
        return len(self.indices)

    def mask(self) -> npt.NDArray[np.bool_]:
        """Whether each of the data set's examples is kept."""
        kept = np.zeros(self.dataset_examples, dtype=bool)
        kept[self.indices] = True
        return kept

    def weight_table(self) -> npt.NDArray[np.float32]:
        """Weight of each of the data set's examples: 0 where it is dropped, 1 where every kept one counts the same."""
        table = np.zeros(self.dataset_examples, dtype=np.float32)
        table[self.indices] = 1 if self.weights is None else self.weights
        return table

    def encode(self) -> bytes:
        """The message's bytes."""
        return self.message.SerializeToString()

    @staticmethod
    def decode(data: bytes) -> IndexSet:
        """Reads what ``encode`` wrote."""
        return IndexSet.from_message(index_set_pb2.IndexSet.FromString(data))

    @staticmethod
    def from_message(message: index_set_pb2.IndexSet) -> IndexSet:
        """Reads a message; raises INVALID_INDEX_SET where it breaks an invariant of index_set.proto."""
        indices = _indices(message)
        weights = _weights(message)
        quality = message.quality
        return IndexSet(
            indices=indices,
            weights=weights,
            meaning="uniform" if weights is None else "normalised-sum",
            quality=Quality(
                residual=quality.residual if quality.HasField("residual") else None,
                effective_sample_size=quality.effective_sample_size,
                overlap=quality.overlap if quality.HasField("overlap") else None,
                kept_per_class=tuple(quality.kept_per_class),
            ),
            run_id=message.run_id,
            round=message.round,
            dataset_fingerprint=message.dataset_fingerprint,
            dataset_examples=message.dataset_examples,
            scorer=message.scorer,
            scorer_version=message.scorer_version,
            fraction=message.fraction,
            seed=message.seed,
            fallback=_fallback(message),
            message=message,
        )


def _invalid(what: str) -> WinnowError:
    return WinnowError(
        grpc.StatusCode.FAILED_PRECONDITION, f"the index set was refused: {what}; fetch it again", "INVALID_INDEX_SET"
    )


def _indices(message: index_set_pb2.IndexSet) -> npt.NDArray[np.int64]:
    gaps = np.fromiter(message.index_gaps, dtype=np.int64, count=len(message.index_gaps))
    if len(gaps) == 0:
        raise _invalid("it keeps no example")
    if (gaps[1:] == 0).any():
        raise _invalid("an index stands twice")
    indices = np.cumsum(gaps)
    if indices[-1] >= message.dataset_examples:
        raise _invalid(f"index {indices[-1]} is outside [0, {message.dataset_examples})")
    indices.setflags(write=False)
    return indices


def _weights(message: index_set_pb2.IndexSet) -> Optional[npt.NDArray[np.float32]]:
    weights = np.fromiter(message.weights, dtype=np.float32, count=len(message.weights))
    if message.weight_meaning == selection_pb2.WEIGHT_MEANING_UNIFORM:
        if len(weights):
            raise _invalid("weights are UNIFORM but present")
        return None
    if message.weight_meaning != selection_pb2.WEIGHT_MEANING_NORMALISED_SUM:
        raise _invalid(f"the weights' meaning {message.weight_meaning} is not known")
    if len(weights) != len(message.index_gaps):
        raise _invalid(f"it has {len(weights)} weights for {len(message.index_gaps)} indices")
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise _invalid("a weight is not finite or below 0")
    if not weights.any():
        raise _invalid("all weights are 0")
    weights.setflags(write=False)
    return weights


_FALLBACKS = {
    selection_pb2.SCORER_FALLBACK_LAST_SET: "last-set",
    selection_pb2.SCORER_FALLBACK_RANDOM: "random",
}


def _fallback(message: index_set_pb2.IndexSet) -> Optional[Fallback]:
    if not message.HasField("fallback"):
        return None
    return Fallback(_FALLBACKS.get(message.fallback.kind, "unknown"), message.fallback.reason)
