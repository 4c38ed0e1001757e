"""A run: its id, what was asked for, how it ended, and what of it lies in the bucket (see layout)."""

from __future__ import annotations

import getpass
import hashlib
import re
import secrets
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import Any

from runner.emr import layout
from runner.emr.events import Event, parse_events
from runner.emr.session import Session
from runner.errors import UsageError

NAME = "medallion "  # a job's name is this and the run's id
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Request:
    """What was asked for: the driver reads it, so that nothing of it has to fit on a command line."""

    run: str
    args: tuple[str, ...]  # dbt's
    package: str
    submitted_at: str
    by: str
    state_from: str | None = None  # the run whose state dbt starts from

    def same_work(self, other: Request) -> bool:
        """Tell whether both ask for the same; who asks, when, and with which package is not part of it."""
        return (self.run, self.args, self.state_from) == (other.run, other.args, other.state_from)


@dataclass(frozen=True)
class DriverResult:
    """What the driver wrote when it was done."""

    exit_code: int
    attempt: int
    error: str
    started_at: str
    ended_at: str


def new_run(now: datetime | None = None) -> str:
    """Return a new run's id: it sorts by time."""
    return f"{now or datetime.now(timezone.utc):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def is_run(text: str) -> bool:
    """Tell whether a text can be a run's id: it becomes part of keys on S3 and of folders here."""
    return _RUN.fullmatch(text) is not None


def check_run(run: str) -> str:
    """Return the id; raise UsageError when it cannot be one."""
    if not is_run(run):
        raise UsageError(
            f"{run!r} cannot be a run's id", fix="Use up to 64 letters, digits, dots, dashes and underscores"
        )
    return run


def client_token(application: str, run: str) -> str:
    """Return the token by which EMR knows a request again: the same run is never started twice.

    At most 64 of [A-Za-z0-9._-]: the beginning of the id for people, a hash of all of it for certainty.
    """
    return f"{run[:31]}-{hashlib.sha256(f'{application}/{run}'.encode()).hexdigest()[:32]}"


def whoami() -> str:
    """Return who submits, for people to read."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):  # a container may have neither name
        return "unknown"


def save_request(session: Session, request: Request) -> Request:
    """Write what is asked for, once; return what stands, or raise UsageError if that is something else."""
    key = layout.request(request.run)
    if session.write_json(key, asdict(request), is_new=True):
        return request
    stands = read_request(session, request.run)
    if stands is None or not stands.same_work(request):
        asked = " ".join(stands.args) if stands else "something that cannot be read"
        raise UsageError(
            f"run {request.run} was submitted before, for: dbt {asked}", fix="Give this one another --run"
        )
    return stands


def read_request(session: Session, run: str) -> Request | None:
    """Return what was asked for; None when there is no such run."""
    found = session.read_json(layout.request(run))
    if found is None:
        return None
    return Request(
        run=run,
        args=tuple(found.get("args") or ()),
        package=str(found.get("package") or ""),
        submitted_at=str(found.get("submitted_at") or ""),
        by=str(found.get("by") or ""),
        state_from=found.get("state_from"),
    )


def read_result(session: Session, run: str) -> DriverResult | None:
    """Return what the driver wrote when it was done; None when it has not, or could not."""
    found = session.read_json(layout.result(run))
    return _result(found) if found and isinstance(found.get("exit_code"), int) else None


def _result(found: Mapping[str, Any]) -> DriverResult:
    return DriverResult(
        exit_code=found["exit_code"],
        attempt=int(found.get("attempt") or 1),
        error=str(found.get("error") or ""),
        started_at=str(found.get("started_at") or ""),
        ended_at=str(found.get("ended_at") or ""),
    )


def read_events(session: Session, run: str, after: str = "") -> tuple[list[Event], str]:
    """Return the events that were uploaded after a key, and the key of the last."""
    keys = [key for key, _ in session.list_keys(layout.events(run), after)]
    found = [
        event for key in keys for event in parse_events((session.read(key) or b"").decode(errors="replace"))
    ]
    return found, keys[-1] if keys else after
