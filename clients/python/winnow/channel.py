"""Connections to a service."""

from __future__ import annotations

import json
import re
from typing import Callable, NamedTuple, Optional, Sequence, Union

import grpc

Token = Union[str, Callable[[], str]]
"""A bearer token, or a function that gives the present one and is asked for each call."""

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""As the services': a batch of examples with features, or an index set of ImageNet's size with weights, stays below."""

# gRPC would wait up to two minutes before it tries a restarted server again.
_LONGEST_RECONNECT_MS = 5_000

# A proxy that is set for the web can't reach this machine's own services, and gRPC would send them there all the same.
_LOOPBACK = re.compile(r"^(localhost|127\.[\d.]+|\[::1\]):\d+$")

# Calls that may be repeated without harm. CreateRun is none: it may have arrived.
_REPEATABLE = {
    "winnow.v1.TrainingService": ["GetRun", "ListRuns", "WatchRun", "CancelRun", "EvaluateModel", "DownloadModel"],
    "winnow.v1.ScoringService": [
        *["ListScorers", "ScoreDataset", "SelectSubset", "GetIndexSet", "ExplainExamples", "GetExamples"],
        *["WatchIndexSets", "RegisterScorer"],
    ],
    "winnow.v1.ScorerService": ["DescribeScorer", "CheckReady"],
}

# Rides out a restart of a service, yet soon says that there is none. gRPC allows five attempts at most.
_RETRY = {
    "maxAttempts": 5,
    "initialBackoff": "0.2s",
    "maxBackoff": "5s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}


def open_channel(
    address: str,
    credentials: Optional[grpc.ChannelCredentials] = None,
    token: Optional[Token] = None,
    options: Sequence[tuple[str, object]] = (),
) -> grpc.Channel:
    """A channel to ``host:port`` that repeats repeatable calls while the service is UNAVAILABLE.

    Without ``credentials`` it is plaintext; ``grpc.ssl_channel_credentials(ca, key, certificate)`` makes them. The
    token goes along as ``authorization: Bearer``; ValueError where it would cross a network in plaintext.
    """
    local = _LOOPBACK.match(address) is not None
    if token is not None and credentials is None and not local:
        raise ValueError(f"a token would go to {address} in plaintext; give credentials, or no token")
    everything = [
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_reconnect_backoff_ms", _LONGEST_RECONNECT_MS),
        ("grpc.service_config", json.dumps(_service_config())),
        *([("grpc.enable_http_proxy", 0)] if local else []),
        *options,
    ]
    if credentials is None:
        channel = grpc.insecure_channel(address, everything)
    else:
        channel = grpc.secure_channel(address, credentials, everything)
    return channel if token is None else grpc.intercept_channel(channel, _BearerToken(token))


def _service_config() -> dict[str, object]:
    methods = [{"service": service, "method": name} for service, names in _REPEATABLE.items() for name in names]
    return {"methodConfig": [{"name": methods, "retryPolicy": _RETRY}]}


class _CallDetails(NamedTuple):
    method: str
    timeout: Optional[float]
    metadata: Optional[Sequence[tuple[str, str]]]
    credentials: Optional[grpc.CallCredentials]
    wait_for_ready: Optional[bool]
    compression: Optional[grpc.Compression]


class _BearerToken(
    grpc.UnaryUnaryClientInterceptor,  # type: ignore[misc]
    grpc.UnaryStreamClientInterceptor,  # type: ignore[misc]
    grpc.StreamUnaryClientInterceptor,  # type: ignore[misc]
    grpc.StreamStreamClientInterceptor,  # type: ignore[misc]
):
    def __init__(self, token: Token) -> None:
        self._token = token

    def _with_token(self, details: grpc.ClientCallDetails) -> _CallDetails:
        token = self._token if isinstance(self._token, str) else self._token()
        return _CallDetails(
            method=details.method,
            timeout=details.timeout,
            metadata=[*(details.metadata or ()), ("authorization", f"Bearer {token}")],
            credentials=details.credentials,
            wait_for_ready=getattr(details, "wait_for_ready", None),
            compression=getattr(details, "compression", None),
        )

    def _intercept(
        self, continuation: Callable[..., object], details: grpc.ClientCallDetails, request: object
    ) -> object:
        return continuation(self._with_token(details), request)

    intercept_unary_unary = _intercept
    intercept_unary_stream = _intercept
    intercept_stream_unary = _intercept
    intercept_stream_stream = _intercept
