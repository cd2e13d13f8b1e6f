from winnow.v1 import cost_pb2 as _cost_pb2
from winnow.v1 import dataset_pb2 as _dataset_pb2
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

class ScoringTarget(_message.Message):
    __slots__ = ("dataset", "model", "checkpoint", "objective", "seed", "precision")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    dataset: _dataset_pb2.DatasetSpec
    model: _model_pb2.ModelSpec
    checkpoint: _model_pb2.CheckpointRef
    objective: _objective_pb2.ObjectiveSpec
    seed: int
    precision: _model_pb2.Precision
    def __init__(self, dataset: _Optional[_Union[_dataset_pb2.DatasetSpec, _Mapping]] = ..., model: _Optional[_Union[_model_pb2.ModelSpec, _Mapping]] = ..., checkpoint: _Optional[_Union[_model_pb2.CheckpointRef, _Mapping]] = ..., objective: _Optional[_Union[_objective_pb2.ObjectiveSpec, _Mapping]] = ..., seed: _Optional[int] = ..., precision: _Optional[_Union[_model_pb2.Precision, str]] = ...) -> None: ...

class WorkProgress(_message.Message):
    __slots__ = ("phase", "done", "total")
    PHASE_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    phase: str
    done: int
    total: int
    def __init__(self, phase: _Optional[str] = ..., done: _Optional[int] = ..., total: _Optional[int] = ...) -> None: ...

class ListScorersRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListScorersResponse(_message.Message):
    __slots__ = ("scorers", "endpoints")
    SCORERS_FIELD_NUMBER: _ClassVar[int]
    ENDPOINTS_FIELD_NUMBER: _ClassVar[int]
    scorers: _containers.RepeatedCompositeFieldContainer[_scorer_service_pb2.ScorerDescription]
    endpoints: _containers.RepeatedCompositeFieldContainer[ScorerEndpoint]
    def __init__(self, scorers: _Optional[_Iterable[_Union[_scorer_service_pb2.ScorerDescription, _Mapping]]] = ..., endpoints: _Optional[_Iterable[_Union[ScorerEndpoint, _Mapping]]] = ...) -> None: ...

class ScorerEndpoint(_message.Message):
    __slots__ = ("name", "address", "ready", "detail", "configured")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    CONFIGURED_FIELD_NUMBER: _ClassVar[int]
    name: str
    address: str
    ready: bool
    detail: str
    configured: bool
    def __init__(self, name: _Optional[str] = ..., address: _Optional[str] = ..., ready: bool = ..., detail: _Optional[str] = ..., configured: bool = ...) -> None: ...

class RegisterScorerRequest(_message.Message):
    __slots__ = ("address",)
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    address: str
    def __init__(self, address: _Optional[str] = ...) -> None: ...

class RegisterScorerResponse(_message.Message):
    __slots__ = ("scorer",)
    SCORER_FIELD_NUMBER: _ClassVar[int]
    scorer: _scorer_service_pb2.ScorerDescription
    def __init__(self, scorer: _Optional[_Union[_scorer_service_pb2.ScorerDescription, _Mapping]] = ...) -> None: ...

class UnregisterScorerRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class UnregisterScorerResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SelectFromSignalsRequest(_message.Message):
    __slots__ = ("setting", "batch")
    SETTING_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    setting: SignalsSetting
    batch: _scorer_service_pb2.ExampleBatch
    def __init__(self, setting: _Optional[_Union[SignalsSetting, _Mapping]] = ..., batch: _Optional[_Union[_scorer_service_pb2.ExampleBatch, _Mapping]] = ...) -> None: ...

class SignalsSetting(_message.Message):
    __slots__ = ("examples", "classes", "features", "objective", "selection", "seed", "dataset_fingerprint", "run_id", "round")
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    DATASET_FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    examples: int
    classes: int
    features: int
    objective: _objective_pb2.ObjectiveSpec
    selection: _selection_pb2.SelectionSpec
    seed: int
    dataset_fingerprint: str
    run_id: str
    round: int
    def __init__(self, examples: _Optional[int] = ..., classes: _Optional[int] = ..., features: _Optional[int] = ..., objective: _Optional[_Union[_objective_pb2.ObjectiveSpec, _Mapping]] = ..., selection: _Optional[_Union[_selection_pb2.SelectionSpec, _Mapping]] = ..., seed: _Optional[int] = ..., dataset_fingerprint: _Optional[str] = ..., run_id: _Optional[str] = ..., round: _Optional[int] = ...) -> None: ...

class SelectFromSignalsResponse(_message.Message):
    __slots__ = ("progress", "index_set")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    INDEX_SET_FIELD_NUMBER: _ClassVar[int]
    progress: WorkProgress
    index_set: _index_set_pb2.IndexSet
    def __init__(self, progress: _Optional[_Union[WorkProgress, _Mapping]] = ..., index_set: _Optional[_Union[_index_set_pb2.IndexSet, _Mapping]] = ...) -> None: ...

class ScoreDatasetRequest(_message.Message):
    __slots__ = ("target", "scorer", "parameters", "attack")
    class ParametersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    TARGET_FIELD_NUMBER: _ClassVar[int]
    SCORER_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    ATTACK_FIELD_NUMBER: _ClassVar[int]
    target: ScoringTarget
    scorer: str
    parameters: _containers.ScalarMap[str, float]
    attack: _objective_pb2.AttackSpec
    def __init__(self, target: _Optional[_Union[ScoringTarget, _Mapping]] = ..., scorer: _Optional[str] = ..., parameters: _Optional[_Mapping[str, float]] = ..., attack: _Optional[_Union[_objective_pb2.AttackSpec, _Mapping]] = ...) -> None: ...

class ScoreDatasetResponse(_message.Message):
    __slots__ = ("progress", "scores", "summary")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    progress: WorkProgress
    scores: _scorer_service_pb2.ScoreChunk
    summary: ScoringSummary
    def __init__(self, progress: _Optional[_Union[WorkProgress, _Mapping]] = ..., scores: _Optional[_Union[_scorer_service_pb2.ScoreChunk, _Mapping]] = ..., summary: _Optional[_Union[ScoringSummary, _Mapping]] = ...) -> None: ...

class ScoringSummary(_message.Message):
    __slots__ = ("dataset", "cost")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    dataset: _dataset_pb2.DatasetInfo
    cost: _cost_pb2.Cost
    def __init__(self, dataset: _Optional[_Union[_dataset_pb2.DatasetInfo, _Mapping]] = ..., cost: _Optional[_Union[_cost_pb2.Cost, _Mapping]] = ...) -> None: ...

class SelectSubsetRequest(_message.Message):
    __slots__ = ("target", "selection")
    TARGET_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    target: ScoringTarget
    selection: _selection_pb2.SelectionSpec
    def __init__(self, target: _Optional[_Union[ScoringTarget, _Mapping]] = ..., selection: _Optional[_Union[_selection_pb2.SelectionSpec, _Mapping]] = ...) -> None: ...

class SelectSubsetResponse(_message.Message):
    __slots__ = ("progress", "index_set")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    INDEX_SET_FIELD_NUMBER: _ClassVar[int]
    progress: WorkProgress
    index_set: _index_set_pb2.IndexSet
    def __init__(self, progress: _Optional[_Union[WorkProgress, _Mapping]] = ..., index_set: _Optional[_Union[_index_set_pb2.IndexSet, _Mapping]] = ...) -> None: ...

class GetIndexSetRequest(_message.Message):
    __slots__ = ("run_id", "round")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    round: int
    def __init__(self, run_id: _Optional[str] = ..., round: _Optional[int] = ...) -> None: ...

class GetIndexSetResponse(_message.Message):
    __slots__ = ("index_set",)
    INDEX_SET_FIELD_NUMBER: _ClassVar[int]
    index_set: _index_set_pb2.IndexSet
    def __init__(self, index_set: _Optional[_Union[_index_set_pb2.IndexSet, _Mapping]] = ...) -> None: ...

class WatchIndexSetsRequest(_message.Message):
    __slots__ = ("run_id", "from_round")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_ROUND_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    from_round: int
    def __init__(self, run_id: _Optional[str] = ..., from_round: _Optional[int] = ...) -> None: ...

class WatchIndexSetsResponse(_message.Message):
    __slots__ = ("index_set",)
    INDEX_SET_FIELD_NUMBER: _ClassVar[int]
    index_set: _index_set_pb2.IndexSet
    def __init__(self, index_set: _Optional[_Union[_index_set_pb2.IndexSet, _Mapping]] = ...) -> None: ...

class ExplainExamplesRequest(_message.Message):
    __slots__ = ("run_id", "indices")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    INDICES_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    indices: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, run_id: _Optional[str] = ..., indices: _Optional[_Iterable[int]] = ...) -> None: ...

class ExplainExamplesResponse(_message.Message):
    __slots__ = ("examples", "scorer", "score_meaning")
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    SCORER_FIELD_NUMBER: _ClassVar[int]
    SCORE_MEANING_FIELD_NUMBER: _ClassVar[int]
    examples: _containers.RepeatedCompositeFieldContainer[ExampleHistory]
    scorer: str
    score_meaning: str
    def __init__(self, examples: _Optional[_Iterable[_Union[ExampleHistory, _Mapping]]] = ..., scorer: _Optional[str] = ..., score_meaning: _Optional[str] = ...) -> None: ...

class ExampleHistory(_message.Message):
    __slots__ = ("index", "label", "rounds")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    ROUNDS_FIELD_NUMBER: _ClassVar[int]
    index: int
    label: int
    rounds: _containers.RepeatedCompositeFieldContainer[ExampleRound]
    def __init__(self, index: _Optional[int] = ..., label: _Optional[int] = ..., rounds: _Optional[_Iterable[_Union[ExampleRound, _Mapping]]] = ...) -> None: ...

class ExampleRound(_message.Message):
    __slots__ = ("round", "kept", "weight", "score", "rank", "class_examples", "class_kept")
    ROUND_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    CLASS_EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    CLASS_KEPT_FIELD_NUMBER: _ClassVar[int]
    round: int
    kept: bool
    weight: float
    score: float
    rank: int
    class_examples: int
    class_kept: int
    def __init__(self, round: _Optional[int] = ..., kept: bool = ..., weight: _Optional[float] = ..., score: _Optional[float] = ..., rank: _Optional[int] = ..., class_examples: _Optional[int] = ..., class_kept: _Optional[int] = ...) -> None: ...

class GetExamplesRequest(_message.Message):
    __slots__ = ("dataset", "indices")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    INDICES_FIELD_NUMBER: _ClassVar[int]
    dataset: _dataset_pb2.DatasetSpec
    indices: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, dataset: _Optional[_Union[_dataset_pb2.DatasetSpec, _Mapping]] = ..., indices: _Optional[_Iterable[int]] = ...) -> None: ...

class GetExamplesResponse(_message.Message):
    __slots__ = ("examples",)
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    examples: _containers.RepeatedCompositeFieldContainer[ExampleImage]
    def __init__(self, examples: _Optional[_Iterable[_Union[ExampleImage, _Mapping]]] = ...) -> None: ...

class ExampleImage(_message.Message):
    __slots__ = ("index", "label", "class_name", "png")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    CLASS_NAME_FIELD_NUMBER: _ClassVar[int]
    PNG_FIELD_NUMBER: _ClassVar[int]
    index: int
    label: int
    class_name: str
    png: bytes
    def __init__(self, index: _Optional[int] = ..., label: _Optional[int] = ..., class_name: _Optional[str] = ..., png: _Optional[bytes] = ...) -> None: ...
