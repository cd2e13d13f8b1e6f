"""Client, index-set sampler and scorer base of Winnow: data pruning for faster adversarial training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from winnow.client import Client
from winnow.error import FieldViolation, WinnowError
from winnow.grpc_source import GrpcSource
from winnow.index_set import Fallback, IndexSet, Quality
from winnow.nats_source import NatsSource
from winnow.order import epoch_order
from winnow.signals import SignalBatch
from winnow.source import IndexSetSource
from winnow.stream import Stream
from winnow.weighted import Indexed, weighted_mean

if TYPE_CHECKING:
    from winnow.sampler import IndexSetSampler

__version__ = "0.1.0"

__all__ = [
    *["Client", "Fallback", "FieldViolation", "GrpcSource", "IndexSet", "IndexSetSampler", "IndexSetSource"],
    *["Indexed", "NatsSource", "Quality", "SignalBatch", "Stream", "WinnowError", "epoch_order", "weighted_mean"],
]


def __getattr__(name: str) -> Any:
    # Importing the sampler imports torch, where it is installed; clients and scorers do without.
    if name == "IndexSetSampler":
        from winnow.sampler import IndexSetSampler

        return IndexSetSampler
    raise AttributeError(f"module 'winnow' has no attribute {name!r}")
