"""The story on EMR Serverless, S3 and Glue, and what goes wrong on the way: few jobs, and a real Spark."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aws.emr_lake import EmrLake
from runner import demo_files as files
from runner.emr import layout
from runner.emr.actions import order_retry, submit
from runner.emr.events import Event
from runner.emr.job import Job, Limits, get_job
from runner.emr.run_lock import parse_holder
from runner.emulator.server import Emulator

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def lake(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmrLake]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in emulator.environ().items():
            patch.setenv(name, value)
        yield EmrLake.open(emulator, tmp_path_factory.mktemp("story"), "story_")


def is_start(event: Event) -> bool:
    return event.name == "LogStartLine"


def has_started(lake: EmrLake, run: str, model: str) -> bool:
    return any(is_start(one) and one.data["node_info"]["node_name"] == model for one in lake.events(run))


def kill_driver(lake: EmrLake, job: Job) -> None:
    """Kill the driver's Python, and nothing else, as a lost container would."""
    process = lake.emulator.jobs.attempts[job.id][-1].process
    threads = Path(f"/proc/{process.pid}/task").iterdir()
    children = [child for thread in threads for child in (thread / "children").read_text().split()]
    pythons = [child for child in children if is_python(child)]  # Hadoop asks a shell now and then
    assert len(pythons) == 1, "spark-submit runs one Python, the driver"
    os.kill(int(pythons[0]), signal.SIGKILL)


def is_python(pid: str) -> bool:
    try:
        return b"python" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
    except OSError:
        return False


def test_a_killed_driver_is_started_again_and_nothing_lands_twice(lake: EmrLake) -> None:
    lake.land("orders-1.tsv", files.FIRST)
    job = lake.submit("run1", "run", attempts=2)
    lake.until(job, lambda: has_started(lake, "run1", "silver_orders"))
    kill_driver(lake, job)
    done = lake.wait(job)
    assert (done.state, done.attempt) == ("SUCCESS", 2), lake.driver_log(job)
    result = lake.result("run1")
    assert (result["exit_code"], result["attempt"], result["dbt_success"]) == (0, 2, True)
    assert lake.differences() == {}
    assert lake.artifacts("run1") >= {"manifest.json", "run_results.json", "dbt.log"}
    source = lake.rows("bronze.orders")[0]["_source_file"]
    assert source.startswith("s3://")
    steps = [event.message for event in lake.events("run1") if event.name == "MedallionStep"]
    assert [step for step in steps if step.startswith("attempt")] == [
        "attempt 1 of run run1: looking for what it needs",
        "attempt 2 of run run1: looking for what it needs",
    ]


def test_a_failing_gate_and_a_second_submitter(lake: EmrLake) -> None:
    before = lake.head("silver.orders")
    lake.land("orders-2-updates.tsv", files.UPDATES)
    lake.land("orders-4-huge.tsv", files.HUGE_QUANTITY)
    first = lake.submit("run2", "run")
    lake.until(first, lambda: bool(lake.session.read(layout.lock("dev"))))
    second = lake.submit("run3", "run")
    assert lake.wait(first).state == "FAILED"
    assert lake.result("run2")["exit_code"] == 1
    assert lake.head("silver.orders") == before
    results = json.loads(lake.session.read(f"{layout.artifacts('run2')}run_results.json"))
    statuses = {one["unique_id"].split(".")[2]: one["status"] for one in results["results"]}
    assert (statuses["silver_orders"], statuses["gold_daily_sales"]) == ("error", "skipped")
    assert lake.wait(second).state == "FAILED"
    refused = lake.result("run3")
    assert refused["exit_code"] == 3
    assert "is in use by run run2 of tests" in refused["error"]
    assert lake.session.read(layout.lock("dev")) is None


def test_a_retry_begins_where_a_run_failed_and_cancelled_leaves_nothing_half_done(lake: EmrLake) -> None:
    """run2 failed in silver.orders: dbt's retry begins there, by run2's own state, and not with bronze."""
    for number, text in enumerate(
        (files.BAD_ROWS, files.CORRECTION, files.DELETION, files.LATE_UPDATE), start=5
    ):
        lake.land(f"orders-{number}.tsv", text)
    before = lake.head("silver.orders")
    order = replace(order_retry(lake.session, "run2", []), run="run4")
    job = submit(lake.session, order, lake.package, Limits(60))
    lake.until(job, lambda: has_started(lake, "run4", "silver_orders"))
    held = parse_holder(lake.session.read(layout.lock("dev")) or b"")
    assert held is not None
    assert held.run == "run4"
    lake.session.write_json(layout.cancel("run4"), {})
    lake.wait(job)
    assert lake.result("run4")["exit_code"] == 4
    assert "dbt.log" in lake.artifacts("run4")
    started = [event.data["node_info"]["node_name"] for event in lake.events("run4") if is_start(event)]
    assert started == ["silver_orders"]
    assert lake.head("silver.orders") == before
    again = lake.submit("run5", "run")
    assert lake.wait(again).state == "SUCCESS", lake.driver_log(again)
    assert lake.differences() == {}
    assert get_job(lake.session, again.id).usage is not None
