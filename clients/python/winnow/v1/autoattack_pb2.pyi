from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AutoAttackSpec(_message.Message):
    __slots__ = ("epsilon",)
    EPSILON_FIELD_NUMBER: _ClassVar[int]
    epsilon: float
    def __init__(self, epsilon: _Optional[float] = ...) -> None: ...

class AutoAttackResult(_message.Message):
    __slots__ = ("epsilon", "robust_accuracy", "attacks", "examples", "seconds")
    EPSILON_FIELD_NUMBER: _ClassVar[int]
    ROBUST_ACCURACY_FIELD_NUMBER: _ClassVar[int]
    ATTACKS_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    epsilon: float
    robust_accuracy: float
    attacks: _containers.RepeatedCompositeFieldContainer[AttackVerdict]
    examples: int
    seconds: float
    def __init__(self, epsilon: _Optional[float] = ..., robust_accuracy: _Optional[float] = ..., attacks: _Optional[_Iterable[_Union[AttackVerdict, _Mapping]]] = ..., examples: _Optional[int] = ..., seconds: _Optional[float] = ...) -> None: ...

class AttackVerdict(_message.Message):
    __slots__ = ("attack", "accuracy", "broken")
    ATTACK_FIELD_NUMBER: _ClassVar[int]
    ACCURACY_FIELD_NUMBER: _ClassVar[int]
    BROKEN_FIELD_NUMBER: _ClassVar[int]
    attack: str
    accuracy: float
    broken: int
    def __init__(self, attack: _Optional[str] = ..., accuracy: _Optional[float] = ..., broken: _Optional[int] = ...) -> None: ...
