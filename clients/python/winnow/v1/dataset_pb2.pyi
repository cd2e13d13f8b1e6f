from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DatasetFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DATASET_FORMAT_UNSPECIFIED: _ClassVar[DatasetFormat]
    DATASET_FORMAT_IDX: _ClassVar[DatasetFormat]
    DATASET_FORMAT_CIFAR10: _ClassVar[DatasetFormat]
    DATASET_FORMAT_CIFAR100: _ClassVar[DatasetFormat]
    DATASET_FORMAT_IMAGE_FOLDER: _ClassVar[DatasetFormat]
DATASET_FORMAT_UNSPECIFIED: DatasetFormat
DATASET_FORMAT_IDX: DatasetFormat
DATASET_FORMAT_CIFAR10: DatasetFormat
DATASET_FORMAT_CIFAR100: DatasetFormat
DATASET_FORMAT_IMAGE_FOLDER: DatasetFormat

class DatasetSpec(_message.Message):
    __slots__ = ("name", "format", "train_examples", "test_examples", "validation_examples")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    TRAIN_EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    TEST_EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    VALIDATION_EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    name: str
    format: DatasetFormat
    train_examples: int
    test_examples: int
    validation_examples: int
    def __init__(self, name: _Optional[str] = ..., format: _Optional[_Union[DatasetFormat, str]] = ..., train_examples: _Optional[int] = ..., test_examples: _Optional[int] = ..., validation_examples: _Optional[int] = ...) -> None: ...

class DatasetInfo(_message.Message):
    __slots__ = ("fingerprint", "train_examples", "test_examples", "class_names", "height", "width", "channels", "validation_examples")
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    TRAIN_EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    TEST_EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    CLASS_NAMES_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    VALIDATION_EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    fingerprint: str
    train_examples: int
    test_examples: int
    class_names: _containers.RepeatedScalarFieldContainer[str]
    height: int
    width: int
    channels: int
    validation_examples: int
    def __init__(self, fingerprint: _Optional[str] = ..., train_examples: _Optional[int] = ..., test_examples: _Optional[int] = ..., class_names: _Optional[_Iterable[str]] = ..., height: _Optional[int] = ..., width: _Optional[int] = ..., channels: _Optional[int] = ..., validation_examples: _Optional[int] = ...) -> None: ...
