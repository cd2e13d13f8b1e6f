from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PhaseSeconds(_message.Message):
    __slots__ = ("attack", "update", "scoring", "waiting", "publishing", "evaluation", "total")
    ATTACK_FIELD_NUMBER: _ClassVar[int]
    UPDATE_FIELD_NUMBER: _ClassVar[int]
    SCORING_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    PUBLISHING_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    attack: float
    update: float
    scoring: float
    waiting: float
    publishing: float
    evaluation: float
    total: float
    def __init__(self, attack: _Optional[float] = ..., update: _Optional[float] = ..., scoring: _Optional[float] = ..., waiting: _Optional[float] = ..., publishing: _Optional[float] = ..., evaluation: _Optional[float] = ..., total: _Optional[float] = ...) -> None: ...

class Passes(_message.Message):
    __slots__ = ("forward", "backward")
    FORWARD_FIELD_NUMBER: _ClassVar[int]
    BACKWARD_FIELD_NUMBER: _ClassVar[int]
    forward: int
    backward: int
    def __init__(self, forward: _Optional[int] = ..., backward: _Optional[int] = ...) -> None: ...

class Cost(_message.Message):
    __slots__ = ("seconds", "passes")
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    PASSES_FIELD_NUMBER: _ClassVar[int]
    seconds: PhaseSeconds
    passes: Passes
    def __init__(self, seconds: _Optional[_Union[PhaseSeconds, _Mapping]] = ..., passes: _Optional[_Union[Passes, _Mapping]] = ...) -> None: ...
