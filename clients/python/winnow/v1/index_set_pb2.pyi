from google.protobuf import timestamp_pb2 as _timestamp_pb2
from winnow.v1 import cost_pb2 as _cost_pb2
from winnow.v1 import objective_pb2 as _objective_pb2
from winnow.v1 import selection_pb2 as _selection_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class IndexSet(_message.Message):
    __slots__ = ("run_id", "round", "dataset_fingerprint", "dataset_examples", "checkpoint_sha256", "scorer", "scorer_version", "seed", "attack", "fraction", "index_gaps", "weights", "weight_meaning", "quality", "cost", "created_at", "scores", "fallback")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    DATASET_FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    DATASET_EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_SHA256_FIELD_NUMBER: _ClassVar[int]
    SCORER_FIELD_NUMBER: _ClassVar[int]
    SCORER_VERSION_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    ATTACK_FIELD_NUMBER: _ClassVar[int]
    FRACTION_FIELD_NUMBER: _ClassVar[int]
    INDEX_GAPS_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_MEANING_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    round: int
    dataset_fingerprint: str
    dataset_examples: int
    checkpoint_sha256: str
    scorer: str
    scorer_version: str
    seed: int
    attack: _objective_pb2.AttackSpec
    fraction: float
    index_gaps: _containers.RepeatedScalarFieldContainer[int]
    weights: _containers.RepeatedScalarFieldContainer[float]
    weight_meaning: _selection_pb2.WeightMeaning
    quality: _selection_pb2.SelectionQuality
    cost: _cost_pb2.Cost
    created_at: _timestamp_pb2.Timestamp
    scores: StoredScores
    fallback: Fallback
    def __init__(self, run_id: _Optional[str] = ..., round: _Optional[int] = ..., dataset_fingerprint: _Optional[str] = ..., dataset_examples: _Optional[int] = ..., checkpoint_sha256: _Optional[str] = ..., scorer: _Optional[str] = ..., scorer_version: _Optional[str] = ..., seed: _Optional[int] = ..., attack: _Optional[_Union[_objective_pb2.AttackSpec, _Mapping]] = ..., fraction: _Optional[float] = ..., index_gaps: _Optional[_Iterable[int]] = ..., weights: _Optional[_Iterable[float]] = ..., weight_meaning: _Optional[_Union[_selection_pb2.WeightMeaning, str]] = ..., quality: _Optional[_Union[_selection_pb2.SelectionQuality, _Mapping]] = ..., cost: _Optional[_Union[_cost_pb2.Cost, _Mapping]] = ..., created_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., scores: _Optional[_Union[StoredScores, _Mapping]] = ..., fallback: _Optional[_Union[Fallback, _Mapping]] = ...) -> None: ...

class Fallback(_message.Message):
    __slots__ = ("kind", "reason")
    KIND_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    kind: _selection_pb2.ScorerFallback
    reason: str
    def __init__(self, kind: _Optional[_Union[_selection_pb2.ScorerFallback, str]] = ..., reason: _Optional[str] = ...) -> None: ...

class StoredScores(_message.Message):
    __slots__ = ("name", "sha256", "size_bytes", "meaning")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MEANING_FIELD_NUMBER: _ClassVar[int]
    name: str
    sha256: str
    size_bytes: int
    meaning: str
    def __init__(self, name: _Optional[str] = ..., sha256: _Optional[str] = ..., size_bytes: _Optional[int] = ..., meaning: _Optional[str] = ...) -> None: ...
