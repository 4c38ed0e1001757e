"""Whose fault a failed read is: files are read again in halves, and only what fails alone is blamed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from harness import Connection, Node, Project, Relation, table_node

SOURCE = Node(table_node("orders", "source"), columns={"op": Node()}, meta={"path": "/raw/orders"})
READ = Node(node=SOURCE, view="v")


class Reader(Connection):
    """Fails where it reads one of the bad files, or in every read when the network is down."""

    def __init__(self, bad: str, is_down: bool = False) -> None:
        super().__init__()
        self.bad, self.is_down = set(bad), is_down

    def run_query(self, sql: str) -> Any:
        self.ran.append(sql)
        read = set(re.findall(r"'(\w)'", sql))
        return (
            "the network is down" if self.is_down else f"torn: {read & self.bad}" if read & self.bad else []
        )


def find(files: str, bad: str, is_down: bool = False) -> tuple[str, int]:
    """The names of the files that are blamed, and how many reads it took."""
    connection = Reader(bad, is_down)
    listed = [Node(path=path, modified_at="2024-10-01 12:00:00", size=1) for path in files]
    found = Project(connection=connection).find_unreadable(READ, listed, Node(temporary=[]), "lines")
    assert all("it cannot be read: torn" in one["reason"] for one in found)
    return "".join(one["file"]["path"] for one in found), len(connection.ran)


@pytest.mark.parametrize("bad", ["", "a", "d", "h", "ah", "cde", "abcdefgh"])
def test_each_bad_file_is_found_and_no_other(bad: str) -> None:
    assert find("abcdefgh", bad)[0] == bad


def test_one_of_many_is_found_in_few_reads() -> None:
    assert find("abcdefghijklmnop", "k") == ("k", 9)
    assert find("a", "a") == ("a", 1)


def test_an_error_of_the_moment_blames_nobody() -> None:
    assert find("abcd", "a", is_down=True) == ("", 1)


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
