"""Spark as an engine: what its Thrift server is told, and the session in this process when none is up."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pyarrow as pa
import pytest
import small_lake
import spark_values
from lake import PROJECT
from pyhive import hive

from runner import server_process
from runner.location import Location
from runner.query import spark_engine
from runner.query.answer import Request
from runner.query.lake_tables import LakeTable
from runner.query.question import read_question
from runner.settings import Settings

NO_TABLE: Any = None
AT = datetime(2024, 3, 1, tzinfo=timezone.utc)


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    return Request(
        read_question("select 1 as a, 2 as a from silver.orders", "spark"),
        (LakeTable("silver.orders", "dev_silver.orders", 42, NO_TABLE),),
        Settings(project_dir=PROJECT, home=tmp_path, raw_root=""),
        Location("sql", str(tmp_path / "warehouse")),
    )


class Cursor:
    """Answers like the Thrift server's: a description, then rows."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def execute(self, sql: str) -> None:
        self.told.append(sql)

    def fetchall(self) -> list[tuple[str, str, None]]:
        return [("a", "int", None), ("a", "array<decimal(4,2)>", None)]

    def fetchone(self) -> tuple[Any, ...] | None:
        self.rows = getattr(self, "rows", iter([(1, "[1.50, null]"), (2, None)]))
        return next(self.rows, None)


def test_the_server_streams_and_is_given_only_a_query(
    request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    cursor = Cursor()

    class Connection:
        def __enter__(self) -> Any:
            return SimpleNamespace(cursor=lambda: cursor)

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(hive, "connect", lambda *_: Connection())
    monkeypatch.setattr(spark_engine.server, "state", lambda _: SimpleNamespace(port=1, warehouse=""))
    with spark_engine.answer(request_) as answer:
        (batch,) = answer.batches
    asked = "select 1 as a, 2 as a from `silver__orders__at` as `orders`"
    assert cursor.told[0] == "set spark.sql.thriftServer.incrementalCollect=true"
    assert cursor.told[1].startswith("create or replace temporary view `silver__orders__at`")
    assert cursor.told[2] == f"describe query {asked}"
    assert cursor.told[3].startswith("select c0, to_json(c1, ")
    assert cursor.told[3].endswith(f" from ({asked}\n) as answer(c0, c1)")
    assert [str(value) for value in batch.column(1)[0].as_py()] == ["1.50", "None"]


def test_a_plain_answer_is_asked_for_as_it_was_written() -> None:
    assert spark_engine.readable_sql("select 1", [("a", "int"), ("b", "string")]) == "select 1"


@pytest.fixture
def far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("far_from_utc")
def test_a_point_in_time_is_the_same_in_each_zone(request_: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyspark.sql.types import TimestampType

    def rows() -> Iterator[tuple[datetime]]:
        yield (TimestampType().fromInternal(int(AT.timestamp() * 1e6)),)  # as PySpark reads a row

    class Spark:
        def sql(self, statement: str) -> Any:
            described = [("at", "timestamp", None)]
            return SimpleNamespace(collect=lambda: described, toLocalIterator=rows)

        def stop(self) -> None: ...

    monkeypatch.setattr(server_process, "start_spark", lambda _: Spark())
    with mock.patch.dict(os.environ), spark_engine.answer(request_) as answer:
        assert answer.rows() == [(AT,)]
    assert os.environ["TZ"] == "America/New_York"
    assert time.localtime(0).tm_hour == 19


@pytest.mark.spark
def test_a_session_in_this_process(tmp_path: Path) -> None:
    """Without a server, in a process that is not in UTC; the same text as from the server."""
    settings = small_lake.made(tmp_path, orders=pa.table({"n": pa.array([1, 2], pa.int32())}))
    question = f"{spark_values.SQL} from silver.orders limit 1"
    done = subprocess.run(
        [sys.executable, "-m", "runner", "query", "spark", question, "--format", "csv"],
        env={**small_lake.environ(settings), "TZ": "America/New_York"},
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list(csv.reader(io.StringIO(done.stdout))) == spark_values.ROWS
