"""A scorer that runs as a service: one function, and the server around it.

import numpy as np
from winnow.scorer import Parameter, Scorer, Setting, Signals, main

class Hardest(Scorer):
    name = "hardest"
    version = "1"
    summary = "Keeps the examples with the least margin under attack."
    signals = ("labels", "adversarial_logits")

    def score(self, setting: Setting, signals: Signals) -> np.ndarray:
        logits = signals.adversarial_logits.copy()
        rows = np.arange(setting.examples)
        own = logits[rows, signals.labels]
        logits[rows, signals.labels] = -np.inf
        return logits.max(axis=1) - own

if __name__ == "__main__":
    main(Hardest())
"""

from winnow.scorer.base import BadSetting, Parameter, ScoredSet, Scorer, Setting, Signals
from winnow.scorer.main import main
from winnow.scorer.server import ScorerServer, serve

__all__ = ["BadSetting", "Parameter", "ScoredSet", "Scorer", "ScorerServer", "Setting", "Signals", "main", "serve"]
