"""What the driver decides, and what it says when something is missing: no Spark is started here."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from aws.conftest import BUCKET, ROLE
from runner.emr import driver, driver_run, driver_spark, layout
from runner.emr.driver_dbt import keep_event
from runner.emr.driver_store import RunStore
from runner.emr.environment import load_environment
from runner.emr.spark_submit import spark_conf
from runner.emulator.faults import Fault
from runner.emulator.server import Emulator
from runner.errors import AccessRefused, UsageError
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


def test_an_old_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver.sys, "version_info", (3, 9, 16))
    monkeypatch.setattr(driver, "find_spec", lambda name: None if name.startswith("pyhive") else object())
    old, absent = driver.find_missing(PROJECT)
    assert "Python 3.9 is too old" in old
    assert "PYSPARK_PYTHON" in old
    assert "lacks the Python packages pyhive.hive:" in absent


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
    assert told[0].startswith("driver: the archive lacks the Python packages boto3, dbt.cli.main, ")
    assert "medallion emr deploy" in told[0]
    assert all(line.startswith("driver: ") for line in told)


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
