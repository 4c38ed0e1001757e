"""The two passes over the text of csv files that find their headers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from harness import Connection, Node, Project, Refused, one_line, table_node

FILE = Node(path="a", modified_at="2024-10-01 12:00:00", size=12)
PIN = Node(attempt="try_1", pinned_at="2024-10-01 12:00:00")
SOURCE = Node(
    table_node("orders", "source"), columns={"op": Node(), "price": Node()}, meta={"path": "/raw/orders"}
)


def read_headers(
    firsts: dict[str, tuple[int, int]], lines: list[tuple[str, int, str]]
) -> tuple[list[Any], Project]:
    """Both passes: by path the first line's position and how many lines; then lines by path and position."""
    first_rows = [Node(path=path, position=str(at), lines=str(count)) for path, (at, count) in firsts.items()]
    line_rows = [Node(path=path, position=str(at), value=value) for path, at, value in lines]
    project = Project(connection=Connection([("min(position)", first_rows), ("position in (", line_rows)]))
    files = [Node(FILE, path=path) for path in "abc"]
    found = project.read_headers(Node(node=SOURCE), files, Node(PIN, temporary=[]))
    return [(file["path"], file["header"]["names"], file["lines"]) for file in found], project


def test_a_header_is_the_first_line_of_its_own_file() -> None:
    firsts = {"a": (0, 3), "b": (3, 2), "c": (0, 2)}  # a and b were read by one task
    lines = [("a", 0, "op,price"), ("b", 3, "price;op"), ("a", 3, "I,1"), ("c", 0, "op"), ("c", 3, "D")]
    found, project = read_headers(firsts, lines)
    assert found == [("a", ["op", "price"], 3), ("b", ["price", "op"], 2), ("c", ["op"], 2)]
    assert project.connection.ran[-1].endswith("where position in (0, 3)")
    assert project.warnings == []


def test_a_file_without_rows_is_dropped() -> None:
    found, project = read_headers({"a": (0, 1), "b": (1, 2)}, [("a", 0, "op"), ("b", 1, "op")])
    assert found == [("b", ["op"], 2)]  # c has not even a header
    assert project.warnings == []


def test_nothing_more_is_asked_when_no_file_has_a_line() -> None:
    found, project = read_headers({}, [])
    assert found == []
    assert [sql for sql in project.connection.ran if "position in (" in sql] == []


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([("a", 0, "what,ever")], id="it names no column"),
    ],
)
def test_a_file_without_a_header_is_left_with_a_warning(lines: list[tuple[str, int, str]]) -> None:
    found, project = read_headers({"a": (0, 2)}, lines)
    assert found == []
    assert [warning.split(":")[0] for warning in project.warnings] == ["a"]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([], id="it changed between the passes"),
        pytest.param([("b", 0, "op")], id="another file's line is none of its own"),
    ],
)
def test_a_file_whose_first_line_is_not_found_again_is_an_error(lines: list[tuple[str, int, str]]) -> None:
    with pytest.raises(Refused, match="a: its first line was counted but not found"):
        read_headers({"a": (0, 2)}, lines)


def test_both_passes_count_the_same_lines() -> None:
    project = Project()
    first = one_line(project._first_lines_sql("t", [FILE]))
    second = one_line(project._lines_at_sql("t", [FILE], [Node(position="0")]))
    [counted] = re.findall(r" from t where (.*?) \) group by path", first)
    assert counted.endswith(" and trim(value) <> ''")
    assert f" from t where {counted} ) where position in (0)" in second  # else a blank line moves the others
