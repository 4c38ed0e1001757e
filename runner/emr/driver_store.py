"""What the driver writes to its run's folder on S3, and reads from it."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from runner.emr import layout
from runner.emr.aws_errors import explain
from runner.emr.objects import read_object

STEP = "MedallionStep"  # the name of the driver's own events, among dbt's
# a call that hangs is given up before long: dbt's events and a person's wish to stop wait behind it
_RETRIES = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=10, read_timeout=30)


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(timezone.utc)


@contextmanager
def without_harm(doing: str) -> Iterator[None]:
    """Let a call that the run can do without fail with a line in the log."""
    try:
        yield
    except (ClientError, BotoCoreError, Boto3Error) as error:
        print(f"driver: {explain(error, doing).what}; the run goes on", flush=True)


@dataclass
class RunStore:
    """One run's folder."""

    s3: Any
    bucket: str
    run: str
    next_event: int = 1
    attempt: int = 1
    started_at: str = ""
    unsent: deque[bytes] = field(default_factory=deque)  # files of events that S3 has not taken yet

    @classmethod
    def open(cls, bucket: str, run: str) -> RunStore:
        """Return the folder of a run, by the job's own credentials."""
        started = utc_now().isoformat(timespec="seconds")
        return cls(boto3.client("s3", config=_RETRIES), bucket, run, started_at=started)

    def continue_run(self) -> None:
        """Go on where an earlier attempt of this run ended: count this one, and its events after its own.

        What that attempt wrote of its end says nothing of this one, should this one be killed.
        """
        keys = self._keys(layout.events(self.run))
        self.next_event = 1 + max((int(Path(key).stem) for key in keys), default=0)
        counted = f"{layout.run_prefix(self.run)}driver.json"  # the attempts that began, however they ended
        self.attempt = 1 + int(self.read_json(counted).get("attempt") or 0)
        begun = json.dumps({"attempt": self.attempt, "started_at": self.started_at})
        self.s3.put_object(Bucket=self.bucket, Key=counted, Body=begun.encode())
        self._write_json(
            layout.result(self.run), {"run": self.run, "attempt": self.attempt, "exit_code": None}
        )

    def read_json(self, key: str) -> dict[str, Any]:
        """Return a JSON object of the bucket; empty when there is none."""
        body = self.read(key)
        loaded = json.loads(body) if body else {}
        return loaded if isinstance(loaded, dict) else {}

    def read(self, key: str) -> bytes | None:
        """Return what an object holds; None when it is not there."""
        return read_object(self.s3, self.bucket, key)

    def is_cancelled(self) -> bool:
        """Tell whether somebody has asked this run to stop."""
        return bool(self._keys(layout.cancel(self.run)))

    def write_events(self, lines: Iterable[str]) -> None:
        """Upload events as the next file. What S3 does not take is kept, and goes first the next time.

        A file keeps its number and its content, whatever became of the answer: no reader sees a line twice.
        """
        body = "".join(f"{line}\n" for line in lines).encode()
        if body:
            self.unsent.append(body)
        while self.unsent:
            key = layout.events(self.run, self.next_event)
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=self.unsent[0])
            self.unsent.popleft()
            self.next_event += 1

    def tell(self, message: str) -> None:
        """Say what the driver does now, to the log and among the events."""
        print(f"driver: {message}", flush=True)
        info = {"name": STEP, "msg": message, "level": "info", "ts": utc_now().isoformat()}
        with without_harm(f"tell of run {self.run}"):
            self.write_events([json.dumps({"info": info, "data": {}})])

    def upload(self, files: Iterable[Path]) -> None:
        """Upload artifacts under their own names; one that cannot be is not what a run fails for."""
        for path in files:
            with without_harm(f"upload {path.name}"):
                self.s3.upload_file(str(path), self.bucket, layout.artifacts(self.run, path.name))

    def write_result(self, exit_code: int, dbt_success: bool | None, error: str = "") -> None:
        """Say how the run ended; nothing is written after it."""
        result = {
            "run": self.run,
            "exit_code": exit_code,
            "attempt": self.attempt,
            "started_at": self.started_at,
            "ended_at": utc_now().isoformat(timespec="seconds"),
            "dbt_success": dbt_success,
            "error": error,
        }
        self._write_json(layout.result(self.run), result)

    def write_failure(self, error: str, exit_code: int) -> None:
        """Say that the run ended before dbt began."""
        self.continue_run()
        self.write_result(exit_code, None, error)

    def _write_json(self, key: str, content: dict[str, Any]) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=json.dumps(content, indent=1).encode())

    def _keys(self, prefix: str) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [one["Key"] for page in pages for one in page.get("Contents", [])]
