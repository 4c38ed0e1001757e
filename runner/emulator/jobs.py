"""The job runs: started, queued, tried again, cancelled, listed. One thread each; the states are in `job`."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from runner.emulator.attempt import JOB_KEY, Attempt, Options
from runner.emulator.image import Image
from runner.emulator.job import Ended, Job, move, settle
from runner.emulator.submit import parse_parameters


class Refused(Exception):
    """A request that EMR would not take: its error code and what it says."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


class Jobs:
    """All job runs of an emulator."""

    def __init__(self, image: Callable[[], Image], s3: Any, endpoint: str, work: Path) -> None:
        self._image, self._s3, self._endpoint, self._work = image, s3, endpoint, work
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}
        self._tokens: dict[str, str] = {}
        self._stops: dict[str, threading.Event] = {}
        self._threads: list[threading.Thread] = []
        self.attempts: dict[str, list[Attempt]] = {}
        self.options = Options()

    def start(self, application: str, release: str, region: str, request: Mapping[str, Any]) -> Job:
        """Take a job on; the same client token gives the same job."""
        _check(request)
        with self._lock:
            known = self._tokens.get(request["clientToken"])
            if known:
                if _essence(self._jobs[known].request) != _essence(request):
                    raise Refused("ConflictException", "the client token was used for another request", 409)
                return self._jobs[known]
            now = time.time()
            job = Job(application, f"00{secrets.token_hex(7)}", request, release, region, now)
            job = replace(job, attempt_created_at=now, updated_at=now)
            self._jobs[job.id] = job
            self._tokens[request["clientToken"]] = job.id
            self._stops[job.id] = threading.Event()
        thread = threading.Thread(target=self._run, args=(job.id,), name=f"job {job.id}", daemon=True)
        self._threads.append(thread)
        thread.start()
        return job

    def get(self, application: str, job: str) -> Job:
        """Return a job as it is now."""
        with self._lock:
            found = self._jobs.get(job)
        if found is None or found.application != application:
            raise Refused("ResourceNotFoundException", f"Job run {job} does not exist", 404)
        return found

    def list(self, application: str, states: list[str]) -> list[Job]:
        """Return an application's jobs, newest first."""
        with self._lock:
            jobs = [job for job in self._jobs.values() if job.application == application]
        wanted = [job for job in jobs if not states or job.state in states]
        return sorted(wanted, key=lambda job: job.created_at, reverse=True)

    def cancel(self, application: str, job: str) -> Job:
        """Ask a job to end; it is CANCELLING until its process is gone."""
        with self._lock:
            found = self.get(application, job)
            if found.is_final:
                raise Refused("ValidationException", f"Job run {job} is in the final state {found.state}")
            if found.state != "CANCELLING":
                found = self._move(job, "CANCELLING")
        self._stops[job].set()
        return found

    def stop(self) -> None:
        """End all jobs' processes, by their own ids."""
        for stop in self._stops.values():
            stop.set()
        for thread in self._threads:
            thread.join(30)

    def _move(self, job: str, state: str, details: str = "") -> Job:
        with self._lock:
            self._jobs[job] = move(self._jobs[job], state, time.time(), details)
            return self._jobs[job]

    def _run(self, job: str) -> None:
        while True:
            ended = self._try(job)
            with self._lock:
                current = self._jobs[job]
                if current.state == "CANCELLING":
                    ended = replace(ended, is_cancelled=True)
                self._jobs[job] = settle(current, ended, ended.at or time.time())
                if self._jobs[job].is_final:
                    return

    def _try(self, job: str) -> Ended:
        stop = self._stops[job]
        states = ["PENDING", "SCHEDULED"] if self._jobs[job].state == "SUBMITTED" else ["SCHEDULED"]
        for state in [*states, *(["QUEUED"] if self.options.queue_seconds else [])]:
            if stop.wait(self.options.queue_seconds if state == "QUEUED" else self.options.step_seconds):
                return Ended(0, is_cancelled=True)
            with self._lock:
                if not stop.is_set():
                    self._move(job, state)
        if stop.wait(self.options.queue_seconds or self.options.step_seconds):
            return Ended(0, is_cancelled=True)
        return self._attempt(job).run(self._aws(), lambda: self._running(job))

    def _running(self, job: str) -> None:
        with self._lock:
            if not self._stops[job].is_set():
                self._move(job, "RUNNING")

    def _attempt(self, job: str) -> Attempt:
        now = self._jobs[job]
        folder = self._work / "jobs" / now.id / str(now.attempt)
        attempt = Attempt(now, self._image(), self._s3, folder, self.options, self._stops[job])
        self.attempts.setdefault(job, []).append(attempt)
        return attempt

    def _aws(self) -> dict[str, str]:
        """Return what EMR gives a job of AWS: its role's keys and its region."""
        return {
            "AWS_ACCESS_KEY_ID": JOB_KEY,
            "AWS_SECRET_ACCESS_KEY": "emulator",
            "AWS_SESSION_TOKEN": "emulator",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self._endpoint,  # the region's AWS is this machine
        }


def _check(request: Mapping[str, Any]) -> None:
    spark = request.get("jobDriver", {}).get("sparkSubmit", {})
    if not str(spark.get("entryPoint", "")).startswith("s3://"):
        raise Refused("ValidationException", "the entry point must be an object on S3")
    if len(spark.get("sparkSubmitParameters", "")) > 102_400:
        raise Refused("ValidationException", "sparkSubmitParameters are longer than 102400")
    try:
        parse_parameters(spark.get("sparkSubmitParameters", ""))
    except ValueError as error:
        raise Refused("ValidationException", f"sparkSubmitParameters: {error}") from error


def _essence(request: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in request.items() if name != "clientToken"}
