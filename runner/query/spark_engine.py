"""Spark: the warm server when one is up, else a session of its own in this process."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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
_ANSWER = "medallion_answer"


@contextmanager
def answer(request: Request) -> Iterator[Answer]:
    """Answer in Spark. The question becomes a temporary view first: Spark takes only a query for one."""
    tables = request.by_name
    is_pinned = any(table.snapshot is not None for table in request.tables)
    sql = request.question.rename(lambda name: reference(tables[name]), with_alias=is_pinned)
    prepare = [*(view_sql(table) for table in request.tables if table.snapshot is not None)]
    prepare.append(f"create or replace temporary view {_ANSWER} as {sql}")
    running = server.state(request.settings)
    if running and running.warehouse and running.warehouse != request.location.warehouse:
        running = None  # it sees another lake
    ask = _ask_server(running.port, prepare) if running else _ask_here(request, prepare)
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


@contextmanager
def _ask_server(port: int, prepare: list[str]) -> Iterator[Answer]:
    from pyhive import hive  # noqa: PLC0415 - only this way needs it

    with spark_in_one_line(), hive.connect("127.0.0.1", port) as connection:
        cursor = connection.cursor()
        for statement in prepare:
            cursor.execute(statement)
        cursor.execute(f"describe {_ANSWER}")
        types = [(row[0], row[1]) for row in cursor.fetchall()]
        cursor.execute(f"select * from {_ANSWER}")
        yield _typed(types, _fetched(cursor))


@contextmanager
def _ask_here(request: Request, prepare: list[str]) -> Iterator[Answer]:
    os.environ.update(request.settings.environ())
    from runner.server_process import start_spark  # noqa: PLC0415 - only this way needs it

    jars = ensure_aws_jars() if request.location.is_glue else ()
    settings = with_glue(spark_settings(request.settings.project_dir, os.environ), request.location, jars)
    with spark_in_one_line():
        spark = start_spark(settings)
        try:
            for statement in prepare:
                spark.sql(statement)
            frame = spark.table(_ANSWER)
            yield _typed(list(frame.dtypes), _told(map(tuple, frame.toLocalIterator())))
        finally:
            spark.stop()


def _typed(types: list[tuple[str, str]], rows: Iterable[Any]) -> Answer:
    schema = pa.schema([(name, arrow_type(kind, DIALECT)) for name, kind in types])
    nested = [place for place, field in enumerate(schema) if pa.types.is_nested(field.type)]
    return Answer(schema, batches_of((_parsed(row, nested) for row in rows), schema))


def _parsed(row: Any, nested: list[int]) -> Any:
    """Turn the text that Thrift has for an array to the array."""
    if not nested:
        return row
    return [json.loads(v) if n in nested and isinstance(v, str) else v for n, v in enumerate(row)]


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
