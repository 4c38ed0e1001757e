"""The engines by their names, and one way to ask any of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timezone
from importlib import import_module
from typing import Protocol, cast

from runner.errors import UsageError
from runner.lake import open_catalog
from runner.location import locate_lake
from runner.query.answer import Access, Answer, Request
from runner.query.lake_tables import resolve_tables
from runner.query.moment import read_moment
from runner.query.question import read_question
from runner.settings import Settings

ENGINES = ("duckdb", "pyiceberg", "spark", "trino", "athena", "starrocks")
_OF_AWS = ("trino", "athena", "starrocks")  # they know no SQLite catalog, and see no files of this machine


class Engine(Protocol):
    """What each `<name>_engine` module is."""

    NAME: str
    DIALECT: str  # of sqlglot

    def answer(self, request: Request) -> AbstractContextManager[Answer]:
        """Answer a question; what it opened is closed at the end of the context."""


def find_engine(name: str) -> Engine:
    """Return an engine; raises UsageError for a name that is none."""
    if name not in ENGINES:
        hint = " (it reads by itself: medallion connect snowflake)" if name == "snowflake" else ""
        raise UsageError(f"there is no engine {name}{hint}", fix=f"Choose one of {', '.join(ENGINES)}")
    return cast(Engine, import_module(f"runner.query.{name}_engine"))


@contextmanager
def ask(
    engine: str, sql: str, settings: Settings, at: str | None = None, access: Access | None = None
) -> Iterator[Answer]:
    """Ask an engine one question about the lake, as it is now or was at a moment."""
    found = find_engine(engine)
    question = read_question(sql, found.DIALECT)
    moment = read_moment(at, datetime.now(timezone.utc)) if at is not None else None
    location = locate_lake(settings)
    if engine in _OF_AWS and not location.is_glue:
        raise UsageError(
            f"{found.NAME} reads a lake in Glue and S3, and this one is in {settings.home}",
            fix="Set MEDALLION_CATALOG=glue and MEDALLION_BUCKET, or ask duckdb, pyiceberg or spark",
        )
    tables = resolve_tables(open_catalog(settings), location, question.tables, moment)
    request = Request(question, tuple(tables), settings, location, access or Access())
    with found.answer(request) as answer:
        yield answer
