"""What a scorer gave, as messages."""

from __future__ import annotations

from typing import Any, Iterator

import numpy as np

from winnow.scorer.base import ScoredSet, Scorer, Setting
from winnow.v1 import scorer_service_pb2 as pb

# 64 KiB of doubles: far below any limit on messages.
SCORES_PER_MESSAGE = 8192


def messages_of(scorer: Scorer, setting: Setting, result: Any) -> Iterator[pb.ScoreExamplesResponse]:
    """The messages; ValueError, before the first of them, where the scorer broke its own contract."""
    if scorer.output == "set":
        return iter([pb.ScoreExamplesResponse(set=_set(setting, result))])
    return _chunks(_scores(setting, result))


def _scores(setting: Setting, result: Any) -> Any:
    scores = np.asarray(result, dtype=np.float64)
    if scores.shape != (setting.examples,):
        raise ValueError(f"score() gave scores of shape {scores.shape} for {setting.examples} examples")
    bad = ~np.isfinite(scores)
    if bad.any():
        raise ValueError(f"score() gave {scores[bad][0]} for example {int(np.argmax(bad))}")
    return scores


def _chunks(scores: Any) -> Iterator[pb.ScoreExamplesResponse]:
    for first in range(0, len(scores), SCORES_PER_MESSAGE):
        part = scores[first : first + SCORES_PER_MESSAGE].tolist()
        yield pb.ScoreExamplesResponse(scores=pb.ScoreChunk(first_index=first, scores=part))


def _set(setting: Setting, result: Any) -> pb.ScoredSet:
    if not isinstance(result, ScoredSet):
        raise ValueError(f"score() gave a {type(result).__name__} where output is 'set'; give a ScoredSet")
    indices = np.asarray(result.indices)
    if indices.shape != (setting.keep,) or not np.issubdtype(indices.dtype, np.integer):
        raise ValueError(f"score() chose {indices.dtype} {indices.shape} where {setting.keep} indices are kept")
    order = np.argsort(indices, kind="stable")
    indices = indices[order]
    if indices[0] < 0 or indices[-1] >= setting.examples or (np.diff(indices) == 0).any():
        raise ValueError("score() chose an example twice, or one that does not exist")
    if result.weights is None:
        return pb.ScoredSet(indices=indices.tolist())
    weights = np.asarray(result.weights, dtype=np.float32)
    if weights.shape != indices.shape or not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise ValueError("score() gave weights that are not one finite number of at least 0 per index, not all 0")
    return pb.ScoredSet(indices=indices.tolist(), weights=weights[order].tolist())
