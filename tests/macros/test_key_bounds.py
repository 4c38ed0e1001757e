"""Where the keys of a batch lie, as literals that Iceberg can prune by."""

from __future__ import annotations

from typing import Any

import pytest
from harness import Connection, Node, Project


@pytest.mark.parametrize(
    ("text", "type_", "literal"),
    [
        ("42", "bigint", "42L"),
        ("-42", "bigint", "-42L"),
        ("42", "int", "cast('42' as int)"),
        ("1.50", "decimal(10,2)", "cast('1.50' as decimal(10,2))"),
        ("1.0E-5", "double", "cast('1.0E-5' as double)"),
        ("true", "boolean", "cast('true' as boolean)"),
        ("2024-04-29", "date", "date '2024-04-29'"),
        ("2024-04-29 01:02:03.000004", "timestamp", "timestamp '2024-04-29 01:02:03.000004'"),
        ("plain", "string", "'plain'"),
        ("", "string", "''"),
        ("O'Hara", "string", "'O\\'Hara'"),
        ("C:\\new", "string", "'C:\\\\new'"),
        ("') or (1=1", "string", "'\\') or (1=1'"),
        ("home, garden", "string", "'home, garden'"),
    ],
)
def test_typed_literal(text: str, type_: str, literal: str) -> None:
    assert Project().typed_literal(text, type_).strip() == literal


@pytest.mark.parametrize(
    ("ranges", "predicate"),
    [
        ([("1", "5", "bigint")], "(id between 1L and 5L)"),
        ([("1", "5", "bigint"), ("9", "9", "bigint")], "(id between 1L and 5L or id between 9L and 9L)"),
        ([("a'", "b\\", "string")], "(id between 'a\\'' and 'b\\\\')"),
    ],
)
def test_range_predicate(ranges: list[tuple[str, str, str]], predicate: str) -> None:
    rows = [{"low": low, "high": high, "type": type_} for low, high, type_ in ranges]
    assert Project().range_predicate("id", rows) == predicate


def tile(low: Any, high: Any, rows: int, nulls: int = 0) -> Node:
    return Node(low=low, high=high, rows=str(rows), type="bigint", nulls=str(nulls))


@pytest.mark.parametrize(
    ("tiles", "rows", "ranges"),
    [
        pytest.param([], 0, [], id="no rows"),
        pytest.param([tile("1", "5", 3)], 3, [("1", "5")], id="one range"),
        pytest.param([tile("1", "5", 3), tile("7", "9", 2)], 5, [("1", "5"), ("7", "9")], id="two"),
        pytest.param([tile("1", "5", 3, nulls=1), tile("7", "9", 2)], 5, [], id="a null key is in no range"),
        pytest.param([tile(None, None, 2, nulls=2)], 2, [], id="only null keys"),
    ],
)
def test_the_bounds_of_a_batch(tiles: list[Node], rows: int, ranges: list[tuple[str, str]]) -> None:
    project = Project(connection=Connection([("ntile(16)", tiles)]))
    assert project.key_bounds("`b`", "id") == {
        "rows": rows,
        "ranges": [{"low": low, "high": high, "type": "bigint"} for low, high in ranges],
    }


def test_a_key_that_cannot_be_written_as_text_has_no_bounds() -> None:
    binary = Node(low="\ufffd", high="\ufffd", rows="2", type="binary", nulls="0")
    project = Project(connection=Connection([("ntile(16)", [binary])]))
    assert project.key_bounds("`b`", "id") == {"rows": 2, "ranges": []}


def test_the_bounds_of_a_batch_make_a_predicate() -> None:
    tiles = [tile("1", "5", 3), tile("7", "9", 2)]
    project = Project(connection=Connection([("ntile(16)", tiles)]))
    ranges = project.key_bounds("`b`", "id")["ranges"]
    assert (
        project.range_predicate("held.id", ranges)
        == "(held.id between 1L and 5L or held.id between 7L and 9L)"
    )
