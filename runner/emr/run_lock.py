"""The lock of an environment: it keeps two runs from paying for the same work.

Correctness never depends on it. It is one object on S3, taken by a conditional write and held by a lease that
its owner renews. A run that dies leaves a lease that expires; a run that EMR starts again finds its own lock
and goes on with it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from runner.emr import layout
from runner.errors import RunLocked

LEASE = timedelta(seconds=180)
RENEW_SECONDS = 45.0
_LOST_RACE = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "412", "409", "404")


@dataclass(frozen=True)
class Holder:
    """Who holds the lock: which try of which run, submitted by whom, and until when."""

    run: str
    owner: str
    attempt: int
    expires_at: str  # ISO 8601, UTC

    def renewed(self, now: datetime) -> Holder:
        """Return itself with a new lease."""
        return replace(self, expires_at=(now + LEASE).isoformat(timespec="seconds"))


def may_take(held: Holder | None, run: str, now: datetime, *, force: bool) -> bool:
    """Decide whether a run may take the lock: it is free, its lease is over, it is its own, or by force."""
    return held is None or force or held.run == run or datetime.fromisoformat(held.expires_at) <= now


def parse_holder(text: bytes) -> Holder | None:
    """Read a lock; one that cannot be read binds nobody."""
    try:
        found = json.loads(text)
        if datetime.fromisoformat(found["expires_at"]).tzinfo is None:
            return None  # it cannot be compared with the time
        return Holder(str(found["run"]), str(found["owner"]), int(found["attempt"]), found["expires_at"])
    except (ValueError, KeyError, TypeError):
        return None


class RunLock:
    """An environment's lock, for one run."""

    def __init__(self, s3: Any, bucket: str, environment: str, holder: Holder) -> None:
        self._s3, self._bucket, self._environment = s3, bucket, environment
        self._key = layout.lock(environment)
        self._holder = holder
        self._etag = ""

    @property
    def is_held(self) -> bool:
        """Tell whether it was taken, and nobody took it over since, as far as is known."""
        return bool(self._etag)

    def take(self, now: datetime, *, force: bool = False) -> None:
        """Take the lock; raise RunLocked, which names the other run, when it is not to be had."""
        for _ in range(3):  # another run may be quicker between look and write: then look again
            held, etag = self._read()
            if not may_take(held, self._holder.run, now, force=force):
                raise self._refused(held)
            if self._write(now, {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}):
                return
        raise self._refused(self._read()[0])

    def renew(self, now: datetime) -> bool:
        """Extend the lease; False when another run has taken the lock over."""
        if self.is_held and not self._write(now, {"IfMatch": self._etag}) and not self._renew_as_read(now):
            self._etag = ""
        return self.is_held

    def _renew_as_read(self, now: datetime) -> bool:
        """Write over what this very attempt has written: the answer to it was lost, and its ETag with it."""
        held, etag = self._read()
        return self._is_mine(held) and self._write(now, {"IfMatch": etag})

    def _is_mine(self, held: Holder | None) -> bool:
        return held is not None and (held.run, held.attempt) == (self._holder.run, self._holder.attempt)

    def release(self) -> None:
        """Give it back, if it is still ours."""
        if self.is_held and self._is_mine(self._read()[0]):
            self._s3.delete_object(Bucket=self._bucket, Key=self._key)
        self._etag = ""

    def _read(self) -> tuple[Holder | None, str]:
        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=self._key)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None, ""
            raise
        return parse_holder(found["Body"].read()), str(found["ETag"])

    def _write(self, now: datetime, condition: dict[str, str]) -> bool:
        holder = self._holder.renewed(now)
        try:
            body = json.dumps(asdict(holder)).encode()
            written = self._s3.put_object(Bucket=self._bucket, Key=self._key, Body=body, **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] in _LOST_RACE:
                return False
            raise
        self._holder, self._etag = holder, str(written["ETag"])
        return True

    def _refused(self, held: Holder | None) -> RunLocked:
        who = f"by run {held.run} of {held.owner}, until {held.expires_at}" if held else "by another run"
        return RunLocked(
            f"environment {self._environment} is in use {who}, which is renewed while it lives",
            fix="Wait for it, or take it over with --force-lock: no data is at risk, only the cost",
        )
