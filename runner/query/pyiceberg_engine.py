"""PyIceberg: it reads the tables and applies the deletes; DuckDB counts and joins the rows that come out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from runner.aws import aws_in_one_line
from runner.query import duckdb_engine
from runner.query.answer import Answer, Request
from runner.query.duckdb_lake import connect
from runner.query.lake_tables import LakeTable

DIALECT = "duckdb"
NAME = "PyIceberg"


@contextmanager
def answer(request: Request) -> Iterator[Answer]:
    """Answer from the rows that PyIceberg reads."""
    times = Counter(mention.name for mention in request.question.mentions)
    with aws_in_one_line("S3"), duckdb_engine.duckdb_in_one_line(), connect() as connection:
        connection.execute("set enable_external_access = false")
        for number, table in enumerate(request.tables):
            name = f"table_{number}"
            connection.register(name, read(table, is_read_once=times[table.name] == 1))
            connection.execute(f'create schema if not exists "{table.schema}"')
            connection.execute(f'create temporary view "{table.schema}__{table.short}" as from {name}')
        sql = request.question.rename(lambda name: f'"{name.replace(".", "__")}"', with_alias=True)
        yield duckdb_engine.ask(connection, sql)


def read(table: LakeTable, *, is_read_once: bool) -> pa.Table | pa.RecordBatchReader:
    """Read a table's live rows: batch by batch where they are looked at once, else all into memory."""
    scan = table.table.scan(snapshot_id=table.snapshot)
    return scan.to_arrow_batch_reader() if is_read_once else scan.to_arrow()
