"""The life of a run as its client sees it: the emulator's jobs, with a scripted driver in Spark's place."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config

from aws.conftest import BUCKET, ROLE
from runner import cli
from runner.emr import layout
from runner.emr.actions import Order, cancel, order_retry, submit, wait_for_end
from runner.emr.artifacts import fetch_artifacts
from runner.emr.environment import load_environment
from runner.emr.follow import Watch, read_outcome
from runner.emr.job import Job, Limits, find_job, get_job, list_jobs
from runner.emr.logs import LogTail
from runner.emr.session import Session
from runner.emulator.faults import Fault
from runner.emulator.jobs import Refused
from runner.emulator.server import Emulator
from runner.errors import AwsError, Cancelled, NotOnAws, TimedOut, UsageError

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
PACKAGE = "scripted"
ONCE = Limits(timeout_minutes=5)


@dataclass
class Stage:
    """An environment whose package is the scripted driver."""

    session: Session
    emulator: Emulator

    def play(self, scene: str, run: str | None = None, limits: Limits = ONCE) -> Job:
        """Submit a run of a scene."""
        return submit(self.session, Order(("build", "--vars", scene), run), PACKAGE, limits)

    def end(self, job: Job) -> Job:
        """Return a job when it is over."""
        return wait_for_end(self.session, job, 30, 0.1)

    def until(self, job: Job, state: str) -> Job:
        """Return a job when it is in a state."""
        deadline = time.monotonic() + 30
        while (now := get_job(self.session, job.id)).state != state and time.monotonic() < deadline:
            time.sleep(0.05)
        assert now.state == state
        return now

    def code(self, job: Job) -> int:
        """Return the exit code that the client gives a job that is over."""
        return read_outcome(self.session, job).exit_code


@pytest.fixture
def stage(aws: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stage:
    monkeypatch.chdir(PROJECT)
    monkeypatch.setenv("MEDALLION_HOME", str(tmp_path))
    for name, value in {
        "BUCKET": BUCKET,
        "APPLICATION": "medallion-tests",
        "JOB_ROLE": ROLE,
        "REGION": "us-east-1",
        "ARCHITECTURE": "local",
    }.items():
        monkeypatch.setenv(f"MEDALLION_EMR_{name}", value)
    monkeypatch.setenv("MEDALLION_SCHEMA_PREFIX", "")
    aws.jobs.options.has_spark = False
    aws.jobs.options.log_seconds = 0.3
    aws.jobs.options.grace_seconds = 1.0
    session = Session(PROJECT, load_environment(PROJECT))
    preface = f"import os, sys\nsys.path[:0] = {sys.path!r}\nos.environ['TESTS'] = {str(HERE)!r}\n"
    source = (
        (HERE / "scripted_driver.py").read_text().replace("from __future__ import annotations\n", preface)
    )
    session.s3.put_object(Bucket=BUCKET, Key=layout.package_driver(PACKAGE), Body=source.encode())
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz"):
        pass
    session.s3.put_object(Bucket=BUCKET, Key=layout.package_archive(PACKAGE), Body=archive.getvalue())
    return Stage(session, aws)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let botocore try once, so that the client's own patience is seen."""
    monkeypatch.setattr("runner.emr.session.CALLS", Config(retries={"total_max_attempts": 1}))


def medallion(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Run `medallion emr …` in this process; return exit code, stdout and stderr."""
    code = cli.run(["emr", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


# -- submit and follow --------------------------------------------------------------------------------------


def test_a_run_from_submission_to_artifacts(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = stage.play("ok")
    views = list(Watch(stage.session, LogTail(stage.session, job, "stdout"), sleep=_shortly).follow(job))
    states = list(dict.fromkeys(view.job.state for view in views))
    assert states[-2:] == ["RUNNING", "SUCCESS"]
    last = views[-1]
    assert len([node for node in last.progress.nodes if node.kind == "model"]) == 7
    assert last.progress.running == ()
    assert {"bronze_orders"} <= {name for view in views for name in view.progress.running} | {
        node.name for node in last.progress.nodes
    }
    assert stage.code(last.job) == 0
    files = fetch_artifacts(stage.session, job.run, tmp_path / "artifacts")
    assert {path.name for path in files} == {"manifest.json", "run_results.json", "static_index.html"}
    # the commands that only look, on the same run
    code, out, _ = medallion("status", job.run, "--json", capsys=capsys)
    told = json.loads(out)
    assert (code, told["outcome"], told["exit_code"], told["error"]) == (0, "succeeded", 0, None)
    assert told["nodes"][0]["name"] == "bronze_orders"
    code, out, _ = medallion("list", "--json", capsys=capsys)
    assert (code, json.loads(out)[0]["run"]) == (0, job.run)
    code, out, _ = medallion("cost", job.run, "--json", capsys=capsys)
    assert code == 0
    assert json.loads(out)["vcpu_hours"] > 0
    code, out, _ = medallion("ui", job.run, "--json", capsys=capsys)
    assert (code, json.loads(out)["url"].startswith("http")) == (0, True)
    code, out, _ = medallion("logs", job.run, "--stream", "stdout", "--wait", capsys=capsys)
    assert (code, out.splitlines()[0]) == (0, "the driver speaks")
    code, _, err = medallion("attach", job.run, capsys=capsys)
    assert code == 0, err
    code, out, err = medallion("retry", job.run, capsys=capsys)
    assert (code, out) == (2, "")
    assert err.startswith(f"medallion: run {job.run} succeeded")


def test_the_same_run_is_one_job(stage: Stage) -> None:
    first, again = (stage.play("ok", run="nightly-1") for _ in range(2))
    assert first.id == again.id
    stage.session.s3.delete_object(Bucket=BUCKET, Key=layout.job("nightly-1"))
    assert stage.play("ok", run="nightly-1").id == first.id, "EMR knows the token, should the note be lost"
    with pytest.raises(UsageError, match="was submitted before, for: dbt build --vars ok"):
        stage.play("refused", run="nightly-1")
    stage.end(first)


def test_a_job_whose_id_was_not_noted_is_found_by_its_name(stage: Stage) -> None:
    job = stage.end(stage.play("ok"))
    stage.session.s3.delete_object(Bucket=BUCKET, Key=layout.job(job.run))
    assert find_job(stage.session, job.run).id == job.id
    assert find_job(stage.session, job.id).run == job.run
    with pytest.raises(NotOnAws, match="no run nowhere"):
        find_job(stage.session, "nowhere")


def test_a_refused_batch_is_a_data_failure(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    job = stage.play("refused")
    code, out, err = medallion("attach", job.run, "--json", capsys=capsys)
    told = json.loads(out)
    assert (code, told["state"], told["outcome"], told["exit_code"]) == (1, "FAILED", "failed", 1)
    assert err.splitlines()[-1] == f"medallion: {told['error']}"
    assert f"medallion emr retry {job.run}" in told["error"]
    order = order_retry(stage.session, None, ["--full-refresh"])
    assert (order.args, order.state_from) == (("retry", "--full-refresh"), job.run)


def test_a_driver_that_dies_is_an_infrastructure_failure(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    job = stage.play("die")
    code, _, err = medallion("attach", job.run, capsys=capsys)
    assert code == 3
    assert f"medallion emr logs {job.run}" in err
    with pytest.raises(UsageError, match=r"left no manifest\.json"):
        order_retry(stage.session, job.run, [])


def test_another_attempt_is_watched_from_its_beginning(stage: Stage) -> None:
    job = stage.play("twice", limits=Limits(timeout_minutes=5, attempts=2))
    views = list(Watch(stage.session, LogTail(stage.session, job, "stdout"), sleep=_shortly).follow(job))
    assert (views[-1].job.state, views[-1].job.attempt, stage.code(views[-1].job)) == ("SUCCESS", 2, 0)
    assert len([node for node in views[-1].progress.nodes if node.kind == "model"]) == 7


# -- cancel and time out ------------------------------------------------------------------------------------


def test_cancel_lets_the_driver_stop_by_itself(stage: Stage) -> None:
    job = stage.until(stage.play("wait"), "RUNNING")
    told: list[str] = []
    ended = cancel(stage.session, job, 20, told.append)
    assert (stage.code(ended), len(told)) == (4, 1)
    assert order_retry(stage.session, job.run, []).state_from == job.run, "what it had done is kept"


def test_a_driver_that_does_not_listen_is_ended_by_emr(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    job = stage.until(stage.play("stubborn"), "RUNNING")
    code, out, err = medallion("cancel", job.run, "--grace", "0.5", "--json", capsys=capsys)
    assert code == 0, err
    told = json.loads(out)
    assert (told["state"], told["outcome"], told["exit_code"]) == ("CANCELLED", "cancelled", 4)
    assert "asked EMR" in err
    code, out, _ = medallion("cancel", job.run, capsys=capsys)
    assert (code, "was over already: CANCELLED" in out) == (0, True)


def test_cancelling_is_waited_for(stage: Stage) -> None:
    job = stage.until(stage.play("stubborn"), "RUNNING")
    stage.session.emr.cancel_job_run(applicationId=stage.session.application, jobRunId=job.id)
    assert not get_job(stage.session, job.id).is_final
    assert cancel(stage.session, get_job(stage.session, job.id), 0, lambda _: None).state == "CANCELLED"


def test_a_job_that_has_not_begun_is_cancelled_at_once(stage: Stage) -> None:
    stage.emulator.jobs.options.queue_seconds = 60
    job = stage.until(stage.play("ok"), "SCHEDULED")
    began = time.monotonic()
    assert cancel(stage.session, job, 60, lambda _: None).state == "CANCELLED"
    assert time.monotonic() - began < 20


def test_emr_ends_what_takes_too_long(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.emulator.jobs.options.seconds_per_minute = 0.5
    job = stage.play("stubborn", limits=Limits(timeout_minutes=1))
    code, _, err = medallion("attach", job.run, capsys=capsys)
    assert (code, "took longer than its 1 minutes" in err) == (5, True)


def test_whoever_watches_may_set_a_limit(stage: Stage) -> None:
    job = stage.play("stubborn")
    with pytest.raises(TimedOut, match=r"it goes on.*attach") as caught:
        list(Watch(stage.session, limit=0.5, sleep=_shortly).follow(job))
    assert caught.value.exit_code == 5
    assert not get_job(stage.session, job.id).is_final
    cancel(stage.session, job, 0, lambda _: None)


# -- trouble on the way -------------------------------------------------------------------------------------


def test_botocore_rides_out_what_passes(stage: Stage) -> None:
    job = stage.play("ok")
    asked = Fault("ThrottlingException", service="emr-serverless", what="GET /app", status=429, times=2)
    stage.emulator.app.faults.add(asked)
    views = list(Watch(stage.session, sleep=_shortly).follow(job))
    assert (views[-1].job.state, asked.times) == ("SUCCESS", 0)
    assert not any(view.trouble for view in views)


@pytest.mark.usefixtures("impatient")
def test_the_watch_outlives_a_bad_minute(stage: Stage) -> None:
    job = stage.play("ok")
    fault = Fault("InternalServerException", service="emr-serverless", what="GET /app", status=500, times=3)
    watch = Watch(stage.session, sleep=_shortly).follow(job)
    views = [next(watch)]
    stage.emulator.app.faults.add(fault)
    views += watch
    assert any("an error of its own" in view.trouble for view in views)
    assert (views[-1].job.state, views[-1].trouble) == ("SUCCESS", "")


@pytest.mark.usefixtures("impatient")
def test_its_patience_ends(stage: Stage) -> None:
    job = stage.play("stubborn")
    watch = Watch(stage.session, sleep=_shortly, patience=0.1).follow(job)
    next(watch)
    stage.emulator.app.faults.add(
        Fault("ServiceUnavailable", service="emr-serverless", what="GET /app", status=503)
    )
    with pytest.raises(AwsError):
        list(watch)
    stage.emulator.app.faults.clear()
    cancel(stage.session, job, 0, lambda _: None)


def test_credentials_that_expire_end_the_watch_at_once(stage: Stage) -> None:
    job = stage.play("ok")
    watch = Watch(stage.session, sleep=_shortly).follow(job)
    next(watch)
    stage.emulator.app.faults.add(Fault("ExpiredTokenException", service="emr-serverless", status=403))
    with pytest.raises(AwsError, match=r"expired.*Log in again"):
        list(watch)
    stage.emulator.app.faults.clear()
    stage.end(job)


def test_a_lost_answer_starts_no_second_job(stage: Stage) -> None:
    """EMR took the job on, its answer was lost, botocore asks again with the same token."""
    before = {job.id for job in list_jobs(stage.session)}
    start = stage.emulator.jobs.start
    answers = iter([True])

    def start_and_lose(*given: Any) -> Any:
        job = start(*given)
        if next(answers, False):
            raise Refused("InternalServerException", "the answer is lost", 500)
        return job

    stage.emulator.jobs.start = start_and_lose  # type: ignore[method-assign]
    try:
        job = stage.play("ok")
    finally:
        stage.emulator.jobs.start = start  # type: ignore[method-assign]
    assert {one.id for one in list_jobs(stage.session)} - before == {job.id}
    stage.end(job)


def test_a_late_log_is_waited_for_or_said_to_be_missing(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.emulator.jobs.options.late_log_seconds = 3.0
    stage.emulator.jobs.options.log_seconds = 60.0
    job = stage.end(stage.play("ok"))
    code, out, err = medallion("logs", job.run, "--stream", "stdout", capsys=capsys)
    assert (code, out) == (3, "")
    assert "has not uploaded" in err
    assert "--wait" in err
    code, out, _ = medallion("logs", job.run, "--stream", "stdout", "--wait", "--json", capsys=capsys)
    assert (code, json.loads(out)["lines"][0]) == (0, "the driver speaks")


def test_control_c_detaches(stage: Stage) -> None:
    """In a process of its own, as a person does it: the run goes on, and the way back is said."""
    job = stage.until(stage.play("wait"), "RUNNING")
    watching = subprocess.Popen(
        [sys.executable, "-m", "runner", "emr", "attach", job.run],
        cwd=PROJECT,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stdout is not None
    assert watching.stdout.readline().strip() == "RUNNING"
    watching.send_signal(signal.SIGINT)
    _, err = watching.communicate(timeout=90)
    assert watching.returncode == Cancelled.exit_code
    assert err.splitlines() == [
        f"medallion: detached from run {job.run}, which goes on."
        f" Come back: medallion emr attach {job.run}. Stop it: medallion emr cancel {job.run}"
    ]
    assert get_job(stage.session, job.id).state == "RUNNING"
    cancel(stage.session, job, 20, lambda _: None)


# -- the command line ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["submit", "--", "deps"], 2, "'deps' is not a dbt command"),
        (["submit", "--", "build", "--target", "x"], 2, "--target"),
        (["submit", "--run", "a/b"], 2, "cannot be a run's id"),
        (["submit", "--env", "nope"], 2, "no environment 'nope'"),
        (["submit", "--attempts", "11"], 2, "--attempts"),
        (["logs", "--stream", "x"], 2, "--stream 'x'"),
        (["cost", "a", "--days", "3"], 2, "Choose one"),
        (["attach", "nope"], 3, "has no run nope"),
        (["frobnicate"], 2, "frobnicate"),
    ],
)
@pytest.mark.usefixtures("stage")
def test_what_makes_no_sense_is_one_line(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found, out, err = medallion(*arguments, capsys=capsys)
    assert (found, out) == (code, "")
    assert said in err


@pytest.mark.parametrize(
    "command",
    [
        *("deploy", "submit", "retry", "attach", "cancel", "status", "list"),
        *("logs", "cost", "artifacts", "ui", "destroy"),
    ],
)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = medallion(command, "--help", capsys=capsys)
    assert code == 0
    assert f"medallion emr {command}" in out.partition("Example")[2]
    assert "--json" in out
    assert "--env" in out


def _shortly(_: float) -> None:
    time.sleep(0.05)
