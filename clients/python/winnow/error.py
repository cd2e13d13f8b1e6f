"""The one exception of all calls."""

from __future__ import annotations

from typing import NamedTuple, Optional, Sequence

import grpc
from google.protobuf.message import DecodeError

from winnow.rpc import error_details_pb2, status_pb2

ERROR_DOMAIN = "winnow"
"""``ErrorInfo.domain`` of the services' own errors."""
DETAILS_TRAILER = "grpc-status-details-bin"
"""Trailer with an encoded google.rpc.Status."""


class FieldViolation(NamedTuple):
    """A field that was refused, and why."""

    field: str
    """Path of the field in the request, in the proto's spelling."""
    description: str
    """What is wrong with it and what would be right."""


class WinnowError(Exception):
    """A call that failed, or an answer that breaks the contract.

    ``code`` is gRPC's status, ``message`` what the service says, ``reason`` the name of an ErrorReason without its
    prefix ("UNKNOWN_RUN"; empty where the failure is the connection's), ``fields`` the fields that were refused.
    """

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str,
        reason: str = "",
        fields: Sequence[FieldViolation] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason
        self.fields = tuple(fields)

    def __str__(self) -> str:
        where = "".join(f"\n  {field}: {description}" for field, description in self.fields)
        return f"{self.code.name}{f' ({self.reason})' if self.reason else ''}: {self.message}{where}"

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross processes, for example in a DataLoader's worker.
        return (WinnowError, (self.code, self.message, self.reason, self.fields))


def error_from(error: grpc.RpcError) -> WinnowError:
    """Translates what grpc raises; reads google.rpc.ErrorInfo and BadRequest where the service sent them."""
    code = error.code() if hasattr(error, "code") else grpc.StatusCode.UNKNOWN
    message = (error.details() if hasattr(error, "details") else None) or str(error)
    trailers = error.trailing_metadata() if hasattr(error, "trailing_metadata") else None
    details = next((value for key, value in trailers or () if key == DETAILS_TRAILER), None)
    reason, fields = _read_details(details)
    if code == grpc.StatusCode.CANCELLED:
        reason = "CANCELLED"
    return WinnowError(code, message, reason, fields)


def _read_details(details: Optional[bytes]) -> tuple[str, list[FieldViolation]]:
    reason, fields = "", list[FieldViolation]()
    try:
        status = status_pb2.Status.FromString(details or b"")
        for detail in status.details:
            kind = detail.type_url.rsplit("/", 1)[-1]
            if kind == "google.rpc.ErrorInfo":
                info = error_details_pb2.ErrorInfo.FromString(detail.value)
                reason = info.reason if info.domain == ERROR_DOMAIN else reason
            elif kind == "google.rpc.BadRequest":
                bad = error_details_pb2.BadRequest.FromString(detail.value)
                fields += [FieldViolation(one.field, one.description) for one in bad.field_violations]
    except DecodeError:
        # The call's own code and message still say what happened.
        return "", []
    return reason, fields


def encode_details(code: grpc.StatusCode, message: str, reason: str, fields: Sequence[FieldViolation] = ()) -> bytes:
    """The trailer of a failed call, as the project's own services send it."""
    status = status_pb2.Status(code=code.value[0], message=message)
    info = error_details_pb2.ErrorInfo(reason=reason, domain=ERROR_DOMAIN)
    status.details.add(type_url="type.googleapis.com/google.rpc.ErrorInfo", value=info.SerializeToString())
    if fields:
        bad = error_details_pb2.BadRequest()
        for field, description in fields:
            bad.field_violations.add(field=field, description=description)
        status.details.add(type_url="type.googleapis.com/google.rpc.BadRequest", value=bad.SerializeToString())
    return status.SerializeToString()
