"""`medallion query duckdb` without a question: a prompt on DuckDB with the lake attached as views."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import duckdb
from rich.console import Console

from runner.errors import DataError, MedallionError, UsageError
from runner.lake import open_catalog
from runner.location import Location, locate_lake
from runner.query import duckdb_lake
from runner.query.answer import Answer
from runner.query.duckdb_engine import duckdb_in_one_line
from runner.query.formats import write_table
from runner.query.lake_tables import LakeTable, list_names, resolve_tables
from runner.query.moment import Moment
from runner.settings import Settings

_Type = duckdb.StatementType
_QUERIES = (_Type.SELECT, _Type.EXPLAIN, _Type.RELATION)
# What works in memory only, beside the lake. Everything else could reach a file or a setting.
_OWN = (_Type.CREATE, _Type.INSERT, _Type.UPDATE, _Type.DELETE, _Type.DROP, _Type.ALTER)


def run_shell(settings: Settings, console: Console, moment: Moment | None = None) -> None:
    """Open the lake and read statements, each up to its semicolon, until the end of the input."""
    location = locate_lake(settings)
    tables = _all_tables(settings, location, moment)
    with duckdb_lake.open_lake(tables, location) as connection:
        if sys.stdin.isatty():
            _enable_history()
            console.print(
                f"DuckDB {duckdb.__version__} on the lake, read only. Statements end with ;", style="dim"
            )
            console.print(
                f"tables: {', '.join(table.name for table in tables)}", style="dim", highlight=False
            )
        for statement in read_statements(_read_line):
            try:
                _run(connection, statement, console)
            except MedallionError as error:
                console.print(error.line, style="red", markup=False, highlight=False)


def _all_tables(settings: Settings, location: Location, moment: Moment | None) -> list[LakeTable]:
    catalog = open_catalog(settings)
    names = list_names(catalog, location)
    if not names:
        raise DataError("the lake has no tables yet", fix="Build them first: medallion build")
    return resolve_tables(catalog, location, names, moment)


def read_statements(read_line: Callable[[str], str | None]) -> Iterator[str]:
    """Put lines together to statements that end with a semicolon; `.quit` and the end of the input end it."""
    held = ""
    while (line := read_line("   ...> " if held else "lake> ")) is not None:
        if not held and line.strip().lower() in (".quit", ".exit", "quit", "exit"):
            return
        held = f"{held}\n{line}".strip()
        if held.endswith(";"):
            yield held
            held = ""
    if held:
        yield held


def _read_line(prompt: str) -> str | None:
    try:
        return input(prompt if sys.stdin.isatty() else "")
    except EOFError:
        return None


def _run(connection: duckdb.DuckDBPyConnection, text: str, console: Console) -> None:
    with duckdb_in_one_line():
        for statement in connection.extract_statements(text):
            if statement.type in _QUERIES:
                reader = connection.execute(statement).to_arrow_reader()
                write_table(Answer(reader.schema, reader), console)
            elif statement.type in _OWN:
                connection.execute(statement)
            else:
                raise UsageError(
                    f"{statement.type.name} is not for this shell",
                    fix="It reads the lake, and keeps tables in memory",
                )


def _enable_history() -> None:
    try:
        import readline  # noqa: F401, PLC0415 - importing it is what gives input() its history
    except ImportError:
        return
