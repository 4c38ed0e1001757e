"""The driver's log, as EMR puts it on S3: packed, whole anew each time, and minutes late.

EMR replaces the object as the log grows, so what is new is what lies beyond what was read before. With
retries each attempt has a log of its own; the last one counts.
"""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

from runner.emr import layout
from runner.emr.aws_errors import aws_errors
from runner.emr.job import Job, get_job
from runner.emr.session import Session
from runner.errors import NotOnAws

STREAMS = ("stdout", "stderr")
LATE = 600.0  # seconds after a job's end within which EMR uploads its logs
_ATTEMPT = re.compile(r"/attempts/(\d+)/")


@dataclass
class LogTail:
    """One stream of a driver's log, read as it grows."""

    session: Session
    job: Job
    stream: str = "stderr"
    _etag: str = ""
    _key: str = ""
    _lines: int = 0
    _last: list[str] = field(default_factory=list)

    def read_new(self) -> list[str]:
        """Return the lines that were not there before; the last one may still lack its end, so it waits."""
        found = self._find()
        if found is None or found == (self._key, self._etag):
            return []
        text = unpack(self.session.read(found[0]) or b"").decode(errors="replace")
        if found[0] != self._key:  # another attempt began: from its beginning
            self._lines = 0
        self._key, self._etag = found  # only now that it was read
        lines = text.splitlines()[: None if text.endswith("\n") else -1]
        self._last = [] if text.endswith("\n") else text.splitlines()[-1:]
        new = lines[self._lines :]
        self._lines = max(self._lines, len(lines))
        return new

    def read_all(self, *, follow: bool, patience: float, pause: float = 2.0) -> Iterator[str]:
        """Yield the log's lines: what is there, then with `follow` what comes until EMR has uploaded its end.

        Waits for a log that is not there yet for `patience` seconds; raises NotOnAws when it does not come.
        """
        self._check_there(patience, pause)
        yield from self.read_new()
        while follow and not (self.job.is_final and self._is_whole()):
            time.sleep(pause)
            if not self.job.is_final:
                self.job = replace(get_job(self.session, self.job.id), run=self.job.run)
            yield from self.read_new()
        yield from self._last  # what never got its end

    def _is_whole(self) -> bool:
        """Tell whether what was read is from after the job's end, or nothing more is to be expected."""
        ended = self.job.ended_at
        if ended is None or datetime.now(timezone.utc) > ended + timedelta(seconds=LATE):
            return True
        with aws_errors(f"look at s3://{self.session.bucket}/{self._key}"):
            head = self.session.s3.head_object(Bucket=self.session.bucket, Key=self._key)
        is_later = head["LastModified"] >= ended.replace(microsecond=0)  # S3 counts whole seconds
        return bool(head["ETag"] == self._etag and is_later)

    def _check_there(self, patience: float, pause: float) -> None:
        deadline = time.monotonic() + patience
        while self._find() is None:
            if time.monotonic() > deadline:
                raise NotOnAws(
                    f"EMR has not uploaded the {self.stream} of run {self.job.run} yet ({self.job.state})",
                    fix="It comes while the driver runs, or some minutes after its end: use --wait",
                )
            time.sleep(pause)

    def _find(self) -> tuple[str, str] | None:
        prefix = layout.job_logs(self.session.application, self.job.id)
        suffix = f"SPARK_DRIVER/{self.stream}.gz"
        found = [one for one in self.session.list_keys(prefix) if one[0].endswith(suffix)]
        return max(found, key=lambda one: attempt_of(one[0]), default=None)


def attempt_of(key: str) -> int:
    """Return the attempt that a log belongs to; the only one has no number in its key."""
    found = _ATTEMPT.search(key)
    return int(found[1]) if found else 0


def unpack(packed: bytes) -> bytes:
    """Unpack gzip as far as it goes: an object of several members, or one whose end is missing."""
    text = b""
    while packed:
        member = zlib.decompressobj(wbits=31)
        try:
            text += member.decompress(packed)
        except zlib.error:
            break
        packed = member.unused_data
    return text
