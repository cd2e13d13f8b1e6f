from winnow.v1 import dataset_pb2 as _dataset_pb2
from winnow.v1 import objective_pb2 as _objective_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Signal(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SIGNAL_UNSPECIFIED: _ClassVar[Signal]
    SIGNAL_LABEL: _ClassVar[Signal]
    SIGNAL_CLEAN_LOGITS: _ClassVar[Signal]
    SIGNAL_ADVERSARIAL_LOGITS: _ClassVar[Signal]
    SIGNAL_CLEAN_FEATURES: _ClassVar[Signal]
    SIGNAL_ADVERSARIAL_FEATURES: _ClassVar[Signal]
    SIGNAL_ADVERSARIAL_LOSSES: _ClassVar[Signal]
    SIGNAL_ADVERSARIAL_MARGINS: _ClassVar[Signal]

class ScorerOutput(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCORER_OUTPUT_UNSPECIFIED: _ClassVar[ScorerOutput]
    SCORER_OUTPUT_SCORES: _ClassVar[ScorerOutput]
    SCORER_OUTPUT_SET: _ClassVar[ScorerOutput]
SIGNAL_UNSPECIFIED: Signal
SIGNAL_LABEL: Signal
SIGNAL_CLEAN_LOGITS: Signal
SIGNAL_ADVERSARIAL_LOGITS: Signal
SIGNAL_CLEAN_FEATURES: Signal
SIGNAL_ADVERSARIAL_FEATURES: Signal
SIGNAL_ADVERSARIAL_LOSSES: Signal
SIGNAL_ADVERSARIAL_MARGINS: Signal
SCORER_OUTPUT_UNSPECIFIED: ScorerOutput
SCORER_OUTPUT_SCORES: ScorerOutput
SCORER_OUTPUT_SET: ScorerOutput

class ScorerParameter(_message.Message):
    __slots__ = ("name", "description", "default_value", "minimum", "maximum", "integer")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    INTEGER_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    default_value: float
    minimum: float
    maximum: float
    integer: bool
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., default_value: _Optional[float] = ..., minimum: _Optional[float] = ..., maximum: _Optional[float] = ..., integer: bool = ...) -> None: ...

class ScorerDescription(_message.Message):
    __slots__ = ("name", "version", "summary", "parameters", "signals", "output")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    summary: str
    parameters: _containers.RepeatedCompositeFieldContainer[ScorerParameter]
    signals: _containers.RepeatedScalarFieldContainer[Signal]
    output: ScorerOutput
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., summary: _Optional[str] = ..., parameters: _Optional[_Iterable[_Union[ScorerParameter, _Mapping]]] = ..., signals: _Optional[_Iterable[_Union[Signal, str]]] = ..., output: _Optional[_Union[ScorerOutput, str]] = ...) -> None: ...

class DescribeScorerRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DescribeScorerResponse(_message.Message):
    __slots__ = ("scorer",)
    SCORER_FIELD_NUMBER: _ClassVar[int]
    scorer: ScorerDescription
    def __init__(self, scorer: _Optional[_Union[ScorerDescription, _Mapping]] = ...) -> None: ...

class CheckReadyRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CheckReadyResponse(_message.Message):
    __slots__ = ("ready", "detail")
    READY_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    ready: bool
    detail: str
    def __init__(self, ready: bool = ..., detail: _Optional[str] = ...) -> None: ...

class ScoreExamplesRequest(_message.Message):
    __slots__ = ("setting", "batch")
    SETTING_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    setting: ScoringSetting
    batch: ExampleBatch
    def __init__(self, setting: _Optional[_Union[ScoringSetting, _Mapping]] = ..., batch: _Optional[_Union[ExampleBatch, _Mapping]] = ...) -> None: ...

class ScoringSetting(_message.Message):
    __slots__ = ("examples", "classes", "keep", "seed", "parameters", "features", "objective", "dataset", "run_id", "round")
    class ParametersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    KEEP_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    DATASET_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    examples: int
    classes: int
    keep: int
    seed: int
    parameters: _containers.ScalarMap[str, float]
    features: int
    objective: _objective_pb2.ObjectiveSpec
    dataset: _dataset_pb2.DatasetSpec
    run_id: str
    round: int
    def __init__(self, examples: _Optional[int] = ..., classes: _Optional[int] = ..., keep: _Optional[int] = ..., seed: _Optional[int] = ..., parameters: _Optional[_Mapping[str, float]] = ..., features: _Optional[int] = ..., objective: _Optional[_Union[_objective_pb2.ObjectiveSpec, _Mapping]] = ..., dataset: _Optional[_Union[_dataset_pb2.DatasetSpec, _Mapping]] = ..., run_id: _Optional[str] = ..., round: _Optional[int] = ...) -> None: ...

class ExampleBatch(_message.Message):
    __slots__ = ("first_index", "labels", "clean_logits", "adversarial_logits", "clean_features", "adversarial_features", "adversarial_losses", "adversarial_margins")
    FIRST_INDEX_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    CLEAN_LOGITS_FIELD_NUMBER: _ClassVar[int]
    ADVERSARIAL_LOGITS_FIELD_NUMBER: _ClassVar[int]
    CLEAN_FEATURES_FIELD_NUMBER: _ClassVar[int]
    ADVERSARIAL_FEATURES_FIELD_NUMBER: _ClassVar[int]
    ADVERSARIAL_LOSSES_FIELD_NUMBER: _ClassVar[int]
    ADVERSARIAL_MARGINS_FIELD_NUMBER: _ClassVar[int]
    first_index: int
    labels: _containers.RepeatedScalarFieldContainer[int]
    clean_logits: _containers.RepeatedScalarFieldContainer[float]
    adversarial_logits: _containers.RepeatedScalarFieldContainer[float]
    clean_features: _containers.RepeatedScalarFieldContainer[float]
    adversarial_features: _containers.RepeatedScalarFieldContainer[float]
    adversarial_losses: _containers.RepeatedScalarFieldContainer[float]
    adversarial_margins: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, first_index: _Optional[int] = ..., labels: _Optional[_Iterable[int]] = ..., clean_logits: _Optional[_Iterable[float]] = ..., adversarial_logits: _Optional[_Iterable[float]] = ..., clean_features: _Optional[_Iterable[float]] = ..., adversarial_features: _Optional[_Iterable[float]] = ..., adversarial_losses: _Optional[_Iterable[float]] = ..., adversarial_margins: _Optional[_Iterable[float]] = ...) -> None: ...

class ScoreExamplesResponse(_message.Message):
    __slots__ = ("scores", "set")
    SCORES_FIELD_NUMBER: _ClassVar[int]
    SET_FIELD_NUMBER: _ClassVar[int]
    scores: ScoreChunk
    set: ScoredSet
    def __init__(self, scores: _Optional[_Union[ScoreChunk, _Mapping]] = ..., set: _Optional[_Union[ScoredSet, _Mapping]] = ...) -> None: ...

class ScoreChunk(_message.Message):
    __slots__ = ("first_index", "scores")
    FIRST_INDEX_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    first_index: int
    scores: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, first_index: _Optional[int] = ..., scores: _Optional[_Iterable[float]] = ...) -> None: ...

class ScoredSet(_message.Message):
    __slots__ = ("indices", "weights")
    INDICES_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    indices: _containers.RepeatedScalarFieldContainer[int]
    weights: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, indices: _Optional[_Iterable[int]] = ..., weights: _Optional[_Iterable[float]] = ...) -> None: ...
