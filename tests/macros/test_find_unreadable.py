"""Whose fault a failed read is: files are read again in halves, and only what fails alone is blamed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from harness import Connection, Node, Project, Refused, Relation, one_line, table_node

SOURCE = Node(table_node("orders", "source"), columns={"op": Node()}, meta={"path": "/raw/orders"})
READ = Node(node=SOURCE, view="v")
PIN = Node(pinned_at="2024-10-02 00:00:00", temporary=[], quarantine=Relation("bronze", "orders_quarantine"))


@dataclass
class Reader(Connection):
    """Fails where it reads a bad file, or one that may not be read; or always; or even without files."""

    bad: str = ""
    denied: str = ""
    is_down: bool = False
    is_broken: bool = False
    reads: list[str] = field(default_factory=list)

    def try_query(self, sql: str, fetch: bool = True) -> Node:
        """As the adapter does."""
        self.ran.append(one_line(sql))
        read = set("".join(re.findall(r"'\w'|path 'file:/[{}\w,]+", sql)).replace("path 'file:/", ""))
        if "range(0" in sql:
            return self.answer("no shuffle" if self.is_broken else None)
        self.reads.append("".join(sorted(read)))
        if self.is_down:
            return self.answer("the network is down", is_of_the_moment=True)
        if read & set(self.denied):
            return self.answer("Permission denied", is_of_the_moment=True, may_be_one_file=True)
        return self.answer("torn" if read & set(self.bad) else None)

    def answer(self, error: str | None, **told: bool) -> Node:
        """What the adapter would say."""
        return Node(rows=[], error=error, cause=error, **told)


def listed(files: str) -> list[Node]:
    return [Node(path=path, modified_at="2024-10-01 12:00:00", size=1) for path in files]


# what is listed once more: all of them, as they were
THERE = [Node(file, path=f"file:/{file.path}", size="1") for file in listed("abc")]


def find(files: str, bad: str = "", **trouble: str | bool) -> tuple[str, str, int]:
    """The files that are set aside, those that are left to the next run, and how many reads it took."""
    connection = Reader(bad=bad, **trouble)  # type: ignore[arg-type]
    found = Project(connection=connection).find_unreadable(READ, listed(files), Node(temporary=[]), "lines")
    assert all(("torn" in one["reason"]) != one["is_left"] for one in found)
    aside, left = (
        "".join(one["file"]["path"] for one in found if one["is_left"] == is_) for is_ in (False, True)
    )
    return aside, left, len(connection.reads)


@pytest.mark.parametrize("bad", ["", "a", "d", "h", "ah", "cde", "abcdefgh"])
def test_each_bad_file_is_found_and_no_other(bad: str) -> None:
    assert find("abcdefgh", bad)[0] == bad


def test_one_of_many_is_found_in_few_reads() -> None:
    assert find("abcdefghijklmnop", "k") == ("k", "", 9)
    assert find("a", "a") == ("a", "", 1)


def test_an_error_of_the_moment_blames_nobody() -> None:
    assert find("abcd", "a", is_down=True) == ("", "", 1)


def test_where_spark_cannot_even_count_numbers_nobody_is_blamed() -> None:
    assert find("abcd", "a", is_broken=True)[:2] == ("", "")
    assert find("abcd", denied="a", is_broken=True)[:2] == ("", "a")  # that blames nobody either


@pytest.mark.parametrize(
    ("files", "bad", "denied", "found"),
    [
        pytest.param("abcd", "", "c", ("", "c"), id="one of many is left to the next run"),
        pytest.param("abcd", "", "bc", ("", "bc"), id="so are two"),
        pytest.param("abcd", "d", "a", ("d", "a"), id="beside one that is torn"),
        pytest.param("a", "", "a", ("", ""), id="no other tells that it is the file"),
        pytest.param("ab", "a", "b", ("", ""), id="nor does one that is torn"),
        pytest.param("abcd", "", "abcd", ("", ""), id="it is everywhere"),
    ],
)
def test_one_file_that_may_not_be_read_does_not_stop_the_others(
    files: str, bad: str, denied: str, found: tuple[str, str]
) -> None:
    assert find(files, bad, denied=denied)[:2] == found


def test_what_is_everywhere_is_soon_found_to_be() -> None:
    many = "abcdefghijklmnopqrstuvwxyz"
    assert find(many, denied=many)[2] < 10


def test_what_is_left_to_the_next_run_is_not_remembered() -> None:
    project = Project(connection=Reader(denied="b"))
    assert project.mend_files(Node(READ), [], PIN, "lines") == []
    bad = project.find_unreadable(READ, listed("abc"), PIN, "lines")
    project.connection.ran.clear()
    project.set_aside(bad, READ, PIN)
    assert project.connection.ran == []
    [warning] = project.warnings
    assert warning.startswith(
        "b: left to the next run: it could not be read while others could: Permission denied."
    )
    assert [file["path"] for file in project.without_files(listed("abc"), bad)] == ["a", "c"]


@pytest.mark.parametrize(
    ("bad", "denied", "kept", "said"),
    [
        ("", "", "abc", []),
        ("b", "", "ac", ["file:/b: set aside: it cannot be read as parquet of this source (torn)"]),
        ("", "b", "ac", ["file:/b: left to the next run: it could not be read while others could"]),
    ],
)
def test_schemas_are_judged_by_the_same_rules(bad: str, denied: str, kept: str, said: list[str]) -> None:
    project = Project(connection=Reader(bad=bad, denied=denied, answers=[("__listing` where path", THERE)]))
    files = [Node(file, path=f"file:/{file.path}") for file in listed("abc")]
    found = project.read_schemas(READ, files, "parquet", PIN)
    assert "".join(file["path"][-1] for file in found) == kept
    assert [warning[: len(text)] for warning, text in zip(project.warnings, said, strict=True)] == said


@pytest.mark.parametrize(
    "trouble",
    [{"is_down": True}, {"denied": "abc"}, {"bad": "b", "is_broken": True}, {"bad": "ab", "denied": "c"}],
)
def test_schemas_that_no_file_explains_are_an_error(trouble: dict[str, str]) -> None:
    project = Project(connection=Reader(answers=[("__listing` where path", THERE)], **trouble))  # type: ignore[arg-type]
    files = [Node(file, path=f"file:/{file.path}") for file in listed("abc")]
    with pytest.raises(Refused, match=r"network is down|Permission denied|torn"):
        project.read_schemas(READ, files, "parquet", PIN)
    assert project.warnings == []


def test_what_is_set_aside_is_data() -> None:
    connection = Connection()
    project = Project(connection=connection)
    name = "it's '); drop table x; -- {{ ref('x') }} \\"
    found = [{"file": Node(path=name, modified_at="2024-10-01 12:00:00", size=1), "reason": "it's torn"}]
    pin = Node(pinned_at="2024-10-02 00:00:00", quarantine=Relation("bronze", "orders_quarantine"))
    project.set_aside(found, READ, pin)
    [sql] = connection.ran
    assert sql.startswith(
        r"insert into bronze.orders_quarantine values ('it\'s \'); drop table x; -- {{ ref(\'x\') }} \\',"
    )
    assert project.warnings == [f"{name}: set aside: it's torn"]


def test_without_a_table_it_only_warns() -> None:
    project = Project()
    found = [{"file": Node(path="a", modified_at="2024-10-01 12:00:00", size=1), "reason": "torn"}]
    project.set_aside(found, READ, Node(pinned_at="2024-10-02 00:00:00", quarantine=None))
    assert (project.connection.ran, len(project.warnings)) == ([], 1)


def test_another_declaration_is_another_try() -> None:
    project = Project()
    changed = [
        Node(SOURCE, meta={**SOURCE.meta, "encoding": "ISO-8859-1"}),
        Node(SOURCE, columns={"op": Node(), "price": Node()}),
        Node(SOURCE, columns={"op": Node(data_type="int")}),
    ]
    prints = {project.declaration_of(source) for source in [SOURCE, *changed]}
    assert len(prints) == 4
    assert project.declaration_of(Node(SOURCE, description="other words")) in prints
