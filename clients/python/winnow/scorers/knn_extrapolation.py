"""Score extrapolation by k nearest neighbours, as a scorer service: python -m winnow.scorers.knn_extrapolation

Nieth, Altstidl, Schwinn and Eskofier, "Large-Scale Dataset Pruning in Adversarial Training through Data Importance
Extrapolation", 2024, arXiv 2406.13283: an expensive importance score is computed for a part of the data only, and the
others get the mean score of their k nearest neighbours in that part, in feature space. Their score is dynamic
uncertainty over a training run; here it is the adversarial loss or EL2N under attack of the signals that are sent.
The part is drawn from each class by its share, and neighbours are looked for in the example's class, so that the work
grows as the sum over classes of share n_c^2 d.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from winnow.scorer import Parameter, Scorer, Setting, Signals, main

# Rows of distances computed at once: bounded memory, and the caller's cancellation is seen in time.
_ROWS = 1024

Floats = npt.NDArray[np.float64]


class KnnExtrapolation(Scorer):
    name = "knn-extrapolation"
    version = "1"
    summary = (
        "Scores a random share of each class under attack; the others get the mean score of their k nearest neighbours "
        "among these in feature space (Nieth 2024, arXiv 2406.13283)."
    )
    signals = ("labels", "adversarial_logits", "clean_features")
    parameters = (
        Parameter("share", "Share of each class that is scored exactly.", 0.1, 0.001, 1),
        Parameter("neighbours", "Number of neighbours k whose scores are averaged.", 10, 1, 1000, integer=True),
        Parameter(
            "measure", "What is scored: 0 is the adversarial loss, 1 is EL2N under attack.", 0, 0, 1, integer=True
        ),
    )

    def score(self, setting: Setting, signals: Signals) -> Floats:
        measure = el2n if setting.parameters["measure"] else cross_entropy
        scores = np.empty(setting.examples)
        for label in np.unique(signals.labels):
            members = np.flatnonzero(signals.labels == label)
            count = max(1, round(setting.parameters["share"] * len(members)))
            drawn = draw(members, count, setting.seed, signals)
            others = np.setdiff1d(members, drawn)
            known = measure(signals.adversarial_logits[drawn].astype(np.float64), int(label))
            scores[drawn] = known
            features = signals.clean_features[drawn].astype(np.float64)
            for start in range(0, len(others), _ROWS):
                setting.check_cancelled()
                rows = others[start : start + _ROWS]
                queries = signals.clean_features[rows].astype(np.float64)
                scores[rows] = extrapolate(queries, features, known, int(setting.parameters["neighbours"]))
        return scores


def cross_entropy(logits: Floats, label: int) -> Floats:
    """-log q_y of each row."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.log(np.exp(shifted).sum(axis=1)) - shifted[:, label]


def el2n(logits: Floats, label: int) -> Floats:
    """|| q - y || of each row (Paul 2021)."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = shifted / shifted.sum(axis=1, keepdims=True)
    probabilities[:, label] -= 1
    return np.linalg.norm(probabilities, axis=1)


def draw(members: npt.NDArray[np.int64], count: int, seed: int, signals: Signals) -> npt.NDArray[np.int64]:
    """``count`` members in a random order that their values and the seed decide, not the order they came in."""
    keys = [
        hashlib.blake2b(
            signals.clean_features[index].tobytes() + signals.adversarial_logits[index].tobytes(),
            digest_size=8,
            key=seed.to_bytes(8, "little"),
        ).digest()
        for index in members
    ]
    order = np.argsort(np.frombuffer(b"".join(keys), dtype="<u8"), kind="stable")
    return members[order[:count]]


def extrapolate(queries: Floats, features: Floats, known: Floats, neighbours: int) -> Floats:
    """Mean of the known scores of each query's nearest neighbours by Euclidean distance."""
    k = min(neighbours, len(features))
    # |a - b|^2 without |a|^2, which is the same for all of a query's candidates.
    distances = (features**2).sum(axis=1) - 2 * queries @ features.T
    nearest = np.argpartition(distances, k - 1, axis=1)[:, :k] if k < len(features) else None
    return np.full(len(queries), known.mean()) if nearest is None else known[np.sort(nearest, axis=1)].mean(axis=1)


if __name__ == "__main__":
    main(KnnExtrapolation())
