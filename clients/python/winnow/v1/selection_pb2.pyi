from winnow.v1 import objective_pb2 as _objective_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ScorerFallback(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCORER_FALLBACK_UNSPECIFIED: _ClassVar[ScorerFallback]
    SCORER_FALLBACK_LAST_SET: _ClassVar[ScorerFallback]
    SCORER_FALLBACK_RANDOM: _ClassVar[ScorerFallback]

class WeightMeaning(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WEIGHT_MEANING_UNSPECIFIED: _ClassVar[WeightMeaning]
    WEIGHT_MEANING_UNIFORM: _ClassVar[WeightMeaning]
    WEIGHT_MEANING_NORMALISED_SUM: _ClassVar[WeightMeaning]
SCORER_FALLBACK_UNSPECIFIED: ScorerFallback
SCORER_FALLBACK_LAST_SET: ScorerFallback
SCORER_FALLBACK_RANDOM: ScorerFallback
WEIGHT_MEANING_UNSPECIFIED: WeightMeaning
WEIGHT_MEANING_UNIFORM: WeightMeaning
WEIGHT_MEANING_NORMALISED_SUM: WeightMeaning

class SelectionSpec(_message.Message):
    __slots__ = ("scorer", "parameters", "fraction", "every_epochs", "warm_start_epochs", "max_staleness_epochs", "attack", "class_floor", "reuse_training_signals", "fallback")
    class ParametersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    SCORER_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    FRACTION_FIELD_NUMBER: _ClassVar[int]
    EVERY_EPOCHS_FIELD_NUMBER: _ClassVar[int]
    WARM_START_EPOCHS_FIELD_NUMBER: _ClassVar[int]
    MAX_STALENESS_EPOCHS_FIELD_NUMBER: _ClassVar[int]
    ATTACK_FIELD_NUMBER: _ClassVar[int]
    CLASS_FLOOR_FIELD_NUMBER: _ClassVar[int]
    REUSE_TRAINING_SIGNALS_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_FIELD_NUMBER: _ClassVar[int]
    scorer: str
    parameters: _containers.ScalarMap[str, float]
    fraction: float
    every_epochs: int
    warm_start_epochs: int
    max_staleness_epochs: int
    attack: _objective_pb2.AttackSpec
    class_floor: float
    reuse_training_signals: bool
    fallback: ScorerFallback
    def __init__(self, scorer: _Optional[str] = ..., parameters: _Optional[_Mapping[str, float]] = ..., fraction: _Optional[float] = ..., every_epochs: _Optional[int] = ..., warm_start_epochs: _Optional[int] = ..., max_staleness_epochs: _Optional[int] = ..., attack: _Optional[_Union[_objective_pb2.AttackSpec, _Mapping]] = ..., class_floor: _Optional[float] = ..., reuse_training_signals: bool = ..., fallback: _Optional[_Union[ScorerFallback, str]] = ...) -> None: ...

class SelectionQuality(_message.Message):
    __slots__ = ("residual", "effective_sample_size", "overlap", "kept_per_class")
    RESIDUAL_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_SAMPLE_SIZE_FIELD_NUMBER: _ClassVar[int]
    OVERLAP_FIELD_NUMBER: _ClassVar[int]
    KEPT_PER_CLASS_FIELD_NUMBER: _ClassVar[int]
    residual: float
    effective_sample_size: float
    overlap: float
    kept_per_class: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, residual: _Optional[float] = ..., effective_sample_size: _Optional[float] = ..., overlap: _Optional[float] = ..., kept_per_class: _Optional[_Iterable[int]] = ...) -> None: ...
