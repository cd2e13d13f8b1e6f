"""A call that sends a long stream and is answered meanwhile."""

from __future__ import annotations

import queue
import threading
import time
from typing import Any, Callable, Iterable, Iterator, Optional, TypeVar

import grpc

from winnow.error import error_from

T = TypeVar("T")

# Messages made ahead of the network. With the flow control of gRPC, this bounds what is in memory.
_AHEAD = 4
# How often a waiting sender looks whether the call still runs.
_LOOK_S = 0.1


def exchange(
    method: Any, messages: Iterable[bytes], on_answer: Callable[[Any], Optional[T]], timeout: Optional[float]
) -> Optional[T]:
    """Sends ``messages`` while ``on_answer`` takes the answers; gives what it returns last that is not None.

    Both run in the caller's thread, so that an iterator that uses a model keeps its thread's settings, and whatever it
    raises ends the call. Raises a WinnowError where the call fails. The next message is only asked for once the server
    has room for it.
    """
    outbox: queue.Queue[Optional[bytes]] = queue.Queue(_AHEAD)
    inbox: queue.Queue[Any] = queue.Queue()
    call = method(_sending(outbox), timeout=timeout)
    threading.Thread(target=_read, args=(call, inbox), daemon=True).start()
    answers = _Answers(inbox, on_answer)
    try:
        for message in messages:
            if not _put(outbox, message, answers):
                break
        else:
            _put(outbox, None, answers)
        while not answers.done:
            answers.take(block=True)
        return answers.result
    finally:
        call.cancel()
        _end(outbox)


class _Answers:
    """What has come in, taken by the caller's thread."""

    def __init__(self, inbox: queue.Queue[Any], on_answer: Callable[[Any], Any]) -> None:
        self._inbox = inbox
        self._on_answer = on_answer
        self.done = False
        self.result: Any = None

    def take(self, block: bool = False) -> None:
        """Takes all answers that are there, or waits a moment for one; raises what ended the call."""
        while not self.done:
            try:
                answer = self._inbox.get(block, _LOOK_S if block else None)
            except queue.Empty:
                return
            block = False
            if answer is None:
                self.done = True
            elif isinstance(answer, grpc.RpcError):
                self.done = True
                raise error_from(answer) from answer
            else:
                result = self._on_answer(answer)
                self.result = self.result if result is None else result


def _put(outbox: queue.Queue[Optional[bytes]], message: Optional[bytes], answers: _Answers) -> bool:
    """Waits for room; False where the server has ended the call without wanting more."""
    while True:
        answers.take()
        if answers.done:
            return False
        try:
            outbox.put(message, timeout=_LOOK_S)
            return True
        except queue.Full:
            continue


def _sending(outbox: queue.Queue[Optional[bytes]]) -> Iterator[bytes]:
    while (message := outbox.get()) is not None:
        yield message


def _read(call: Any, inbox: queue.Queue[Any]) -> None:
    try:
        for answer in call:
            inbox.put(answer)
        inbox.put(None)
    except grpc.RpcError as error:
        inbox.put(error)


def _end(outbox: queue.Queue[Optional[bytes]]) -> None:
    """Lets gRPC's thread go, whatever it was waiting for."""
    while True:
        try:
            outbox.put_nowait(None)
            return
        except queue.Full:
            try:
                outbox.get_nowait()
            except queue.Empty:
                time.sleep(0)
