"""What the client of a run decides: pure, as tables."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import shlex
import signal
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from runner.build import summarize
from runner.dbt_result import NodeResult
from runner.emr.actions import COMMANDS, Order, check_args, how_to_repeat
from runner.emr.artifacts import is_inside
from runner.emr.cost import Prices, Usage, cost_of, load_prices, usage_of
from runner.emr.driver_commits import line_of, tables_of
from runner.emr.environment import Environment, Worker
from runner.emr.events import Progress, fold, parse_events
from runner.emr.follow import LONGEST_DELAY, View, Watch, has_same, is_lasting, next_delay
from runner.emr.job import Job, outcome_of, read_job
from runner.emr.logs import attempt_of, unpack
from runner.emr.runs import check_run, client_token, new_run
from runner.emr.spark_submit import spark_conf, submit_parameters
from runner.emr.states import FINAL, LIVE, UnknownState, decide_exit, is_final
from runner.emr.summary import error_of, node_line, run_json
from runner.emr.watching import heeding_interrupts
from runner.errors import AccessRefused, AwsError, BadSetting, NotOnAws, UsageError

PROJECT = Path(__file__).resolve().parents[2]
BUILD = (Path(__file__).parent / "data" / "build.jsonl").read_text()  # what dbt said in a real run
NOON = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
JOB = Job(run="r1", id="00ab", state="SUCCESS", details="", created_at=NOON, timeout_minutes=60, seconds=90)
EMR_STATES = {
    *(
        "SUBMITTED",
        "PENDING",
        "SCHEDULED",
        "RUNNING",
        "SUCCESS",
        "FAILED",
        "CANCELLING",
        "CANCELLED",
        "QUEUED",
    )
}


# -- states -------------------------------------------------------------------------------------------------


def test_every_state_of_the_api_is_known() -> None:
    import botocore.session

    model = botocore.session.get_session().get_service_model("emr-serverless")
    assert set(model.shape_for("JobRunState").enum) == EMR_STATES == {*LIVE, *FINAL}  # type: ignore[attr-defined]


@pytest.mark.parametrize("state", sorted(EMR_STATES))
def test_only_three_states_are_final(state: str) -> None:
    assert is_final(state) is (state in ("SUCCESS", "FAILED", "CANCELLED"))


@pytest.mark.parametrize("state", ["", "success", "COMPLETED", "CANCEL_PENDING"])
def test_an_unknown_state_is_an_error(state: str) -> None:
    with pytest.raises(UnknownState, match=re.escape(repr(state))) as caught:
        is_final(state)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("state", "driver", "over_time", "code"),
    [
        ("SUCCESS", 0, False, 0),
        ("SUCCESS", None, False, 0),
        ("SUCCESS", 1, False, 1),  # the driver knows better than EMR
        ("FAILED", 1, False, 1),
        ("FAILED", 3, False, 3),
        ("FAILED", 2, False, 2),  # asked for what cannot be, which only the driver could see
        ("FAILED", 4, False, 4),  # stopped gently: a process that ends with 4 has failed, says EMR
        ("FAILED", None, False, 3),  # it never began
        ("FAILED", 0, False, 3),  # it ended well and EMR lost it
        ("FAILED", 77, False, 3),
        ("CANCELLED", None, False, 4),
        ("CANCELLED", 4, False, 4),
        ("CANCELLED", 1, False, 4),  # of an attempt before
        ("CANCELLED", 0, False, 0),  # it was done before EMR got to it
        ("CANCELLED", None, True, 5),
        ("CANCELLED", 4, True, 5),  # EMR's polite signal made the driver stop
        ("CANCELLED", 0, True, 0),
    ],
)
def test_exit_code(state: str, driver: int | None, over_time: bool, code: int) -> None:
    assert decide_exit(state, driver, is_over_time=over_time) == code


@pytest.mark.parametrize("state", LIVE)
def test_a_live_job_has_no_exit_code(state: str) -> None:
    with pytest.raises(ValueError, match="not final"):
        decide_exit(state, 0)


@pytest.mark.parametrize(
    ("seconds", "details", "code"),
    [
        (3599, "", 4),
        (3600, "", 5),
        (7, "Job run exceeded the execution timeout", 5),
        (7, "Job run was cancelled", 4),
    ],
)
def test_emr_ends_a_job_that_takes_too_long(seconds: int, details: str, code: int) -> None:
    job = replace(JOB, state="CANCELLED", seconds=seconds, details=details)
    assert outcome_of(job, None).exit_code == code


@pytest.mark.parametrize(
    ("details", "code"), [("Job run was cancelled", 4), ("Job run exceeded the execution timeout", 5)]
)
def test_the_seconds_of_several_attempts_are_no_timeout(details: str, code: int) -> None:
    job = replace(JOB, state="CANCELLED", seconds=9000, attempt=3, details=details)
    assert outcome_of(job, None).exit_code == code


# -- ids ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("run", ["r", "a" * 64, "20261122T142923-6f0c2c", "nightly.2026-11-22_a"])
def test_a_token_is_one_that_emr_takes(run: str) -> None:
    token = client_token("00app", check_run(run))
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", token)
    assert token == client_token("00app", run), "the same run has the same token"


def test_tokens_differ_where_runs_do() -> None:
    runs = ["a" * 63 + "b", "a" * 64, "a", "b"]
    tokens = {client_token(app, run) for app in ("00x", "00y") for run in runs}
    assert len(tokens) == 2 * len(runs)


def test_runs_sort_by_time_and_are_their_own() -> None:
    runs = [new_run(NOON + timedelta(minutes=n)) for n in range(50)]
    assert runs == sorted(runs)
    assert re.fullmatch(r"20261122T120000-[0-9a-f]{6}", runs[0])
    assert new_run(NOON) != new_run(NOON)


@pytest.mark.parametrize("run", ["", "a/b", "../x", "-x", "a b", "a" * 65, "é"])
def test_an_impossible_run_is_refused(run: str) -> None:
    with pytest.raises(UsageError):
        check_run(run)


# -- dbt's arguments ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "args", [("build", "--select", "silver"), ("run-operation", "x"), ("docs", "generate")]
)
def test_what_dbt_may_be_asked(args: tuple[str, ...]) -> None:
    assert check_args(args) == args


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "no dbt command"),
        (["--select", "silver"], "'--select'"),
        (["deps"], "'deps'"),
        (["build", "--target", "prod"], "--target"),
        (["build", "--profiles-dir=/x"], "--profiles-dir"),
        (["retry"], "medallion emr retry"),
        (["docs", "serve", "--port", "1"], "docs generate --static"),
    ],
)
def test_what_it_may_not(args: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check_args(args)


def test_a_retry_with_its_state_is_let_through() -> None:
    assert check_args(("retry", "--full-refresh"), has_state=True) == ("retry", "--full-refresh")


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (
            Order(("build", "--vars", "{a: 1}"), "r1"),
            "medallion emr submit --run r1 -- build --vars '{a: 1}'",
        ),
        (Order(("retry",), "r2", "r1"), "status r2; if not: medallion emr retry r1"),
    ],
)
def test_how_an_order_is_repeated(order: Order, said: str) -> None:
    assert how_to_repeat(order).endswith(said)


def test_dbt_has_the_commands_that_are_let_through() -> None:
    from dbt.cli.main import cli

    assert set(COMMANDS) <= set(cli.commands)


# -- events -------------------------------------------------------------------------------------------------


def test_progress_of_a_real_run() -> None:
    progress = fold(Progress(), parse_events(BUILD))
    models = [node for node in progress.nodes if node.kind == "model"]
    assert [node.name for node in models][:4] == [
        *("bronze_orders", "silver_orders_deleted", "silver_orders_rejected", "silver_orders")
    ]
    assert {node.status for node in models} == {"success"}
    assert (progress.total, progress.running, len(models)) == (8, (), 7)
    assert re.fullmatch(r"[0-9a-f-]{36}", progress.invocation)
    assert models[0].message.startswith("append 500 rows")


def test_progress_does_not_depend_on_how_events_are_cut() -> None:
    events = parse_events(BUILD)
    for cut in range(len(events)):
        assert fold(fold(Progress(), events[:cut]), events[cut:]) == fold(Progress(), events)


def test_a_model_runs_from_its_start_to_its_end() -> None:
    events = parse_events(BUILD)
    started = next(n for n, event in enumerate(events) if event.name == "LogStartLine")
    assert fold(Progress(), events[: started + 1]).running == ("bronze_orders",)
    assert fold(Progress(), events[: started + 2]).running == ()


def test_another_attempt_begins_anew() -> None:
    events = parse_events(BUILD)
    assert fold(Progress(), [*events[:9], *events]) == fold(Progress(), events)


@pytest.mark.parametrize(
    "line",
    ["", "Picked up _JAVA_OPTIONS", "{}", "[1]", '{"info": 3}', '{"info": {"msg": "no name"}}', "\x00{"],
)
def test_what_is_no_event_is_passed_over(line: str) -> None:
    assert parse_events(line) == []


def test_steps_warnings_and_errors_are_kept() -> None:
    told = [
        {"info": {"name": "MedallionStep", "msg": "starting Spark"}, "data": {}},
        {"info": {"name": "JinjaLogWarning", "msg": "a"}, "data": {"msg": "orders.csv names no column"}},
        {"info": {"name": "MainEncounteredError", "msg": "Parsing Error\n  no such model"}, "data": {}},
    ]
    progress = fold(Progress(), parse_events("\n".join(map(json.dumps, told))))
    assert progress.step == "starting Spark"
    assert progress.warnings == ("orders.csv names no column",)
    assert progress.errors == ("Parsing Error\n  no such model",)


def test_a_model_that_is_skipped_has_no_start() -> None:
    info = {"node_name": "gold_daily_sales", "resource_type": "model"}
    event = {
        "info": {"name": "NodeFinished"},
        "data": {"node_info": info, "run_result": {"status": "skipped"}},
    }
    progress = fold(Progress(running=("silver_orders",)), parse_events(json.dumps(event)))
    assert progress.nodes == (NodeResult("gold_daily_sales", "model", "skipped", "", 0.0),)
    assert progress.running == ("silver_orders",)


# -- how a run is told --------------------------------------------------------------------------------------

FAILED = Progress(
    nodes=(
        NodeResult("bronze_orders", "model", "success", "append 3 rows", 1.0),
        NodeResult("silver_orders", "model", "error", "Runtime Error\n  the gate refused this batch", 2.0),
        NodeResult("gold_daily_sales", "model", "error", "another", 2.0),
    )
)


@pytest.mark.parametrize(
    ("job", "driver", "progress", "code", "said"),
    [
        (
            replace(JOB, state="FAILED"),
            1,
            FAILED,
            1,
            "this batch (and 1 more)",
        ),
        (replace(JOB, state="FAILED"), 1, Progress(errors=("no such model",)), 1, "no such model"),
        (replace(JOB, state="FAILED", details="no capacity"), None, Progress(), 3, "no capacity"),
        (replace(JOB, state="CANCELLED"), None, FAILED, 4, "submit it again"),
        (replace(JOB, state="CANCELLED", seconds=3600), None, FAILED, 5, "60 minutes"),
    ],
)
def test_a_run_that_failed_is_one_line(
    job: Job, driver: int | None, progress: Progress, code: int, said: str
) -> None:
    error = error_of(job, progress, outcome_of(job, driver))
    assert error is not None
    assert (error.exit_code, "\n" in error.line) == (code, False)
    assert said in error.line
    assert "r1" in error.line


def test_a_run_that_succeeded_is_no_error() -> None:
    assert error_of(JOB, FAILED, outcome_of(JOB, 0)) is None


def test_json_of_a_run() -> None:
    told = run_json(JOB, fold(Progress(), parse_events(BUILD)), outcome_of(JOB, 0))
    assert json.loads(json.dumps(told)) == told
    assert {name: told[name] for name in ("run", "job_run_id", "state", "outcome", "exit_code", "error")} == {
        "run": "r1",
        "job_run_id": "00ab",
        "state": "SUCCESS",
        "outcome": "succeeded",
        "exit_code": 0,
        "error": None,
    }
    assert told["nodes"][0].keys() == {"name", "kind", "status", "message", "seconds"}
    running = run_json(replace(JOB, state="RUNNING"), Progress(running=("silver_orders",)), None)
    assert running.keys() == told.keys(), "the shape does not depend on how far it is"
    assert (running["outcome"], running["exit_code"], running["running"]) == (None, None, ["silver_orders"])


def test_a_message_is_not_markup() -> None:
    from rich.text import Text

    line = node_line(NodeResult("silver_orders", "model", "error", "[CAST_INVALID_INPUT] no [/] date", 1.0))
    assert "[CAST_INVALID_INPUT] no [/] date" in Text.from_markup(line).plain


def test_the_summary_follows_the_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver's note of the commits gives the same line per model as a local build."""
    from runner.emr.watching import read_histories

    monkeypatch.delenv("MEDALLION_SCHEMA_PREFIX", raising=False)
    progress = fold(Progress(), parse_events(BUILD))
    run = progress.invocation

    def commit(number: int, added: int, inputs: dict[str, dict[str, str | None]]) -> dict[str, object]:
        document = {"medallion": 1, "run": run, "mode": "range", "inputs": inputs}
        summary = {"added-records": str(added), "wap.id": json.dumps(document)}
        ids = {"id": str(number), "parent": None, "operation": "append", "committed_at": 1_763_812_800}
        return {**ids, "summary": summary}

    class Noted:
        def read_json(self, key: str) -> dict[str, list[dict[str, object]]]:
            assert key == "runs/r1/artifacts/commits.json"
            consumed = {"bronze_orders": {"from": None, "to": "11"}}
            return {"bronze.orders": [commit(11, 500, {})], "silver.orders": [commit(21, 450, consumed)]}

    summaries = {one.model: one for one in summarize(read_histories(Noted(), "r1"), progress.result)}  # type: ignore[arg-type]
    silver = summaries["silver_orders"]
    assert (silver.read, silver.written, silver.checkpoint) == (500, 450, "start → …11")


def test_the_driver_notes_the_commits_that_readers_see() -> None:
    def row(number: int, parent: int | None) -> dict[str, object]:
        return {
            "snapshot_id": number,
            "parent_id": parent,
            "operation": "append",
            "committed_at": 0,
            "summary": {},
        }

    rows = [row(1, None), row(2, 1), row(3, 1), row(4, 2)]  # 3 is staged beside
    assert [commit["id"] for commit in line_of(rows, 4)] == ["4", "2", "1"]
    assert line_of(rows, 4)[-1]["parent"] is None
    assert line_of(rows, None) == []
    assert len(line_of([row(n, n - 1) for n in range(2000)], 1999)) == 500


def test_the_driver_looks_at_what_ran_and_what_that_read() -> None:
    nodes = {
        name: {
            "schema": "dev_" + name.split("_")[0].rpartition(".")[2],
            "alias": "orders",
            "depends_on": {"nodes": reads},
        }
        for name, reads in {
            "model.m.bronze_orders": ["source.m.raw.orders"],
            "model.m.silver_orders": ["model.m.bronze_orders"],
            "model.m.gold_orders": ["model.m.silver_orders"],
        }.items()
    }
    results = [{"unique_id": "model.m.silver_orders", "status": "success"}]
    skipped = {"unique_id": "model.m.gold_orders", "status": "skipped"}
    test = {"unique_id": "test.m.t", "status": "pass"}
    assert tables_of({"results": [*results, skipped, test]}, {"nodes": nodes}) == [
        *("dev_bronze.orders", "dev_silver.orders")
    ]


# -- waiting ------------------------------------------------------------------------------------------------


def test_looks_become_rarer_and_are_never_in_step() -> None:
    middle = [next_delay(quiet, 0.5) for quiet in range(40)]
    assert middle == sorted(middle)
    assert (middle[0], middle[-1]) == (1.0, LONGEST_DELAY)
    assert next_delay(0, 0.0) < next_delay(0, 1.0) < next_delay(3, 0.0)


@pytest.mark.parametrize(
    ("error", "lasting"),
    [
        (AwsError("cannot look: AWS asks to go slower", fix="Wait"), False),
        (AccessRefused("no"), True),
        (NotOnAws("no"), True),
        (AwsError("cannot look: the AWS credentials have expired", fix="Log in again: aws sso login"), True),
    ],
)
def test_what_waiting_does_not_help(error: AwsError, lasting: bool) -> None:
    assert is_lasting(error) is lasting


def test_only_news_are_shown() -> None:
    view = View(JOB)
    assert has_same(view, View(replace(JOB, seconds=91)))
    assert not has_same(view, View(JOB, log=("a line",)))
    assert not has_same(view, View(replace(JOB, attempt=2)))
    assert not has_same(view, View(JOB, trouble="AWS is not reached"))


# -- logs and artifacts -------------------------------------------------------------------------------------


def test_a_packed_log_is_read_as_far_as_it_goes() -> None:
    packed = gzip.compress(b"one\n") + gzip.compress(b"two\n")
    assert unpack(packed) == b"one\ntwo\n"
    whole = gzip.compress(b"line\n" * 2000)
    assert unpack(whole) == b"line\n" * 2000
    assert unpack(whole[:-4]).startswith(b"line\n"), "an upload whose end is missing"
    assert unpack(b"") == unpack(b"not gzip") == b""


def test_the_last_attempt_is_the_one_that_counts() -> None:
    keys = [f"logs/applications/a/jobs/j/attempts/{n}/SPARK_DRIVER/stdout.gz" for n in (2, 10, 9)]
    assert max(keys, key=attempt_of) == keys[1]
    assert attempt_of("logs/applications/a/jobs/j/SPARK_DRIVER/stdout.gz") == 0


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("manifest.json", True),
        ("a/b.json", True),
        ("../x", False),
        ("/etc/x", False),
        ("a/", False),
        ("", False),
    ],
)
def test_an_artifact_stays_in_its_folder(name: str, inside: bool) -> None:
    assert is_inside(name) is inside


# -- cost ---------------------------------------------------------------------------------------------------

PRICES = Prices("USD", Decimal("0.052624"), Decimal("0.0057785"), Decimal("0.000111"))


def test_cost_is_hours_times_prices() -> None:
    usage = usage_of({"vCPUHour": 1.5, "memoryGBHour": 6.0, "storageGBHour": 10.0})
    assert usage is not None
    # 1.5 × 0.052624 + 6 × 0.0057785 + 10 × 0.000111
    assert PRICES.of(usage) == Decimal("0.1147")


def test_what_is_not_billed_yet_is_said() -> None:
    one = Usage(Decimal(1), Decimal(4), Decimal(0))
    cost = cost_of([("r1", one), ("r2", None), ("r3", one)], PRICES)
    assert (cost.runs, cost.missing) == (("r1", "r3"), ("r2",))
    assert cost.as_json() == {
        "runs": ["r1", "r3"],
        "vcpu_hours": 2.0,
        "memory_gb_hours": 8.0,
        "storage_gb_hours": 0.0,
        "amount": 0.1515,
        "currency": "USD",
        "not_billed_yet": ["r2"],
    }
    assert cost_of([("r1", one)], None).as_json()["amount"] is None
    assert usage_of(None) is usage_of({}) is None


def test_prices_come_from_the_file() -> None:
    assert load_prices(PROJECT, "us-east-1", "x86_64") == PRICES
    arm = load_prices(PROJECT, "us-east-1", "arm64")
    assert arm is not None
    assert arm.vcpu_hour < PRICES.vcpu_hour
    assert load_prices(PROJECT, "mars-1", "x86_64") is None


@pytest.mark.parametrize("price", ["cheap", "-1", ".nan", "null"])
def test_a_price_is_a_number(tmp_path: Path, price: str) -> None:
    (tmp_path / "profiles").mkdir()
    entry = f"{{vcpu_hour: {price}, memory_gb_hour: 1, storage_gb_hour: 1}}"
    text = f"currency: EUR\nregions: {{eu-west-1: {{arm64: {entry}}}}}\n"
    (tmp_path / "profiles" / "emr_prices.yml").write_text(text)
    with pytest.raises(BadSetting, match="vcpu_hour"):
        load_prices(tmp_path, "eu-west-1", "arm64")


# -- what Spark is told -------------------------------------------------------------------------------------


def environment(**other: object) -> Environment:
    given = {
        "name": "dev",
        "region": "eu-west-1",
        "bucket": "my-lake",
        "application": "medallion-dev",
        "job_role": "arn:aws:iam::123456789012:role/job",
        "release": "emr-7.13.0",
        "architecture": "x86_64",
        "schema_prefix": "dev_",
        "driver": Worker(4, "14g"),
        "executor": Worker(4, "14g", 10),
        "timeout_minutes": 60,
        "idle_minutes": 15,
        "spark": {
            "drop": ["spark.master"],
            "set": {"spark.warehouse": "s3://{bucket}/warehouse", "spark.x": False},
        },
    }
    return Environment(**{**given, **other})  # type: ignore[arg-type]


def test_sparks_settings_are_locals_less_and_plus() -> None:
    conf = spark_conf(
        environment(), "abc", {"spark.master": "local[*]", "spark.a": "1", "spark.driver.memory": "3g"}
    )
    assert "spark.master" not in conf
    assert conf["spark.a"] == "1"
    assert (conf["spark.warehouse"], conf["spark.x"]) == ("s3://my-lake/warehouse", "false")
    assert conf["spark.driver.memory"] == "14g", "the environment's size wins"
    assert conf["spark.archives"] == "s3://my-lake/packages/abc/project.tar.gz#medallion"
    assert conf["spark.emr-serverless.driverEnv.MEDALLION_RAW"] == "s3://my-lake/raw"
    assert conf["spark.emr-serverless.driverEnv.MEDALLION_SCHEMA_PREFIX"] == "dev_"
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):  # the second is what boto3 reads
        assert conf[f"spark.emr-serverless.driverEnv.{name}"] == "eu-west-1"
    assert "spark.emr-serverless.driverEnv.AWS_ENDPOINT_URL" not in conf


def test_an_emulator_is_named_to_the_driver() -> None:
    conf = spark_conf(environment(endpoint_url="http://127.0.0.1:5055"), "abc", {})
    assert conf["spark.emr-serverless.driverEnv.AWS_ENDPOINT_URL"] == "http://127.0.0.1:5055"


def test_parameters_survive_the_way_through_a_shell() -> None:
    hard = {"spark.a": "-Dx='1 2' -Dy=\"$HOME\"", "spark.b": "a=b=c", "spark.c": ""}
    words = shlex.split(submit_parameters(environment(), "abc", hard))
    assert words[::2] == ["--conf"] * (len(words) // 2)
    assert {f"{name}={value}" for name, value in hard.items()} <= set(words[1::2])


def test_the_projects_own_parameters_fit() -> None:
    from runner.profile import spark_settings

    assert len(submit_parameters(environment(), "abc", spark_settings(PROJECT, {}))) < 102_400


def test_a_job_is_read_from_both_answers() -> None:
    times = {"createdAt": NOON, "updatedAt": NOON}
    listed = read_job({"id": "00ab", "name": "medallion r1", "state": "RUNNING", "stateDetails": "", **times})
    assert (listed.run, listed.id, listed.usage) == ("r1", "00ab", None)
    got = read_job(
        {
            **{"jobRunId": "00ab", "name": "nightly", "state": "SUCCESS", "stateDetails": "", **times},
            "billedResourceUtilization": {"vCPUHour": 1.0},
            "executionTimeoutMinutes": 60,
        }
    )
    assert (got.run, got.timeout_minutes) == ("00ab", 60)
    assert got.usage == Usage(Decimal("1.0"))


@pytest.mark.parametrize(
    ("name", "run"),
    [
        ("medallion nightly-7", "nightly-7"),
        ("medallion ../../../../etc", "00ab"),
        ("medallion a/b", "00ab"),
        ("medallion ", "00ab"),
        ("nightly", "00ab"),
        (None, "00ab"),
    ],
)
def test_a_job_s_name_is_not_trusted(name: str | None, run: str) -> None:
    """Anyone who may start jobs may name one so that its artifacts would land outside of their folder."""
    told = {"id": "00ab", "name": name, "state": "RUNNING", "createdAt": NOON, "updatedAt": NOON}
    assert read_job(told).run == run


def test_what_deploy_prints_fits_the_stacks_schedule() -> None:
    from runner.emr import driver
    from runner.emr.cli_deploy import stack_parameters
    from runner.emr.session import Session
    from runner.emulator.submit import parse_parameters

    session = Session(PROJECT, environment())
    printed = stack_parameters(session, "0123456789abcdef")
    template = (PROJECT / "deploy" / "medallion.yaml").read_text()
    said = template.partition("Input: !Sub |\n")[2].partition("\nOutputs:")[0]
    body = re.sub(r"\$\{([\w.]+)\}", lambda found: printed.get(found[1], "30"), said)
    spark = json.loads(body)["JobDriver"]["SparkSubmit"]
    assert spark["EntryPoint"].endswith("/packages/0123456789abcdef/driver.py")
    given = driver.parse(
        [word.replace("<aws.scheduler.execution-id>", "e1") for word in spark["EntryPointArguments"]]
    )
    assert (given.run, given.scheduled, given.force_lock) == (check_run("e1"), True, False)
    settings = parse_parameters(spark["SparkSubmitParameters"]).settings
    assert settings["spark.archives"] == "s3://my-lake/packages/0123456789abcdef/project.tar.gz#medallion"
    assert max(map(len, printed.values())) <= 4096, "what a stack's parameter may hold"


def test_a_ctrl_c_that_a_library_swallows_still_ends_the_watch() -> None:
    watch = Watch(session=None, sleep=lambda _: None)  # type: ignore[arg-type]
    with heeding_interrupts(watch):
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            watch.sleep(1)
    watch.sleep(1)
