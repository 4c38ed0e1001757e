"""Lets a macro go on after a statement that failed: Jinja itself has no `try`.

`adapter.try_execute(sql)` returns the one line that says what went wrong, or none when it went well.
`adapter.try_query(sql)` returns the rows too, and whether another attempt could mend the failure.
"""

from __future__ import annotations

from typing import Any

from dbt.adapters.spark.impl import SparkAdapter
from dbt_common.exceptions import DbtRuntimeError

from runner.spark_errors import is_of_the_moment, may_be_one_file, root_cause

_WENT_WELL: dict[str, Any] = {
    "rows": [],
    "error": None,
    "cause": None,
    "is_of_the_moment": False,
    "may_be_one_file": False,
}


def try_execute(adapter: Any, sql: str) -> str | None:
    """Run a statement that returns no rows; return the line that says why it failed, or None."""
    error: str | None = try_query(adapter, sql, fetch=False)["error"]
    return error


def try_query(adapter: Any, sql: str, fetch: bool = True) -> dict[str, Any]:
    """Run a query, or without `fetch` a statement without rows; return `rows`, or the `error` in one line.

    `cause` is the same without what Spark was doing. `is_of_the_moment` tells an error of the machine, the
    network or a service, of which the data is innocent; `may_be_one_file` says that it may be one file's all
    the same (its permissions, memory): when others can be read.
    """
    try:
        _, rows = adapter.execute(sql, auto_begin=False, fetch=fetch)
    except DbtRuntimeError as error:
        trace = str(error.__context__ or error.msg)
        return {
            "rows": None,
            "error": str(error.msg),
            "cause": root_cause(trace),
            "is_of_the_moment": is_of_the_moment(trace),
            "may_be_one_file": may_be_one_file(trace),
        }
    return {**_WENT_WELL, "rows": rows}


def let_macros_try() -> None:
    """Give the adapter that macros see these methods; while dbt only parses they do nothing."""
    for method in (try_execute, try_query):
        setattr(SparkAdapter, method.__name__, method)
        SparkAdapter._available_ |= {method.__name__}
    SparkAdapter._parse_replacements_ |= {
        "try_execute": lambda *_: None,
        "try_query": lambda *_: _WENT_WELL,
    }
