"""A commit that another one beat is tried again as a whole; one whose outcome is not known is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from harness import Connection, Node, Project, Refused

TABLE = Node(schema="silver", identifier="orders")
STAGED = Node(id="S2", attempt="try_1")
REFUSED = "Cannot fast-forward: main is not an ancestor of publish_try_1"
STALE = "Table metadata refresh is required"
LOST = "Socket is closed by peer"


class Main(list):  # type: ignore[type-arg]
    """Where `main` is, each time it is asked."""

    def __init__(self, *heads: str | None) -> None:
        self.heads: Iterator[str | None] = iter(heads)

    def __iter__(self) -> Any:
        raise AssertionError("only its first row is read")

    def __len__(self) -> int:
        self.head = next(self.heads)
        return int(self.head is not None)

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, _: Any) -> Any:
        return Node(id=self.head)


def publish(main: Main, parent: str | None = "S1", **failures: str) -> tuple[str | None, list[str]]:
    """What publishing S2 returns, and the statements it ran."""
    named = {
        "branch": "create branch", "forward": "fast_forward", "drop": "drop branch",
    }  # fmt: skip
    connection = Connection(
        answers=[(".refs where name = 'main'", main)],
        failures={named[name]: error for name, error in failures.items()},
    )
    lost = Project(connection=connection).publish_snapshot(TABLE, STAGED, parent)
    return lost, [sql for sql in connection.ran if not sql.startswith("select")]


def test_publishing_is_a_branch_and_a_fast_forward() -> None:
    lost, (branch, forward, drop) = publish(Main("S1"))
    assert lost is None
    assert branch.endswith("create branch `publish_try_1` as of version S2")
    assert forward == "call lake.system.fast_forward('silver.orders', 'main', 'publish_try_1')"
    assert drop.endswith("drop branch if exists `publish_try_1`")


@pytest.mark.parametrize(("main", "parent"), [("S9", "S1"), (None, "S1"), ("S9", None)])
def test_a_race_that_is_lost_already_leaves_no_branch(main: str | None, parent: str | None) -> None:
    lost, ran = publish(Main(main), parent)
    assert lost == "main moved before it was published"
    assert ran == []


def test_a_race_lost_at_the_last_moment_takes_its_branch_away() -> None:
    lost, ran = publish(Main("S1", "S9"), forward=REFUSED)
    assert lost == REFUSED
    assert ran[-1].endswith("drop branch if exists `publish_try_1`")


def test_a_branch_that_cannot_be_made_is_not_forwarded_to() -> None:
    lost, ran = publish(Main("S1", "S1"), branch=STALE)
    assert lost == STALE
    assert not any("fast_forward" in sql for sql in ran)


def test_an_unknown_outcome_stops() -> None:
    with pytest.raises(Refused, match=f"published is not known: {LOST}.*run the same command again"):
        publish(Main("S1", "S1"), forward=LOST)


def test_a_branch_that_stays_is_told_of() -> None:
    connection = Connection(
        answers=[(".refs where name = 'main'", Main("S1"))], failures={"drop branch": STALE}
    )
    project = Project(connection=connection)
    assert project.publish_snapshot(TABLE, STAGED, "S1") is None
    [warning] = project.warnings
    assert "drop branch if exists `publish_try_1`" in warning
    assert sum("drop branch" in sql for sql in connection.ran) == 2


@pytest.mark.parametrize(
    ("error", "main", "unseen", "outcome"),
    [
        (None, None, None, "published"),
        (LOST, "S2", None, "published"),
        (LOST, "S1", None, "unknown"),
        (LOST, None, "Connection refused", "unknown"),
        (REFUSED, None, "Connection refused", "unknown"),
        (LOST, "S9", None, "lost"),
        (REFUSED, "S9", None, "lost"),
        (REFUSED, "S1", None, "lost"),
        (STALE, "S1", None, "lost"),
    ],
)
def test_what_became_of_a_publish(
    error: str | None, main: str | None, unseen: str | None, outcome: str
) -> None:
    assert Project().judge_publish(error, Node(id=main, error=unseen), "S2", "S1") == outcome


@pytest.mark.parametrize(
    ("error", "is_lost"),
    [
        (REFUSED, True),
        (STALE, True),
        ("Cannot commit: stale table metadata", True),
        ("Failed to update table silver.orders from catalog lake", True),
        ("Cannot commit silver.orders: metadata location /a has changed from /b", True),
        ("Cannot commit glue.silver.orders because Glue detected concurrent update", True),
        ("Cannot commit x because metadata location 'a' is not same as the current Glue location 'b'", True),
        ("Found conflicting files that can contain records matching ref(name=\"k\") >= 1: [f]", True),
        ("Found new conflicting delete files that can apply to records matching true: [f]", True),
        ("Cannot commit, missing data files: [f]", True),
        ("Cannot commit, found new delete for replaced data file: f", True),
        ("Cannot set publish_x to unknown snapshot: 7", True),
        ("Unknown failure (caused by: [SQLITE_BUSY] The database file is locked (database is locked))", True),
        ("Cannot determine whether the commit was successful or not (caused by: concurrent update)", False),
        ("Unknown failure (caused by: [SQLITE_FULL] database or disk is full)", False),
        ("Job aborted due to stage failure: No space left on device", False),
        (LOST, False),
    ],
)  # fmt: skip
def test_a_refused_commit_is_told_by_its_words(error: str, is_lost: bool) -> None:
    assert Project().is_lost_commit(error) == is_lost
