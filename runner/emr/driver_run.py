"""One run inside a job: look, lock, start Spark, run dbt, leave what it made in the bucket.

Any step may be cut off and the whole begin anew: EMR restarts a job from the beginning. A model's commit is
whole or absent, so a new attempt goes on where the last one ended; files of the run are numbered on.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from runner.dbt_args import GATED
from runner.emr import driver_spark, layout
from runner.emr.aws_errors import aws_errors, explain
from runner.emr.driver_commits import note_commits
from runner.emr.driver_dbt import DbtProcess, dbt_environ
from runner.emr.driver_stop import Stop, Timer
from runner.emr.driver_store import RunStore, utc_now, without_harm
from runner.emr.run_lock import RENEW_SECONDS, Holder, RunLock
from runner.errors import DataError, InfrastructureError, MedallionError, UsageError
from runner.server import is_listening

# What a run does that nobody submitted: the schedule of deploy/medallion.yaml starts it by itself
SCHEDULED: dict[str, Any] = {"args": ["build", *GATED], "by": "the schedule"}
EVENTS_SECONDS = 2.0
ARTIFACTS = (
    *("manifest.json", "run_results.json", "catalog.json", "sources.json"),
    *("index.html", "static_index.html", "dbt.log"),
)
_TICK = 0.2


def run(bucket: str, run: str, project: Path, *, force: bool, is_scheduled: bool = False) -> int:
    """Do all of it; return the exit code, which result.json says too."""
    store = RunStore.open(bucket, run)
    try:
        with aws_errors(f"use s3://{bucket} as the job's role"):
            store.continue_run()
            store.tell(f"attempt {store.attempt} of run {run}: looking for what it needs")
    except MedallionError as error:
        print(f"driver: {error.line}", flush=True)
        return error.exit_code
    is_success, told = None, ""
    with Stop(store) as stop:
        try:
            is_success = _run_locked(store, project, stop, force=force, is_scheduled=is_scheduled)
            code = 0 if is_success else DataError.exit_code
        except Exception as error:
            code, told = judge(error, run)
    if told:
        store.tell(told)
    with without_harm(f"write the result of run {run}"):  # the exit code says the same, in fewer words
        store.write_result(code, is_success, told)
    return code


def judge(error: Exception, run: str) -> tuple[int, str]:
    """Return the exit code for an error, and the line that tells of it. Pure."""
    if isinstance(error, MedallionError):
        return error.exit_code, error.line
    if isinstance(error, (ClientError, BotoCoreError)):
        return InfrastructureError.exit_code, explain(error, f"go on with run {run}").line
    return InfrastructureError.exit_code, f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"


def _run_locked(store: RunStore, project: Path, stop: Stop, *, force: bool, is_scheduled: bool) -> bool:
    request = read_request(store, is_scheduled=is_scheduled)
    stop.check()  # another attempt of a run that somebody has stopped: nothing is started for it
    look()
    owner = str(request.get("by") or "unknown")
    holder = Holder(store.run, owner, store.attempt, "")
    lock = RunLock(store.s3, store.bucket, os.environ.get("MEDALLION_EMR_ENV", "default"), holder)
    lock.take(utc_now(), force=force)
    try:
        return _run_spark(store, project, request, lock, stop)
    finally:
        with without_harm("give the lock back"):  # its lease ends by itself
            lock.release()


def read_request(store: RunStore, *, is_scheduled: bool) -> dict[str, Any]:
    """Return what was asked for; raises UsageError when nobody has asked and no schedule started it."""
    request = store.read_json(layout.request(store.run)) or (SCHEDULED if is_scheduled else {})
    if not request.get("args"):
        raise UsageError(f"run {store.run} has no request.json with dbt's arguments", fix="Submit it again")
    return request


def look() -> None:
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


def _run_spark(store: RunStore, project: Path, request: Mapping[str, Any], lock: RunLock, stop: Stop) -> bool:
    work = project.parent.parent / "run"
    store.tell("starting Spark")
    spark, port = driver_spark.start(work, project)
    try:
        stop.check()
        with without_harm("renew the lock"):  # Spark may have taken a good part of its lease to start
            renew(store, lock)
        arguments = [*request["args"], *fetch_state(store, work, request.get("state_from"))]
        store.tell(f"dbt {' '.join(arguments)}")
        return _run_dbt(store, arguments, (port, project, work), lock, stop)
    finally:
        leave_commits(store, spark, work / "target")
        with suppress(Exception):  # a Spark that has fallen cannot be stopped; why it fell is told elsewhere
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


def _run_dbt(
    store: RunStore, arguments: list[str], at: tuple[int, Path, Path], lock: RunLock, stop: Stop
) -> bool:
    port, project, work = at
    dbt = DbtProcess(arguments, dbt_environ(port, project, work), project)
    try:
        code = watch(store, dbt, lock, stop)
    except BaseException:
        dbt.stop()  # before Spark ends: else it would go on against a server that is gone
        raise
    finally:
        with without_harm("upload dbt's events"):
            store.write_events(dbt.drain())
        found = [
            *(work / "target" / name for name in ARTIFACTS),
            *(work / "logs" / name for name in ARTIFACTS),
        ]
        store.upload(path for path in found if path.is_file())
    return has_succeeded(code, dbt, is_spark_up=is_listening(port))


def has_succeeded(code: int, dbt: DbtProcess, *, is_spark_up: bool) -> bool:
    """Say what dbt's exit code means; raises an error for what is no failure of a model."""
    if code < 0:
        name = signal.Signals(-code).name
        fix = "Mostly for lack of memory: raise driver.memory, or the cores, in profiles/emr.yml"
        raise InfrastructureError(f"dbt was ended by the signal {name}, which nobody here sent", fix=fix)
    if code and not is_spark_up:
        fix = "The driver's stderr says why: memory, often"
        raise InfrastructureError("Spark ended while dbt ran", fix=fix)
    if code == 1 and not dbt.has_begun:
        fix = "Run `medallion emr deploy` again"
        raise InfrastructureError(f"dbt could not begin: {dbt.last_words}", fix=fix)
    if code == 2:  # dbt refused what it was asked, or fell
        raise DataError(dbt.last_error or "dbt ended with an error of its own; the driver's log tells more")
    return code == 0


def watch(store: RunStore, dbt: DbtProcess, lock: RunLock, stop: Stop) -> int:
    """Pass dbt's events on until it ends; return its exit code. Raises Cancelled when somebody stops it.

    dbt needs nothing of what is done here beside it, so no call to S3 that fails ends the run.
    """
    events, lease = Timer(EVENTS_SECONDS), Timer(RENEW_SECONDS, time.monotonic())
    while (code := dbt.wait(_TICK)) is None:
        if events.is_due():
            with without_harm("upload dbt's events"):
                store.write_events(dbt.drain())
        stop.check_now_and_then()
        if lease.is_due():
            with without_harm("renew the lock"):
                renew(store, lock)
    return code


def renew(store: RunStore, lock: RunLock) -> None:
    """Extend the lock's lease; say so when it is another run's by now."""
    if lock.is_held and not lock.renew(utc_now()):
        store.tell("another run took the lock over; this one goes on, its commits are safe")
