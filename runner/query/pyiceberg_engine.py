"""PyIceberg: it reads the tables and applies the deletes; DuckDB counts and joins the rows that come out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pyiceberg.io.pyarrow import schema_to_pyarrow

from runner.aws import aws_in_one_line
from runner.query import duckdb_engine
from runner.query.answer import Answer, Request
from runner.query.duckdb_lake import connect
from runner.query.lake_tables import LakeTable

DIALECT = "duckdb"
NAME = "PyIceberg"


@dataclass(frozen=True)
class Rows:
    """A table's live rows, for DuckDB: read anew, batch by batch, each time that its plan wants them.

    How often that is, the text does not tell: a plan may scan a table again for each step of a recursion.
    """

    table: LakeTable

    def __arrow_c_schema__(self) -> Any:
        """Give the columns without reading."""
        scan = self.table.table.scan(snapshot_id=self.table.snapshot)
        return schema_to_pyarrow(scan.projection(), include_field_ids=False).__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Begin to read."""
        reader = self.table.table.scan(snapshot_id=self.table.snapshot).to_arrow_batch_reader()
        return reader.__arrow_c_stream__(requested_schema)


@contextmanager
def answer(request: Request) -> Iterator[Answer]:
    """Answer from the rows that PyIceberg reads."""
    with aws_in_one_line("S3"), duckdb_engine.duckdb_in_one_line(), connect() as connection:
        connection.execute("set enable_external_access = false")
        for number, table in enumerate(request.tables):
            connection.register(f"table_{number}", Rows(table))
            connection.execute(
                f'create temporary view "{table.schema}__{table.short}" as from table_{number}'
            )
        sql = request.question.rename(lambda name: f'"{name.replace(".", "__")}"', with_alias=True)
        yield duckdb_engine.ask(connection, sql)
