"""What may go wrong at AWS, on demand: a request that matches a fault is answered with its error."""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from dataclasses import dataclass
from typing import Any

_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/")
EXPIRED_KEY = "ASIAEXPIRED"  # whoever signs with this access key has credentials that have expired


@dataclass(frozen=True)
class Call:
    """One request: who asks which service for what ("PUT /bucket/key", or glue's "GetTable")."""

    service: str
    what: str
    key: str = ""
    region: str = "us-east-1"


@dataclass
class Fault:
    """An error for the next requests that match; `times` of them, or all when it is None.

    An empty `service` or `key` matches every one; `what` is a regular expression.
    """

    code: str
    service: str = ""
    what: str = ""
    key: str = ""
    status: int = 400
    message: str = "injected"
    times: int | None = None

    def matches(self, call: Call) -> bool:
        """Tell whether this request is to fail."""
        if self.times == 0 or (self.service and self.service != call.service):
            return False
        return (not self.key or self.key == call.key) and re.search(self.what, call.what) is not None


class Faults:
    """The faults in force, and the requests that were made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self.calls: deque[Call] = deque(maxlen=10_000)

    def add(self, fault: Fault) -> None:
        """Put a fault into force."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Take all faults away, and forget the requests."""
        with self._lock:
            self._faults.clear()
            self.calls.clear()

    def find(self, call: Call) -> Fault | None:
        """Note the request; return the fault that answers it, if any."""
        with self._lock:
            self.calls.append(call)
            if call.key.startswith(EXPIRED_KEY):
                return _expired(call)
            found = next((fault for fault in self._faults if fault.matches(call)), None)
            if found and found.times:
                found.times -= 1
            return found


def _expired(call: Call) -> Fault:
    if call.service == "s3":
        return Fault("ExpiredToken", message="The provided token has expired.")
    told = "The security token included in the request is expired"
    return Fault("ExpiredTokenException", status=403, message=told)


def read_call(environ: dict[str, Any]) -> Call:
    """Read from a WSGI request who asks for what."""
    signed = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    target = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    what = target or f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
    if not signed:
        return Call("", what)
    return Call(signed["service"], what, signed["key"], signed["region"])


def error_body(service: str, code: str, message: str) -> tuple[str, str]:
    """Return an error's content type and body, as this service writes them."""
    if service == "s3":
        told = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        return "application/xml", f'<?xml version="1.0" encoding="UTF-8"?>{told}'
    if service in ("sts", "iam", "cloudformation"):
        told = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        return "text/xml", f"<ErrorResponse>{told}<RequestId>emulator</RequestId></ErrorResponse>"
    return "application/json", json.dumps({"__type": code, "message": message})
