"""Files without rows: found after the staging, set aside; nothing is published when nothing is left."""

from __future__ import annotations

import re
from typing import Any

import pytest
from harness import Connection, Node, Project, Relation, table_node

TABLE = Relation("bronze", "orders")
BATCH = Node(view="`b`", columns=["op"], rows=None, has_deletes=False, is_cached=False)


def read_of(name: str = "orders", **meta: Any) -> Node:
    source = Node(table_node(name, "source"), columns={"op": Node()}, meta={"path": f"/raw/{name}", **meta})
    return Node(node=source, view=name, kind="files", since=None)


def file(name: str) -> Node:
    return Node(path=f"file:/raw/{name}", modified_at="2024-10-01 12:00:00", size=9)


def leave_empty(
    files: str, staged: str, counted: int | str = 0, rows: int | None = None, **more: Any
) -> tuple[Node, Node, Project]:
    """Stage files a, b, …, of which some have rows; returns what was staged, the plan, and the project."""
    answers: list[Any] = [
        ("distinct _source_file", [Node(path=f"file:/raw/{name}") for name in staged]),
        ("count(*)", [Node(n=str(counted))] if isinstance(counted, int) else counted),
    ]
    project = Project(model={"name": "bronze_orders"}, connection=Connection(answers))
    read = read_of(format=more.get("format", "json"))
    plan = Node(
        reads=[read], files={"orders": [file(name) for name in files]}, parent="S1",
        inputs=more.get("inputs", {}), pinned_at="2024-10-02 00:00:00",
        quarantine=Relation("bronze", "quarantine"),
    )  # fmt: skip
    result = Node(id="S2", write="append", rows=len(staged) if rows is None else rows)
    project._leave_empty(BATCH, TABLE, result, plan)
    return result, plan, project


def aside(project: Project) -> list[str]:
    """The files that were written to the quarantine."""
    written = [sql for sql in project.connection.ran if sql.startswith("insert into bronze.quarantine")]
    return re.findall(r"\('file:/raw/(\w)', timestamp '[^']*', 9, 'it has no rows", " ".join(written))


@pytest.mark.parametrize("format_", ["json", "parquet", "avro"])
def test_a_file_of_which_nothing_was_staged_is_set_aside(format_: str) -> None:
    staged, plan, project = leave_empty("abc", "ac", format=format_)
    assert (aside(project), project.warnings) == (["b"], [])
    assert [one.path[-1] for one in plan["files"]["orders"]] == ["a", "c"]
    assert "is_idle" not in staged
    ranged = next(sql for sql in project.connection.ran if "start-snapshot-id" in sql)
    assert "`start-snapshot-id` 'S1', `end-snapshot-id` 'S2'" in ranged  # only what was staged is read


def test_a_batch_of_which_nothing_was_staged_is_taken_away_again() -> None:
    staged, _, project = leave_empty("ab", "")
    assert (aside(project), staged["is_idle"]) == (["a", "b"], True)
    assert not any("distinct" in sql for sql in project.connection.ran)
    assert project.connection.ran[-1] == (
        "call lake.system.expire_snapshots(table => 'bronze.orders', older_than => timestamp '1970-01-01', "
        "snapshot_ids => array(S2))"
    )


def test_it_is_published_when_it_moves_a_checkpoint() -> None:
    staged, _, project = leave_empty("a", "", inputs={"bronze_other": {"from": "A", "to": "B"}})
    assert (aside(project), "is_idle" in staged) == (["a"], False)


def test_what_can_be_told_without_asking_is_not_asked() -> None:
    assert leave_empty("a", "a")[2].connection.ran == []  # one file, and rows
    assert leave_empty("ab", "ab", format="csv")[2].connection.ran == []  # counted before
    project = leave_empty("ab", "ab")[2]
    assert not any("count(*)" in sql for sql in project.connection.ran)  # each has rows


def test_a_file_that_has_rows_after_all_is_not_set_aside() -> None:
    """Should a path ever be told wrongly, its rows must not be lost without a word."""
    for counted in (7, "gone"):
        staged, plan, project = leave_empty("ab", "a", counted)
        assert (aside(project), "is_idle" in staged) == ([], False)
        assert len(plan["files"]["orders"]) == 2


def test_when_all_files_changed_while_they_were_read_nothing_is_published() -> None:
    assert leave_empty("", "", format="csv")[0]["is_idle"]


# -- the whole attempt --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "is_lost"),
    [
        ("Cannot read file:/raw/conflicting files/x.jsonl", False),
        ("File file:/raw/concurrent update/SQLITE_BUSY.parquet does not exist", False),
        ("[PATH_NOT_FOUND] Path does not exist: file:/raw/stale table metadata.", False),
        ("java.io.FileNotFoundException: /raw/conflicting files (No such file)", False),
        ("Job aborted due to stage failure: x (caused by: conflicting files is not a Parquet file)", False),
        ("Cannot commit silver.orders: metadata location s3://b/a has changed from s3://b/c", True),
        ("Cannot write to file:/lake/a b/m.json (caused by: Table metadata refresh is required)", True),
        ("Found conflicting files that can contain records matching true: [/raw/x.parquet]", True),
    ],
)
def test_a_path_does_not_say_that_a_commit_was_refused(error: str, is_lost: bool) -> None:
    assert Project().is_lost_commit(error) == is_lost
