"""What a person does to a run: submit it, retry it, cancel it."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from runner.emr import layout
from runner.emr.artifacts import list_artifacts
from runner.emr.job import Job, Limits, ask_to_cancel, find_job, get_job, list_jobs, start_job
from runner.emr.runs import (
    DriverResult,
    Request,
    check_run,
    new_run,
    read_request,
    read_result,
    save_request,
    whoami,
)
from runner.emr.session import Session
from runner.errors import Cancelled, NotOnAws, TimedOut, UsageError

COMMANDS = (
    *("build", "run", "test", "seed", "snapshot", "compile", "docs", "source", "show", "list", "ls"),
    *("run-operation", "retry", "parse", "clone"),
)
_OURS = ("--target", "-t", "--profile", "--profiles-dir", "--project-dir", "--target-path", "--log-path")
RESTORED = ("manifest.json", "run_results.json")  # what `dbt retry` starts from
END_LIMIT = 900.0  # seconds in which EMR has to end a job that it was asked to end


@dataclass(frozen=True)
class Order:
    """What to submit, before it has a package and a time."""

    args: tuple[str, ...]
    run: str | None = None  # None: a new id
    state_from: str | None = None


def check_args(args: Sequence[str], *, has_state: bool = False) -> tuple[str, ...]:
    """Return dbt's arguments if the driver can pass them on; raise UsageError, before it costs money."""
    if not args or args[0] not in COMMANDS:
        given = f"{args[0]!r} is not a dbt command" if args else "no dbt command is given"
        raise UsageError(
            given, fix="Write it after two dashes: medallion emr submit -- build --select silver"
        )
    if args[0] == "retry" and not has_state:
        raise UsageError(
            "dbt retry needs the state of the run that failed",
            fix="Let it come along: medallion emr retry [RUN]",
        )
    if tuple(args[:2]) == ("docs", "serve"):
        raise UsageError(
            "nobody could open what `docs serve` shows there",
            fix="Make one file instead: medallion emr submit -- docs generate --static",
        )
    ours = next((arg for arg in args if arg.partition("=")[0] in _OURS), None)
    if ours:
        raise UsageError(f"{ours} is the driver's to say", fix="Leave it away; --env chooses the environment")
    return tuple(args)


def how_to_repeat(order: Order) -> str:
    """Return the command after which an order, which may be under way, is under way once. Pure."""
    if order.state_from:
        seen = f"medallion emr status {order.run}"
        return f"see whether it began: {seen}; if not: medallion emr retry {order.state_from}"
    return f"repeat it safely: medallion emr submit --run {order.run} -- {shlex.join(order.args)}"


def submit(session: Session, order: Order, package: str, limits: Limits) -> Job:
    """Write what is asked for and start its job; an order with a known run gives that run's job."""
    request = Request(
        run=check_run(order.run or new_run()),
        args=check_args(order.args, has_state=order.state_from is not None),
        package=package,
        submitted_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        by=whoami(),
        state_from=order.state_from,
    )
    stands = save_request(session, request)
    return replace(start_job(session, stands, limits), run=stands.run)


def order_retry(session: Session, run: str | None, args: Sequence[str]) -> Order:
    """Return what to submit so that dbt goes on where a run failed; raise UsageError where it cannot."""
    job = find_job(session, run) if run else _last_failed(session)
    if not job.is_final:
        raise UsageError(f"run {job.run} is {job.state}", fix=f"Wait for it: medallion emr attach {job.run}")
    result = read_result(session, job.run)
    if result is not None and result.exit_code == 0:
        raise UsageError(f"run {job.run} succeeded; nothing of it is left to do", fix="Submit a new run")
    lacks = _what_it_lacks(session, job, result)
    if lacks:
        before = read_request(session, job.run)
        asked = shlex.join(before.args) if before else "build"
        raise UsageError(
            f"run {job.run} {lacks}",
            fix=f"Submit it again, nothing is done twice: medallion emr submit -- {asked}",
        )
    return Order(("retry", *args), state_from=job.run)


def _what_it_lacks(session: Session, job: Job, result: DriverResult | None) -> str:
    """Say why dbt could not retry a run; empty if it can."""
    if job.state == "CANCELLED" or (result and result.exit_code == Cancelled.exit_code):
        # dbt notes what it had done and not what it still had to do: a retry would find nothing to do
        return "was cancelled, and dbt does not know what was left of it"
    left = list_artifacts(session, job.run)
    missing = next((name for name in RESTORED if name not in left), "")
    return f"left no {missing}: dbt did not get that far, or was interrupted" if missing else ""


def _last_failed(session: Session) -> Job:
    ended = (job for job in list_jobs(session) if job.is_final and job.state != "SUCCESS")
    newest = max(ended, key=lambda job: job.created_at, default=None)
    if newest is None:
        raise NotOnAws("no run has failed", fix="Name a run: `medallion emr list` shows them")
    return newest


def cancel(session: Session, job: Job, grace: float, tell: Callable[[str], None]) -> Job:
    """End a job, gently first, and wait until it has ended; return it as it ended.

    A running driver sees the request on S3, lets dbt stop and saves what it has. What has not ended after
    `grace` seconds, has not begun, or is about to be tried again, is ended by EMR.
    """
    if job.is_final:
        return job
    asked = {"by": whoami(), "at": datetime.now(timezone.utc).isoformat(timespec="seconds")}
    session.write_json(layout.cancel(job.run), asked)
    if job.state == "RUNNING" and grace > 0:
        tell(f"asked the driver to stop; EMR ends the job in {grace:.0f} s")
        job = wait_for_end(session, job, grace, is_attempt_only=True)
        if job.is_final:
            return job
    tell("asked EMR to end the job")
    if job.state != "CANCELLING":
        ask_to_cancel(session, job)
    job = wait_for_end(session, job, END_LIMIT)
    if not job.is_final:
        raise TimedOut(
            f"run {job.run} is still {job.state} {END_LIMIT / 60:.0f} minutes after EMR was asked to end it",
            fix=f"Look again: medallion emr status {job.run}",
        )
    return job


def wait_for_end(
    session: Session, job: Job, seconds: float, pause: float = 1.0, *, is_attempt_only: bool = False
) -> Job:
    """Return a job when it is over, or as it is after so many seconds. CANCELLING is not over.

    With `is_attempt_only` the end of the attempt that runs is enough: EMR may be about to begin another one.
    """
    deadline, attempt = time.monotonic() + seconds, job.attempt
    while not job.is_final and (left := deadline - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        job = replace(get_job(session, job.id), run=job.run)
        if is_attempt_only and (job.state != "RUNNING" or job.attempt > attempt):
            return job
    return job
