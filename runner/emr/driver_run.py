"""One run inside a job: look, lock, start Spark, run dbt, leave what it made in the bucket.

Any step may be cut off and the whole begin anew: EMR restarts a job from the beginning. A model's commit is
whole or absent, so a new attempt goes on where the last one ended; files of the run are numbered on.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from runner.dbt_args import GATED
from runner.emr import driver_spark, layout
from runner.emr.aws_errors import aws_errors, explain
from runner.emr.driver_commits import note_commits
from runner.emr.driver_dbt import DbtProcess, dbt_environ
from runner.emr.driver_store import RunStore, utc_now
from runner.emr.run_lock import RENEW_SECONDS, Holder, RunLock
from runner.errors import Cancelled, DataError, InfrastructureError, MedallionError, UsageError
from runner.server import is_listening

# What a run does that nobody submitted: the schedule of deploy/medallion.yaml starts it by itself
SCHEDULED = {"args": ["build", *GATED], "by": "the schedule"}
EVENTS_SECONDS = 2.0
CANCEL_SECONDS = 3.0
ARTIFACTS = (
    *("manifest.json", "run_results.json", "catalog.json", "sources.json"),
    *("index.html", "static_index.html", "dbt.log"),
)
_TICK = 0.2


@dataclass
class Timer:
    """Says when something is due again."""

    seconds: float
    last: float = 0.0

    def is_due(self) -> bool:
        """Tell whether so long has passed since it was due last."""
        now = time.monotonic()
        if now - self.last < self.seconds:
            return False
        self.last = now
        return True


def run(bucket: str, run: str, project: Path, *, force: bool) -> int:
    """Do all of it; return the exit code, which result.json says too."""
    store = RunStore.open(bucket, run)
    try:
        with aws_errors(f"use s3://{bucket} as the job's role"):
            store.continue_run()
            store.tell(f"attempt {store.attempt} of run {run}: looking for what it needs")
    except MedallionError as error:
        print(f"driver: {error.line}", flush=True)
        return error.exit_code
    code, is_success, told = 0, None, ""
    try:
        is_success = _run_locked(store, project, force=force)
        code = 0 if is_success else DataError.exit_code
    except MedallionError as error:
        code, told = error.exit_code, error.line
    except (ClientError, BotoCoreError) as error:
        code, told = InfrastructureError.exit_code, explain(error, f"go on with run {run}").line
    except Exception as error:
        code, told = (
            InfrastructureError.exit_code,
            f"{type(error).__name__}: {' '.join(str(error).split())[:500]}",
        )
    if told:
        store.tell(told)
    store.write_result(code, is_success, told)
    return code


def _run_locked(store: RunStore, project: Path, *, force: bool) -> bool:
    request = store.read_json(layout.request(store.run)) or SCHEDULED
    if not request.get("args"):
        raise UsageError(f"run {store.run} has no request.json with dbt's arguments", fix="Submit it again")
    look(store)
    owner = str(request.get("by") or "unknown")
    holder = Holder(store.run, owner, store.attempt, "")
    lock = RunLock(store.s3, store.bucket, os.environ.get("MEDALLION_EMR_ENV", "default"), holder)
    lock.take(utc_now(), force=force)
    try:
        return _run_spark(store, project, request, lock)
    finally:
        lock.release()


def look(store: RunStore) -> None:
    """Raise an error that names everything that is missing, in one line."""
    missing = driver_spark.look_for_classes()
    try:
        with aws_errors("use the Glue catalog"):
            ask_glue(boto3.client("glue"))
    except MedallionError as error:
        missing.append(error.line.rstrip("."))
    if missing:
        raise InfrastructureError("; ".join(missing))


def ask_glue(glue: Any) -> None:
    """Ask for a database that needs not be there."""
    try:
        glue.get_database(Name="default")
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityNotFoundException":
            raise


def _run_spark(store: RunStore, project: Path, request: Mapping[str, Any], lock: RunLock) -> bool:
    work = project.parent.parent / "run"
    store.tell("starting Spark")
    spark, port = driver_spark.start(work, project)
    try:
        arguments = [*request["args"], *fetch_state(store, work, request.get("state_from"))]
        store.tell(f"dbt {' '.join(arguments)}")
        return _run_dbt(store, arguments, (port, project, work), lock)
    finally:
        leave_commits(store, spark, work / "target")
        spark.stop()  # and with it the Thrift server, whose threads would keep the process


def leave_commits(store: RunStore, spark: Any, target: Path) -> None:
    """Leave what the run's summary needs of its tables; no run fails for the lack of it."""
    with suppress(Exception):
        store.upload([note_commits(spark, target)])


def fetch_state(store: RunStore, work: Path, state_from: str | None) -> list[str]:
    """Fetch what another run left behind for dbt's --state; return the arguments that name it."""
    if not state_from:
        return []
    folder = work / "state"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("manifest.json", "run_results.json"):
        content = store.read(layout.artifacts(state_from, name))
        if content is None:
            raise UsageError(f"run {state_from} left no {name}", fix="Choose another run to start from")
        (folder / name).write_bytes(content)
    return ["--state", str(folder)]


def _run_dbt(store: RunStore, arguments: list[str], at: tuple[int, Path, Path], lock: RunLock) -> bool:
    port, project, work = at
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    dbt = DbtProcess(arguments, dbt_environ(port, project, work), project)
    try:
        code = watch(store, dbt, lock, lambda: bool(asked))
    finally:
        store.write_events(dbt.drain())
        found = [
            *(work / "target" / name for name in ARTIFACTS),
            *(work / "logs" / name for name in ARTIFACTS),
        ]
        store.upload(path for path in found if path.is_file())
    if code and not is_listening(port):
        raise InfrastructureError(
            "Spark ended while dbt ran", fix="The driver's stderr says why: memory, often"
        )
    if code == 2:  # dbt could not even begin, or fell
        raise DataError(dbt.last_error or "dbt ended with an error of its own; the driver's log tells more")
    return code == 0


def watch(store: RunStore, dbt: DbtProcess, lock: RunLock, is_asked: Callable[[], bool]) -> int:
    """Pass dbt's events on until it ends; return its exit code. Raises Cancelled when somebody stops it."""
    events, cancel, lease = (
        Timer(EVENTS_SECONDS),
        Timer(CANCEL_SECONDS),
        Timer(RENEW_SECONDS, time.monotonic()),
    )
    while (code := dbt.wait(_TICK)) is None:
        if events.is_due():
            store.write_events(dbt.drain())
        if is_asked() or (cancel.is_due() and store.is_cancelled()):
            store.tell("asked to stop: dbt cancels its statements")
            dbt.stop()
            raise Cancelled(
                f"run {store.run} was cancelled", fix="Nothing half-done is visible; submit it again"
            )
        if lease.is_due() and lock.is_held and not lock.renew(utc_now()):
            store.tell("another run took the lock over; this one goes on, its commits are safe")
    return code
