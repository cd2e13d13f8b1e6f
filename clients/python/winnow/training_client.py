"""Client of the training service."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Callable, Iterator, Optional, Sequence, Union

import grpc

from winnow.call import call
from winnow.error import WinnowError
from winnow.stream import ReopeningStream, Stream, deadline_after
from winnow.v1 import model_pb2, run_pb2, training_service_pb2, training_service_pb2_grpc

RunEvent = Union[run_pb2.Run, training_service_pb2.EpochProgress]
"""The run as it stands, or progress within an epoch."""
EvaluationProgress = Callable[[training_service_pb2.EvaluationProgress], None]
"""Is told how far an evaluation is."""

READ_TIMEOUT_S = 30.0
"""Default of reads of what the service already knows."""
CREATE_TIMEOUT_S = 180.0
"""Default of creating a run: the service may first read and hash the whole data set."""
TRANSFER_TIMEOUT_S = 600.0
"""Default of sending or fetching the largest model, at a slow link's 1 MB/s."""

_ENDED = (run_pb2.RUN_STATE_SUCCEEDED, run_pb2.RUN_STATE_FAILED, run_pb2.RUN_STATE_CANCELLED)
# Small enough for progress and flow control, large enough that the overhead of a message doesn't matter.
_PIECE_BYTES = 256 * 1024


class TrainingClient:
    """Calls of the training service. Each raises a WinnowError; timeouts are in seconds, None for no limit."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = training_service_pb2_grpc.TrainingServiceStub(channel)

    def create_run(self, spec: run_pb2.RunSpec, timeout: Optional[float] = CREATE_TIMEOUT_S) -> run_pb2.Run:
        """Creates a run and queues it. Never repeated by itself, since it may have arrived."""
        return call(self._stub.CreateRun, training_service_pb2.CreateRunRequest(spec=spec), timeout).run

    def get_run(self, run_id: str, timeout: Optional[float] = READ_TIMEOUT_S) -> run_pb2.Run:
        """A run as it stands."""
        return call(self._stub.GetRun, training_service_pb2.GetRunRequest(run_id=run_id), timeout).run

    def list_runs(self, timeout: Optional[float] = READ_TIMEOUT_S) -> Iterator[run_pb2.Run]:
        """All runs, newest first, without their histories; pages are fetched as they are read."""
        token = ""
        while True:
            page = call(self._stub.ListRuns, training_service_pb2.ListRunsRequest(page_token=token), timeout)
            yield from page.runs
            token = page.next_page_token
            if not token:
                return

    def watch(self, run_id: str, timeout: Optional[float] = None) -> Stream[RunEvent]:
        """What happens in a run, from its present state to its end; goes on after a restart of the service."""

        left = deadline_after(timeout)

        def open_call() -> Any:
            return self._stub.WatchRun(training_service_pb2.WatchRunRequest(run_id=run_id), timeout=left())

        return ReopeningStream(open_call, lambda answer: getattr(answer, answer.WhichOneof("event") or "run"))

    def wait(
        self, run_id: str, progress: Optional[Callable[[RunEvent], None]] = None, timeout: Optional[float] = None
    ) -> run_pb2.Run:
        """Waits for a run's end; ``state`` says how it ended, ``failure`` why where it failed."""
        with self.watch(run_id, timeout) as events:
            for event in events:
                if progress is not None:
                    progress(event)
                if isinstance(event, run_pb2.Run) and event.state in _ENDED:
                    break
        return self.get_run(run_id)

    def cancel_run(self, run_id: str, timeout: Optional[float] = READ_TIMEOUT_S) -> run_pb2.Run:
        """Cancels a run; changes nothing where it has ended."""
        return call(self._stub.CancelRun, training_service_pb2.CancelRunRequest(run_id=run_id), timeout).run

    def evaluate(
        self,
        request: training_service_pb2.EvaluateModelRequest,
        progress: Optional[EvaluationProgress] = None,
        timeout: Optional[float] = None,
    ) -> run_pb2.Evaluation:
        """Measures a checkpoint's clean and robust accuracy. The same request after a crash goes on where it was."""
        found: Optional[run_pb2.Evaluation] = None
        with Stream(self._stub.EvaluateModel(request, timeout=timeout), lambda answer: answer) as answers:
            for answer in answers:
                if answer.WhichOneof("part") == "evaluation":
                    found = answer.evaluation
                elif progress is not None:
                    progress(answer.progress)
        if found is None:
            raise WinnowError(grpc.StatusCode.INTERNAL, "the service ended the evaluation without a result")
        return found

    def download_model(self, run_id: str, best: bool = False, timeout: Optional[float] = TRANSFER_TIMEOUT_S) -> bytes:
        """A run's newest model, or its best on held-out examples, as a safetensors file; its hash is checked."""
        request = training_service_pb2.DownloadModelRequest(run_id=run_id, best=best)
        announced: Optional[model_pb2.CheckpointRef] = None
        data = bytearray()
        with Stream(self._stub.DownloadModel(request, timeout=timeout), lambda answer: answer) as pieces:
            for piece in pieces:
                announced = piece.checkpoint if piece.HasField("checkpoint") else announced
                data += piece.data
        if announced is None or hashlib.sha256(data).hexdigest() != announced.sha256:
            raise WinnowError(
                grpc.StatusCode.DATA_LOSS, f"{len(data)} bytes arrived that are not the model; download it again"
            )
        return bytes(data)

    def upload_model(
        self,
        file: Union[bytes, str, Path],
        model: model_pb2.ModelSpec,
        *,
        classes: int,
        image: Sequence[int],
        mean: Sequence[float] = (),
        std: Sequence[float] = (),
        timeout: Optional[float] = TRANSFER_TIMEOUT_S,
    ) -> model_pb2.CheckpointRef:
        """Stores a model for ``evaluate`` and scoring: a safetensors file, or its bytes, with PyTorch's names.

        ``image`` is (height, width, channels). ``mean`` and ``std`` per channel, of images in [0, 1], are needed where
        the file has no normalise.mean and normalise.std. Uploading a file again gives the same reference.
        """
        data = file if isinstance(file, bytes) else Path(file).read_bytes()
        height, width, channels = image
        size = training_service_pb2.ImageSize(height=height, width=width, channels=channels)
        head = training_service_pb2.UploadedModel(model=model, classes=classes, image=size, mean=mean, std=std)
        return call(self._stub.UploadModel, _upload(head, data), timeout).checkpoint


def _upload(head: training_service_pb2.UploadedModel, data: bytes) -> Iterator[training_service_pb2.UploadModelRequest]:
    yield training_service_pb2.UploadModelRequest(model=head)
    for start in range(0, len(data), _PIECE_BYTES):
        yield training_service_pb2.UploadModelRequest(data=data[start : start + _PIECE_BYTES])
