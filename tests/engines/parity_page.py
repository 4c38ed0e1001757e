"""The page in docs with the matrix of results. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from questions import ENGINES, Question

NAMES = {"spark": "Spark", "duckdb": "DuckDB", "pyiceberg": "PyIceberg", "trino": "Trino"}
HEAD = """# The same answers from every engine

Made by `tests/engines/test_parity.py`, which fails when an engine differs or this page is old; not to be
edited by hand. One lake in S3 under Glue, written by Spark with the project's models: a base load, then
updates, deletions, late and bad rows. ✓ is an answer equal to Spark's, value by value.
"""


def render(live: Sequence[Question], changed: Sequence[Question], answers: Mapping[Question, Any]) -> str:
    """The whole page."""
    parts = [
        HEAD,
        "## After updates and deletes\n\nsilver holds merge-on-read delete files.\n",
        _matrix(live, answers),
        "## After a compaction and a change of schema\n\n"
        "`silver.orders` compacted, a column added, one widened from int to bigint, one renamed.\n",
        _matrix(changed, answers),
        "## The questions\n",
        *(_text(question) for question in (*live, *changed)),
    ]
    return "\n".join(parts)


def _matrix(questions: Sequence[Question], answers: Mapping[Question, Any]) -> str:
    names = [NAMES[engine] for engine in ENGINES]
    lines = [f"| about | {' | '.join(names)} | answer |", f"| --- |{' --- |' * len(names)} --- |"]
    for question in questions:
        found = answers[question]
        marks = ["✓" if found[engine] == found["spark"] else "differs" for engine in ENGINES]
        lines.append(f"| {question.about} | {' | '.join(marks)} | {_short(found['spark'])} |")
    return "\n".join(lines) + "\n"


def _short(rows: Any) -> str:
    if len(rows) != 1:
        return f"{len(rows):,} rows"
    return ", ".join(_value(value) for value in rows[0])


def _value(value: Any) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return value.isoformat() if isinstance(value, datetime) else str(value).replace("|", "\\|")


def _text(question: Question) -> str:
    at = f" (as of {question.at})" if question.at else ""
    return f"**{question.about}**{at}\n\n```sql\n{question.sql}\n```\n"
