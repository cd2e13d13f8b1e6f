"""A call's batches, joined and checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from winnow.scorer.base import BadSetting, Scorer, Setting, Signals
from winnow.scorer.describe import SIGNALS
from winnow.v1 import scorer_service_pb2 as pb
from winnow.wire import FloatArray

# Twice the 5.2 GB that both kinds of features take for all of ImageNet at d = 512; a call beyond it is a mistake.
LARGEST_CALL_BYTES = 10 * 2**30


class TooLarge(Exception):
    """The announced examples don't fit into memory."""


class SignalStore:
    """Takes a call's batches into whole arrays; TooLarge where these would not fit."""

    def __init__(self, scorer: Scorer, setting: Setting, largest_bytes: int = LARGEST_CALL_BYTES) -> None:
        self._setting = setting
        self._wanted = tuple(name for name in SIGNALS if name in scorer.signals)
        row_bytes = sum(self._width(name) * (8 if name == "labels" else 4) for name in self._wanted)
        if row_bytes * setting.examples > largest_bytes:
            raise TooLarge(f"{setting.examples} examples of {row_bytes} bytes are more than this scorer can hold")
        self._arrays = {name: self._empty(name) for name in SIGNALS}
        self._received = 0

    def add(self, head: pb.ExampleBatch, floats: dict[str, FloatArray]) -> None:
        """Takes the next batch, as ``decode_batch`` gives it."""
        if head.first_index != self._received:
            raise BadSetting("batch.first_index", f"is {head.first_index}; the next example is {self._received}")
        given: dict[str, npt.NDArray[Any]] = {"labels": np.array(head.labels, dtype=np.int64), **floats}
        first = self._wanted[0]
        rows = -(-len(given.get(first, ())) // self._width(first))
        if rows < 1:
            raise BadSetting(f"batch.{first}", "is empty; every batch has at least one example")
        if rows > self._setting.examples - self._received:
            raise BadSetting("batch", f"more examples than the {self._setting.examples} that the setting announces")
        for name in self._wanted:
            self._take(name, given.get(name, np.empty(0)), rows)
        self._received += rows

    def finish(self) -> Signals:
        """All signals, once every example has come."""
        examples = self._setting.examples
        if self._received < examples:
            raise BadSetting("batch", f"the stream ends after {self._received} of the {examples} announced examples")
        return Signals(**self._arrays)

    def _width(self, name: str) -> int:
        if name.endswith("_logits"):
            return self._setting.classes
        return self._setting.features if name.endswith("_features") else 1

    def _empty(self, name: str) -> npt.NDArray[Any]:
        rows = self._setting.examples if name in self._wanted else 0
        is_matrix = name.endswith(("_logits", "_features"))
        shape = (rows, self._width(name)) if is_matrix else (rows,)
        return np.empty(shape, dtype=np.int64 if name == "labels" else np.float32)

    def _take(self, name: str, values: npt.NDArray[Any], rows: int) -> None:
        width = self._width(name)
        if len(values) != rows * width:
            raise BadSetting(f"batch.{name}", f"{len(values)} values where {rows} examples have {rows * width}")
        bad = self._bad(name, values)
        if bad.any():
            place = int(np.argmax(bad))
            what = {"labels": f"below {self._setting.classes}", "adversarial_losses": "finite and at least 0"}
            allowed = what.get(name, "finite")
            index = self._received + place // width
            raise BadSetting(f"batch.{name}", f"{values[place]:g} of example {index}; values must be {allowed}")
        target = self._arrays[name]
        target[self._received : self._received + rows] = values.reshape((rows, *target.shape[1:]))

    def _bad(self, name: str, values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        if name == "labels":
            return values >= self._setting.classes
        bad = ~np.isfinite(values)
        return bad | (values < 0) if name == "adversarial_losses" else bad
