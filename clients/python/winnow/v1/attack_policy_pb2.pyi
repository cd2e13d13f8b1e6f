from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AttackPolicyKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ATTACK_POLICY_KIND_UNSPECIFIED: _ClassVar[AttackPolicyKind]
    ATTACK_POLICY_KIND_FIXED: _ClassVar[AttackPolicyKind]
    ATTACK_POLICY_KIND_BULLET_TRAIN: _ClassVar[AttackPolicyKind]
ATTACK_POLICY_KIND_UNSPECIFIED: AttackPolicyKind
ATTACK_POLICY_KIND_FIXED: AttackPolicyKind
ATTACK_POLICY_KIND_BULLET_TRAIN: AttackPolicyKind

class AttackPolicySpec(_message.Message):
    __slots__ = ("kind", "gamma", "robust_steps", "robust_step_size", "pool_batches")
    KIND_FIELD_NUMBER: _ClassVar[int]
    GAMMA_FIELD_NUMBER: _ClassVar[int]
    ROBUST_STEPS_FIELD_NUMBER: _ClassVar[int]
    ROBUST_STEP_SIZE_FIELD_NUMBER: _ClassVar[int]
    POOL_BATCHES_FIELD_NUMBER: _ClassVar[int]
    kind: AttackPolicyKind
    gamma: float
    robust_steps: int
    robust_step_size: float
    pool_batches: int
    def __init__(self, kind: _Optional[_Union[AttackPolicyKind, str]] = ..., gamma: _Optional[float] = ..., robust_steps: _Optional[int] = ..., robust_step_size: _Optional[float] = ..., pool_batches: _Optional[int] = ...) -> None: ...
