"""What the driver decides, and what it says when something is missing: no Spark is started here."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

from aws.conftest import BUCKET, ROLE
from runner.emr import driver, driver_run, driver_spark, driver_stop, driver_store, layout
from runner.emr.driver_dbt import keep_event
from runner.emr.driver_store import RunStore
from runner.emr.environment import load_environment
from runner.emr.run_lock import Holder, RunLock
from runner.emr.spark_submit import spark_conf
from runner.emulator.faults import Fault
from runner.emulator.server import Emulator
from runner.errors import AccessRefused, DataError, InfrastructureError, MedallionError, UsageError
from runner.profile import read_output, spark_settings

PROJECT = Path(__file__).resolve().parents[2]
OWN = {"MEDALLION_EMR_BUCKET": BUCKET, "MEDALLION_EMR_JOB_ROLE": ROLE}


# -- settings -----------------------------------------------------------------------------------------------


def test_what_spark_is_told_on_emr() -> None:
    environment = load_environment(PROJECT, environ=OWN)
    local = spark_settings(PROJECT, {})
    conf = spark_conf(environment, "abc", local)
    assert conf["spark.sql.catalog.lake.catalog-impl"] == "org.apache.iceberg.aws.glue.GlueCatalog"
    assert conf["spark.sql.catalog.lake.warehouse"] == f"s3://{BUCKET}/warehouse"
    assert conf["spark.sql.catalog.lake.cache-enabled"] == "false"  # local's own, kept
    assert conf["spark.sql.catalogImplementation"] == "in-memory"
    assert not [name for name in conf if "extraClassPath" in name or "jdbc" in name]
    # nothing of this machine: no folder of the checkout, no address, no master
    assert not [name for name, value in conf.items() if str(PROJECT) in value or "127.0.0.1" in value]
    assert "spark.master" not in conf
    assert set(environment.spark["drop"]) <= set(local), "a setting is dropped that `local` no longer has"


def test_the_emr_target_speaks_to_the_driver_s_own_server() -> None:
    output = read_output(PROJECT, "emr", {"MEDALLION_SERVER_PORT": "4711"})
    assert (output["method"], output["host"], output["port"]) == ("thrift", "127.0.0.1", "4711")
    assert int(output["threads"]) > 1
    assert output["query_retries"] == 0


def test_the_driver_s_own_settings_bind_to_this_machine(tmp_path: Path) -> None:
    own = driver_spark.local_settings(tmp_path, PROJECT)
    assert own["spark.hadoop.hive.server2.thrift.bind.host"] == "127.0.0.1"
    assert own["spark.hadoop.hive.server2.thrift.port"] == "0"
    assert Path(own["spark.scheduler.allocation.file"].removeprefix("file://")).is_file()


# -- looking ------------------------------------------------------------------------------------------------

ALL = dict.fromkeys((driver_spark.ICEBERG, driver_spark.AWS, driver_spark.THRIFT), True)


@pytest.mark.parametrize(
    ("lacks", "told"),
    [
        ({}, []),
        ({driver_spark.THRIFT: False}, ["spark-hive-thriftserver_2.12-3.5.6.jar under packages/"]),
        (
            {driver_spark.ICEBERG: False, driver_spark.AWS: False},
            ["name the release's jar", "extraClassPath"],
        ),
    ],
)
def test_classes_that_the_image_lacks(lacks: dict[str, bool], told: list[str]) -> None:
    missing = driver_spark.find_missing_classes("3.5.6", ALL | lacks)
    assert len(missing) == len(told)
    assert all(part in line for part, line in zip(told, missing, strict=True))


def test_an_archive_that_is_not_there(tmp_path: Path) -> None:
    assert "spark.archives" in driver.find_missing(tmp_path)[0]


def unpacked(folder: Path, *modules: str, text: str = "") -> Path:
    """An archive, unpacked as spark.archives does it: the project and these modules."""
    project = folder / driver.ARCHIVE / "project"
    project.mkdir(parents=True)
    shutil.copy(PROJECT / "dbt_project.yml", project)
    for name in modules:
        path = folder / driver.ARCHIVE / "site" / f"{name.replace('.', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return project


def run_alone(python: str, folder: Path, before: str = "") -> tuple[int, list[str]]:
    """Run the driver by a bare Python, after some code; return its exit code and what it says."""
    code = f"import runpy, sys\n{before}\nsys.argv[1:] = ['--bucket', 'b', '--run', 'r']\n"
    entry = f"{code}runpy.run_path({str(DRIVER)!r}, run_name='__main__')"
    done = subprocess.run(
        [python, "-I", "-S", "-c", entry], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode, [*done.stdout.splitlines(), *done.stderr.splitlines()]


DRIVER = PROJECT / "runner" / "emr" / "driver.py"
OLD_PYTHONS = [str(path) for path in sorted(Path("/root/.pyenv/versions").glob("3.[789].*/bin/python"))]
MODERN = "match 1:\n    case _:\n        pass\nraise SyntaxError('as an old Python would say')\n"


@pytest.mark.parametrize("python", [*OLD_PYTHONS, "simulated"])
def test_an_old_python_says_so_in_one_line(python: str, tmp_path: Path) -> None:
    """dbt cannot even be parsed by it, so nothing of dbt may be imported to look for it."""
    unpacked(tmp_path, *driver.NEEDED, "dbt.__init__", "dbt.cli.__init__", text=MODERN)
    pretend = "sys.version_info = (3, 9, 18)" if python == "simulated" else ""
    code, said = run_alone(sys.executable if python == "simulated" else python, tmp_path, pretend)
    assert code == 3
    assert said[0].startswith("driver: Python 3.")
    assert "is too old for dbt: set spark.emr-serverless.driverEnv.PYSPARK_PYTHON" in said[0]
    assert [line for line in said if not line.startswith("driver: ")] == []


@pytest.mark.parametrize("absent", driver.NEEDED)
def test_a_package_that_is_not_in_the_archive_is_named(
    absent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = unpacked(tmp_path, *(name for name in driver.NEEDED if name != absent))
    monkeypatch.setattr(driver.sys, "path", [str(tmp_path / driver.ARCHIVE / "site")])
    assert f"lacks the Python packages {absent}:" in driver.find_missing(project)[0]


def test_this_archive_has_what_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = unpacked(tmp_path, "dbt_medallion")  # the plugin is not installed here as it is there
    monkeypatch.setattr(driver.sys, "path", [str(tmp_path / driver.ARCHIVE / "site"), *sys.path])
    assert driver.find_missing(project) == []


def test_what_looking_cannot_see_is_one_line_too(tmp_path: Path) -> None:
    """All is there, and nothing of it can be imported: the archive of another platform."""
    unpacked(tmp_path, *driver.NEEDED, "runner.emr.driver_run", "runner.__init__", "runner.emr.__init__")
    broken = tmp_path / driver.ARCHIVE / "site" / "runner" / "emr" / "driver_run.py"
    broken.write_text("raise ImportError('wrong ELF class\\nof another line')")
    code, said = run_alone(sys.executable, tmp_path)
    assert code == 3
    assert "cannot be imported: ImportError: wrong ELF class of another line" in said[0]
    assert all(line.startswith("driver: ") for line in said)


def test_a_denied_catalog_is_told_as_a_missing_permission(aws: Emulator) -> None:
    aws.app.faults.add(Fault("AccessDeniedException", "glue", "GetDatabase", status=400, times=1))
    with pytest.raises(ClientError, match="AccessDenied"):
        driver_run.ask_glue(boto3.client("glue"))
    driver_run.ask_glue(boto3.client("glue"))


# -- events and the run's folder ----------------------------------------------------------------------------


def event(name: str, level: str = "info", message: str = "said") -> str:
    return json.dumps({"info": {"name": name, "level": level, "msg": message}})


@pytest.mark.parametrize(
    ("line", "is_kept", "told"),
    [
        (event("LogStartLine"), True, "said"),
        (event("NodeFinished", "debug"), True, ""),
        (event("SQLQuery", "debug"), False, ""),
        (event("SomethingElse"), False, "said"),
        (event("SomethingElse", "warn"), True, "said"),
        (event("MainEncounteredError", "error"), True, "said"),
        ("Traceback (most recent call last):", False, "Traceback (most recent call last):"),
        ("[1]", False, "[1]"),
        ("", False, ""),
    ],
)
def test_events_worth_passing_on(line: str, is_kept: bool, told: str) -> None:
    assert keep_event(line) == (line if is_kept else "", told)


def test_another_attempt_counts_on(aws: Emulator) -> None:
    first = RunStore.open(BUCKET, "attempts")
    first.continue_run()
    first.tell("one")
    first.write_events([])  # nothing to say, no file
    first.write_events(["{}", "{}"])
    second = RunStore.open(BUCKET, "attempts")
    second.continue_run()
    assert (first.attempt, second.attempt, second.next_event) == (1, 2, 3)
    second.write_result(3, None, "no luck")
    assert second.read_json(layout.result("attempts"))["attempt"] == 2
    third = RunStore.open(BUCKET, "attempts")
    third.continue_run()
    told = {"run": "attempts", "attempt": 3, "exit_code": None}
    assert third.read_json(layout.result("attempts")) == told, (
        "killed now, it has not failed as the second did"
    )
    assert not second.is_cancelled()
    aws.client("s3").put_object(Bucket=BUCKET, Key=layout.cancel("attempts"), Body=b"")
    assert second.is_cancelled()


def test_the_state_of_another_run(aws: Emulator, tmp_path: Path) -> None:
    store = RunStore.open(BUCKET, "later")
    assert driver_run.fetch_state(store, tmp_path, None) == []
    with pytest.raises(UsageError, match=r"run earlier left no manifest\.json"):
        driver_run.fetch_state(store, tmp_path, "earlier")
    for name in ("manifest.json", "run_results.json"):
        aws.client("s3").put_object(Bucket=BUCKET, Key=layout.artifacts("earlier", name), Body=b"{}")
    assert driver_run.fetch_state(store, tmp_path, "earlier") == ["--state", str(tmp_path / "state")]
    assert (tmp_path / "state" / "run_results.json").read_text() == "{}"


def test_a_bucket_that_refuses(aws: Emulator, capfd: pytest.CaptureFixture[str]) -> None:
    aws.app.faults.add(Fault("AccessDenied", "s3", "PUT", status=403))
    assert driver_run.run(BUCKET, "refused", PROJECT, force=False) == AccessRefused.exit_code
    told = capfd.readouterr().out.strip()
    assert told.count("\n") == 0
    assert "s3:PutObject is missing" in told


def test_a_bucket_that_is_not_there(aws: Emulator, capfd: pytest.CaptureFixture[str]) -> None:
    assert driver_run.run("no-such-bucket", "r", PROJECT, force=False) == 3
    assert "the bucket does not exist" in capfd.readouterr().out


# -- what a run does beside dbt ------------------------------------------------------------------------------


class Dbt:
    """Stands for dbt's process: it runs for so many looks, and then ends with a code."""

    def __init__(self, looks: int, code: int = 0, *, has_begun: bool = True) -> None:
        self.looks, self.code, self.has_begun = looks, code, has_begun
        self.last_error, self.last_words = "the model fell", "ModuleNotFoundError: No module named 'agate'"
        self.is_stopped = False

    def wait(self, _: float) -> int | None:
        self.looks -= 1
        return self.code if self.looks < 0 else None

    def drain(self) -> list[str]:
        return [f"event {self.looks}"]

    def stop(self) -> None:
        self.is_stopped = True


@pytest.fixture
def store(aws: Emulator, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    """A run's folder whose client tries each call once, in a run that does everything at each look."""
    monkeypatch.setattr(driver_store, "_RETRIES", Config(retries={"total_max_attempts": 1}))
    for module, name in ((driver_run, "EVENTS_SECONDS"), (driver_run, "RENEW_SECONDS")):
        monkeypatch.setattr(module, name, 0.0)
    monkeypatch.setattr(driver_stop, "CANCEL_SECONDS", 0.0)
    return RunStore.open(BUCKET, request.node.name.replace("[", "-").rstrip("]"))


def lock_for(store: RunStore) -> RunLock:
    return RunLock(store.s3, BUCKET, store.run, Holder(store.run, "tests", store.attempt, ""))


def lines_of(store: RunStore) -> list[str]:
    keys = sorted(store._keys(layout.events(store.run)))
    return [line for key in keys for line in (store.read(key) or b"").decode().splitlines()]


def test_a_hiccup_of_s3_ends_no_run(
    aws: Emulator, store: RunStore, capfd: pytest.CaptureFixture[str]
) -> None:
    lock = lock_for(store)
    lock.take(datetime.now(timezone.utc))
    for what in ("PUT .*/events/", "PUT .*/locks/", "GET /medallion-tests$"):
        aws.app.faults.add(Fault("SlowDown", "s3", what, status=503, times=2))
    with driver_stop.Stop(store) as stop:
        assert driver_run.watch(store, Dbt(5), lock, stop) == 0  # type: ignore[arg-type]
    store.write_events([])
    assert lines_of(store) == [f"event {n}" for n in (4, 3, 2, 1, 0)], "each line once, none lost"
    assert lock.is_held
    said = capfd.readouterr().out.splitlines()
    assert len(said) == 6
    assert all(line.startswith("driver: cannot ") and line.endswith("; the run goes on") for line in said)


def test_events_whose_answer_is_lost_are_written_again_as_they_were(aws: Emulator, store: RunStore) -> None:
    put, answers = store.s3.put_object, iter([True])

    def put_and_lose(**given: Any) -> Any:
        answer = put(**given)
        if next(answers, False):
            raise ReadTimeoutError(endpoint_url="s3")
        return answer

    store.s3.put_object = put_and_lose
    with pytest.raises(ReadTimeoutError):
        store.write_events(["one"])
    store.write_events(["two"])
    assert lines_of(store) == ["one", "two"]


def test_whatever_ends_the_watch_stops_dbt_first(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    dbt = Dbt(100)
    monkeypatch.setattr(driver_run, "DbtProcess", lambda *_: dbt)
    monkeypatch.setattr(driver_run, "watch", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt), driver_stop.Stop(store) as stop:
        driver_run._run_dbt(store, ["build"], (1, PROJECT, PROJECT / "no-such"), lock_for(store), stop)
    assert dbt.is_stopped


@pytest.mark.parametrize(
    ("dbt", "is_spark_up", "error", "said"),
    [
        (Dbt(0, -9), True, InfrastructureError, "signal SIGKILL.*memory"),
        (Dbt(0, 1), False, InfrastructureError, "Spark ended"),
        (Dbt(0, 1, has_begun=False), True, InfrastructureError, "could not begin: .*'agate'"),
        (Dbt(0, 2), True, DataError, "the model fell"),
    ],
)
def test_how_dbt_may_end(dbt: Dbt, is_spark_up: bool, error: type[MedallionError], said: str) -> None:
    with pytest.raises(error, match=said):
        driver_run.has_succeeded(dbt.code, dbt, is_spark_up=is_spark_up)  # type: ignore[arg-type]


@pytest.mark.parametrize(("code", "succeeded"), [(0, True), (1, False)])
def test_a_model_that_failed_is_no_error_of_the_run(code: int, succeeded: bool) -> None:
    assert driver_run.has_succeeded(code, Dbt(0, code), is_spark_up=True) is succeeded  # type: ignore[arg-type]


@pytest.fixture
def spark_less(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lets a run reach Spark and end well there; the list says that it did."""
    reached: list[str] = []
    monkeypatch.setattr(driver_run, "look", lambda: None)
    monkeypatch.setattr(driver_run, "_run_spark", lambda *_: reached.append("Spark") or True)
    return reached


def ask(aws: Emulator, run: str, **more: Any) -> None:
    body = json.dumps({"args": ["build"], "by": "tests"} | more).encode()
    aws.client("s3").put_object(Bucket=BUCKET, Key=layout.request(run), Body=body)


def test_a_lock_that_cannot_be_given_back_does_not_make_a_failure(
    aws: Emulator, store: RunStore, spark_less: list[str]
) -> None:
    ask(aws, store.run)
    aws.app.faults.add(Fault("InternalError", "s3", "DELETE .*/locks/", status=500))
    assert driver_run.run(BUCKET, store.run, PROJECT, force=False) == 0
    assert (spark_less, store.read_json(layout.result(store.run))["exit_code"]) == (["Spark"], 0)
    aws.app.faults.clear()
    store.s3.delete_object(Bucket=BUCKET, Key=layout.lock("default"))


def test_another_attempt_of_a_cancelled_run_starts_no_spark(
    aws: Emulator, store: RunStore, spark_less: list[str]
) -> None:
    ask(aws, store.run)
    aws.client("s3").put_object(Bucket=BUCKET, Key=layout.cancel(store.run), Body=b"{}")
    assert driver_run.run(BUCKET, store.run, PROJECT, force=False) == 4
    assert spark_less == []
    assert store.read_json(layout.result(store.run))["exit_code"] == 4


def test_emr_s_signal_is_heard_from_the_beginning(
    aws: Emulator, store: RunStore, spark_less: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(aws, store.run)
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(
        driver_run, "read_request", lambda *_, **__: os.kill(os.getpid(), signal.SIGTERM) or {}
    )
    assert driver_run.run(BUCKET, store.run, PROJECT, force=False) == 4
    assert spark_less == []
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(("is_scheduled", "code"), [(True, 0), (False, 2)])
def test_only_a_schedule_needs_no_request(
    store: RunStore, spark_less: list[str], is_scheduled: bool, code: int
) -> None:
    assert driver_run.run(BUCKET, store.run, PROJECT, force=False, is_scheduled=is_scheduled) == code
    assert spark_less == (["Spark"] if is_scheduled else [])


# -- as a job -----------------------------------------------------------------------------------------------


def test_an_archive_without_dbt_says_so_in_one_line(aws: Emulator, tmp_path: Path) -> None:
    """The image has no packages: what is not in the archive is missing, whatever this checkout has."""
    aws.jobs.options.has_spark = False
    s3 = aws.client("s3")
    s3.upload_file(str(PROJECT / "runner" / "emr" / "driver.py"), BUCKET, "t/driver.py")
    (tmp_path / "project").mkdir()
    shutil.copy(PROJECT / "dbt_project.yml", tmp_path / "project")
    packed = shutil.make_archive(str(tmp_path / "bare"), "gztar", tmp_path, "project")
    s3.upload_file(packed, BUCKET, "t/bare.tar.gz")
    spark = {
        "entryPoint": f"s3://{BUCKET}/t/driver.py",
        "entryPointArguments": ["--bucket", BUCKET, "--run", "bare"],
        "sparkSubmitParameters": f"--conf spark.archives=s3://{BUCKET}/t/bare.tar.gz#medallion",
    }
    emr = aws.client("emr-serverless")
    given: dict[str, Any] = {
        "clientToken": "bare",
        "executionRoleArn": ROLE,
        "jobDriver": {"sparkSubmit": spark},
    }
    job = emr.start_job_run(applicationId=aws.application, **given)["jobRunId"]
    wait_for(lambda: aws.jobs.get(aws.application, job).is_final)
    assert aws.jobs.get(aws.application, job).state == "FAILED"
    told = (aws.jobs.attempts[job][0].folder / "stderr").read_text().splitlines()
    assert told[0].startswith("driver: the archive lacks the Python packages boto3, botocore, dbt.cli.main, ")
    assert "medallion emr deploy" in told[0]
    assert all(line.startswith("driver: ") for line in told)


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
