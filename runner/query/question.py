"""What a question is: one statement that only reads, and the tables that it names. Pure."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokens import TokenType

from runner.errors import UsageError

CATALOG = "lake"
_QUERIES = (exp.Query, exp.Values)
# What may stand inside a query and still writes, or is no statement that sqlglot knows
_WRITES = (exp.DML, exp.DDL, exp.Into, exp.Command, exp.Copy, exp.Set, exp.QueryTransform)
# Functions that a query may call and that do more than read, or take the name of a table as text, which --at
# and the schemas' prefix would pass by
_REFUSED_CALLS = frozenset(
    (
        *("reflect", "java_method", "try_reflect", "identifier"),  # Spark
        *("enable_logging", "disable_logging", "truncate_duckdb_logs", "write_log"),  # DuckDB
        *("enable_profiling", "disable_profiling", "checkpoint", "force_checkpoint", "iceberg_to_ducklake"),
        *("set_iceberg_table_properties", "remove_iceberg_table_properties"),
        *("set_iceberg_schema_properties", "remove_iceberg_schema_properties"),
        *("query_table", "json_execute_serialized_sql", "python_map_function"),
        *("arrow_scan", "arrow_scan_dumb", "pandas_scan"),  # they take addresses in memory
        *("query", "raw_query", "procedure"),  # DuckDB, Trino's other catalogs
    )
)

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
    dialect: str
    mentions: tuple[Mention, ...]
    qualifiers: tuple[Mention, ...] = ()  # where a column names its table in full: silver.orders.price

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the names of the tables, each once, in the order of the text."""
        return tuple(dict.fromkeys(mention.name for mention in self.mentions))

    def rename(self, name: Callable[[str], str], *, with_alias: bool = False) -> str:
        """Return the text with another name in place of each table's; all else stays as it was written.

        `with_alias` lets columns still name their table where the new name is another: `orders.price`. A
        column that names it in full, which few engines take under another name, names the alias instead.
        """
        in_full = {qualifier.name for qualifier in self.qualifiers}
        places = [(one, self._quoted(self._alias(one.name))) for one in self.qualifiers]
        for one in self.mentions:
            wants_alias = not one.has_alias and (with_alias or one.name in in_full)
            alias = f" as {self._quoted(self._alias(one.name))}" if wants_alias else ""
            places.append((one, name(one.name) + alias))
        text = self.sql
        for one, new in sorted(places, key=lambda place: place[0].start, reverse=True):
            text = text[: one.start] + new + text[one.end + 1 :]
        return text

    def _alias(self, name: str) -> str:
        """Return the short name, unless a column named in full could then be another table's."""
        short = Counter(table.rpartition(".")[2] for table in self.tables)
        is_plain = short[name.rpartition(".")[2]] == 1 or name not in {one.name for one in self.qualifiers}
        return name.rpartition(".")[2] if is_plain else name.replace(".", "__")

    def _quoted(self, name: str) -> str:
        return exp.to_identifier(name, quoted=True).sql(dialect=self.dialect)


def read_question(sql: str, dialect: str) -> Question:
    """Read a statement in an engine's dialect.

    Raises UsageError for what cannot be read, for more than one statement, and for whatever is no query.
    """
    try:
        text = without_semicolons(sql.strip(), dialect)
        statements = [one for one in sqlglot.parse(text, dialect=dialect) if one is not None]
    except SqlglotError as error:
        raise UsageError(f"the question cannot be read: {_reason(error)}", fix="Mend the SQL") from error
    if not statements:
        raise UsageError("there is no question", fix='Ask one: "select count(*) from silver.orders"')
    if len(statements) != 1:
        raise UsageError(f"these are {len(statements)} statements", fix="Ask one question at a time")
    refuse_write(statements[0])
    refuse_calls(text, dialect)
    mentions = _mentions(statements[0])
    return Question(text, dialect, mentions, _qualifiers(statements[0], mentions))


def without_semicolons(text: str, dialect: str) -> str:
    """Return a text without the semicolons at its ends, and the comments beyond; empty if nothing is left."""
    tokens = sqlglot.tokenize(text, read=dialect)
    told = [token for token in tokens if token.token_type != TokenType.SEMICOLON]
    if not told:
        return ""
    start = told[0].start if told[0] is not tokens[0] else 0
    return text[start : told[-1].end + 1] if told[-1] is not tokens[-1] else text[start:]


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


def refuse_calls(text: str, dialect: str) -> None:
    """Raise UsageError for a call of a function that does more than read, wherever it stands."""
    for token, after in pairwise(sqlglot.tokenize(text, read=dialect)):
        if after.token_type == TokenType.L_PAREN and token.text.lower() in _REFUSED_CALLS:
            raise UsageError(
                f"{token.text.lower()}() is not for a question: it can do more than read the tables named",
                fix="Ask the tables by their names: select … from silver.orders",
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


def _qualifiers(statement: exp.Expr, mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
    tables = {one.name for one in mentions if not one.has_alias}
    return tuple(one for column in statement.find_all(exp.Column) for one in _qualifier(column, tables))


def _qualifier(column: exp.Column, tables: set[str]) -> Iterator[Mention]:
    """Find the part of a column's name that is a table's in full; what follows may be a field of a struct."""
    parts = [part for part in column.parts if isinstance(part, exp.Identifier)]
    names = [part.name.lower() for part in parts]
    skipped = 1 if names[0] == CATALOG else 0
    name = ".".join(names[skipped : skipped + 2])
    has_more = len(column.parts) > skipped + 2
    if has_more and name in tables:
        yield Mention(parts[0].meta["start"], parts[skipped + 1].meta["end"], name)


def _without_catalog(names: list[str]) -> list[str]:
    return names[1:] if len(names) == 3 and names[0] == CATALOG else names


def _reason(error: SqlglotError) -> str:
    known = getattr(error, "errors", None)
    if known:
        first = known[0]
        return f"{first['description']} at line {first['line']}, near {first['highlight']!r}"
    return str(error).splitlines()[0]
