"""A job run as EMR Serverless describes it: its states and what follows what. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

ACCOUNT = "123456789012"  # moto's
FINAL = frozenset({"SUCCESS", "FAILED", "CANCELLED"})
NEXT: Mapping[str, frozenset[str]] = {
    "SUBMITTED": frozenset({"PENDING", "FAILED", "CANCELLING"}),
    "PENDING": frozenset({"SCHEDULED", "FAILED", "CANCELLING"}),
    # a failed attempt goes back to PENDING when the retry policy allows another
    "SCHEDULED": frozenset({"QUEUED", "RUNNING", "FAILED", "PENDING", "CANCELLING"}),
    "QUEUED": frozenset({"RUNNING", "FAILED", "PENDING", "CANCELLING"}),
    "RUNNING": frozenset({"SUCCESS", "FAILED", "PENDING", "CANCELLING"}),
    "CANCELLING": frozenset({"CANCELLED"}),
    **dict.fromkeys(FINAL, frozenset()),
}


@dataclass(frozen=True)
class Ended:
    """How an attempt's process ended: its exit code, or that it was stopped."""

    exit_code: int
    is_cancelled: bool = False
    is_timed_out: bool = False
    last_words: str = ""
    seconds: float = 0.0  # from the process's start to its end
    at: float | None = None  # when that was; None for one that never started


@dataclass(frozen=True)
class Job:
    """One job run; times are seconds since 1970."""

    application: str
    id: str
    request: Mapping[str, Any]
    release: str
    region: str
    created_at: float
    state: str = "SUBMITTED"
    details: str = "Job run is submitted"
    attempt: int = 1
    updated_at: float = 0.0
    attempt_created_at: float = 0.0
    started_at: float | None = None
    ended_at: float | None = None
    ran_seconds: float = 0.0  # of all attempts
    past: tuple[Job, ...] = field(default=(), repr=False)  # the attempts that failed, as they ended

    @property
    def is_final(self) -> bool:
        """Tell whether nothing will happen to it any more; CANCELLING is not final."""
        return self.state in FINAL

    @property
    def max_attempts(self) -> int:
        """Return how often it may be tried."""
        return int(self.request.get("retryPolicy", {}).get("maxAttempts", 1))

    @property
    def timeout_minutes(self) -> int:
        """Return after how many minutes it is cancelled; 0 for never."""
        return int(self.request.get("executionTimeoutMinutes", 720))

    @property
    def arn(self) -> str:
        """Return its name in all of AWS."""
        where = f"arn:aws:emr-serverless:{self.region}:{ACCOUNT}"
        return f"{where}:/applications/{self.application}/jobruns/{self.id}"

    @property
    def log_uri(self) -> str:
        """Return where its logs are wanted; empty for nowhere."""
        monitoring = self.request.get("configurationOverrides", {}).get("monitoringConfiguration", {})
        return str(monitoring.get("s3MonitoringConfiguration", {}).get("logUri", ""))


def move(job: Job, state: str, now: float, details: str = "") -> Job:
    """Take a job to its next state; raise ValueError for one that cannot follow."""
    if state not in NEXT[job.state]:
        raise ValueError(f"{state} cannot follow {job.state}")
    return replace(
        job,
        state=state,
        details=details[:256] or f"Job run is {state.lower()}",
        updated_at=now,
        started_at=job.started_at or (now if state == "RUNNING" else None),
        ended_at=now if state in FINAL else None,
    )


def settle(job: Job, ended: Ended, now: float) -> Job:
    """Decide what follows an attempt: the end, or the next attempt from the beginning."""
    job = replace(job, ran_seconds=job.ran_seconds + ended.seconds)
    if ended.is_timed_out or ended.is_cancelled:
        told = "exceeded the execution timeout" if ended.is_timed_out else "was cancelled"
        stopping = job if job.state == "CANCELLING" else move(job, "CANCELLING", now)
        return move(stopping, "CANCELLED", now, f"Job run {told}")
    if ended.exit_code == 0:
        return move(job, "SUCCESS", now, "Job run succeeded")
    told = "Job failed, please check complete logs in configured logging destination."
    told += f" ExitCode: {ended.exit_code}. Last few exceptions: {ended.last_words}"
    failed = move(job, "FAILED", now, told)
    if job.attempt >= job.max_attempts:
        return failed
    again = move(job, "PENDING", now, f"Attempt {job.attempt} failed, trying again")
    return replace(again, attempt=job.attempt + 1, attempt_created_at=now, past=(*job.past, failed))


def describe(job: Job) -> dict[str, Any]:
    """Return a job as GetJobRun does."""
    hours = max(job.ran_seconds, 60 if job.started_at else 0) / 3600
    use = {"vCPUHour": 4 * hours, "memoryGBHour": 16 * hours, "storageGBHour": 20 * hours}
    seen = {
        "jobRunId": job.id,
        "jobDriver": job.request.get("jobDriver", {}),
        "configurationOverrides": job.request.get("configurationOverrides"),
        "tags": job.request.get("tags", {}),
        "totalExecutionDurationSeconds": int(job.ran_seconds),
        "executionTimeoutMinutes": job.timeout_minutes,
        "retryPolicy": job.request.get("retryPolicy"),
        "totalResourceUtilization": {name: round(value, 6) for name, value in use.items()},
        # what is paid: the first 20 GB of storage are free
        "billedResourceUtilization": {
            n: 0.0 if n == "storageGBHour" else round(v, 3) for n, v in use.items()
        },
        "startedAt": job.started_at,
        "endedAt": job.ended_at,
    }
    return {name: value for name, value in {**_common(job), **seen}.items() if value is not None}


def summarize(job: Job) -> dict[str, Any]:
    """Return a job as ListJobRuns does."""
    return {"id": job.id, "type": "SPARK", **_common(job)}


def summarize_attempt(job: Job) -> dict[str, Any]:
    """Return one attempt as ListJobRunAttempts does."""
    return summarize(job) | {"jobCreatedAt": job.created_at, "createdAt": job.attempt_created_at}


def _common(job: Job) -> dict[str, Any]:
    return {
        "applicationId": job.application,
        "name": job.request.get("name", ""),
        "arn": job.arn,
        "createdBy": f"arn:aws:iam::{ACCOUNT}:user/emulator",
        "createdAt": job.created_at,
        "updatedAt": job.updated_at or job.created_at,
        "executionRole": job.request["executionRoleArn"],
        "state": job.state,
        "stateDetails": job.details,
        "releaseLabel": job.release,
        "mode": "BATCH",
        "attempt": job.attempt,
        "attemptCreatedAt": job.attempt_created_at or job.created_at,
        "attemptUpdatedAt": job.updated_at or job.created_at,
    }
