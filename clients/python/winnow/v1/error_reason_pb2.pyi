from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class ErrorReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ERROR_REASON_UNSPECIFIED: _ClassVar[ErrorReason]
    ERROR_REASON_INVALID_FIELD: _ClassVar[ErrorReason]
    ERROR_REASON_UNKNOWN_SCORER: _ClassVar[ErrorReason]
    ERROR_REASON_UNKNOWN_DATASET: _ClassVar[ErrorReason]
    ERROR_REASON_UNKNOWN_MODEL: _ClassVar[ErrorReason]
    ERROR_REASON_UNKNOWN_RUN: _ClassVar[ErrorReason]
    ERROR_REASON_UNKNOWN_CHECKPOINT: _ClassVar[ErrorReason]
    ERROR_REASON_UNKNOWN_INDEX_SET: _ClassVar[ErrorReason]
    ERROR_REASON_CORRUPT_DATASET: _ClassVar[ErrorReason]
    ERROR_REASON_CORRUPT_CHECKPOINT: _ClassVar[ErrorReason]
    ERROR_REASON_INVALID_INDEX_SET: _ClassVar[ErrorReason]
    ERROR_REASON_BUS_UNAVAILABLE: _ClassVar[ErrorReason]
    ERROR_REASON_WRONG_STATE: _ClassVar[ErrorReason]
    ERROR_REASON_OVERLOADED: _ClassVar[ErrorReason]
    ERROR_REASON_CANCELLED: _ClassVar[ErrorReason]
    ERROR_REASON_DIVERGED: _ClassVar[ErrorReason]
    ERROR_REASON_INTERNAL: _ClassVar[ErrorReason]
    ERROR_REASON_SCORER_FAILED: _ClassVar[ErrorReason]
    ERROR_REASON_UNAUTHENTICATED: _ClassVar[ErrorReason]
    ERROR_REASON_PERMISSION_DENIED: _ClassVar[ErrorReason]
ERROR_REASON_UNSPECIFIED: ErrorReason
ERROR_REASON_INVALID_FIELD: ErrorReason
ERROR_REASON_UNKNOWN_SCORER: ErrorReason
ERROR_REASON_UNKNOWN_DATASET: ErrorReason
ERROR_REASON_UNKNOWN_MODEL: ErrorReason
ERROR_REASON_UNKNOWN_RUN: ErrorReason
ERROR_REASON_UNKNOWN_CHECKPOINT: ErrorReason
ERROR_REASON_UNKNOWN_INDEX_SET: ErrorReason
ERROR_REASON_CORRUPT_DATASET: ErrorReason
ERROR_REASON_CORRUPT_CHECKPOINT: ErrorReason
ERROR_REASON_INVALID_INDEX_SET: ErrorReason
ERROR_REASON_BUS_UNAVAILABLE: ErrorReason
ERROR_REASON_WRONG_STATE: ErrorReason
ERROR_REASON_OVERLOADED: ErrorReason
ERROR_REASON_CANCELLED: ErrorReason
ERROR_REASON_DIVERGED: ErrorReason
ERROR_REASON_INTERNAL: ErrorReason
ERROR_REASON_SCORER_FAILED: ErrorReason
ERROR_REASON_UNAUTHENTICATED: ErrorReason
ERROR_REASON_PERMISSION_DENIED: ErrorReason
