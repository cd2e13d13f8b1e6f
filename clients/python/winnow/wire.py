"""ExampleBatch to and from bytes without a Python object for every number.

Protobuf's own lists take some 50 ns a number, which is minutes for a large data set; a packed field is the array's
bytes behind a tag and a length, and a message may be written as its parts one after another.
"""

from __future__ import annotations

from typing import Iterator, Mapping, Optional, Union

import numpy as np
import numpy.typing as npt
from google.protobuf.message import DecodeError

from winnow.v1 import scorer_service_pb2

FloatArray = npt.NDArray[np.float32]

FLOAT_FIELDS = {
    field.name: field.number
    for field in scorer_service_pb2.ExampleBatch.DESCRIPTOR.fields
    if field.cpp_type == field.CPPTYPE_FLOAT
}
"""Names and numbers of ExampleBatch's lists of floats."""

_NAMES = {number: name for name, number in FLOAT_FIELDS.items()}
_LENGTH_DELIMITED = 2


def encode_batch(first_index: int, labels: Optional[npt.NDArray[np.int64]], floats: Mapping[str, FloatArray]) -> bytes:
    """An ExampleBatch; ``floats`` are its lists of floats by name, row by row."""
    head = scorer_service_pb2.ExampleBatch(first_index=first_index, labels=() if labels is None else labels.tolist())
    parts = [head.SerializeToString()]
    for name, values in floats.items():
        data = np.ascontiguousarray(values, dtype="<f4").tobytes()
        parts.append(length_delimited(FLOAT_FIELDS[name], data))
    return b"".join(parts)


def length_delimited(field: int, data: bytes) -> bytes:
    """A field whose value is a message, bytes or a packed list."""
    return _varint(field << 3 | _LENGTH_DELIMITED) + _varint(len(data)) + data


def decode_batch(data: Union[bytes, memoryview]) -> tuple[scorer_service_pb2.ExampleBatch, dict[str, FloatArray]]:
    """An ExampleBatch without its floats, and those by name; DecodeError where it is malformed."""
    view = memoryview(data)
    rest, floats = list[memoryview](), dict[str, list[FloatArray]]()
    for start, end, field, value in fields(view):
        if value is not None and field in _NAMES:
            if len(value) % 4:
                raise DecodeError(f"{_NAMES[field]} has {len(value)} bytes, no multiple of 4")
            floats.setdefault(_NAMES[field], []).append(np.frombuffer(value, dtype="<f4"))
        else:
            # Floats that are not packed are among these; few writers do that, and protobuf reads them.
            rest.append(view[start:end])
    head = scorer_service_pb2.ExampleBatch.FromString(b"".join(rest))
    for name in FLOAT_FIELDS:
        if loose := getattr(head, name):
            floats.setdefault(name, []).append(np.array(loose, dtype=np.float32))
    return head, {name: parts[0] if len(parts) == 1 else np.concatenate(parts) for name, parts in floats.items()}


def fields(view: memoryview) -> Iterator[tuple[int, int, int, Optional[memoryview]]]:
    """Start, end and number of each field of a message, with its value where that is length-delimited."""
    at = 0
    while at < len(view):
        start = at
        tag, at = _read_varint(view, at)
        value: Optional[memoryview] = None
        if tag & 7 == _LENGTH_DELIMITED:
            length, at = _read_varint(view, at)
            value = view[at : at + length]
            at += length
        elif tag & 7 == 0:
            at = _read_varint(view, at)[1]
        elif tag & 7 == 1:
            at += 8
        elif tag & 7 == 5:
            at += 4
        else:
            raise DecodeError(f"wire type {tag & 7} at byte {start}")
        if at > len(view):
            raise DecodeError(f"the field at byte {start} ends behind the message")
        yield start, at, tag >> 3, value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_varint(view: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(view):
            raise DecodeError("a number ends behind the message")
        byte = view[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise DecodeError(f"a number before byte {at} has no end")
