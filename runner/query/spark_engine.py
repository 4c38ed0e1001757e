"""Spark: the warm server when one is up, else a session of its own in this process."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pyarrow as pa

from runner import server
from runner.errors import DataError, EngineUnavailable
from runner.glue import with_glue
from runner.jars import ensure_aws_jars
from runner.profile import spark_settings
from runner.query.answer import Answer, Request, batches_of
from runner.query.arrow_types import arrow_type
from runner.query.lake_tables import LakeTable
from runner.spark_errors import first_line

DIALECT = "spark"
NAME = "Spark"
# Else the server collects an answer before it hands out its first row
_STREAM = "set spark.sql.thriftServer.incrementalCollect=true"
_NESTED = ("array<", "struct<", "map<")
_JSON = (
    "map('ignoreNullFields', 'false', 'timestampFormat', 'yyyy-MM-dd HH:mm:ss.SSSSSSXXX', "
    "'timestampNTZFormat', 'yyyy-MM-dd HH:mm:ss.SSSSSS')"
)
Types = list[tuple[str, str]]  # of columns: name, and type as Spark calls it


@contextmanager
def answer(request: Request) -> Iterator[Answer]:
    """Answer in Spark. The question is described first: Spark takes only a query for that."""
    tables = request.by_name
    is_pinned = any(table.snapshot is not None for table in request.tables)
    sql = request.question.rename(lambda name: reference(tables[name]), with_alias=is_pinned)
    views = [view_sql(table) for table in request.tables if table.snapshot is not None]
    running = server.state(request.settings)
    if running and running.warehouse and running.warehouse != request.location.warehouse:
        running = None  # it sees another lake
    ask = _ask_server(running.port, views, sql) if running else _ask_here(request, views, sql)
    with ask as found:
        yield found


def reference(table: LakeTable) -> str:
    """Return the table as Spark names it; as of a snapshot it is a view. Pure."""
    if table.snapshot is None:
        return ".".join(f"`{part}`" for part in ("lake", *table.identifier.split(".")))
    return f"`{table.schema}__{table.short}__at`"


def view_sql(table: LakeTable) -> str:
    """Return the view of a table's snapshot, by a read option (docs/decisions/0003). Pure."""
    return (
        f"create or replace temporary view {reference(table)} using iceberg "
        f"options (path 'lake.{table.identifier}', `snapshot-id` '{table.snapshot}')"
    )


def readable_sql(sql: str, types: Types) -> str:
    """Return a query that gives as text what its clients cannot read: nested values, intervals. Pure."""
    names = [f"c{number}" for number in range(len(types))]
    columns = [_readable(name, kind) for name, (_, kind) in zip(names, types, strict=True)]
    if columns == names:
        return sql
    return f"select {', '.join(columns)} from ({sql}\n) as answer({', '.join(names)})"


def _readable(column: str, kind: str) -> str:
    if kind.startswith(_NESTED):
        return f"to_json({column}, {_JSON})"
    return f"cast({column} as string)" if kind.startswith("interval") else column


@contextmanager
def _ask_server(port: int, views: list[str], sql: str) -> Iterator[Answer]:
    from pyhive import hive  # noqa: PLC0415 - only this way needs it

    with spark_in_one_line(), hive.connect("127.0.0.1", port) as connection:
        cursor = connection.cursor()
        for statement in (_STREAM, *views, f"describe query {sql}"):
            cursor.execute(statement)
        types = [(row[0], row[1]) for row in cursor.fetchall()]
        cursor.execute(readable_sql(sql, types))
        yield _typed(types, _fetched(cursor))


@contextmanager
def _ask_here(request: Request, views: list[str], sql: str) -> Iterator[Answer]:
    os.environ.update(request.settings.environ())
    from runner.server_process import start_spark  # noqa: PLC0415 - only this way needs it

    jars = ensure_aws_jars() if request.location.is_glue else ()
    settings = with_glue(spark_settings(request.settings.project_dir, os.environ), request.location, jars)
    with spark_in_one_line(), _in_utc():
        spark = start_spark(settings)
        try:
            for statement in views:
                spark.sql(statement)
            types = [(row[0], row[1]) for row in spark.sql(f"describe query {sql}").collect()]
            frame = spark.sql(readable_sql(sql, types))
            yield _typed(types, _told(map(tuple, frame.toLocalIterator())))
        finally:
            spark.stop()


@contextmanager
def _in_utc() -> Iterator[None]:
    """Let this process live in UTC: PySpark turns a point in time to the local time, and drops the zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


def _typed(types: Types, rows: Iterable[Any]) -> Answer:
    schema = pa.schema([(name, _arrow_type(kind)) for name, kind in types])
    lists = [place for place, field in enumerate(schema) if pa.types.is_list(field.type)]
    return Answer(schema, batches_of((_parsed(row, lists) for row in rows), schema))


def _arrow_type(kind: str) -> pa.DataType:
    found = arrow_type(kind, DIALECT)
    return pa.string() if pa.types.is_list(found) and "binary" in kind else found  # bytes have no JSON


def _parsed(row: Any, lists: list[int]) -> Any:
    """Turn the JSON of a list to the list."""
    if not lists:
        return row
    return [
        json.loads(value, parse_float=Decimal) if place in lists and value is not None else value
        for place, value in enumerate(row)
    ]


def _fetched(cursor: Any) -> Iterator[Any]:
    with spark_in_one_line():
        yield from iter(cursor.fetchone, None)


def _told(rows: Iterable[Any]) -> Iterator[Any]:
    with spark_in_one_line():
        yield from rows


@contextmanager
def spark_in_one_line() -> Iterator[None]:
    """Turn what Spark and its client raise into the command's one line."""
    try:
        yield
    except Exception as error:
        origin = type(error).__module__.partition(".")[0]
        if origin in ("pyhive", "TCLIService", "pyspark", "py4j"):
            text = _message(error)
            raise DataError(f"Spark: {first_line(text)}", fix="Mend the question") from error
        if origin in ("thrift",) or isinstance(error, ConnectionError):
            raise EngineUnavailable(
                f"the warm Spark server does not answer: {error}", fix="medallion down, then medallion up"
            ) from error
        raise


def _message(error: Exception) -> str:
    status = getattr(error.args[0], "status", None) if error.args else None
    return str(getattr(status, "errorMessage", None) or error)
