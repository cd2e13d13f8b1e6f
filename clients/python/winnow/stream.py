"""Answers that come one after another."""

from __future__ import annotations

import random
import threading
import time
from types import TracebackType
from typing import Any, Callable, Generic, Iterator, Optional, TypeVar

import grpc

from winnow.error import WinnowError, error_from

T = TypeVar("T")

# How often and how fast a broken stream is opened again: rides out a restart, yet soon says that there is no service.
_ATTEMPTS = 8
_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 5.0


class Stream(Generic[T]):
    """Messages of a call, as an iterator. ``cancel()``, or leaving a ``with`` block, ends the call.

    Iteration raises a WinnowError where the call fails; after ``cancel()`` it ends. ``cancel`` may be called from
    another thread.
    """

    def __init__(self, call: Any, convert: Callable[[Any], T]) -> None:
        self._call = call
        self._convert = convert
        self._cancelled = False

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        try:
            return self._convert(next(self._call))
        except grpc.RpcError as error:
            if self._cancelled:
                raise StopIteration from None
            raise error_from(error) from error

    def cancel(self) -> None:
        """Ends the call on both sides."""
        self._cancelled = True
        self._call.cancel()

    def __enter__(self) -> Stream[T]:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.cancel()


class ReopeningStream(Stream[T]):
    """A stream that is opened again where it breaks with UNAVAILABLE, so that it outlives a restart of the service.

    ``open_call`` opens it, and knows where to go on.
    """

    def __init__(self, open_call: Callable[[], Any], convert: Callable[[Any], T]) -> None:
        super().__init__(open_call(), convert)
        self._open_call = open_call
        self._failures = 0
        self._woken = threading.Event()

    def __next__(self) -> T:
        while True:
            try:
                message = super().__next__()
                self._failures = 0
                return message
            except WinnowError as error:
                self._failures += 1
                if error.code != grpc.StatusCode.UNAVAILABLE or self._failures >= _ATTEMPTS:
                    raise
            longest = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2 ** (self._failures - 1))
            # Jitter, so that many clients of one restarted server don't come back at once.
            if self._woken.wait(longest * random.uniform(0.5, 1)) or self._cancelled:
                raise StopIteration
            self._call = self._open_call()

    def cancel(self) -> None:
        self._woken.set()
        super().cancel()


def deadline_after(timeout: Optional[float]) -> Callable[[], Optional[float]]:
    """Seconds left of a time that all attempts of a call share; None without a limit."""
    if timeout is None:
        return lambda: None
    end = time.monotonic() + timeout
    return lambda: max(0.001, end - time.monotonic())
