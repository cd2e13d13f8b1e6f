import numpy as np
import pytest

from winnow.scorer import Setting, Signals
from winnow.scorers.knn_extrapolation import KnnExtrapolation, cross_entropy, el2n
from winnow.v1 import objective_pb2

N, C, D = 400, 4, 6


def made_up(seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, C, N)
    # The score varies smoothly over feature space, which extrapolation is made for.
    features = rng.standard_normal((N, D)).astype(np.float32)
    logits = np.zeros((N, C), dtype=np.float32)
    logits[np.arange(N), labels] = features[:, 0] + features[:, 1]
    none = np.empty(0, dtype=np.float32)
    return Signals(labels, none, logits, features, none, none, none)


def setting(examples=N, seed=1, **parameters):
    values = {"share": 0.2, "neighbours": 5, "measure": 0, **parameters}
    return Setting(examples, C, D, 10, seed, values, objective_pb2.ObjectiveSpec(), None, "", 0)


def exact(signals, measure=cross_entropy):
    logits = signals.adversarial_logits.astype(np.float64)
    return np.array([measure(logits[i : i + 1], int(label))[0] for i, label in enumerate(signals.labels)])


@pytest.mark.parametrize(("number", "measure"), [(0, cross_entropy), (1, el2n)])
def test_a_share_is_exact_and_the_others_are_means_of_their_nearest(number, measure):
    signals = made_up()
    scores = KnnExtrapolation().score(setting(measure=number), signals)
    true = exact(signals, measure)
    known = np.isclose(scores, true, atol=1e-12)
    for label in range(C):
        members = np.flatnonzero(signals.labels == label)
        drawn = members[known[members]]
        assert len(drawn) == round(0.2 * len(members))
        for index in np.setdiff1d(members, drawn):
            distances = np.linalg.norm(signals.clean_features[drawn] - signals.clean_features[index], axis=1)
            assert scores[index] == pytest.approx(true[drawn[np.argsort(distances)[:5]]].mean())
    assert np.corrcoef(scores[~known], true[~known])[0, 1] > 0.6


def test_all_are_exact_where_the_share_is_one():
    signals = made_up()
    assert np.allclose(KnnExtrapolation().score(setting(share=1), signals), exact(signals))


def test_the_draw_follows_the_seed_and_the_examples_not_their_order():
    signals, scorer = made_up(), KnnExtrapolation()
    scores = scorer.score(setting(), signals)
    assert np.array_equal(scores, scorer.score(setting(), signals))
    assert not np.array_equal(scores, scorer.score(setting(seed=2), signals))
    order = np.random.default_rng(9).permutation(N)
    none = np.empty(0, dtype=np.float32)
    permuted = Signals(
        signals.labels[order], none, signals.adversarial_logits[order], signals.clean_features[order], none, none, none
    )
    assert np.allclose(scorer.score(setting(), permuted), scores[order])


def test_fewer_examples_than_neighbours():
    whole = made_up()
    none = np.empty(0, dtype=np.float32)
    few = Signals(whole.labels[:5], none, whole.adversarial_logits[:5], whole.clean_features[:5], none, none, none)
    assert np.isfinite(KnnExtrapolation().score(setting(examples=5, neighbours=1000), few)).all()
