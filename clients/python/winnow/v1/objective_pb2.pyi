from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ObjectiveKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OBJECTIVE_KIND_UNSPECIFIED: _ClassVar[ObjectiveKind]
    OBJECTIVE_KIND_AT: _ClassVar[ObjectiveKind]
    OBJECTIVE_KIND_TRADES: _ClassVar[ObjectiveKind]
    OBJECTIVE_KIND_MART: _ClassVar[ObjectiveKind]

class AttackLoss(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ATTACK_LOSS_UNSPECIFIED: _ClassVar[AttackLoss]
    ATTACK_LOSS_CROSS_ENTROPY: _ClassVar[AttackLoss]
    ATTACK_LOSS_KL: _ClassVar[AttackLoss]

class AttackStart(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ATTACK_START_UNSPECIFIED: _ClassVar[AttackStart]
    ATTACK_START_UNIFORM: _ClassVar[AttackStart]
    ATTACK_START_GAUSSIAN: _ClassVar[AttackStart]
OBJECTIVE_KIND_UNSPECIFIED: ObjectiveKind
OBJECTIVE_KIND_AT: ObjectiveKind
OBJECTIVE_KIND_TRADES: ObjectiveKind
OBJECTIVE_KIND_MART: ObjectiveKind
ATTACK_LOSS_UNSPECIFIED: AttackLoss
ATTACK_LOSS_CROSS_ENTROPY: AttackLoss
ATTACK_LOSS_KL: AttackLoss
ATTACK_START_UNSPECIFIED: AttackStart
ATTACK_START_UNIFORM: AttackStart
ATTACK_START_GAUSSIAN: AttackStart

class ObjectiveSpec(_message.Message):
    __slots__ = ("kind", "beta", "attack")
    KIND_FIELD_NUMBER: _ClassVar[int]
    BETA_FIELD_NUMBER: _ClassVar[int]
    LAMBDA_FIELD_NUMBER: _ClassVar[int]
    ATTACK_FIELD_NUMBER: _ClassVar[int]
    kind: ObjectiveKind
    beta: float
    attack: AttackSpec
    def __init__(self, kind: _Optional[_Union[ObjectiveKind, str]] = ..., beta: _Optional[float] = ..., attack: _Optional[_Union[AttackSpec, _Mapping]] = ..., **kwargs) -> None: ...

class AttackSpec(_message.Message):
    __slots__ = ("epsilon", "step_size", "steps", "loss", "start", "restarts")
    EPSILON_FIELD_NUMBER: _ClassVar[int]
    STEP_SIZE_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    LOSS_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    RESTARTS_FIELD_NUMBER: _ClassVar[int]
    epsilon: float
    step_size: float
    steps: int
    loss: AttackLoss
    start: AttackStart
    restarts: int
    def __init__(self, epsilon: _Optional[float] = ..., step_size: _Optional[float] = ..., steps: _Optional[int] = ..., loss: _Optional[_Union[AttackLoss, str]] = ..., start: _Optional[_Union[AttackStart, str]] = ..., restarts: _Optional[int] = ...) -> None: ...
