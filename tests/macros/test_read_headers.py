"""The two passes over the text of csv files that find their headers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from harness import Connection, Node, Project, Relation, one_line, table_node

FILE = Node(path="a", modified_at="2024-10-01 12:00:00", size=12)
PIN = Node(attempt="try_1", pinned_at="2024-10-01 12:00:00")
SOURCE = Node(
    table_node("orders", "source"), columns={"op": Node(), "price": Node()}, meta={"path": "/raw/orders"}
)


def read_headers(
    firsts: dict[str, tuple[int, int]], lines: list[tuple[str, int, str]], there: str = "abc"
) -> tuple[list[Any], Project]:
    """Both passes: by path the first line's position and how many lines; then lines by path and position."""
    first_rows = [
        Node(path=path, position=str(at), lines=str(count), undecodable="0")
        for path, (at, count) in firsts.items()
    ]
    line_rows = [Node(path=path, position=str(at), value=value) for path, at, value in lines]
    files = [Node(FILE, path=path) for path in "abc"]
    still = [Node(file, size=str(file.size)) for file in files if file.path in there]
    answers = [("min(position)", first_rows), ("position in (", line_rows), ("__listing` where path", still)]
    project = Project(connection=Connection(answers))
    pin = Node(PIN, temporary=[], quarantine=Relation("bronze", "orders_quarantine"))
    found = project.read_headers(Node(node=SOURCE, view="v"), files, pin)
    return [(file["path"], file["header"]["names"], file["lines"]) for file in found], project


def test_a_header_is_the_first_line_of_its_own_file() -> None:
    firsts = {"a": (0, 3), "b": (3, 2), "c": (0, 2)}  # a and b were read by one task
    lines = [("a", 0, "op,price"), ("b", 3, "price;op"), ("a", 3, "I,1"), ("c", 0, "op"), ("c", 3, "D")]
    found, project = read_headers(firsts, lines)
    assert found == [("a", ["op", "price"], 3), ("b", ["price", "op"], 2), ("c", ["op"], 2)]
    assert any(sql.endswith("where position in (0, 3)") for sql in project.connection.ran)
    assert project.warnings == []


def set_aside(project: Project) -> list[str]:
    """What was written to the quarantine, and said."""
    return [sql for sql in project.connection.ran if sql.startswith("insert into bronze.orders_quarantine")]


def test_a_file_without_rows_is_set_aside_without_a_word() -> None:
    found, project = read_headers({"a": (0, 1), "b": (1, 2)}, [("a", 0, "op"), ("b", 1, "op")])
    assert found == [("b", ["op"], 2)]  # c has not even a header
    assert project.warnings == []
    [sql] = set_aside(project)
    assert re.findall(r"\('(\w)', timestamp '2024-10-01 12:00:00', 12, '([^;']+)", sql) == [
        ("a", "it has no rows"),
        ("c", "it has no rows"),
    ]


def test_nothing_more_is_asked_when_no_file_has_a_line() -> None:
    found, project = read_headers({}, [])
    assert found == []
    assert [sql for sql in project.connection.ran if "position in (" in sql] == []


def test_a_file_without_a_header_is_set_aside_with_a_warning() -> None:
    firsts, lines = (
        {"a": (0, 2), "b": (0, 2), "c": (0, 2)},
        [("a", 0, "what,ever"), ("b", 0, "op"), ("c", 0, "op")],
    )
    found, project = read_headers(firsts, lines)
    assert [name for name, _, _ in found] == ["b", "c"]
    assert [warning.split(":")[0] for warning in project.warnings] == ["a"]
    assert "names no column" in set_aside(project)[0]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([], id="it changed between the passes"),
        pytest.param([("b", 0, "op")], id="another file's line is none of its own"),
    ],
)
def test_a_file_that_changed_between_the_passes_is_left_to_the_next_run(
    lines: list[tuple[str, int, str]],
) -> None:
    found, project = read_headers({"a": (0, 2)}, lines, there="")
    assert found == []
    assert [warning.split(":")[0] for warning in project.warnings] == ["a", "b", "c"]
    assert set_aside(project) == []


@pytest.mark.parametrize(
    ("line", "undecodable", "reason"),
    [
        ("op,price", 0, None),
        ("what,ever", 0, "names no column of source orders"),
        ("op,price", 3, "3 of its lines are not UTF-8"),
        ("\ufffd\ufffdo\0p\0,\0", 2, "UTF-16"),
        ("PAR1\x15\0", 9, "it is parquet"),
        ("\x1f\ufffd\x08\0", 9, "gzip without .gz"),
        ("PK\x03\x04\x14\0", 9, "it is zip"),
    ],
)
def test_why_a_file_is_set_aside(line: str, undecodable: int, reason: str | None) -> None:
    project = Project()
    header = project.parse_header(line, ["op", "price"])
    told = project.judge_header(line, header, str(undecodable), SOURCE)
    assert (told is None) if reason is None else (reason in told)


def test_both_passes_count_the_same_lines() -> None:
    project = Project()
    first = one_line(project.first_lines_sql("t", [FILE], SOURCE))
    second = one_line(project._lines_at_sql("t", [FILE], [Node(position="0")], SOURCE))
    [counted] = re.findall(r" from t where (.*?) \) group by path", first)
    assert counted.endswith(f" and {one_line(project.has_text('value'))}")
    assert f" from t where {counted} ) where position in (0) limit 1" in second  # else they would not agree


def test_a_line_is_blank_when_spark_would_drop_it() -> None:
    """Java's trim takes off all up to the space, just before `!`, and nothing else."""
    sql = one_line(Project().has_text("value"))
    [codes] = re.findall(
        r"^\(value >= '!' or trim\(leading '((?:\\u[0-9a-f]{4})+)' from value\) <> ''\)$", sql
    )
    assert [int(code, 16) for code in re.findall(r"\\u(....)", codes)] == list(range(0x21))
    read = Node(node=Node(SOURCE, columns={"op": Node(name="op")}), view="v")
    json = Project(connection=Connection()).read_json(read, [FILE], Node(PIN, temporary=[]))
    assert f" and {sql} ) )" in one_line(json)  # one word for all formats


def test_with_quoted_newlines_only_an_empty_line_is_blank() -> None:
    source = Node(SOURCE, meta={**SOURCE.meta, "multiline": True})
    for sql in (
        Project().first_lines_sql("t", [FILE], source),
        Project()._lines_at_sql("t", [FILE], [Node(position="0")], source),
    ):
        assert re.search(r"\) and value <> '' \)", one_line(sql))
