"""A caller's signals, cut into messages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Iterable, Iterator, Optional

import numpy as np
import numpy.typing as npt

from winnow.wire import encode_batch

# Far below the services' limit on messages, and large enough that the overhead of one doesn't matter.
CHUNK_BYTES = 1024 * 1024

# Field of ExampleBatch that carries a signal.
_WIRE_NAMES = {
    "logits": "clean_logits",
    "adversarial_logits": "adversarial_logits",
    "features": "clean_features",
    "adversarial_features": "adversarial_features",
    "losses": "adversarial_losses",
    "margins": "adversarial_margins",
}
_MATRICES = ("logits", "adversarial_logits", "features", "adversarial_features")


@dataclass(frozen=True)
class SignalBatch:
    """Signals of consecutive examples: numpy arrays, torch tensors or lists, the first axis being the examples.

    What is not measured stays None; all batches of a call have the same signals.
    """

    labels: Any
    """Class labels, [n]."""
    logits: Any = None
    """Logits z of the clean images, [n, C]."""
    adversarial_logits: Any = None
    """Logits z' of the attacked images, [n, C]."""
    features: Any = None
    """Inputs h of the last linear layer for the clean images, [n, d]."""
    adversarial_features: Any = None
    """Inputs h' of the last linear layer for the attacked images, [n, d]."""
    losses: Any = None
    """Losses of the attacked images, [n], at least 0."""
    margins: Any = None
    """Margins of the attacked images, [n]: the label's logit minus the greatest other one."""


def to_numpy(value: Any, dtype: type) -> npt.NDArray[Any]:
    """A numpy array of anything array-like, a torch tensor on any device among them."""
    if hasattr(value, "detach"):
        value = value.detach().to("cpu")
        # numpy has no bfloat16.
        value = value.float() if value.is_floating_point() else value
        value = value.numpy()
    return np.ascontiguousarray(value, dtype=dtype)


def checked(batch: SignalBatch) -> SignalBatch:
    """The batch as numpy arrays; ValueError where shapes don't fit."""
    labels = to_numpy(batch.labels, np.int64)
    if labels.ndim != 1:
        raise ValueError(f"labels have shape {labels.shape}; one label for each example is needed")
    if len(labels) and labels.min() < 0:
        raise ValueError(f"labels begin at 0; the least is {labels.min()}")
    arrays = {}
    for name in _WIRE_NAMES:
        value = getattr(batch, name)
        if value is not None:
            arrays[name] = _checked_signal(name, to_numpy(value, np.float32), len(labels))
    return replace(SignalBatch(labels), **arrays)


def _checked_signal(name: str, array: npt.NDArray[np.float32], examples: int) -> npt.NDArray[np.float32]:
    dimensions = 2 if name in _MATRICES else 1
    if array.ndim != dimensions or len(array) != examples:
        raise ValueError(
            f"{name} have shape {array.shape}; {dimensions} dimensions, the first of {examples}, are needed"
        )
    return array


def signal_names(batch: SignalBatch) -> tuple[str, ...]:
    """The signals that a batch has, labels left out."""
    return tuple(name for name in _WIRE_NAMES if getattr(batch, name) is not None)


def width_of(batch: SignalBatch, *names: str) -> Optional[int]:
    """Second dimension that the first of these signals has; None where the batch has none of them."""
    return next((getattr(batch, name).shape[1] for name in names if getattr(batch, name) is not None), None)


def chunks(batches: Iterable[SignalBatch], chunk_bytes: int) -> Iterator[bytes]:
    """Encoded ExampleBatches of at most ``chunk_bytes`` (and at least one example) of checked batches, in order."""
    first_index = 0
    names: Optional[tuple[str, ...]] = None
    for batch in batches:
        if names is not None and signal_names(batch) != names:
            raise ValueError(f"a batch has {signal_names(batch)} where those before it have {names}")
        names = signal_names(batch)
        arrays = {_WIRE_NAMES[name]: getattr(batch, name) for name in names}
        row_bytes = 4 + sum(4 * (array[:1].size or 1) for array in arrays.values())
        rows = max(1, chunk_bytes // row_bytes)
        for start in range(0, len(batch.labels), rows):
            part = slice(start, start + rows)
            yield encode_batch(first_index + start, batch.labels[part], {k: v[part] for k, v in arrays.items()})
        first_index += len(batch.labels)


def as_batches(batches: Optional[Iterable[SignalBatch]], signals: dict[str, Any]) -> Iterator[SignalBatch]:
    """Checked batches, from an iterator or from whole arrays; ValueError unless exactly one of them is given."""
    given = {name: value for name, value in signals.items() if value is not None}
    if (batches is None) == (not given):
        raise ValueError("give either labels and signals as whole arrays, or batches=, an iterable of SignalBatch")
    if batches is not None:
        return map(checked, batches)
    if "labels" not in given:
        raise ValueError(f"{', '.join(given)} without labels")
    return iter([checked(SignalBatch(**given))])
