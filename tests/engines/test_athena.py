"""Athena by boto3, against the emulator: the life of a query, typed rows, pages, the price of the scan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import emulated_aws
import pytest
import requests
from botocore.exceptions import ClientError, EndpointConnectionError, NoRegionError, ProfileNotFound
from emulated_aws import emulator  # noqa: F401 - a fixture

from runner.aws import aws_in_one_line
from runner.errors import BadSetting, DataError, EngineUnavailable, MedallionError, UsageError
from runner.location import Location
from runner.query import athena_engine
from runner.query.answer import Access, Request
from runner.query.lake_tables import LakeTable
from runner.query.question import read_question
from runner.settings import Settings

COLUMNS = (
    {"Name": "n", "Type": "bigint", "Precision": 19, "Scale": 0},
    {"Name": "amount", "Type": "decimal", "Precision": 38, "Scale": 4},
    {"Name": "at", "Type": "timestamp with time zone", "Precision": 6, "Scale": 0},
)


@pytest.fixture
def request_(
    emulator: dict[str, str],  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Request:
    for name, value in emulator.items():
        monkeypatch.setenv(name, value)
    table: Any = None  # Athena reads the table by itself
    return Request(
        read_question("select * from silver.orders", "athena"),
        (LakeTable("silver.orders", "dev_silver.orders", None, table),),
        Settings(project_dir=tmp_path, home=tmp_path, raw_root=""),
        Location("glue", "s3://lake/warehouse", "dev_", "us-east-1", emulator["AWS_ENDPOINT_URL"]),
        Access(results="s3://lake/athena-results/"),
    )


def queue(emulator_url: str, rows: list[list[str | None]]) -> None:
    """Tell the emulator what its next query finds: it keeps a list and runs nothing."""
    cells = [[{"VarCharValue": v} if v is not None else {} for v in row] for row in rows]
    found = {"rows": [{"Data": row} for row in cells], "column_info": list(COLUMNS)}
    url = f"{emulator_url}/moto-api/static/athena/query-results"
    requests.post(url, json={"results": [found]}, timeout=10).raise_for_status()


def test_rows_are_typed_and_the_scan_has_a_price(request_: Request) -> None:
    header: list[str | None] = ["n", "amount", "at"]
    queue(
        request_.location.endpoint,
        [header, ["1", "12345678901234567890.1234", "2024-03-01 00:00:00.000001 UTC"], [None, None, None]],
    )
    with athena_engine.answer(request_) as found:
        assert found.rows() == [
            (1, Decimal("12345678901234567890.1234"), datetime(2024, 3, 1, 0, 0, 0, 1, timezone.utc)),
            (None, None, None),
        ]
        assert "per TB" in found.notes()[0]
    client: Any = emulated_aws.client(
        {"AWS_ENDPOINT_URL": request_.location.endpoint, "AWS_REGION": "us-east-1"}, "athena"
    )
    (query,) = client.list_query_executions()["QueryExecutionIds"][-1:]
    asked = client.get_query_execution(QueryExecutionId=query)["QueryExecution"]
    assert asked["Query"] == 'select * from "AwsDataCatalog"."dev_silver"."orders"'
    assert asked["ResultConfiguration"]["OutputLocation"].startswith("s3://lake/athena-results/")


def test_a_snapshot_is_asked_for_by_its_id(request_: Request) -> None:
    (table,) = request_.tables
    at = replace(table, snapshot=42)
    assert athena_engine.reference(at, "AwsDataCatalog").endswith('"orders" for version as of 42')


@pytest.mark.usefixtures("request_")
def test_a_workgroup_that_is_not_there(request_: Request) -> None:
    with (
        pytest.raises(UsageError, match="--workgroup") as told,
        athena_engine.answer(replace(request_, access=Access(workgroup="nobody"))),
    ):
        pass
    assert "\n" not in told.value.line


def test_credentials_that_are_missing(request_: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(EngineUnavailable, match="without AWS credentials"), athena_engine.answer(request_):
        pass


def refused(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "StartQueryExecution")


INVALID = "InvalidRequestException"  # Athena's one code for a question, and for where it was asked
NOT_ALLOWED = "not authorized to perform: athena:StartQueryExecution on resource: x"


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (refused(INVALID, "line 1:8: Column 'x' cannot be resolved"), 1, "Mend the question"),
        (refused(INVALID, "No output location provided. One is required"), 2, "--results s3://"),
        (refused(INVALID, "Unable to verify/create output bucket b"), 2, "--results s3://"),
        (refused(INVALID, "WorkGroup nobody is not found."), 2, "--workgroup"),
        (refused("ExpiredTokenException", "The security token is expired"), 3, "aws sso login"),
        (refused("UnrecognizedClientException", "The security token is invalid"), 3, "aws sso login"),
        (ProfileNotFound(profile="nobody"), 3, "aws sso login"),
        (
            refused("AccessDeniedException", NOT_ALLOWED),
            3,
            "athena:StartQueryExecution is missing",
        ),
        (refused("TooManyRequestsException", "Rate exceeded"), 3, "Rate exceeded"),
        (EndpointConnectionError(endpoint_url="http://x"), 3, "does not answer"),
        (NoRegionError(), 3, "You must specify a region"),
    ],
)
def test_what_aws_refuses_is_one_line_with_what_to_do(error: Exception, code: int, said: str) -> None:
    with pytest.raises(MedallionError) as told, aws_in_one_line("Athena"):
        raise error
    assert (told.value.exit_code, said in told.value.line) == (code, True), told.value.line
    assert "\n" not in told.value.line


@pytest.mark.parametrize(
    ("state", "kind", "stopped"), [("FAILED", DataError, []), ("RUNNING", KeyboardInterrupt, ["q"])]
)
def test_only_a_query_that_runs_is_stopped(
    state: str,
    kind: type[BaseException],
    stopped: list[str],
    request_: Request,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And nothing hides why it ended, not even that it cannot be stopped."""
    told: list[str] = []

    class Asked(Client):
        def start_query_execution(self, **_: object) -> dict[str, str]:
            return {"QueryExecutionId": "q"}

        def stop_query_execution(self, QueryExecutionId: str) -> None:
            told.append(QueryExecutionId)
            raise refused(INVALID, "it cannot be stopped")

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("boto3.Session", lambda: SimpleNamespace(client=lambda *_, **__: Asked(state)))
    monkeypatch.setattr(athena_engine.time, "sleep", interrupt)
    with pytest.raises(kind), athena_engine.answer(request_):
        pass
    assert told == stopped


class Client:
    """Answers like Athena about one query, a state at a time."""

    def __init__(self, *states: str) -> None:
        self.states = list(states)

    def get_query_execution(self, QueryExecutionId: str) -> dict[str, Any]:
        status = {"State": self.states.pop(0), "StateChangeReason": "COLUMN_NOT_FOUND: line 1:8"}
        return {"QueryExecution": {"QueryExecutionId": QueryExecutionId, "Status": status}}


def test_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(athena_engine.time, "sleep", pauses.append)
    done = athena_engine.wait(Client("QUEUED", *["RUNNING"] * 20, "SUCCEEDED"), "q")
    assert done["Status"]["State"] == "SUCCEEDED"
    assert pauses == sorted(pauses)
    assert pauses[-1] == 2.0
    with pytest.raises(DataError, match="COLUMN_NOT_FOUND"):
        athena_engine.wait(Client("RUNNING", "FAILED"), "q")


def test_pages_follow_one_another() -> None:
    def page(*values: str) -> dict[str, Any]:
        rows = [{"Data": [{"VarCharValue": value}]} for value in values]
        return {"ResultSet": {"Rows": rows, "ResultSetMetadata": {"ColumnInfo": [COLUMNS[0]]}}}

    def pages() -> Iterator[dict[str, Any]]:
        yield page("n", "1", "2")
        yield page("3")
        yield page("4", "5")

    assert athena_engine.read_pages(pages(), "").rows() == [(1,), (2,), (3,), (4,), (5,)]


@pytest.mark.parametrize(
    ("scanned", "said"),
    [(0, "scanned 0.0 MB, about $0.00005"), (2_000_000_000_000, "2,000,000.0 MB, about $10.00000")],
)
def test_the_price(scanned: int, said: str) -> None:
    assert said in athena_engine.price_note({"DataScannedInBytes": scanned})


def test_settings_may_be_in_the_file(request_: Request) -> None:
    given = {"MEDALLION_ATHENA_WORKGROUP": "team", "MEDALLION_ATHENA_RESULTS": "s3://elsewhere/"}
    asked = replace(request_, access=Access(), settings=replace(request_.settings, from_file=given))
    found = athena_engine.where(asked)
    assert found["WorkGroup"] == "team"
    assert found["ResultConfiguration"] == {"OutputLocation": "s3://elsewhere/"}
    assert athena_engine.read_price("6.25") == 6.25
    with pytest.raises(BadSetting, match="cheap"):
        athena_engine.read_price("cheap")
