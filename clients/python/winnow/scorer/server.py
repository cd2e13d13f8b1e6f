"""The server around a scorer."""

from __future__ import annotations

import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Optional

import grpc

from winnow.channel import MAX_MESSAGE_BYTES
from winnow.scorer.base import Scorer
from winnow.scorer.servicer import ScorerServicer, handler

# Beside the calls that score: descriptions and readiness are answered meanwhile.
_OTHER_CALLS = 4


class ScorerServer:
    """A gRPC server with one scorer; ``start`` gives its address, ``stop`` lets calls that are running end."""

    def __init__(
        self,
        scorer: Scorer,
        address: str = "127.0.0.1:0",
        *,
        credentials: Optional[grpc.ServerCredentials] = None,
        calls: int = 4,
        max_message_bytes: int = MAX_MESSAGE_BYTES,
    ) -> None:
        # Beyond these, gRPC itself answers RESOURCE_EXHAUSTED.
        limits = {"maximum_concurrent_rpcs": calls + _OTHER_CALLS}
        pool = ThreadPoolExecutor(calls + _OTHER_CALLS, thread_name_prefix="scorer")
        # so_reuseport: two servers on one port would share its calls by chance.
        options = [("grpc.max_receive_message_length", max_message_bytes), ("grpc.so_reuseport", 0)]
        self._server = grpc.server(pool, options=options, **limits)
        self._server.add_generic_rpc_handlers((handler(ScorerServicer(scorer, calls)),))
        self._host = address.rpartition(":")[0]
        try:
            add = self._server.add_insecure_port if credentials is None else self._server.add_secure_port
            self._port = add(address) if credentials is None else add(address, credentials)
        except RuntimeError as error:
            raise OSError(f"can't listen on {address}; is the port in use?") from error

    @property
    def address(self) -> str:
        """``host:port``, with the port that was found for port 0."""
        return f"{self._host}:{self._port}"

    def start(self) -> str:
        """Begins to answer; gives its address."""
        self._server.start()
        return self.address

    def stop(self, grace: float = 0.0) -> None:
        """Takes no more calls, and waits up to ``grace`` seconds for those that are running."""
        self._server.stop(grace).wait()

    def __enter__(self) -> ScorerServer:
        self.start()
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.stop()


def serve(
    scorer: Scorer,
    address: str,
    *,
    credentials: Optional[grpc.ServerCredentials] = None,
    calls: int = 4,
    max_message_bytes: int = MAX_MESSAGE_BYTES,
    grace: float = 30.0,
) -> None:
    """Serves a scorer until SIGTERM or SIGINT, then lets calls that are running end within ``grace`` seconds.

    Prints ``winnow-scorer NAME listens on HOST:PORT`` once it answers. ``calls`` are scored at the same time; more are
    refused with RESOURCE_EXHAUSTED. For the main thread, as signals are.
    """
    server = ScorerServer(scorer, address, credentials=credentials, calls=calls, max_message_bytes=max_message_bytes)
    asked = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: asked.set())
    print(f"winnow-scorer {scorer.name} listens on {server.start()}", flush=True)
    asked.wait()
    server.stop(grace)
