"""Both services at once."""

from __future__ import annotations

from functools import cached_property
from types import TracebackType
from typing import Optional, Sequence

import grpc

from winnow.channel import Token, open_channel
from winnow.grpc_source import GrpcSource
from winnow.scoring_client import ScoringClient
from winnow.training_client import TrainingClient


class Client:
    """Clients of the scoring and the training service, each where its address is given.

        with winnow.Client(scoring="localhost:50051", training="localhost:50052") as client:
            run = client.training.wait(client.training.create_run(spec).id)

    It connects at the first call. ``credentials`` (``grpc.ssl_channel_credentials(...)``) switches TLS on, ``token`` is
    sent as a bearer token, ``options`` are gRPC's channel arguments.
    """

    def __init__(
        self,
        *,
        scoring: Optional[str] = None,
        training: Optional[str] = None,
        credentials: Optional[grpc.ChannelCredentials] = None,
        token: Optional[Token] = None,
        options: Sequence[tuple[str, object]] = (),
    ) -> None:
        self._channels = {
            name: open_channel(address, credentials, token, options)
            for name, address in (("scoring", scoring), ("training", training))
            if address is not None
        }

    @cached_property
    def scoring(self) -> ScoringClient:
        """Calls of the scoring service."""
        return ScoringClient(self._channel("scoring"))

    @cached_property
    def training(self) -> TrainingClient:
        """Calls of the training service."""
        return TrainingClient(self._channel("training"))

    def follow(self, run_id: str) -> GrpcSource:
        """A run's index sets over gRPC, for IndexSetSampler."""
        return GrpcSource(self.scoring, run_id)

    def _channel(self, name: str) -> grpc.Channel:
        if name not in self._channels:
            raise ValueError(f"the client was made without the {name} service's address; give {name}='host:port'")
        return self._channels[name]

    def close(self) -> None:
        """Closes the connections; calls that are running fail."""
        for channel in self._channels.values():
            channel.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()
