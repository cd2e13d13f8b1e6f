from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class Precision(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRECISION_UNSPECIFIED: _ClassVar[Precision]
    PRECISION_F32: _ClassVar[Precision]
    PRECISION_BF16: _ClassVar[Precision]
PRECISION_UNSPECIFIED: Precision
PRECISION_F32: Precision
PRECISION_BF16: Precision

class ModelSpec(_message.Message):
    __slots__ = ("architecture", "depth", "width", "dropout")
    ARCHITECTURE_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    DROPOUT_FIELD_NUMBER: _ClassVar[int]
    architecture: str
    depth: int
    width: int
    dropout: float
    def __init__(self, architecture: _Optional[str] = ..., depth: _Optional[int] = ..., width: _Optional[int] = ..., dropout: _Optional[float] = ...) -> None: ...

class CheckpointRef(_message.Message):
    __slots__ = ("sha256", "size_bytes")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    sha256: str
    size_bytes: int
    def __init__(self, sha256: _Optional[str] = ..., size_bytes: _Optional[int] = ...) -> None: ...
