"""Single calls."""

from __future__ import annotations

from typing import Any, Optional

import grpc

from winnow.error import error_from


def call(method: Any, request: Any, timeout: Optional[float]) -> Any:
    """Calls a method with one answer; raises a WinnowError. All attempts share ``timeout``, in seconds."""
    try:
        return method(request, timeout=timeout)
    except grpc.RpcError as error:
        raise error_from(error) from error
