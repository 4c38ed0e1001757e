"""`medallion query` on a lake of a few rows, in the engines that need no Spark."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import command_line
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import small_lake
from command_line import Done
from lake import PROJECT

from runner.errors import DataError
from runner.lake import list_tables, model_of_table, open_catalog, table_of_model
from runner.query.answer import Answer
from runner.query.cli import write
from runner.query.engines import ask
from runner.query.formats import write_json
from runner.settings import Settings

AT = datetime(2024, 3, 1, tzinfo=timezone.utc)
ROWS = pa.table(
    {
        "n": pa.array([1, 2, 3, 4], pa.int32()),
        "at": pa.array([AT] * 4, pa.timestamp("us", tz="UTC")),
        "pair": pa.array([{"share": float("nan"), "amount": Decimal("1.50")}] * 4,
                         pa.struct([("share", pa.float64()), ("amount", pa.decimal128(9, 2))])),
        "counts": pa.array([[("a", 1)]] * 4, pa.map_(pa.string(), pa.int64())),
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return small_lake.made(tmp_path_factory.mktemp("small"), orders=ROWS, order=ROWS)


def rows(settings: Settings, engine: str, sql: str) -> list[tuple[Any, ...]]:
    with ask(engine, sql, settings) as answer:
        return answer.rows()


def query(settings: Settings, *args: str) -> Done:
    return command_line.run(small_lake.environ(settings), "query", *args)


@pytest.mark.parametrize("engine", ["duckdb", "pyiceberg"])
@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        # each step of the recursion reads the table again
        (
            "with recursive steps as (select 1 as n, 0 as total union all select steps.n + 1, "
            "(select sum(o.n)::int from silver.orders as o where o.n <= steps.n) from steps "
            "where steps.n < 4) select total from steps order by n",
            [(0,), (1,), (3,), (6,)],
        ),
        (
            "with o as not materialized (select * from silver.orders) "
            "select (select count(*) from o), (select sum(n) from o)",
            [(4, Decimal(10))],
        ),
        ("select count(*) from silver.orders a join silver.orders b on a.n < b.n", [(6,)]),
        ("select max(order.n) from silver.order", [(4,)]),
        ("select max(silver.orders.n), max(\"order\".n) from silver.orders, silver.order", [(4, 4)]),
        ("select 1; -- a note", [(1,)]),
        ("select 1 as a, 2 as a", [(1, 2)]),
        ("select interval 1 day, [interval 1 day], time '10:00', null", None),
    ],
)  # fmt: skip
def test_answers(engine: str, sql: str, expected: list[tuple[Any, ...]] | None, settings: Settings) -> None:
    sql = sql if "order.n" not in sql or '"' in sql else sql.replace("order", '"order"')
    found = rows(settings, engine, sql)
    assert found == expected or (expected is None and found[0][0] == "1 day")


@pytest.mark.parametrize("engine", ["duckdb", "pyiceberg"])
def test_nested_values_are_json(engine: str, settings: Settings) -> None:
    sink = io.BytesIO()
    with ask(engine, "select pair, counts from silver.orders limit 1", settings) as answer:
        write_json(answer, sink)
    assert sink.getvalue().decode() == (
        '[\n{"pair": {"share": null, "amount": 1.50}, "counts": {"a": 1}}\n]\n'
    )


def test_an_answer_in_a_file_has_the_format_of_its_name(settings: Settings, tmp_path: Path) -> None:
    answer = tmp_path / "a.parquet"
    assert query(settings, "duckdb", "select n from silver.orders", "--output", str(answer)).returncode == 0
    assert pq.read_table(answer).num_rows == 4
    done = query(settings, "duckdb", "select 1 as x", "--output", str(tmp_path / "b.tsv"), "--format", "csv")
    assert done.returncode == 0
    assert (tmp_path / "b.tsv").read_text() == '"x"\n1\n'


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.RecordBatch.from_arrays([pa.array([1])], names=["n"])
        raise DataError("the second batch cannot be read")

    answer = tmp_path / "a.csv"
    answer.write_text("before")
    with pytest.raises(DataError):
        write(Answer(pa.schema([("n", pa.int64())]), batches()), "csv", answer)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert answer.read_text() == "before"


def test_a_file_with_only_a_comment_asks_nothing(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "q.sql").write_text("-- nothing yet\n")
    done = query(settings, "duckdb", "--file", str(tmp_path / "q.sql"))
    assert (done.returncode, "there is no question" in done.stderr) == (2, True)


def test_the_prefix_of_the_schemas_may_be_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lists tables has no settings at hand: the command puts the file's into its environment."""
    (tmp_path / "dbt_project.yml").write_text("name: x\n")
    (tmp_path / "models").symlink_to(PROJECT / "models")
    home = tmp_path / "home"
    (tmp_path / ".env").write_text(f"MEDALLION_SCHEMA_PREFIX=dev_\nMEDALLION_HOME={home}\n")
    catalog = open_catalog(small_lake.made(home))
    small_lake.fill(catalog, "dev_silver", orders=ROWS)
    environ = {**small_lake.environ(small_lake.made(home)), "DBT_PROJECT_DIR": str(tmp_path)}
    environ.pop("MEDALLION_HOME")
    done = command_line.run(
        environ, "query", "duckdb", "select count(*) from silver.orders", "--format", "csv"
    )
    assert done.stdout.splitlines()[1:] == ["4"], done.stderr
    done = command_line.run(environ, "status", "--json")
    assert "dev_silver.orders" in done.stdout, done.stderr
    monkeypatch.setenv("MEDALLION_SCHEMA_PREFIX", "dev_")
    assert list_tables(catalog) == ["dev_silver.orders"]
    assert model_of_table(table_of_model("silver_orders")) == "silver_orders"
