"""The emulator's HTTP: job runs and faults are ours, everything else is moto's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from moto.emrserverless.exceptions import ResourceNotFoundException
from moto.emrserverless.models import emrserverless_backends

from runner.emulator.faults import Call, Fault, Faults, error_body, read_call
from runner.emulator.job import ACCOUNT, describe, summarize, summarize_attempt
from runner.emulator.jobs import Jobs, Refused

_JOB_RUNS = re.compile(
    r"^/applications/(?P<app>[0-9a-z]+)/jobruns(?:/(?P<job>[0-9a-z]+)(?:/(?P<part>attempts|dashboard))?)?$"
)
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class App:
    """A WSGI application: moto with EMR Serverless's job runs made real."""

    def __init__(self, moto: Any, jobs: Jobs) -> None:
        self._moto, self._jobs, self.faults = moto, jobs, Faults()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = environ["PATH_INFO"]
        if path.startswith("/emulator/"):
            return _answer(start_response, 200, self._control(path, environ))
        call = read_call(environ)
        fault = self.faults.find(call)
        if fault:
            return _fail(start_response, call, fault.code, fault.message, fault.status)
        ours = _JOB_RUNS.match(path)
        if not ours:
            answered: Iterable[bytes] = self._moto(environ, start_response)
            return answered
        try:
            found = self._job_runs(environ, call, ours["app"], ours["job"], ours["part"])
        except Refused as refused:
            return _fail(start_response, call, refused.code, str(refused), refused.status)
        return _answer(start_response, 200, found)

    def _job_runs(
        self, environ: dict[str, Any], call: Call, app: str, job: str | None, part: str | None
    ) -> Any:
        application = _application(call.region, app)
        method, query = environ["REQUEST_METHOD"], parse_qs(environ.get("QUERY_STRING", ""))
        if method == "POST" and job is None:
            application.state = "STARTED"  # as it is when jobs may start it
            started = self._jobs.start(app, application.release_label, call.region, _body(environ))
            return {"applicationId": app, "jobRunId": started.id, "arn": started.arn}
        if job is None:
            return self._page(app, query)
        if method == "DELETE":
            return {"applicationId": app, "jobRunId": self._jobs.cancel(app, job).id}
        found = self._jobs.get(app, job)
        if part == "dashboard":
            return {"url": f"http://{environ['HTTP_HOST']}/emulator/jobs/{job}"}
        if part == "attempts":
            return {"jobRunAttempts": [summarize_attempt(one) for one in (*found.past, found)][::-1]}
        wanted = int(query["attempt"][0]) if "attempt" in query else found.attempt
        tried = next((one for one in (*found.past, found) if one.attempt == wanted), None)
        if tried is None:
            raise Refused("ResourceNotFoundException", f"Attempt {wanted} of {job} does not exist", 404)
        return {"jobRun": describe(tried)}

    def _page(self, app: str, query: dict[str, list[str]]) -> dict[str, Any]:
        jobs = self._jobs.list(app, query.get("states", []))
        after, before = (query.get(name, [""])[0] for name in ("createdAtAfter", "createdAtBefore"))
        jobs = [job for job in jobs if _is_between(job.created_at, after, before)]
        first, size = int(query.get("nextToken", ["0"])[0]), int(query.get("maxResults", ["50"])[0])
        page: dict[str, Any] = {"jobRuns": [summarize(job) for job in jobs[first : first + size]]}
        return page | ({"nextToken": str(first + size)} if len(jobs) > first + size else {})

    def _control(self, path: str, environ: dict[str, Any]) -> Any:
        """Answer what only an emulator has: faults, options, the requests made, a job's process."""
        method, name = environ["REQUEST_METHOD"], path.rpartition("/")[2]
        if path == "/emulator/faults":
            if method == "POST":
                self.faults.add(Fault(**_body(environ)))
            elif method == "DELETE":
                self.faults.clear()
            return {}
        if path == "/emulator/options":
            for option, value in (_body(environ) if method == "POST" else {}).items():
                setattr(self._jobs.options, option, value)
            return asdict(self._jobs.options)
        if path == "/emulator/calls":
            return [asdict(call) for call in self.faults.calls]
        tries = self._jobs.attempts.get(name, [])
        return [{"folder": str(one.folder), "pid": one.process and one.process.pid} for one in tries]


def _application(region: str, application: str) -> Any:
    try:
        return emrserverless_backends[ACCOUNT][region].get_application(application)
    except ResourceNotFoundException:
        told = f"Application {application} does not exist"
        raise Refused("ResourceNotFoundException", told, 404) from None


def _is_between(created: float, after: str, before: str) -> bool:
    def seconds(text: str) -> float:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()

    return (not after or created >= seconds(after)) and (not before or created <= seconds(before))


def _body(environ: dict[str, Any]) -> dict[str, Any]:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    read: dict[str, Any] = json.loads(environ["wsgi.input"].read(length) or b"{}")
    return read


def _answer(start_response: StartResponse, status: int, body: Any) -> list[bytes]:
    start_response(f"{status} OK", [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]


def _fail(start_response: StartResponse, call: Call, code: str, message: str, status: int) -> list[bytes]:
    kind, body = error_body(call.service, code, message)
    start_response(f"{status} {code}", [("Content-Type", kind), ("x-amzn-ErrorType", code)])
    return [body.encode()]
