from winnow.v1 import cost_pb2 as _cost_pb2
from winnow.v1 import dataset_pb2 as _dataset_pb2
from winnow.v1 import error_reason_pb2 as _error_reason_pb2
from winnow.v1 import index_set_pb2 as _index_set_pb2
from winnow.v1 import model_pb2 as _model_pb2
from winnow.v1 import objective_pb2 as _objective_pb2
from winnow.v1 import scorer_service_pb2 as _scorer_service_pb2
from winnow.v1 import selection_pb2 as _selection_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SelectionRequested(_message.Message):
    __slots__ = ("run_id", "round", "dataset", "dataset_fingerprint", "model", "checkpoint", "objective", "selection", "seed", "precision", "training_signals")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    DATASET_FIELD_NUMBER: _ClassVar[int]
    DATASET_FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    TRAINING_SIGNALS_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    round: int
    dataset: _dataset_pb2.DatasetSpec
    dataset_fingerprint: str
    model: _model_pb2.ModelSpec
    checkpoint: _model_pb2.CheckpointRef
    objective: _objective_pb2.ObjectiveSpec
    selection: _selection_pb2.SelectionSpec
    seed: int
    precision: _model_pb2.Precision
    training_signals: StoredSignals
    def __init__(self, run_id: _Optional[str] = ..., round: _Optional[int] = ..., dataset: _Optional[_Union[_dataset_pb2.DatasetSpec, _Mapping]] = ..., dataset_fingerprint: _Optional[str] = ..., model: _Optional[_Union[_model_pb2.ModelSpec, _Mapping]] = ..., checkpoint: _Optional[_Union[_model_pb2.CheckpointRef, _Mapping]] = ..., objective: _Optional[_Union[_objective_pb2.ObjectiveSpec, _Mapping]] = ..., selection: _Optional[_Union[_selection_pb2.SelectionSpec, _Mapping]] = ..., seed: _Optional[int] = ..., precision: _Optional[_Union[_model_pb2.Precision, str]] = ..., training_signals: _Optional[_Union[StoredSignals, _Mapping]] = ...) -> None: ...

class SelectionFinished(_message.Message):
    __slots__ = ("run_id", "round", "index_set", "stored", "failure")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    INDEX_SET_FIELD_NUMBER: _ClassVar[int]
    STORED_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    round: int
    index_set: _index_set_pb2.IndexSet
    stored: StoredIndexSet
    failure: SelectionFailure
    def __init__(self, run_id: _Optional[str] = ..., round: _Optional[int] = ..., index_set: _Optional[_Union[_index_set_pb2.IndexSet, _Mapping]] = ..., stored: _Optional[_Union[StoredIndexSet, _Mapping]] = ..., failure: _Optional[_Union[SelectionFailure, _Mapping]] = ...) -> None: ...

class StoredIndexSet(_message.Message):
    __slots__ = ("name", "sha256", "size_bytes")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    name: str
    sha256: str
    size_bytes: int
    def __init__(self, name: _Optional[str] = ..., sha256: _Optional[str] = ..., size_bytes: _Optional[int] = ...) -> None: ...

class SelectionFailure(_message.Message):
    __slots__ = ("reason", "message")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    reason: _error_reason_pb2.ErrorReason
    message: str
    def __init__(self, reason: _Optional[_Union[_error_reason_pb2.ErrorReason, str]] = ..., message: _Optional[str] = ...) -> None: ...

class StoredSignals(_message.Message):
    __slots__ = ("sha256", "size_bytes", "examples")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    sha256: str
    size_bytes: int
    examples: int
    def __init__(self, sha256: _Optional[str] = ..., size_bytes: _Optional[int] = ..., examples: _Optional[int] = ...) -> None: ...

class ShardRequested(_message.Message):
    __slots__ = ("request", "shard", "first_example", "examples", "signals", "key")
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    SHARD_FIELD_NUMBER: _ClassVar[int]
    FIRST_EXAMPLE_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    request: SelectionRequested
    shard: int
    first_example: int
    examples: int
    signals: _containers.RepeatedScalarFieldContainer[_scorer_service_pb2.Signal]
    key: str
    def __init__(self, request: _Optional[_Union[SelectionRequested, _Mapping]] = ..., shard: _Optional[int] = ..., first_example: _Optional[int] = ..., examples: _Optional[int] = ..., signals: _Optional[_Iterable[_Union[_scorer_service_pb2.Signal, str]]] = ..., key: _Optional[str] = ...) -> None: ...

class ShardFinished(_message.Message):
    __slots__ = ("run_id", "round", "key", "shard", "signals", "failure")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    SHARD_FIELD_NUMBER: _ClassVar[int]
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    round: int
    key: str
    shard: int
    signals: ShardSignals
    failure: SelectionFailure
    def __init__(self, run_id: _Optional[str] = ..., round: _Optional[int] = ..., key: _Optional[str] = ..., shard: _Optional[int] = ..., signals: _Optional[_Union[ShardSignals, _Mapping]] = ..., failure: _Optional[_Union[SelectionFailure, _Mapping]] = ...) -> None: ...

class ShardSignals(_message.Message):
    __slots__ = ("sha256", "size_bytes", "examples", "passes", "seconds")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    PASSES_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    sha256: str
    size_bytes: int
    examples: int
    passes: _cost_pb2.Passes
    seconds: float
    def __init__(self, sha256: _Optional[str] = ..., size_bytes: _Optional[int] = ..., examples: _Optional[int] = ..., passes: _Optional[_Union[_cost_pb2.Passes, _Mapping]] = ..., seconds: _Optional[float] = ...) -> None: ...
