"""Spark, DuckDB, PyIceberg and Trino give the same answers, value by value; the page in docs says which."""

from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import command_line
import emulated_aws
import parity_page
import pytest
from glue_lake import GlueLake, compact_and_change, made
from lake import PROJECT
from questions import CHANGED, ENGINES, LIVE, Question

pytestmark = pytest.mark.spark
Answers = dict[str, list[tuple[Any, ...]] | str]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GlueLake]:
    """The lake that all engines read."""
    with emulated_aws.running() as environ, made(environ, tmp_path_factory.mktemp("glue")) as lake:
        yield lake


@pytest.fixture(scope="module")
def answers(shared: GlueLake) -> dict[Question, Answers]:
    """Every question's answer by every engine; an error's line where it has none."""
    found = {question: ask_all(shared, question) for question in LIVE}
    compact_and_change(shared)
    return found | {question: ask_all(shared, question) for question in CHANGED}


def ask_all(lake: GlueLake, question: Question) -> Answers:
    found: Answers = {}
    tables = lake.resolve(question.sql, question.at)
    for engine in ENGINES:
        try:
            found[engine] = comparable(lake.answer(engine, question.sql, tables))
        except Exception as error:
            found[engine] = f"{type(error).__name__}: {error}"
    return found


def comparable(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows in one order; whole numbers are whole numbers, however wide an engine holds them."""
    plain = [tuple(int(v) if isinstance(v, Decimal) and v == int(v) else v for v in row) for row in rows]
    return sorted(plain, key=repr)


@pytest.mark.parametrize("question", [*LIVE, *CHANGED], ids=lambda question: question.about)
def test_all_engines_agree(question: Question, answers: dict[Question, Answers]) -> None:
    found = answers[question]
    expected = found["spark"]
    assert isinstance(expected, list), expected
    assert expected, "a question without an answer compares nothing"
    assert {engine: told for engine, told in found.items() if told != expected} == {}


@pytest.mark.parametrize(
    ("sql", "code", "said"),
    [
        ("select count(silver.orders_deleted.item_id) > 0 as some from silver.orders_deleted", 0, "true"),
        ("select nope from silver.orders_deleted", 1, "Column 'nope' cannot be resolved"),
        ("select interval '1' day, time '10:00', uuid '{0}', row(1, 'a'), array[row(1)]", 0, "10:00:00"),
        ("delete from silver.orders_deleted", 2, "only reads"),
    ],
)
def test_trino_from_the_command_line(sql: str, code: int, said: str, shared: GlueLake) -> None:
    sql = sql.format("12151fd2-7586-11e9-8f9e-2a86e4085a59")
    done = command_line.run(shared.lake.environ(), "query", "trino", sql, "--format", "csv")
    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done
    assert done.stderr.count("\n") <= 1


def test_a_trino_that_is_up(shared: GlueLake) -> None:
    environ = shared.lake.environ()
    assert "already up" in command_line.run(environ, "up", "trino").stdout
    other = command_line.run({**environ, "MEDALLION_BUCKET": "another"}, "up", "trino")
    assert (other.returncode, "medallion down trino" in other.stderr) == (3, True)


def test_the_page_in_docs_is_what_was_found(answers: dict[Question, Answers]) -> None:
    page = PROJECT / "docs" / "engine-parity.md"
    text = parity_page.render(LIVE, CHANGED, answers)
    if os.environ.get("WRITE_PAGES"):
        page.write_text(text)
    assert page.read_text() == text, "the matrix changed: WRITE_PAGES=1 pytest tests/engines/test_parity.py"
