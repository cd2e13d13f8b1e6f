from winnow.v1 import autoattack_pb2 as _autoattack_pb2
from winnow.v1 import cost_pb2 as _cost_pb2
from winnow.v1 import dataset_pb2 as _dataset_pb2
from winnow.v1 import model_pb2 as _model_pb2
from winnow.v1 import objective_pb2 as _objective_pb2
from winnow.v1 import run_pb2 as _run_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CreateRunRequest(_message.Message):
    __slots__ = ("spec",)
    SPEC_FIELD_NUMBER: _ClassVar[int]
    spec: _run_pb2.RunSpec
    def __init__(self, spec: _Optional[_Union[_run_pb2.RunSpec, _Mapping]] = ...) -> None: ...

class CreateRunResponse(_message.Message):
    __slots__ = ("run",)
    RUN_FIELD_NUMBER: _ClassVar[int]
    run: _run_pb2.Run
    def __init__(self, run: _Optional[_Union[_run_pb2.Run, _Mapping]] = ...) -> None: ...

class GetRunRequest(_message.Message):
    __slots__ = ("run_id",)
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    def __init__(self, run_id: _Optional[str] = ...) -> None: ...

class GetRunResponse(_message.Message):
    __slots__ = ("run",)
    RUN_FIELD_NUMBER: _ClassVar[int]
    run: _run_pb2.Run
    def __init__(self, run: _Optional[_Union[_run_pb2.Run, _Mapping]] = ...) -> None: ...

class ListRunsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListRunsResponse(_message.Message):
    __slots__ = ("runs", "next_page_token")
    RUNS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    runs: _containers.RepeatedCompositeFieldContainer[_run_pb2.Run]
    next_page_token: str
    def __init__(self, runs: _Optional[_Iterable[_Union[_run_pb2.Run, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchRunRequest(_message.Message):
    __slots__ = ("run_id",)
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    def __init__(self, run_id: _Optional[str] = ...) -> None: ...

class WatchRunResponse(_message.Message):
    __slots__ = ("run", "progress")
    RUN_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    run: _run_pb2.Run
    progress: EpochProgress
    def __init__(self, run: _Optional[_Union[_run_pb2.Run, _Mapping]] = ..., progress: _Optional[_Union[EpochProgress, _Mapping]] = ...) -> None: ...

class EpochProgress(_message.Message):
    __slots__ = ("phase", "epoch", "done", "total", "loss", "kept_share", "seconds_left", "cost")
    PHASE_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    LOSS_FIELD_NUMBER: _ClassVar[int]
    KEPT_SHARE_FIELD_NUMBER: _ClassVar[int]
    SECONDS_LEFT_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    phase: str
    epoch: int
    done: int
    total: int
    loss: float
    kept_share: float
    seconds_left: float
    cost: _cost_pb2.Cost
    def __init__(self, phase: _Optional[str] = ..., epoch: _Optional[int] = ..., done: _Optional[int] = ..., total: _Optional[int] = ..., loss: _Optional[float] = ..., kept_share: _Optional[float] = ..., seconds_left: _Optional[float] = ..., cost: _Optional[_Union[_cost_pb2.Cost, _Mapping]] = ...) -> None: ...

class CancelRunRequest(_message.Message):
    __slots__ = ("run_id",)
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    def __init__(self, run_id: _Optional[str] = ...) -> None: ...

class CancelRunResponse(_message.Message):
    __slots__ = ("run",)
    RUN_FIELD_NUMBER: _ClassVar[int]
    run: _run_pb2.Run
    def __init__(self, run: _Optional[_Union[_run_pb2.Run, _Mapping]] = ...) -> None: ...

class EvaluateModelRequest(_message.Message):
    __slots__ = ("dataset", "model", "checkpoint", "attack", "seed", "examples", "auto_attack")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    ATTACK_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    AUTO_ATTACK_FIELD_NUMBER: _ClassVar[int]
    dataset: _dataset_pb2.DatasetSpec
    model: _model_pb2.ModelSpec
    checkpoint: _model_pb2.CheckpointRef
    attack: _objective_pb2.AttackSpec
    seed: int
    examples: int
    auto_attack: _autoattack_pb2.AutoAttackSpec
    def __init__(self, dataset: _Optional[_Union[_dataset_pb2.DatasetSpec, _Mapping]] = ..., model: _Optional[_Union[_model_pb2.ModelSpec, _Mapping]] = ..., checkpoint: _Optional[_Union[_model_pb2.CheckpointRef, _Mapping]] = ..., attack: _Optional[_Union[_objective_pb2.AttackSpec, _Mapping]] = ..., seed: _Optional[int] = ..., examples: _Optional[int] = ..., auto_attack: _Optional[_Union[_autoattack_pb2.AutoAttackSpec, _Mapping]] = ...) -> None: ...

class EvaluateModelResponse(_message.Message):
    __slots__ = ("progress", "evaluation")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    progress: EvaluationProgress
    evaluation: _run_pb2.Evaluation
    def __init__(self, progress: _Optional[_Union[EvaluationProgress, _Mapping]] = ..., evaluation: _Optional[_Union[_run_pb2.Evaluation, _Mapping]] = ...) -> None: ...

class EvaluationProgress(_message.Message):
    __slots__ = ("done", "total", "phase", "standing")
    DONE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    STANDING_FIELD_NUMBER: _ClassVar[int]
    done: int
    total: int
    phase: str
    standing: int
    def __init__(self, done: _Optional[int] = ..., total: _Optional[int] = ..., phase: _Optional[str] = ..., standing: _Optional[int] = ...) -> None: ...

class DownloadModelRequest(_message.Message):
    __slots__ = ("run_id", "best")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    BEST_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    best: bool
    def __init__(self, run_id: _Optional[str] = ..., best: bool = ...) -> None: ...

class DownloadModelResponse(_message.Message):
    __slots__ = ("checkpoint", "data")
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    checkpoint: _model_pb2.CheckpointRef
    data: bytes
    def __init__(self, checkpoint: _Optional[_Union[_model_pb2.CheckpointRef, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class UploadModelRequest(_message.Message):
    __slots__ = ("model", "data")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    model: UploadedModel
    data: bytes
    def __init__(self, model: _Optional[_Union[UploadedModel, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class UploadedModel(_message.Message):
    __slots__ = ("model", "classes", "image", "mean", "std")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    STD_FIELD_NUMBER: _ClassVar[int]
    model: _model_pb2.ModelSpec
    classes: int
    image: ImageSize
    mean: _containers.RepeatedScalarFieldContainer[float]
    std: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, model: _Optional[_Union[_model_pb2.ModelSpec, _Mapping]] = ..., classes: _Optional[int] = ..., image: _Optional[_Union[ImageSize, _Mapping]] = ..., mean: _Optional[_Iterable[float]] = ..., std: _Optional[_Iterable[float]] = ...) -> None: ...

class ImageSize(_message.Message):
    __slots__ = ("height", "width", "channels")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    height: int
    width: int
    channels: int
    def __init__(self, height: _Optional[int] = ..., width: _Optional[int] = ..., channels: _Optional[int] = ...) -> None: ...

class UploadModelResponse(_message.Message):
    __slots__ = ("checkpoint",)
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    checkpoint: _model_pb2.CheckpointRef
    def __init__(self, checkpoint: _Optional[_Union[_model_pb2.CheckpointRef, _Mapping]] = ...) -> None: ...
