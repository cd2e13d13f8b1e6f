"""A scorer as the service of the contract: its stream is checked, joined, scored and answered."""

from __future__ import annotations

import logging
import threading
import uuid
from typing import Any, Iterator, NoReturn, Optional, Sequence

import grpc
from google.protobuf.message import DecodeError

from winnow.error import DETAILS_TRAILER, FieldViolation, encode_details
from winnow.scorer.base import BadSetting, Cancelled, Scorer, Setting, Signals
from winnow.scorer.describe import describe
from winnow.scorer.read_setting import read_setting
from winnow.scorer.results import messages_of
from winnow.scorer.signal_store import LARGEST_CALL_BYTES, SignalStore, TooLarge
from winnow.v1 import scorer_service_pb2 as pb
from winnow.wire import decode_batch, fields

SERVICE = "winnow.v1.ScorerService"

_log = logging.getLogger("winnow.scorer")
_BATCH = pb.ScoreExamplesRequest.BATCH_FIELD_NUMBER


class ScorerServicer:
    """The three methods; ValueError where the scorer's description breaks the contract."""

    def __init__(self, scorer: Scorer, calls: int = 4, largest_bytes: int = LARGEST_CALL_BYTES) -> None:
        self._scorer = scorer
        self._description = describe(scorer)
        self._free = threading.BoundedSemaphore(calls)
        self._calls = calls
        self._largest_bytes = largest_bytes

    def describe_scorer(self, _request: pb.DescribeScorerRequest, _context: grpc.ServicerContext) -> Any:
        return pb.DescribeScorerResponse(scorer=self._description)

    def check_ready(self, _request: pb.CheckReadyRequest, context: grpc.ServicerContext) -> Any:
        try:
            detail = self._scorer.waits_for()
        except Exception:
            _abort(context, grpc.StatusCode.INTERNAL, _logged("waits_for failed"), "INTERNAL")
        return pb.CheckReadyResponse(ready=detail is None, detail=detail or "")

    def score_examples(
        self, requests: Iterator[bytes], context: grpc.ServicerContext
    ) -> Iterator[pb.ScoreExamplesResponse]:
        if not self._free.acquire(blocking=False):
            message = f"{self._calls} calls are being scored already; try again later"
            _abort(context, grpc.StatusCode.RESOURCE_EXHAUSTED, message, "OVERLOADED")
        try:
            yield from self._score(requests, context)
        finally:
            self._free.release()

    def _score(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[pb.ScoreExamplesResponse]:
        try:
            setting, signals = self._receive(requests, context)
            result = self._scorer.score(setting, signals)
            setting.check_cancelled()
            answers = messages_of(self._scorer, setting, result)
        except BadSetting as bad:
            violations = [FieldViolation(bad.field, bad.description)]
            _abort(context, grpc.StatusCode.INVALID_ARGUMENT, str(bad), "INVALID_FIELD", violations)
        except TooLarge as error:
            _abort(context, grpc.StatusCode.RESOURCE_EXHAUSTED, f"{error}; send fewer", "OVERLOADED")
        except Cancelled:
            _abort(context, grpc.StatusCode.CANCELLED, "nobody waits for the scores any more", "CANCELLED")
        except Exception:
            if not context.is_active():
                # The stream broke because the caller went away; nobody is told.
                return
            # What went wrong is for the log; a message or a stack may hold what no caller should see.
            _abort(context, grpc.StatusCode.INTERNAL, _logged("scoring failed"), "INTERNAL")
        yield from answers

    def _receive(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> tuple[Setting, Signals]:
        first = next(requests, None)
        if first is None:
            raise BadSetting("setting", "the stream is empty; the setting comes first")
        setting = read_setting(self._scorer, _setting_in(first), context.is_active)
        store = SignalStore(self._scorer, setting, self._largest_bytes)
        for message in requests:
            try:
                store.add(*decode_batch(_batch_in(message)))
            except DecodeError as error:
                raise BadSetting("batch", f"can't be decoded: {error}") from error
        return setting, store.finish()


def _setting_in(data: bytes) -> pb.ScoringSetting:
    try:
        request = pb.ScoreExamplesRequest.FromString(data)
    except DecodeError as error:
        raise BadSetting("setting", f"can't be decoded: {error}") from error
    if request.WhichOneof("part") != "setting":
        raise BadSetting("setting", "must be the first message of the stream")
    return request.setting


def _batch_in(data: bytes) -> memoryview:
    found: Optional[memoryview] = None
    for _, _, field, value in fields(memoryview(data)):
        found = value if field == _BATCH else None
    if found is None:
        raise BadSetting("batch", "every message after the first must be a batch")
    return found


def _logged(what: str) -> str:
    error_id = uuid.uuid4()
    _log.exception("%s, error %s", what, error_id)
    return f"internal error {error_id}; see the scorer's log"


def _abort(
    context: grpc.ServicerContext,
    code: grpc.StatusCode,
    message: str,
    reason: str,
    violations: Sequence[FieldViolation] = (),
) -> NoReturn:
    context.set_trailing_metadata(((DETAILS_TRAILER, encode_details(code, message, reason, violations)),))
    context.abort(code, message)
    raise AssertionError("abort raises")


def handler(servicer: ScorerServicer) -> grpc.GenericRpcHandler:
    """The methods for a grpc server. ScoreExamples takes bytes, as large batches are decoded by ``wire``."""
    methods = {
        "DescribeScorer": grpc.unary_unary_rpc_method_handler(
            servicer.describe_scorer,
            request_deserializer=pb.DescribeScorerRequest.FromString,
            response_serializer=pb.DescribeScorerResponse.SerializeToString,
        ),
        "CheckReady": grpc.unary_unary_rpc_method_handler(
            servicer.check_ready,
            request_deserializer=pb.CheckReadyRequest.FromString,
            response_serializer=pb.CheckReadyResponse.SerializeToString,
        ),
        "ScoreExamples": grpc.stream_stream_rpc_method_handler(
            servicer.score_examples,
            request_deserializer=None,
            response_serializer=pb.ScoreExamplesResponse.SerializeToString,
        ),
    }
    return grpc.method_handlers_generic_handler(SERVICE, methods)
