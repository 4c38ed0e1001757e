"""What `medallion connect` prints: golden files, read by sqlglot where it can; least privilege."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
import sqlglot
import yaml
from lake import PROJECT
from sqlglot import exp

from runner.connect.describe import ENGINES, Connection, ConnectTable, Names, describe_connection
from runner.connect.policy import athena_policy, partition_of, read_policy
from runner.errors import UsageError
from runner.location import Location
from runner.query.engines import ENGINES as QUERY_ENGINES

GOLDEN = Path(__file__).parent / "golden"
LOCATION = Location("glue", "s3://acme-lake/warehouse", "dev_", "eu-central-1")
NAMES = Names(account="123456789012")
TABLES = [
    ConnectTable(
        f"{layer}.{short}", f"dev_{layer}", short,
        f"s3://acme-lake/warehouse/dev_{layer}.db/{short}/metadata/00003-a.metadata.json", snapshot,
    )
    for layer, short, snapshot in (
        ("bronze", "orders", 11), ("silver", "orders", 4120551236789), ("gold", "daily_sales", None),
    )
]  # fmt: skip


def connection(engine: str) -> Connection:
    return describe_connection(engine, LOCATION, TABLES, NAMES)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_printed(engine: str) -> None:
    golden, text = GOLDEN / f"{engine}.sql", connection(engine).text
    if os.environ.get("WRITE_PAGES"):
        golden.write_text(text)
    assert golden.read_text() == text, "it changed: WRITE_PAGES=1 pytest tests/engines/test_connect.py"


@pytest.mark.parametrize("engine", ["athena", "trino", "duckdb", "snowflake"])
def test_every_statement_is_the_dialects(engine: str) -> None:
    statements = [s for s in sqlglot.parse(connection(engine).sql, dialect=engine) if s is not None]
    reads = [s for s in statements if isinstance(s, exp.Query)]
    named = {".".join(p.name for p in t.parts[-2:]) for s in reads for t in s.find_all(exp.Table)}
    assert named == {f"{table.schema}.{table.short}" for table in TABLES}


@pytest.mark.parametrize("engine", ["athena", "trino", "starrocks"])
def test_the_questions_are_the_dialects(engine: str) -> None:
    sql = re.sub(r"--.*", "", connection(engine).sql)
    questions = [one.strip() for one in sql.split(";") if one.strip().startswith("select")]
    assert len(questions) > len(TABLES)
    for question in questions:
        assert isinstance(sqlglot.parse_one(question, dialect=engine), exp.Query)


@pytest.mark.parametrize("engine", ENGINES)
def test_no_key_is_in_it(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATHEKEY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-secret")
    text = connection(engine).text
    assert "AKIATHEKEY" not in text
    assert "the-secret" not in text


@pytest.mark.parametrize("engine", list(ENGINES))
def test_no_policy_writes_a_table(engine: str) -> None:
    for policy in connection(engine).policies.values():
        for statement in policy["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            resource = json.dumps(statement.get("Resource", ""))
            assert "*" not in "".join(actions)
            assert not re.search(r"glue:(?!Get)|s3:Delete", " ".join(actions))
            if "s3:PutObject" in actions:
                assert resource == '"arn:aws:s3:::acme-lake/athena-results/*"'


def test_reading_is_allowed_on_these_schemas_and_this_folder_only() -> None:
    policy = json.dumps(read_policy(LOCATION, "123456789012", ["dev_silver"]))
    assert "arn:aws:glue:eu-central-1:123456789012:table/dev_silver/*" in policy
    assert "dev_gold" not in policy
    assert "arn:aws:s3:::acme-lake/warehouse/*" in policy
    assert "arn:aws:s3:::acme-lake/*" not in policy


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-central-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_the_partition_of_a_region(region: str, partition: str) -> None:
    assert partition_of(region) == partition


def test_a_lake_in_files_of_this_machine() -> None:
    local = Location("sql", "/home/me/warehouse")
    tables = [ConnectTable("silver.orders", "silver", "orders", "/home/me/warehouse/silver/orders/m.json", 1)]
    found = describe_connection("duckdb", local, tables, Names())
    assert "iceberg_scan('/home/me/warehouse/silver/orders/m.json')" in found.text
    assert found.policies == {}
    with pytest.raises(UsageError, match="files of this machine"):
        describe_connection("snowflake", local, tables, Names())


@pytest.mark.parametrize("engine", ENGINES)
def test_no_bucket_may_be_listed_as_a_whole(engine: str) -> None:
    for policy in connection(engine).policies.values():
        for statement in policy["Statement"]:
            if "s3:ListBucket" in statement["Action"]:
                assert statement["Action"] == ["s3:ListBucket"]
                for prefix in statement["Condition"]["StringLike"]["s3:prefix"]:
                    assert prefix.startswith(("warehouse/", "athena-results"))


def test_athena_finds_the_bucket_and_puts_large_results_together() -> None:
    policy = athena_policy(LOCATION, "1", ["dev_silver"], "team", "s3://results/of/team/")
    by_id = {statement["Sid"]: statement for statement in policy["Statement"]}
    assert by_id["AskInOneWorkgroup"]["Resource"] == "arn:aws:athena:eu-central-1:1:workgroup/team"
    assert by_id["WriteResults"]["Resource"] == "arn:aws:s3:::results/of/team/*"
    assert "s3:ListMultipartUploadParts" in by_id["WriteResults"]["Action"]
    assert by_id["ListResults"]["Condition"] == {"StringLike": {"s3:prefix": ["of/team", "of/team/*"]}}
    assert by_id["FindResults"] == {
        "Sid": "FindResults", "Effect": "Allow",
        "Action": ["s3:GetBucketLocation"], "Resource": "arn:aws:s3:::results",
    }  # fmt: skip


def test_machines_of_starrocks_may_take_the_role() -> None:
    policies = connection("starrocks").policies
    (take,) = policies["Policy of the role that the machines of StarRocks run as"]["Statement"]
    assert take["Resource"] == "arn:aws:iam::123456789012:role/medallion-starrocks"
    (trust,) = policies[f"Trust policy of {take['Resource']}"]["Statement"]
    assert trust["Action"] == "sts:AssumeRole"


def test_a_path_with_a_quote() -> None:
    table = ConnectTable("silver.a", "silver", "a", "/home/o'hara/m.json", 1)
    found = describe_connection("duckdb", Location("sql", "/home/o'hara"), [table], Names())
    assert "iceberg_scan('/home/o''hara/m.json')" in found.sql


def test_every_engine_is_an_exposure_that_reads_models_that_there_are() -> None:
    exposures = yaml.safe_load((PROJECT / "models" / "_engines.yml").read_text())["exposures"]
    asked = {one["meta"].get("ask", "").removeprefix("medallion query ") for one in exposures}
    connected = {one["meta"].get("connect", "").removeprefix("medallion connect ") for one in exposures}
    assert {*QUERY_ENGINES} - {"spark"} <= asked  # it writes the lake, and is no reader of it
    assert {*ENGINES} <= asked | connected
    models = {path.stem for path in (PROJECT / "models").rglob("*.sql")}
    for one in exposures:
        named = {re.sub(r"ref\('(.*)'\)", r"\1", ref) for ref in one["depends_on"]}
        assert named
        assert named <= models
        assert (PROJECT / one["meta"]["guide"]).is_file()
