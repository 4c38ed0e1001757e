"""The life of a run as its client sees it: the emulator's jobs, with a scripted driver in Spark's place."""

from __future__ import annotations

import io
import json
import os
import re
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
from runner.dbt_args import GATED
from runner.emr import layout
from runner.emr.actions import Order, cancel, order_retry, submit, wait_for_end
from runner.emr.archive import compress_part
from runner.emr.artifacts import fetch_artifacts, list_artifacts
from runner.emr.environment import load_environment
from runner.emr.follow import Watch, read_outcome
from runner.emr.job import Job, Limits, find_job, get_job, list_jobs, start_job
from runner.emr.logs import LogTail
from runner.emr.package import Package
from runner.emr.session import Session
from runner.emulator.faults import Fault
from runner.emulator.jobs import Refused
from runner.emulator.server import Emulator
from runner.emulator.submit import parse_parameters
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


def test_a_killed_attempt_does_not_end_as_the_one_before_it(stage: Stage) -> None:
    """The first attempt says that the data was refused; the second is killed before it says anything."""
    job = stage.end(stage.play("fall", limits=Limits(timeout_minutes=5, attempts=2)))
    assert (job.state, job.attempt, stage.code(job)) == ("FAILED", 2, 3)


# -- cancel and time out ------------------------------------------------------------------------------------


def test_cancel_lets_the_driver_stop_by_itself(stage: Stage) -> None:
    job = stage.until(stage.play("wait"), "RUNNING")
    told: list[str] = []
    ended = cancel(stage.session, job, 20, told.append)
    assert (stage.code(ended), len(told)) == (4, 1)
    assert "run_results.json" in list_artifacts(stage.session, job.run), "what it had done is kept"
    # dbt notes nothing of what it had not begun: its retry would do nothing, and call that a success
    with pytest.raises(UsageError, match=r"was cancelled.*medallion emr submit -- build --vars wait"):
        order_retry(stage.session, job.run, [])


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


def test_what_was_cancelled_is_not_tried_again(stage: Stage) -> None:
    """A driver that stopped has failed, says EMR, and would begin the next attempt."""
    job = stage.until(stage.play("wait", limits=Limits(timeout_minutes=5, attempts=9)), "RUNNING")
    told: list[str] = []
    began = time.monotonic()
    ended = cancel(stage.session, job, 60, told.append)
    assert time.monotonic() - began < 20
    assert (ended.state, stage.code(ended), told[1:]) == ("CANCELLED", 4, ["asked EMR to end the job"])
    assert ended.attempt < 9


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


def test_events_wait_for_a_log_that_is_not_reached(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read before the log failed is shown by the next look, and not passed over."""
    job = stage.play("ok")
    tail = LogTail(stage.session, job, "stdout")
    read, answers = stage.session.read, iter([True])

    def read_and_fail_once(key: str) -> bytes | None:
        if key.endswith("stdout.gz") and next(answers, False):
            raise AwsError("cannot read the log")
        return read(key)

    monkeypatch.setattr(stage.session, "read", read_and_fail_once)
    stage.end(job)
    watch = Watch(stage.session, tail, sleep=_shortly)
    with pytest.raises(AwsError):
        next(watch.follow(job))
    view = next(watch.follow(job))
    assert len([node for node in view.progress.nodes if node.kind == "model"]) == 7
    assert view.log == ("the driver speaks", "driver: starting Spark", "the driver leaves")


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


def test_whoever_follows_a_log_gets_its_end(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """EMR uploads the end of a log after the job's own."""
    stage.emulator.jobs.options.late_log_seconds = 2.0
    stage.emulator.jobs.options.log_seconds = 0.1
    job = stage.until(stage.play("wait"), "RUNNING")
    tail = LogTail(stage.session, job, "stdout").read_all(follow=True, patience=20, pause=0.1)
    first = next(tail)
    stage.emulator.jobs.options.log_seconds = 60.0  # from now on only the end is left to come
    time.sleep(1.5)  # S3 tells moments by the second
    stage.session.write_json(layout.cancel(job.run), {})
    assert [first, *tail][-1] == "the driver leaves"
    code, out, _ = medallion("logs", job.run, "--stream", "stdout", "--follow", capsys=capsys)
    assert (code, out.splitlines()[-1]) == (0, "the driver leaves")


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


# -- submit, from the command line --------------------------------------------------------------------------


@pytest.fixture
def deployed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The scripted driver is what this project's package is."""
    package = Package(PACKAGE, compress_part([]), (), b"")
    monkeypatch.setattr("runner.emr.cli_deploy.build_package", lambda *_: package)
    return stage


def test_submit_shows_a_run_to_its_end(deployed: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = medallion("submit", "--", "build", "--vars", "ok", capsys=capsys)
    assert (code, err) == (0, "")
    assert "success  bronze_orders" in out
    assert re.search(r"run (\S+) succeeded in", out)
    newest = find_job(deployed.session, None)
    request = deployed.session.read_json(layout.request(newest.run))
    assert request is not None
    assert request["args"] == ["build", "--vars", "ok", *GATED]


def test_submit_tells_all_of_it_as_json(deployed: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    scene = ("--", "run", "--vars", "refused")
    code, out, err = medallion("submit", "--run", "json-1", "--json", *scene, capsys=capsys)
    told = json.loads(out)
    assert (code, told["run"], told["exit_code"], told["state"]) == (1, "json-1", 1, "FAILED")
    assert err.splitlines()[-1] == f"medallion: {told['error']}"
    assert find_job(deployed.session, "json-1").state == "FAILED"


def test_submit_may_detach_and_the_same_id_is_the_same_job(
    deployed: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("submit", "--detach", "--run", "nightly-7", "--", "run", "--vars", "ok")
    code, out, err = medallion(*given, capsys=capsys)
    assert (code, err) == (0, "")
    assert "medallion emr attach nightly-7" in out
    code, out, _ = medallion(*given[:2], "--json", *given[2:], capsys=capsys)
    assert (code, json.loads(out)["run"]) == (0, "nightly-7")
    assert json.loads(out)["job_run_id"] == deployed.end(find_job(deployed.session, "nightly-7")).id


@pytest.mark.usefixtures("impatient")
def test_a_submit_without_an_answer_says_how_to_repeat_it(
    deployed: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = Fault("InternalServerException", "emr-serverless", "POST .*/jobruns", status=500, times=1)
    deployed.emulator.app.faults.add(lost)
    code, _, err = medallion("submit", "--detach", "--", "run", "--vars", "ok", capsys=capsys)
    assert code == 3
    command = re.search(r"repeat it safely: medallion emr (submit --run \S+ -- run --vars ok)$", err)
    assert command, err
    code, _, err = medallion(*command[1].split(), capsys=capsys)
    assert (code, err) == (0, "")


def test_a_submit_that_is_interrupted_names_its_run(
    deployed: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job has begun, and nobody was told its id: the next submit must not start a second one."""

    def start_and_be_stopped(*given: Any) -> Job:
        start_job(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr("runner.emr.actions.start_job", start_and_be_stopped)
    code, out, err = medallion("submit", "--", "run", "--vars", "ok", capsys=capsys)
    assert (code, out) == (4, "")
    attach = re.search(
        r"medallion emr (attach \S+)\. If there is none, repeat it safely: medallion emr submit", err
    )
    assert attach, err
    assert medallion(*attach[1].split(), capsys=capsys)[0] == 0


def test_retry_brings_the_state_of_the_failed_run(
    deployed: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = deployed.end(deployed.play("refused"))
    code, out, _ = medallion("retry", failed.run, "--detach", "--json", "--", "--vars", "ok", capsys=capsys)
    assert code == 0
    request = deployed.session.read_json(layout.request(json.loads(out)["run"]))
    assert request is not None
    assert (request["args"], request["state_from"]) == (["retry", "--vars", "ok"], failed.run)
    assert deployed.end(find_job(deployed.session, json.loads(out)["run"])).state == "SUCCESS"


def test_no_secret_leaves_this_machine(deployed: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the environment nor credentials are in what a job is asked for, or in what is in the bucket."""
    secrets = {"AWS_SECRET_ACCESS_KEY": "s3cr3t-key", "AWS_SESSION_TOKEN": "s3cr3t-token"}
    secrets |= {"MEDALLION_PASSWORD": "s3cr3t-mine", "DBT_ENV_SECRET_TOKEN": "s3cr3t-dbt"}
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    session = Session(PROJECT, load_environment(PROJECT))
    job = submit(session, Order(("build", "--vars", "ok")), PACKAGE, ONCE)
    asked = deployed.emulator.jobs.get(session.application, job.id).request
    assert "s3cr3t" not in json.dumps(asked)
    assert "AKIA" not in json.dumps(asked)
    stored = [session.read(key) or b"" for key, _ in session.list_keys(layout.run_prefix(job.run))]
    assert not [body for body in stored if b"s3cr3t" in body or b"AKIA" in body]
    given = parse_parameters(asked["jobDriver"]["sparkSubmit"]["sparkSubmitParameters"])
    names = {name.split("_")[0] for name in given.driver_env}
    assert names == {"PYTHONPATH", "PYSPARK", "AWS", "MEDALLION"}
    assert {name for name in given.driver_env if name.startswith("AWS")} == {
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    }
    deployed.end(job)


# -- the command line ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["submit", "--", "deps"], 2, "'deps' is not a dbt command"),
        (["submit", "--", "retry"], 2, "medallion emr retry [RUN]"),
        (["submit", "--", "docs", "serve"], 2, "docs generate --static"),
        (["artifacts", "../../x"], 2, "cannot be a run's id"),
        (["status", "a/b"], 2, "cannot be a run's id"),
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
