"""`medallion query` and `connect` on a lake of this machine, as a person runs them."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import command_line
import pyarrow.parquet as pq
import pytest
import spark_values
from command_line import Done
from lake import Lake

from runner import demo_files as files

SUM = "select count(orders.category), sum(orders.quantity) from silver.orders"


@pytest.fixture(scope="module")
def built(server: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, int]:
    """A lake with updates and a deletion, under a prefix; and silver's snapshot before the deletion."""
    path = tmp_path_factory.mktemp("local")
    lake = Lake(server.home, path / "raw", path, "server", "asked_", server.port)
    select = ("--select", "bronze", "silver", "--exclude-resource-type", "test")
    lake.land("1.tsv", files.FIRST)
    lake.build(*select)
    before = lake.head("silver.orders")
    assert before
    lake.land("2.tsv", files.UPDATES)
    lake.land("3.tsv", files.DELETION)
    lake.build(*select)
    return lake, before


def ask(lake: Lake, *args: str, stdin: str = "") -> Done:
    """Run `medallion query` on a lake."""
    return command_line.run(lake.environ(), "query", *args, stdin=stdin)


@pytest.mark.parametrize("engine", ["duckdb", "pyiceberg", "spark"])
def test_the_same_names_and_answers(engine: str, built: tuple[Lake, int]) -> None:
    lake, before = built
    now = ask(lake, engine, SUM, "--format", "csv")
    then = ask(lake, engine, SUM, "--format", "csv", "--at", str(before))
    assert (now.returncode, then.returncode) == (0, 0), now.stderr + then.stderr
    read = [list(csv.reader(io.StringIO(one.stdout)))[1] for one in (now, then)]
    assert read == [["4", "12"], ["5", "13"]]


def test_a_question_in_a_file_and_an_answer_in_one(built: tuple[Lake, int]) -> None:
    lake, _ = built
    question, answer = lake.work / "q.sql", lake.work / "a.parquet"
    question.write_text("-- the rows\nselect invoice_id, category from silver.orders order by invoice_id;\n")
    done = ask(lake, "duckdb", "--file", str(question), "--format", "parquet", "--output", str(answer))
    assert done.returncode == 0, done.stderr
    assert pq.read_table(answer).column("category").to_pylist() == [
        "bit",
        "market####",
        "school",
        "language####",
    ]
    piped = ask(lake, "duckdb", "--file", "-", "--format", "json", stdin=SUM)
    assert list(json.loads(piped.stdout)[0].values()) == [4, 12]


@pytest.mark.parametrize("engine", ["duckdb", "pyiceberg", "spark"])
def test_a_column_may_name_its_table_in_full(engine: str, built: tuple[Lake, int]) -> None:
    sql = "select count(silver.orders.category), sum(lake.silver.orders.quantity) from silver.orders"
    done = ask(built[0], engine, sql, "--format", "csv")
    assert done.stdout.splitlines()[1:] == ["4,12"], done.stderr


def test_what_only_spark_has_types_for(built: tuple[Lake, int]) -> None:
    done = ask(built[0], "spark", spark_values.SQL, "--format", "csv")
    assert done.returncode == 0, done.stderr
    assert list(csv.reader(io.StringIO(done.stdout))) == spark_values.ROWS


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["duckdb", "select * from silver.order"], 2, "Did you mean silver.orders?"),
        (["duckdb", "select * from orders"], 2, "Did you mean"),
        (["oracle", "select 1"], 2, "there is no engine oracle"),
        (["snowflake", "select 1"], 2, "medallion connect snowflake"),
        (["duckdb", "drop table silver.orders"], 2, "only reads"),
        (["duckdb", "select nope from silver.orders"], 1, "nope"),
        (["duckdb", "select 1", "--format", "xml"], 2, "there is no format xml"),
        (["duckdb", SUM, "--at", "whenever"], 2, "neither a snapshot nor a time"),
        (["duckdb", SUM, "--at", ""], 2, "neither a snapshot nor a time"),
        (["duckdb", SUM, "--at", "99999999 weeks ago"], 2, "neither a snapshot nor a time"),
        (["duckdb", SUM, "--output", "answer"], 2, "answer does not say which format"),
        (["spark", "select reflect('java.lang.System', 'exit', 1)"], 2, "reflect()"),
        (["duckdb", SUM, "--at", "7"], 1, "no snapshot 7"),
        (["duckdb", SUM, "--at", "2000-01-01"], 1, "begins at"),
        (["duckdb", "--file", "/nonexistent.sql"], 2, "/nonexistent.sql"),
        (["spark"], 2, "there is no question"),
        (["trino", SUM], 2, "MEDALLION_CATALOG=glue"),
        (["athena", SUM], 2, "MEDALLION_CATALOG=glue"),
    ],
)
def test_bad_input_is_one_line(args: list[str], code: int, said: str, built: tuple[Lake, int]) -> None:
    done = ask(built[0], *args)
    assert (done.returncode, done.stderr.count("\n")) == (code, 1), done.stderr
    assert said in done.stderr


def test_connect_prints_what_duckdb_can_run(built: tuple[Lake, int]) -> None:
    from runner.query import duckdb_lake

    lake, _ = built
    printed = lake.medallion("connect", "duckdb")
    assert printed.returncode == 0, printed.stderr
    with duckdb_lake.connect() as connection:
        for name in ("avro", "httpfs", "iceberg"):
            connection.load_extension(str(duckdb_lake.extension_path(name)))
        for statement in connection.extract_statements(printed.stdout):
            if not statement.query.strip().startswith(("install", "load")):  # these would go to the network
                connection.execute(statement)
        assert connection.sql('select count(*) from "asked_silver"."orders"').fetchall() == [(4,)]
