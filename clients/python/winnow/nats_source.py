"""Index sets from NATS JetStream."""

from __future__ import annotations

import asyncio
import hashlib
import re
import threading
import time
from concurrent.futures import Future
from typing import Any, Coroutine, Optional, TypeVar

import grpc
import nats
from google.protobuf.message import DecodeError
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeout
from nats.js.errors import NotFoundError

from winnow.error import WinnowError
from winnow.index_set import IndexSet
from winnow.source import timed_out
from winnow.v1 import error_reason_pb2, events_pb2

T = TypeVar("T")

STREAM = "WINNOW_INDEX_SETS"
"""Stream of SelectionFinished."""
BUCKET = "winnow-index-sets"
"""Object store of sets that are too large for a message."""
SUBJECT = "winnow.v1.index_set"
"""Subject of SelectionFinished, followed by run and round."""

# A set is looked for at least this often, in case its message was missed while the connection was away.
_LOOK_S = 5.0
# A message may reach its subscribers before it is stored.
_STORED_AFTER_S = 0.05
# How long one request may take before the server counts as away.
_REQUEST_S = 10.0


class NatsSource:
    """A run's index sets straight from NATS, so that training goes on while the scoring service is away.

        source = winnow.NatsSource("nats://localhost:4222", "my-run", user_credentials="trainer.creds")

    ``options`` are those of ``nats.connect``. It connects at the first use, in a thread of its own; the connection is
    made again whenever it is lost.
    """

    def __init__(self, url: str, run_id: str, **options: Any) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", run_id):
            raise ValueError(f"run_id is {run_id!r}; it must be letters, digits, '_' and '-'")
        self._url = url
        self._run_id = run_id
        self._options: dict[str, Any] = {"max_reconnect_attempts": -1, "connect_timeout": 5, **options}
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._thread: Optional[threading.Thread] = None
        self._connection: Any = None

    def get(self, round: Optional[int] = None) -> Optional[IndexSet]:
        return self._run(self._get(round))

    def wait(self, round: Optional[int] = None, timeout: Optional[float] = None) -> IndexSet:
        return self._run(self._wait(round, timeout))

    def close(self) -> None:
        """Closes the connection."""
        if self._loop is None or self._thread is None:
            return
        if self._connection is not None:
            self._run(self._connection.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._loop = self._thread = self._connection = None

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        """Does the work in the connection's thread; NATS' errors become WinnowErrors."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="winnow-nats", daemon=True)
            self._thread.start()
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except (NatsError, OSError, asyncio.TimeoutError) as error:
            message = (
                f"NATS at {self._url} can't be used: {error or type(error).__name__}; is it running, with JetStream?"
            )
            raise WinnowError(grpc.StatusCode.UNAVAILABLE, message, "BUS_UNAVAILABLE") from error
        except BaseException:
            future.cancel()
            raise

    async def _client(self) -> Any:
        if self._connection is None:
            self._connection = await nats.connect(self._url, error_cb=_ignore, **self._options)
        return self._connection

    async def _get(self, round: Optional[int]) -> Optional[IndexSet]:
        jetstream = (await self._client()).jetstream(timeout=_REQUEST_S)
        try:
            found = await jetstream.get_last_msg(STREAM, self._subject(round))
        except NotFoundError:
            # The stream, or the message in it, is not there yet.
            return None
        return await self._read(found.data)

    async def _wait(self, round: Optional[int], timeout: Optional[float]) -> IndexSet:
        end = float("inf") if timeout is None else time.monotonic() + timeout
        connection = await self._client()
        subscription = await connection.subscribe(self._subject(round))
        try:
            while True:
                found = await self._get_or_away(round)
                if found is not None:
                    return found
                if time.monotonic() >= end:
                    raise timed_out(self._run_id, round, timeout)
                try:
                    await subscription.next_msg(timeout=max(0.001, min(_LOOK_S, end - time.monotonic())))
                    await asyncio.sleep(_STORED_AFTER_S)
                except NatsTimeout:
                    continue
        finally:
            if not connection.is_closed:
                await subscription.unsubscribe()

    async def _get_or_away(self, round: Optional[int]) -> Optional[IndexSet]:
        """None also while the server is away: whoever waits for a set goes on waiting."""
        try:
            return await self._get(round)
        except (NatsError, OSError, asyncio.TimeoutError):
            return None

    async def _read(self, data: bytes) -> IndexSet:
        finished = _decode(data)
        outcome = finished.WhichOneof("outcome")
        if outcome == "index_set":
            return IndexSet.from_message(finished.index_set)
        if outcome == "stored":
            return IndexSet.decode(await self._fetch(finished.stored))
        failure = finished.failure
        reason = error_reason_pb2.ErrorReason.Name(failure.reason)[len("ERROR_REASON_") :]
        message = f"the selection of round {finished.round} failed: {failure.message}"
        raise WinnowError(grpc.StatusCode.FAILED_PRECONDITION, message, reason)

    async def _fetch(self, stored: events_pb2.StoredIndexSet) -> bytes:
        store = await (await self._client()).jetstream(timeout=_REQUEST_S).object_store(BUCKET)
        data: bytes = (await store.get(stored.name)).data
        if hashlib.sha256(data).hexdigest() != stored.sha256:
            raise _unreadable(f"the object {stored.name} is not what was announced")
        return data

    def _subject(self, round: Optional[int]) -> str:
        return f"{SUBJECT}.{self._run_id}.{'*' if round is None else round}"


def _decode(data: bytes) -> events_pb2.SelectionFinished:
    try:
        return events_pb2.SelectionFinished.FromString(data)
    except DecodeError as error:
        raise _unreadable("its message can't be decoded") from error


def _unreadable(what: str) -> WinnowError:
    message = f"the index set was refused: {what}"
    return WinnowError(grpc.StatusCode.FAILED_PRECONDITION, message, "INVALID_INDEX_SET")


async def _ignore(_: Exception) -> None:
    """Lost connections are made again; what a call can't do, it raises."""
