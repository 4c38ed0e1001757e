"""DuckDB, in this process: it reads the lake's files itself, deletes included."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from runner.errors import DataError, EngineUnavailable, UsageError
from runner.query.answer import BATCH_ROWS, Answer, Request
from runner.query.duckdb_lake import open_lake

DIALECT = "duckdb"
NAME = "DuckDB"
_TOLD_AS_TEXT = re.compile(r"interval|union<|timestamp\[ns")


@contextmanager
def answer(request: Request) -> Iterator[Answer]:
    """Answer from the metadata files that the catalog names."""
    with duckdb_in_one_line(), open_lake(request.tables, request.location) as connection:
        yield ask(connection, request.question.rename(quoted))


def ask(connection: duckdb.DuckDBPyConnection, sql: str) -> Answer:
    """Ask a DuckDB connection for one query; rows stream.

    Raises UsageError when DuckDB itself takes it for anything but a query.
    """
    kinds = [statement.type for statement in connection.extract_statements(sql)]
    if kinds != [duckdb.StatementType.SELECT]:
        raise UsageError("DuckDB does not take this for one query", fix="Ask with select, with or values")
    reader = connection.execute(sql).to_arrow_reader(BATCH_ROWS)
    if any(_TOLD_AS_TEXT.search(str(field.type)) for field in reader.schema):
        reader = connection.execute(as_text(sql, reader.schema)).to_arrow_reader(BATCH_ROWS)
    return Answer(reader.schema, _checked(reader))


def as_text(sql: str, schema: pa.Schema) -> str:
    """Return the query with those columns as text that neither Python nor parquet has a type for. Pure."""
    columns = [
        f"c{number}{'::varchar' if _TOLD_AS_TEXT.search(str(field.type)) else ''} as {quote(field.name)}"
        for number, field in enumerate(schema)
    ]
    names = ", ".join(f"c{number}" for number in range(len(schema)))
    return f"select {', '.join(columns)} from ({sql}\n) as answer({names})"


def quote(name: str) -> str:
    """Return a name as an identifier."""
    return '"{}"'.format(name.replace('"', '""'))


def quoted(name: str) -> str:
    """Return a table's name with its parts quoted."""
    return ".".join(map(quote, name.split(".")))


def _checked(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    with duckdb_in_one_line():  # errors of reading come with the rows
        yield from reader


@contextmanager
def duckdb_in_one_line() -> Iterator[None]:
    """Turn what DuckDB raises into the command's one line."""
    try:
        yield
    except (duckdb.IOException, duckdb.HTTPException) as error:
        raise EngineUnavailable(
            f"DuckDB cannot read the lake: {str(error).splitlines()[0]}",
            fix="Are the files there, and may these credentials read them? medallion connect duckdb",
        ) from error
    except duckdb.Error as error:
        raise DataError(f"DuckDB: {str(error).splitlines()[0]}", fix="Mend the question") from error
    except pa.ArrowException as error:
        raise DataError(f"DuckDB: {str(error).splitlines()[0]}", fix="Mend the question") from error
