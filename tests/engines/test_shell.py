"""DuckDB's shell, on a small lake: it reads the lake, and reaches no other file."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path

import command_line
import duckdb
import pyarrow as pa
import pytest
import small_lake
from command_line import Done, Typed

from runner.errors import UsageError
from runner.lake import open_catalog
from runner.query.duckdb_lake import lock_sql
from runner.query.shell import refuse_effects
from runner.settings import Settings


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, str]:
    """A lake with two tables, and a time between them."""
    rows = pa.table({"n": pa.array([1, 2, 3], pa.int32()), "category": ["bit", "school", None]})
    settings = small_lake.made(tmp_path_factory.mktemp("shell"), orders=rows)
    time.sleep(0.05)
    between = datetime.now(timezone.utc).isoformat()
    time.sleep(0.05)
    small_lake.fill(open_catalog(settings), younger=rows)
    return settings, between


def shell(settings: Settings, script: str | Typed, *args: str) -> Done:
    return command_line.run(small_lake.environ(settings), "query", "duckdb", *args, stdin=script)


def test_statements_end_with_a_semicolon_and_tables_are_kept_in_memory(lake: tuple[Settings, str]) -> None:
    done = shell(
        lake[0],
        "select category\nfrom silver.orders where n = 2;\n"
        "create table mine as select * from silver.orders;\nselect count(*) as kept from mine;\n"
        "explain analyze select 1; select interval 1 day; pragma version;\n.quit\nselect 'never';\n",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "school" in done.stdout
    assert "kept" in done.stdout
    assert "1 day" in done.stdout
    assert "never" not in done.stdout


@pytest.mark.parametrize(
    ("statement", "code", "said"),
    [
        ("delete from silver.orders", 1, "DuckDB"),
        ("select * from read_csv('/etc/passwd')", 1, "Permission Error"),
        ("copy silver.orders to '{warehouse}/stolen.csv'", 2, "COPY is not for this shell"),
        ("explain analyze copy silver.orders to '{warehouse}/stolen.parquet'", 2, "COPY is not for this"),
        (
            "select * from enable_logging(storage='file', storage_config={{'path': '{warehouse}'}})",
            2,
            "enable_",
        ),
        ("set enable_external_access = true", 2, "SET is not for this shell"),
    ],
)
def test_a_script_ends_at_what_fails(
    statement: str, code: int, said: str, lake: tuple[Settings, str]
) -> None:
    warehouse = lake[0].warehouse / "silver" / "orders"
    before = sorted(warehouse.rglob("*"))
    done = shell(lake[0], f"select 1;\n{statement.format(warehouse=warehouse)};\nselect 'never';\n")
    assert (done.returncode, done.stderr.count("\n")) == (code, 1)
    assert said in done.stderr
    assert "never" not in done.stdout
    assert sorted(warehouse.rglob("*")) == before


def test_a_person_goes_on_after_what_fails(lake: tuple[Settings, str]) -> None:
    done = shell(lake[0], Typed("selec 1;\nselect 'after' as it;\n"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Parser Error" in done.stdout
    assert "after" in done.stdout


def test_a_table_that_was_not_there_yet_is_left_out(lake: tuple[Settings, str]) -> None:
    settings, between = lake
    done = shell(settings, "select count(*) as rows from silver.orders;", "--at", between)
    assert done.returncode == 0
    assert "left out: silver.younger has nothing at" in done.stderr
    assert "begins at" in shell(settings, "select 1;", "--at", "2000-01-01").stderr


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for statement in lock_sql([str(tmp_path_factory.mktemp("lake"))]):
        connection.execute(statement)
    return connection


@pytest.mark.parametrize(
    "sql",
    [
        "explain (analyze) copy (select 1) to 'x'",
        "/* explain */ explain analyze copy (select 1) to 'x'",
        "explain analyze insert into t values (1)",
        "export database 'x'",
        "attach 'x' as y",
        "install httpfs",
        "call enable_logging()",
        'from system.main."Enable_Logging" ()',
        "create macro m() as table from enable_profiling(save_location = 'x')",
        "from query('from enable_' || 'logging()')",
        "from json_execute_serialized_sql(json_serialize_sql('select 1'))",
        "pragma enable_profiling",
    ],
)
def test_what_could_reach_a_file_or_a_setting(sql: str, locked: duckdb.DuckDBPyConnection) -> None:
    (statement,) = locked.extract_statements(sql)
    with pytest.raises(UsageError):
        refuse_effects(locked, statement)


@pytest.mark.parametrize(
    "sql",
    ["-- a\nexplain select 1", "explain (analyze, format json) from range(3)", "select query from t",
     "create view v as select 'enable_logging('", "insert into t values (1)", "describe t", "summarize t"],
)  # fmt: skip
def test_what_only_reads_or_stays_in_memory(sql: str, locked: duckdb.DuckDBPyConnection) -> None:
    (statement,) = locked.extract_statements(sql)
    refuse_effects(locked, statement)


def test_the_lock_holds_whatever_is_refused_before_it(
    locked: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with pytest.raises(duckdb.Error):
        locked.execute(f"copy (select 1) to '{tmp_path}/x.csv'")
    with pytest.raises(duckdb.Error):
        locked.execute("create persistent secret s (type s3)")
    with pytest.raises(duckdb.Error):
        locked.execute("set enable_external_access = true")
