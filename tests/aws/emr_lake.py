"""A lake on the emulated AWS: files on S3, tables in Glue, built by jobs of EMR Serverless."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import histories
from lake import PROJECT, SOURCE, Lake
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table

from aws.conftest import BUCKET, ROLE
from runner.emr import layout
from runner.emr.deploy import is_uploaded, upload
from runner.emr.environment import load_environment
from runner.emr.events import Event
from runner.emr.job import Job, Limits, get_job, start_job
from runner.emr.package import build_package
from runner.emr.runs import Request, read_events, save_request
from runner.emr.session import Session
from runner.emulator.server import Emulator

OWN = {
    "MEDALLION_EMR_BUCKET": BUCKET,
    "MEDALLION_EMR_JOB_ROLE": ROLE,
    "MEDALLION_EMR_ARCHITECTURE": "local",
}


def open_session(emulator: Emulator, **more: str) -> Session:
    """A client of the emulator, as the command line makes one."""
    given = OWN | {"MEDALLION_EMR_APPLICATION": emulator.application} | more
    return Session(PROJECT, load_environment(PROJECT, environ=given))


@dataclass
class EmrLake(Lake):
    """What the tests' lake says of a local one, on S3 and Glue; `prefix` is the environment's."""

    emulator: Any = None
    session: Any = None
    package: str = ""
    catalog: Catalog | None = field(default=None, repr=False)

    @classmethod
    def open(cls, emulator: Emulator, work: Path, prefix: str) -> EmrLake:
        """An empty lake, with the project deployed."""
        session = open_session(emulator, MEDALLION_EMR_SCHEMA_PREFIX=prefix)
        package = build_package(PROJECT, "local")
        if not is_uploaded(session, package.name):
            upload(session, package)
        lake = cls(work, work, work, "emr", prefix, emulator=emulator, session=session, package=package.name)
        keys = {"access-key-id": "test", "secret-access-key": "test", "region": "us-east-1"}
        properties = {f"{at}.{name}": value for at in ("s3", "glue") for name, value in keys.items()}
        properties |= {"s3.endpoint": emulator.endpoint, "glue.endpoint": emulator.endpoint}
        lake.catalog = load_catalog("lake", type="glue", **properties)
        return lake

    def land(self, name: str, text: str, modified_ms: int | None = None) -> Path:
        """Land a file on S3; its time is S3's."""
        s3, key = self.emulator.client("s3"), f"{layout.RAW}{SOURCE}/{name}"
        s3.put_object(Bucket=BUCKET, Key=key, Body=text.encode())
        stamp = s3.head_object(Bucket=BUCKET, Key=key)["LastModified"]
        self.steps.append((histories.Landing(name, text, int(stamp.timestamp() * 1000)),))
        return Path(key)

    def table(self, name: str) -> Table:
        """A table by its name without prefix, as it is now."""
        assert self.catalog is not None
        return self.catalog.load_table(f"{self.prefix}{name}")

    def exists(self, name: str) -> bool:
        """Whether the table is there."""
        try:
            self.table(name)
        except NoSuchTableError:
            return False
        return True

    # runs

    def submit(self, run: str, *args: str, attempts: int = 1) -> Job:
        """Start a run."""
        request = save_request(self.session, Request(run, args, self.package, "2026-01-01", "tests"))
        return start_job(self.session, request, Limits(60, attempts))

    def wait(self, job: Job, seconds: float = 400.0) -> Job:
        """Wait for a job to be over."""
        wait_until(lambda: get_job(self.session, job.id).is_final, seconds)
        return get_job(self.session, job.id)

    def until(self, job: Job, condition: Callable[[], bool], seconds: float = 400.0) -> None:
        """Wait until something holds, while the job lives."""
        wait_until(lambda: condition() or get_job(self.session, job.id).is_final, seconds)
        assert condition(), self.driver_log(job)

    def result(self, run: str) -> dict[str, Any]:
        """What the driver wrote last."""
        found = self.session.read_json(layout.result(run))
        assert found, f"run {run} wrote no result"
        return dict(found)

    def events(self, run: str) -> list[Event]:
        """The events so far."""
        return read_events(self.session, run)[0]

    def artifacts(self, run: str) -> set[str]:
        """The names of the artifacts."""
        prefix = layout.artifacts(run)
        return {key.removeprefix(prefix) for key, _ in self.session.list_keys(prefix)}

    def driver_log(self, job: Job) -> str:
        """What the driver of the newest attempt said, stdout and stderr."""
        folder = self.emulator.jobs.attempts[job.id][-1].folder
        return "".join((folder / name).read_text(errors="replace") for name in ("stdout", "stderr"))


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Look again and again, for a while; not often, as the emulator shares this process."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.7)
