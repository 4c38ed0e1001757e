"""`medallion query duckdb` without a question: a prompt on DuckDB with the lake attached as views."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator

import duckdb
from rich.console import Console
from sqlglot.errors import TokenError

from runner.errors import DataError, MedallionError, UsageError
from runner.lake import open_catalog
from runner.location import Location, locate_lake
from runner.query import duckdb_lake
from runner.query.answer import Answer
from runner.query.duckdb_engine import ask, duckdb_in_one_line
from runner.query.formats import write_table
from runner.query.lake_tables import LakeTable, list_names, resolve_tables
from runner.query.moment import Moment
from runner.query.question import refuse_calls
from runner.settings import Settings

_Type = duckdb.StatementType
_QUERIES: tuple[_Type, ...] = (_Type.SELECT, _Type.EXPLAIN, _Type.RELATION)
_EXPLAIN = re.compile(r"explain\s+(analyze\s+)?(\((?:analyze|format)\b[^)]*\)\s*)?", re.IGNORECASE)
# What works in memory only, beside the lake. Everything else could reach a file or a setting.
_OWN: tuple[_Type, ...] = (_Type.CREATE, _Type.INSERT, _Type.UPDATE, _Type.DELETE, _Type.DROP, _Type.ALTER)


def run_shell(settings: Settings, console: Console, moment: Moment | None = None) -> None:
    """Open the lake and read statements, each up to its semicolon, until the end of the input.

    A person reads on after a statement that failed; of a script's, the first one ends it.
    """
    location = locate_lake(settings)
    notes = Console(stderr=True, style="dim", highlight=False)
    tables = _all_tables(settings, location, moment, notes)
    is_person = sys.stdin.isatty()
    with duckdb_lake.open_lake(tables, location) as connection:
        if is_person:
            _greet(tables, console)
        for statement in read_statements(_read_line):
            try:
                _run(connection, statement, console)
            except MedallionError as error:
                if not is_person:
                    raise
                console.print(error.line, style="red", markup=False, highlight=False)


def _greet(tables: list[LakeTable], console: Console) -> None:
    _enable_history()
    console.print(f"DuckDB {duckdb.__version__} on the lake, read only. Statements end with ;", style="dim")
    console.print(f"tables: {', '.join(table.name for table in tables)}", style="dim", highlight=False)


def _all_tables(
    settings: Settings, location: Location, moment: Moment | None, notes: Console
) -> list[LakeTable]:
    """Return the tables that were there at the moment; raises when none were."""
    catalog = open_catalog(settings)
    names = list_names(catalog, location)
    if not names:
        raise DataError("the lake has no tables yet", fix="Build them first: medallion build")
    tables, missing = [], []
    for name in names:
        try:
            tables += resolve_tables(catalog, location, [name], moment)
        except DataError as error:  # younger than the moment, or of then nothing is left
            missing.append(error)
    if not tables:
        raise missing[0]
    for one in missing:
        notes.print(f"left out: {one.what}", markup=False, soft_wrap=True)
    return tables


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
            refuse_effects(connection, statement)
            if statement.type == _Type.SELECT:
                write_table(ask(connection, statement.query.rstrip("; \n")), console)
            elif statement.type in _QUERIES:
                reader = connection.execute(statement).to_arrow_reader()
                write_table(Answer(reader.schema, reader), console)
            else:
                connection.execute(statement)


def refuse_effects(connection: duckdb.DuckDBPyConnection, statement: duckdb.Statement) -> None:
    """Raise UsageError for what could reach a file or a setting."""
    kind, allowed = statement.type, _QUERIES + _OWN
    if kind == _Type.EXPLAIN:  # with `analyze` it runs what it explains
        explained = connection.extract_statements(_EXPLAIN.sub("", statement.query, count=1))
        kind, allowed = next((one.type for one in explained), kind), _QUERIES[:1]
    if kind not in allowed:
        raise UsageError(
            f"{kind.name} is not for this shell", fix="It reads the lake, and keeps tables in memory"
        )
    try:
        refuse_calls(statement.query, "duckdb")
    except TokenError as error:
        raise UsageError("the statement cannot be read", fix="Mend the SQL") from error


def _enable_history() -> None:
    try:
        import readline  # noqa: F401, PLC0415 - importing it is what gives input() its history
    except ImportError:
        return
