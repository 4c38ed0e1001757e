"""A job run of EMR Serverless: started once, looked up, listed, cancelled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from runner.emr import layout
from runner.emr.aws_errors import aws_errors
from runner.emr.cost import Usage, usage_of
from runner.emr.runs import NAME, Request, check_run, client_token, is_run
from runner.emr.session import Session
from runner.emr.spark_submit import submit_parameters
from runner.emr.states import FINAL, Outcome, decide_exit, is_final
from runner.errors import NotOnAws
from runner.profile import spark_settings


@dataclass(frozen=True)
class Job:
    """A job run as EMR tells of it; times are UTC."""

    run: str  # the run it belongs to; EMR's id for a job that this command did not start
    id: str
    state: str
    details: str
    created_at: datetime
    attempt: int = 1
    seconds: int = 0  # of execution, all attempts
    timeout_minutes: int = 0
    ended_at: datetime | None = (
        None  # in a list: when it was last changed, which for an ended job is the same
    )
    usage: Usage | None = None  # None until EMR has billed it

    @property
    def is_final(self) -> bool:
        """Tell whether nothing more will come of it; raises UnknownState."""
        return is_final(self.state)

    @property
    def is_over_time(self) -> bool:
        """Tell whether EMR ended it for the time that it took.

        `seconds` are those of all attempts: of a second one they say nothing, only EMR's words do.
        """
        is_used_up = self.attempt == 1 and 0 < self.timeout_minutes * 60 <= self.seconds
        return is_used_up or re.search(r"time(d |-)?out|execution time", self.details, re.I) is not None

    def as_json(self) -> dict[str, Any]:
        """Return the job with plain values."""
        return {
            "run": self.run,
            "job_run_id": self.id,
            "state": self.state,
            "details": self.details,
            "attempt": self.attempt,
            "created_at": self.created_at.isoformat(),
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
            "seconds": self.seconds,
        }


@dataclass(frozen=True)
class Limits:
    """What a job may take: minutes in all, and tries."""

    timeout_minutes: int
    attempts: int = 1
    is_lock_forced: bool = False


def read_job(told: Mapping[str, Any]) -> Job:
    """Read a job run from EMR's answer, of one job or of a list."""
    named = str(told.get("name") or "").removeprefix(NAME)
    identifier = str(told.get("jobRunId") or told["id"])
    is_ours = str(told.get("name") or "").startswith(NAME) and is_run(named)  # anyone may name a job anything
    return Job(
        run=named if is_ours else identifier,
        id=identifier,
        state=str(told["state"]),
        details=str(told.get("stateDetails") or ""),
        created_at=_utc(told["createdAt"]),
        attempt=int(told.get("attempt") or 1),
        seconds=int(told.get("totalExecutionDurationSeconds") or 0),
        timeout_minutes=int(told.get("executionTimeoutMinutes") or 0),
        ended_at=_ended_at(told),
        usage=usage_of(told.get("billedResourceUtilization")),
    )


def _ended_at(told: Mapping[str, Any]) -> datetime | None:
    moment = told.get("endedAt") or (told.get("updatedAt") if told["state"] in FINAL else None)
    return _utc(moment) if moment else None


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(timezone.utc)


def start_job(session: Session, request: Request, limits: Limits) -> Job:
    """Start a run's job and note its id; the same run is never started twice."""
    known = session.read_json(layout.job(request.run))
    if known is None:
        with aws_errors(f"start run {request.run} on {session.environment.application}"):
            answer = session.emr.start_job_run(**job_request(session, request, limits))
        known = {"application_id": answer["applicationId"], "job_run_id": answer["jobRunId"]}
        session.write_json(layout.job(request.run), known)
    return get_job(session, str(known["job_run_id"]))


def job_request(session: Session, request: Request, limits: Limits) -> dict[str, Any]:
    """Return the arguments of StartJobRun."""
    environment = session.environment
    local = spark_settings(session.project_dir, {})
    arguments = ["--bucket", environment.bucket, "--run", request.run]
    spark = {
        "entryPoint": layout.uri(environment.bucket, layout.package_driver(request.package)),
        "entryPointArguments": [*arguments, *(["--force-lock"] if limits.is_lock_forced else [])],
        "sparkSubmitParameters": submit_parameters(environment, request.package, local),
    }
    logs = {"logUri": layout.uri(environment.bucket, layout.LOGS)}
    return {
        "applicationId": session.application,
        "clientToken": client_token(session.application, request.run),
        "executionRoleArn": environment.job_role,
        "name": f"{NAME}{request.run}",
        "jobDriver": {"sparkSubmit": spark},
        "configurationOverrides": {"monitoringConfiguration": {"s3MonitoringConfiguration": logs}},
        "executionTimeoutMinutes": limits.timeout_minutes,
        "retryPolicy": {"maxAttempts": limits.attempts},
    }


def get_job(session: Session, identifier: str) -> Job:
    """Ask EMR for a job run by EMR's id."""
    with aws_errors(f"look job run {identifier} up"):
        told = session.emr.get_job_run(applicationId=session.application, jobRunId=identifier)["jobRun"]
    return read_job(told)


def list_jobs(session: Session, since: datetime | None = None) -> Iterator[Job]:
    """Yield the application's job runs, newest first within what EMR gives."""
    newer = {"createdAtAfter": since} if since else {}
    with aws_errors(f"list the runs of {session.environment.application}"):
        pages = session.emr.get_paginator("list_job_runs").paginate(
            applicationId=session.application, **newer
        )
        for page in pages:
            yield from map(read_job, page["jobRuns"])


def find_job(session: Session, run: str | None) -> Job:
    """Return a run's job: by the run's id, by EMR's id, or the newest when neither is given."""
    if run is None:
        newest = max(list_jobs(session), key=lambda job: job.created_at, default=None)
        if newest is None:
            raise NotOnAws(
                f"{session.environment.application} has no runs yet", fix="Submit one: medallion emr submit"
            )
        return get_job(session, newest.id)
    known = session.read_json(layout.job(check_run(run)))
    if known:
        return replace(get_job(session, str(known["job_run_id"])), run=run)
    # its id was not noted: the submitting client was ended at that moment, or a schedule started it
    found = next((job for job in list_jobs(session) if run in (job.run, job.id)), None)
    if found is None:
        raise NotOnAws(
            f"{session.environment.name} has no run {run}", fix="`medallion emr list` shows those it has"
        )
    return get_job(session, found.id)


def outcome_of(job: Job, driver_code: int | None, error: str = "") -> Outcome:
    """Say how a job that is over ended; the driver's own words come before EMR's."""
    code = decide_exit(job.state, driver_code, is_over_time=job.is_over_time)
    return Outcome(code, error or ("" if job.state == "SUCCESS" else job.details))


def ask_to_cancel(session: Session, job: Job) -> None:
    """Ask EMR to end a job; one that has ended meanwhile is no error."""
    with aws_errors(f"cancel run {job.run}"):
        try:
            session.emr.cancel_job_run(applicationId=session.application, jobRunId=job.id)
        except session.emr.exceptions.ValidationException:
            if not get_job(session, job.id).is_final:
                raise


def dashboard(session: Session, job: Job) -> str:
    """Return a link to Spark's UI of a job; it opens for an hour."""
    with aws_errors(f"get the dashboard of run {job.run}"):
        answer = session.emr.get_dashboard_for_job_run(applicationId=session.application, jobRunId=job.id)
    return str(answer["url"])
