"""What a question is: one statement that only reads, and the tables that it names. Pure."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from runner.errors import UsageError

CATALOG = "lake"
_QUERIES = (exp.Query, exp.Values)
# What may stand inside a query and still writes, or is no statement that sqlglot knows
_WRITES = (exp.DML, exp.DDL, exp.Into, exp.Command, exp.Copy, exp.Set)

logging.getLogger("sqlglot").setLevel(
    logging.ERROR
)  # its doubts about a statement are an error here, or none


@dataclass(frozen=True)
class Mention:
    """A place in the text where a table is named: its first and last character, and the name."""

    start: int
    end: int
    name: str  # as in `silver.orders`: lower case, without the catalog
    has_alias: bool = False


@dataclass(frozen=True)
class Question:
    """One statement that reads, in the text of whoever asked."""

    sql: str
    mentions: tuple[Mention, ...]

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the names of the tables, each once, in the order of the text."""
        return tuple(dict.fromkeys(mention.name for mention in self.mentions))

    def rename(self, name: Callable[[str], str], *, with_alias: bool = False) -> str:
        """Return the text with another name in place of each table's; all else stays as it was written.

        `with_alias` lets columns still name their table where the new name is another: `orders.price`.
        """
        text = self.sql
        for mention in sorted(self.mentions, key=lambda one: one.start, reverse=True):
            alias = f" as {mention.name.rpartition('.')[2]}" if with_alias and not mention.has_alias else ""
            text = text[: mention.start] + name(mention.name) + alias + text[mention.end + 1 :]
        return text


def read_question(sql: str, dialect: str) -> Question:
    """Read a statement in an engine's dialect.

    Raises UsageError for what cannot be read, for more than one statement, and for whatever is no query.
    """
    text = sql.strip().rstrip(";").rstrip()
    if not text:
        raise UsageError("there is no question", fix='Ask one: "select count(*) from silver.orders"')
    try:
        statements = [one for one in sqlglot.parse(text, dialect=dialect) if one is not None]
    except SqlglotError as error:
        raise UsageError(f"the question cannot be read: {_reason(error)}", fix="Mend the SQL") from error
    if len(statements) != 1:
        raise UsageError(f"these are {len(statements)} statements", fix="Ask one question at a time")
    refuse_write(statements[0])
    return Question(text, _mentions(statements[0]))


def refuse_write(statement: exp.Expr) -> None:
    """Raise UsageError unless a statement is a query that holds no write."""
    inner = next(statement.find_all(*_WRITES), None)
    if isinstance(statement, _QUERIES) and inner is None:
        return
    named = inner if inner is not None else statement
    word = str(named.this) if isinstance(named, exp.Command) else named.key
    raise UsageError(
        f"{word.upper()} is not a question: medallion query only reads",
        fix="Ask with select, with or values; tables are written by dbt",
    )


def _mentions(statement: exp.Expr) -> tuple[Mention, ...]:
    local = {cte.alias.lower() for cte in statement.find_all(exp.CTE)}
    mentions = []
    for table in statement.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            continue  # a table function
        parts = [part for part in table.parts if isinstance(part, exp.Identifier)]
        names = [part.name.lower() for part in parts]
        if len(names) == 1 and names[0] in local:
            continue
        start, end = parts[0].meta["start"], parts[-1].meta["end"]
        mentions.append(Mention(start, end, ".".join(_without_catalog(names)), bool(table.alias)))
    return tuple(sorted(mentions, key=lambda one: one.start))


def _without_catalog(names: list[str]) -> list[str]:
    return names[1:] if len(names) == 3 and names[0] == CATALOG else names


def _reason(error: SqlglotError) -> str:
    known = getattr(error, "errors", None)
    if known:
        first = known[0]
        return f"{first['description']} at line {first['line']}, near {first['highlight']!r}"
    return str(error).splitlines()[0]
