"""What a scorer is, without the wire."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, Callable, ClassVar, Mapping, Optional, Sequence, Union

import numpy as np
import numpy.typing as npt

from winnow.v1 import dataset_pb2, objective_pb2


@dataclass(frozen=True)
class Parameter:
    """A number between two bounds, both allowed."""

    name: str
    description: str
    """What it does, in one sentence."""
    default: float
    minimum: float
    maximum: float
    integer: bool = False
    """Whether only whole numbers are allowed."""


class BadSetting(Exception):
    """A setting that the scorer can't use: the field's path, and what would be right. The caller is told so."""

    def __init__(self, field: str, description: str) -> None:
        super().__init__(f"{field}: {description}")
        self.field = field
        self.description = description


class Cancelled(Exception):
    """The caller has cancelled, or has run out of time."""


@dataclass(frozen=True)
class Setting:
    """What is asked for, checked."""

    examples: int
    """N."""
    classes: int
    """C."""
    features: int
    """d; 0 where no features are sent."""
    keep: int
    """How many are kept, in [1, N]; a set has exactly as many."""
    seed: int
    """Seed of every random choice."""
    parameters: Mapping[str, float]
    """A value for every parameter of the scorer."""
    objective: objective_pb2.ObjectiveSpec
    dataset: Optional[dataset_pb2.DatasetSpec]
    """The data set that indices count in; None where the scoring service was not told."""
    run_id: str
    """The run and its round; empty and 0 for a call on request."""
    round: int
    is_wanted: Callable[[], bool] = field(default=lambda: True, compare=False, repr=False)

    def check_cancelled(self) -> None:
        """Ends ``score`` where nobody waits for it any more; for every second or so of long work."""
        if not self.is_wanted():
            raise Cancelled


@dataclass(frozen=True)
class Signals:
    """What was measured of all examples, in index order. What the scorer did not ask for is empty."""

    labels: npt.NDArray[np.int64]
    """y, [N], in [0, C)."""
    clean_logits: npt.NDArray[np.float32]
    """z, [N, C]."""
    adversarial_logits: npt.NDArray[np.float32]
    """z', [N, C]."""
    clean_features: npt.NDArray[np.float32]
    """h, [N, d]."""
    adversarial_features: npt.NDArray[np.float32]
    """h', [N, d]."""
    adversarial_losses: npt.NDArray[np.float32]
    """[N], at least 0."""
    adversarial_margins: npt.NDArray[np.float32]
    """[N]: the label's logit minus the greatest other one, under attack."""


@dataclass(frozen=True)
class ScoredSet:
    """A whole set: exactly ``keep`` different indices in any order, and a weight for each, or None for equal ones."""

    indices: Any
    weights: Any = None


class Scorer(ABC):
    """A scorer: its description as class attributes, and one function.

    ``signals`` are names of Signals' fields, at least one; others are not sent. ``output`` is "scores" (one finite
    number for each example, the highest are kept) or "set" (``score`` gives a ScoredSet).
    """

    name: ClassVar[str]
    """Lower case, digits and '-': what a run's selection names."""
    version: ClassVar[str]
    """To be changed whenever equal inputs may give other results."""
    summary: ClassVar[str]
    """What it does and where it is from, in one or two sentences."""
    signals: ClassVar[Sequence[str]]
    parameters: ClassVar[Sequence[Parameter]] = ()
    output: ClassVar[str] = "scores"

    @abstractmethod
    def score(self, setting: Setting, signals: Signals) -> Union[npt.NDArray[Any], ScoredSet]:
        """Scores all examples of a call. Equal inputs give equal results; calls may come at the same time."""

    def waits_for(self) -> Optional[str]:
        """What the scorer still waits for before it can score; None once it can."""
        return None
