"""A scorer is one function: this one keeps the examples that are closest to being misclassified under attack.

python margin_scorer.py --listen 127.0.0.1:50061
winnow scorer check 127.0.0.1:50061
"""

# readme:begin
import numpy as np

from winnow.scorer import Parameter, Scorer, Setting, Signals, main


class BoundaryScorer(Scorer):
    name = "near-boundary"
    version = "1"
    summary = "Keeps examples whose margin under attack is closest to a target."
    signals = ("labels", "adversarial_logits")
    parameters = (Parameter("target", "The margin looked for.", 0, -10, 10),)

    def score(self, setting: Setting, signals: Signals) -> np.ndarray:
        rows = np.arange(setting.examples)
        others = signals.adversarial_logits.astype(np.float64)
        own = others[rows, signals.labels]
        others[rows, signals.labels] = -np.inf
        # With one class there is no other; its margin is the logit.
        margin = own - np.where(np.isfinite(others.max(axis=1)), others.max(axis=1), 0)
        return -np.abs(margin - setting.parameters["target"])


if __name__ == "__main__":
    main(BoundaryScorer())
# readme:end
