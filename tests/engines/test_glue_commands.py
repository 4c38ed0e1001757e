"""`medallion query` and `connect` on a lake in Glue and S3, as a person runs them: AWS is emulated."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import command_line
import fake_starrocks
import pyarrow as pa
import pytest
import requests
import small_lake
from emulated_aws import emulator  # noqa: F401 - a fixture
from lake import PROJECT

from runner.lake import open_catalog
from runner.settings import load_settings

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"


@pytest.fixture(scope="module")
def environ(
    emulator: dict[str, str],  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, str]]:
    """The environment of a lake with one table of two rows, under a prefix."""
    home = tmp_path_factory.mktemp("glue")
    found = {
        **os.environ, **emulator,
        "MEDALLION_HOME": str(home), "DBT_PROJECT_DIR": str(PROJECT), "MEDALLION_SCHEMA_PREFIX": "dev_",
    }  # fmt: skip
    with mock.patch.dict(os.environ, found, clear=True):
        catalog = open_catalog(load_settings(project_dir=PROJECT))
        rows = pa.table({"n": pa.array([1, 2], pa.int32())})
        small_lake.fill(catalog, "dev_silver", orders=rows)
    yield found


@pytest.mark.parametrize("engine", ["duckdb", "pyiceberg"])
def test_the_files_are_read_from_s3(engine: str, environ: dict[str, str]) -> None:
    sql = "select sum(silver.orders.n) as n from silver.orders"
    done = command_line.run(environ, "query", engine, sql, "--format", "csv")
    assert done.stdout.splitlines() == ['"n"', "3"], done.stderr


def test_a_table_that_is_not_there(environ: dict[str, str]) -> None:
    done = command_line.run(environ, "query", "athena", "select * from silver.order")
    assert (done.returncode, "Did you mean silver.orders?" in done.stderr) == (2, True)


def test_athena_says_what_it_cost(environ: dict[str, str]) -> None:
    found = {"rows": [{"Data": [{"VarCharValue": v}]} for v in ("n", "3")],
             "column_info": [{"Name": "n", "Type": "bigint", "Precision": 19, "Scale": 0}]}  # fmt: skip
    url = f"{environ['AWS_ENDPOINT_URL']}/moto-api/static/athena/query-results"
    requests.post(url, json={"results": [found]}, timeout=10).raise_for_status()
    sql = "select sum(n) as n from silver.orders"
    done = command_line.run(
        {**environ, "MEDALLION_ATHENA_PRICE": "6"}, "query", "athena", sql, "--results", "s3://lake/r/",
        "--format", "csv",
    )  # fmt: skip
    assert (done.stdout, "at $6 per TB" in done.stderr) == ('"n"\n3\n', True), done.stderr


def test_starrocks_is_asked(environ: dict[str, str]) -> None:
    with fake_starrocks.running() as frontend:
        frontend.columns, frontend.rows = (("n", *fake_starrocks.BIGINT),), [["3"]]
        url = f"starrocks://127.0.0.1:{frontend.port}"
        done = command_line.run(
            environ,
            "query",
            "starrocks",
            "select sum(n) as n from silver.orders",
            "--url",
            url,
            "--format",
            "csv",
        )
    assert done.stdout == '"n"\n3\n', done.stderr
    assert frontend.told[-1] == "select sum(n) as n from `lake`.`dev_silver`.`orders`"
    gone = command_line.run(environ, "query", "starrocks", "select 1", "--url", url)
    assert (gone.returncode, "does not answer" in gone.stderr) == (3, True)


@pytest.mark.parametrize("engine", ["duckdb", "starrocks"])
def test_connect_knows_the_lake_and_asks_for_the_account(engine: str, environ: dict[str, str]) -> None:
    done = command_line.run(environ, "connect", engine)
    assert (done.returncode, done.stderr) == (0, "")
    assert "dev_silver" in done.stdout
    assert "arn:aws:glue:us-east-1:123456789012:table/dev_silver/*" in done.stdout  # the emulator's account


def test_connect_takes_the_account_and_the_role(environ: dict[str, str]) -> None:
    done = command_line.run(environ, "connect", "snowflake", "--account", ACCOUNT, "--role", ROLE)
    assert f"storage_aws_role_arn = '{ROLE}'" in done.stdout
    assert f"arn:aws:glue:us-east-1:{ACCOUNT}:catalog" in done.stdout


@pytest.mark.parametrize("is_flag", [True, False])
def test_connect_athena_as_query_asks_it(is_flag: bool, environ: dict[str, str], tmp_path: Path) -> None:
    flags = ["--workgroup", "team", "--results", "s3://results/team/"] if is_flag else []
    given = {} if is_flag else {
        "MEDALLION_ATHENA_WORKGROUP": "team", "MEDALLION_ATHENA_RESULTS": "s3://results/team/",
    }  # fmt: skip
    done = command_line.run({**environ, **given}, "connect", "athena", "--account", ACCOUNT, *flags)
    assert f":{ACCOUNT}:workgroup/team" in done.stdout
    assert "arn:aws:s3:::results/team/*" in done.stdout
    assert "--workgroup team --results s3://results/team/" in done.stdout


def test_credentials_that_nobody_has(environ: dict[str, str]) -> None:
    nobody = {**environ, "AWS_PROFILE": "nobody"}
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"):
        nobody.pop(name)
    done = command_line.run(nobody, "query", "duckdb", "select * from silver.orders")
    assert (done.returncode, done.stderr.count("\n"), "aws sso login" in done.stderr) == (3, 1, True), done
