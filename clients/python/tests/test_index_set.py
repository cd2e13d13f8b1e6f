import numpy as np
import pytest

from winnow import IndexSet, WinnowError
from winnow.v1 import index_set_pb2, selection_pb2


def message(**changes):
    fields = dict(
        run_id="a",
        round=2,
        dataset_fingerprint="f",
        dataset_examples=10,
        index_gaps=[1, 2, 6],
        weights=[1, 0, 2.5],
        weight_meaning=selection_pb2.WEIGHT_MEANING_NORMALISED_SUM,
    )
    return index_set_pb2.IndexSet(**{**fields, **changes})


def test_a_set_is_read():
    found = IndexSet.from_message(message())
    assert found.indices.tolist() == [1, 3, 9]
    assert found.weights.tolist() == [1, 0, 2.5]
    assert (found.meaning, found.round, len(found)) == ("normalised-sum", 2, 3)
    assert np.flatnonzero(found.mask()).tolist() == [1, 3, 9]
    assert found.weight_table()[[1, 3, 9]].tolist() == [1, 0, 2.5]
    assert found.quality.residual is None and found.fallback is None
    again = IndexSet.decode(found.encode())
    assert again.indices.tolist() == [1, 3, 9]


def test_uniform_weights_and_a_fallback():
    quality = selection_pb2.SelectionQuality(residual=0.5, overlap=0, kept_per_class=[1, 2])
    fallback = index_set_pb2.Fallback(kind=selection_pb2.SCORER_FALLBACK_LAST_SET, reason="slow")
    uniform = selection_pb2.WEIGHT_MEANING_UNIFORM
    found = IndexSet.from_message(message(weights=[], weight_meaning=uniform, quality=quality, fallback=fallback))
    assert found.weights is None and found.meaning == "uniform"
    assert found.weight_table().sum() == 3
    assert (found.quality.residual, found.quality.overlap, found.quality.kept_per_class) == (0.5, 0, (1, 2))
    assert (found.fallback.kind, found.fallback.reason) == ("last-set", "slow")


@pytest.mark.parametrize(
    "changes",
    [
        dict(index_gaps=[], weights=[]),
        dict(index_gaps=[1, 0, 2]),
        dict(index_gaps=[1, 2, 7]),
        dict(index_gaps=[2**32 - 1] * 3),
        dict(weights=[1, 2]),
        dict(weights=[1, -1, 1]),
        dict(weights=[1, float("nan"), 1]),
        dict(weights=[0, 0, 0]),
        dict(weight_meaning=selection_pb2.WEIGHT_MEANING_UNIFORM),
        dict(weight_meaning=selection_pb2.WEIGHT_MEANING_UNSPECIFIED),
        dict(weight_meaning=9),
    ],
)
def test_what_breaks_an_invariant_is_refused(changes):
    with pytest.raises(WinnowError) as caught:
        IndexSet.from_message(message(**changes))
    assert caught.value.reason == "INVALID_INDEX_SET"
