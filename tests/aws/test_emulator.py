"""The emulator keeps EMR's rules: states, client tokens, retries, cancels, timeouts, logs, faults."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from aws.conftest import BUCKET, ROLE
from runner.emulator.faults import EXPIRED_KEY, Fault
from runner.emulator.image import Image
from runner.emulator.job import NEXT, Ended, Job, move, settle
from runner.emulator.server import Emulator
from runner.emulator.submit import parse_parameters, submit_command, submit_environ

REQUEST: dict[str, Any] = {"executionRoleArn": ROLE, "retryPolicy": {"maxAttempts": 2}}
RUNNING = Job("app", "1", REQUEST, "emr-7.13.0", "us-east-1", 0.0, state="RUNNING", started_at=1.0)
SCRIPT = """
import os, sys, time
print("hello", sorted(os.environ), flush=True)
time.sleep(float(sys.argv[1]))
sys.exit(int(sys.argv[2]))
"""


# -- pure ---------------------------------------------------------------------------------------------------


def test_nothing_follows_a_final_state_and_cancelling_is_none() -> None:
    assert {state for state, following in NEXT.items() if not following} == {"SUCCESS", "FAILED", "CANCELLED"}
    with pytest.raises(ValueError, match="cannot follow"):
        move(replace(RUNNING, state="SUCCESS"), "RUNNING", 2.0)


@pytest.mark.parametrize(
    ("ended", "attempt", "state", "then"),
    [
        (Ended(0), 1, "SUCCESS", 1),
        (Ended(1), 1, "PENDING", 2),
        (Ended(1), 2, "FAILED", 2),
        (Ended(-9, is_cancelled=True), 1, "CANCELLED", 1),
        (Ended(0, is_cancelled=True), 2, "CANCELLED", 2),
        (Ended(-15, is_timed_out=True), 1, "CANCELLED", 1),
    ],
)
def test_what_follows_an_attempt(ended: Ended, attempt: int, state: str, then: int) -> None:
    after = settle(replace(RUNNING, attempt=attempt), ended, 9.0)
    assert (after.state, after.attempt) == (state, then)
    assert (after.ended_at is not None) == after.is_final


def test_a_cancelled_job_ends_cancelled_however_its_process_ended() -> None:
    assert settle(move(RUNNING, "CANCELLING", 2.0), Ended(1, is_cancelled=True), 3.0).state == "CANCELLED"


def test_an_attempt_sees_the_image_and_what_the_job_asks_for() -> None:
    image = Image(Path("/image"), Path("/java"))
    given = parse_parameters(
        "--conf spark.jars=/usr/share/aws/x.jar,s3://b/y.jar --conf 'spark.a=b c'"
        " --conf spark.driver.memory=14g --conf spark.archives=s3://b/a.tar.gz#medallion"
        " --conf spark.emr-serverless.driverEnv.PYTHON=/usr/bin/python3.11"
    )
    command = submit_command(image, given, ["driver.py", "--run", "1"])
    assert "spark.jars=/image/usr/share/aws/x.jar,s3://b/y.jar" in command
    assert "spark.a=b c" in command
    assert not [word for word in command if "14g" in word or "archives" in word or "driverEnv" in word]
    assert command[-3:] == ["driver.py", "--run", "1"]
    assert given.archives == {"medallion": "s3://b/a.tar.gz"}
    environ = submit_environ(image, given, "/home", {"AWS_REGION": "r"})
    assert environ["PYTHON"] == "/image/usr/bin/python3.11"
    assert set(environ) >= {"PATH", "HOME", "AWS_REGION"}


@pytest.mark.parametrize("text", ["nonsense", "--conf", "--conf spark.a", "--conf 'spark.a=b"])
def test_parameters_that_make_no_sense(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_parameters(text)


# -- over HTTP, jobs without Spark --------------------------------------------------------------------------


@pytest.fixture
def start(aws: Emulator) -> Callable[..., str]:
    """Starts a job that sleeps and exits as told."""
    aws.jobs.options.has_spark = False
    aws.client("s3").put_object(Bucket=BUCKET, Key="t/script.py", Body=SCRIPT.encode())

    def start_job(token: str, seconds: float, code: int, **more: Any) -> str:
        spark = {"entryPoint": f"s3://{BUCKET}/t/script.py", "entryPointArguments": [str(seconds), str(code)]}
        logs = {"monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": f"s3://{BUCKET}/logs/"}}}
        given: dict[str, Any] = {
            "applicationId": aws.application,
            "clientToken": token,
            "executionRoleArn": ROLE,
            "jobDriver": {"sparkSubmit": spark},
            "configurationOverrides": logs,
        }
        return str(aws.client("emr-serverless").start_job_run(**given | more)["jobRunId"])

    return start_job


def job_of(aws: Emulator, job: str) -> dict[str, Any]:
    got = aws.client("emr-serverless").get_job_run(applicationId=aws.application, jobRunId=job)
    return dict(got["jobRun"])


def follow(aws: Emulator, job: str, seconds: float = 20.0) -> list[str]:
    """The states a job goes through until it is over, as a client that polls sees them."""
    seen: list[str] = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        state = job_of(aws, job)["state"]
        if not seen or seen[-1] != state:
            seen.append(state)
        if not NEXT[state]:
            return seen
        time.sleep(0.01)
    raise AssertionError(f"job {job} did not end: {seen}")


def test_a_job_goes_through_the_states_and_leaves_logs(aws: Emulator, start: Callable[..., str]) -> None:
    aws.jobs.options.queue_seconds = 0.1
    job = start("states", 0.2, 0)
    seen = follow(aws, job)
    whole = ["SUBMITTED", "PENDING", "SCHEDULED", "QUEUED", "RUNNING", "SUCCESS"]
    assert [state for state in whole if state in seen] == seen
    assert seen[-3:] == ["QUEUED", "RUNNING", "SUCCESS"]
    key = f"logs/applications/{aws.application}/jobs/{job}/SPARK_DRIVER/stdout.gz"
    log = gzip.decompress(aws.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()).decode()
    assert log.startswith("hello")
    assert "'AWS_ACCESS_KEY_ID'" in log
    assert "'AWS_REGION'" in log
    assert "'AWS_DEFAULT_REGION'" not in log  # EMR does not set it, so a job that needs it has to
    assert "VIRTUAL_ENV" not in log
    assert "MEDALLION" not in log
    assert job_of(aws, job)["billedResourceUtilization"]["vCPUHour"] > 0


def test_the_same_token_is_the_same_job(aws: Emulator, start: Callable[..., str]) -> None:
    job = start("same", 0, 0)
    assert start("same", 0, 0) == job
    with pytest.raises(ClientError, match="ConflictException"):
        start("same", 0, 1)
    assert start("other", 0, 0) != job
    follow(aws, job)


def test_a_failed_job_is_tried_again_from_the_beginning(aws: Emulator, start: Callable[..., str]) -> None:
    job = start("retry", 0, 7, retryPolicy={"maxAttempts": 2})
    assert follow(aws, job).count("RUNNING") <= 2
    found = job_of(aws, job)
    assert (found["state"], found["attempt"]) == ("FAILED", 2)
    assert "ExitCode: 7" in found["stateDetails"]
    emr = aws.client("emr-serverless")
    tries = emr.list_job_run_attempts(applicationId=aws.application, jobRunId=job)["jobRunAttempts"]
    assert [(one["attempt"], one["state"]) for one in tries] == [(2, "FAILED"), (1, "FAILED")]


def test_cancel_ends_the_process_and_passes_cancelling(aws: Emulator, start: Callable[..., str]) -> None:
    job = start("cancel", 60, 0)
    while job_of(aws, job)["state"] != "RUNNING":
        time.sleep(0.02)
    emr = aws.client("emr-serverless")
    emr.cancel_job_run(applicationId=aws.application, jobRunId=job)
    assert follow(aws, job)[-1] == "CANCELLED"
    process = aws.jobs.attempts[job][0].process
    assert process is not None
    assert process.poll() is not None
    with pytest.raises(ClientError, match="ValidationException"):
        emr.cancel_job_run(applicationId=aws.application, jobRunId=job)


def test_a_job_that_takes_too_long_is_cancelled(aws: Emulator, start: Callable[..., str]) -> None:
    aws.jobs.options.seconds_per_minute = 0.3
    job = start("timeout", 60, 0, executionTimeoutMinutes=1)
    assert follow(aws, job)[-1] == "CANCELLED"
    assert "timeout" in job_of(aws, job)["stateDetails"]


def test_an_entry_point_that_is_not_there_fails_when_the_job_starts(
    aws: Emulator, start: Callable[..., str]
) -> None:
    absent = {"sparkSubmit": {"entryPoint": f"s3://{BUCKET}/t/absent.py"}}
    job = start("absent", 0, 0, jobDriver=absent)
    assert follow(aws, job)[-1] == "FAILED"
    assert "404" in job_of(aws, job)["stateDetails"]


def test_logs_may_come_late(aws: Emulator, start: Callable[..., str]) -> None:
    aws.jobs.options.late_log_seconds = 0.4
    job = start("late", 0, 0)
    follow(aws, job)
    s3, prefix = aws.client("s3"), f"logs/applications/{aws.application}/jobs/{job}/"
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["KeyCount"] == 0
    deadline = time.monotonic() + 10
    while s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["KeyCount"] < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_pages_and_states_of_a_list(aws: Emulator, start: Callable[..., str]) -> None:
    for number in range(3):
        follow(aws, start(f"page{number}", 0, 0))
    emr = aws.client("emr-serverless")
    pages = emr.get_paginator("list_job_runs").paginate(
        applicationId=aws.application, states=["SUCCESS"], PaginationConfig={"PageSize": 2}
    )
    listed = [job for page in pages for job in page["jobRuns"]]
    assert len({job["id"] for job in listed}) == len(listed) >= 3
    assert {job["state"] for job in listed} == {"SUCCESS"}


@pytest.mark.parametrize(
    ("fault", "service", "code"),
    [
        (Fault("ThrottlingException", "emr-serverless", status=429), "emr-serverless", "ThrottlingException"),
        (
            Fault("InternalServerException", what="applications", status=500),
            "emr-serverless",
            "InternalServerException",
        ),
        (Fault("AccessDenied", "s3", "PUT", status=403), "s3", "AccessDenied"),
        (Fault("AccessDeniedException", "glue", "GetDatabase"), "glue", "AccessDeniedException"),
    ],
)
def test_faults_in_each_service_s_words(aws: Emulator, fault: Fault, service: str, code: str) -> None:
    fault.times = 1
    aws.app.faults.add(fault)
    call(aws, service, code)
    call(aws, service)  # only once


CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "emr-serverless": ("list_applications", {}),
    "s3": ("put_object", {"Bucket": BUCKET, "Key": "t/x", "Body": b""}),
    "glue": ("get_database", {"Name": "default"}),
    "sts": ("get_caller_identity", {}),
}


def call(aws: Emulator, service: str, code: str = "", **key: str) -> None:
    """Ask a service for something; with a code, that is what it has to refuse it with."""
    operation, given = CALLS[service]
    ask = getattr(aws.client(service, **key), operation)
    if not code:
        ask(**given)
        return
    with pytest.raises(ClientError) as refused:
        ask(**given)
    assert refused.value.response["Error"]["Code"] == code


def test_expired_credentials(aws: Emulator) -> None:
    for service in ("emr-serverless", "glue", "sts"):
        call(aws, service, code="ExpiredTokenException", key=f"{EXPIRED_KEY}1")
    call(aws, "s3", code="ExpiredToken", key=f"{EXPIRED_KEY}1")


def test_unknown_things_are_not_found(aws: Emulator) -> None:
    emr = aws.client("emr-serverless")
    for application, job in (("0nope", "0nope"), (aws.application, "0nope")):
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            emr.get_job_run(applicationId=application, jobRunId=job)
