"""What maintenance keeps, removes and does, decided from histories alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from runner.errors import UsageError
from runner.lake import Commit
from runner.maintain.cli import parse_duration
from runner.maintain.needs import find_kept
from runner.maintain.plan import Retention, TablePlan, plan_lake
from runner.maintain.state import Ref, TableState
from runner.maintain.statements import plan_steps
from runner.replay import find_starts

NOW = datetime(2026, 1, 31, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
WEEK = Retention(snapshots=timedelta(days=7))
Reads = Mapping[str, tuple[int | None, int | None]]


def commit(id: int, days_old: float, reads: Reads | None = None, **more: Any) -> Commit:
    """A commit; with `reads` it carries a checkpoint."""
    inputs = {name: {"from": _text(start), "to": _text(end)} for name, (start, end) in (reads or {}).items()}
    document = None if reads is None else {"inputs": inputs, "attempt": f"try{id}"}
    at = NOW - timedelta(days=days_old)
    return Commit(id, None, more.pop("operation", "append"), at, more, document)


def _text(id: int | None) -> str | None:
    return str(id) if id else None


def table(name: str, *line: Commit, beside: tuple[Commit, ...] = (), **more: Any) -> TableState:
    """A table from its commits, oldest first; those beside were staged on its head."""
    parents = [None, *(one.id for one in line)]
    linked = [_child(one, parent) for one, parent in zip(line, parents, strict=False)]
    head = line[-1].id if line else None
    loose = [_child(one, head) for one in beside]
    commits = {one.id: one for one in [*linked, *loose]}
    return TableState(
        name, commits, head, was_current=frozenset(more.pop("was", (one.id for one in line))), **more
    )


def _child(one: Commit, parent: int | None) -> Commit:
    return Commit(one.id, parent, one.operation, one.committed_at, one.summary, one.document)


def bronze(*ages: float, **more: Any) -> TableState:
    """bronze.orders with the commits 1, 2, … of these ages in days."""
    return table("bronze.orders", *(commit(n, age, {}) for n, age in enumerate(ages, start=1)), **more)


def kept(*states: TableState, days: float = 7) -> dict[str, list[int]]:
    """The snapshots that stay, by table."""
    found = find_kept({one.name: one for one in states}, NOW - timedelta(days=days))
    return {name: sorted(one) for name, one in found.items()}


def plan(state: TableState, *others: TableState, retention: Retention = WEEK) -> TablePlan:
    states = {one.name: one for one in (state, *others)}
    return next(one for one in plan_lake(states, retention, NOW) if one.table == state.name)


# -- what stays ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ages", "stay"),
    [
        ((), []),
        ((100,), [1]),  # readers see it
        ((100, 50, 3, 1), [2, 3, 4]),  # the second was what readers saw a week ago
        ((100, 50, 20), [3]),
        ((6, 5, 4), [1, 2, 3]),
    ],
)
def test_a_state_stays_while_it_is_recent(ages: tuple[float, ...], stay: list[int]) -> None:
    assert kept(bronze(*ages))["bronze.orders"] == stay


def test_the_commit_that_carries_the_checkpoint_stays_under_compactions() -> None:
    state = table(
        "bronze.orders", commit(1, 90, {}), commit(2, 80, {}),
        commit(3, 60, operation="replace"), commit(4, 50, operation="replace"),
    )  # fmt: skip
    assert kept(state)["bronze.orders"] == [2, 3, 4]
    [reason] = plan(state).reasons
    assert (reason.oldest, reason.why) == (2, "carries the table's own checkpoint")
    assert plan(state).expire == (1,)


def test_what_a_slow_reader_goes_on_from_stays_and_all_that_is_newer() -> None:
    silver = table("silver.orders", commit(11, 60, {"bronze_orders": (None, 2)}))
    assert kept(bronze(90, 70, 50, 40, 30), silver)["bronze.orders"] == [2, 3, 4, 5]
    assert kept(bronze(90, 70, 50, 40, 30))["bronze.orders"] == [5]


def test_gold_needs_the_ranges_that_silver_read_since() -> None:
    silver = table(
        "silver.orders",
        commit(11, 60, {"bronze_orders": (None, 2)}),
        commit(12, 50, {"bronze_orders": (2, 3)}),
        commit(13, 30, {"bronze_orders": (3, 5)}),
    )
    gold = table("gold.sales", commit(21, 59, {"silver_orders": (None, 11)}))
    found = find_kept({one.name: one for one in (bronze(90, 70, 50, 40, 30), silver, gold)}, NOW)
    assert sorted(found["silver.orders"]) == [11, 12, 13]
    assert sorted(found["bronze.orders"]) == [2, 3, 4, 5]
    assert found["bronze.orders"][2] == {
        "silver.orders goes on from it",  # should it be rolled back to where gold is
        "gold.sales follows silver.orders by it",
    }
    assert found["silver.orders"][11] == {"gold.sales goes on from it"}


def test_a_state_to_which_a_reader_can_be_rolled_back_can_go_on_too() -> None:
    silver = table(
        "silver.orders",
        commit(11, 60, {"bronze_orders": (None, 2)}),
        commit(12, 3, {"bronze_orders": (2, 5)}),
    )
    assert kept(bronze(90, 70, 50, 40, 30), silver)["bronze.orders"] == [2, 3, 4, 5]
    assert kept(bronze(90, 70, 50, 40, 30), silver, days=1)["bronze.orders"] == [5]


def test_what_was_rolled_back_stays_while_a_reader_is_there() -> None:
    rolled_back = commit(9, 40, {})
    silver = table("silver.orders", commit(11, 30, {"bronze_orders": (None, 9)}))
    state = bronze(90, 80, beside=(rolled_back,), was=(1, 2, 9))
    assert 9 in kept(state, silver)["bronze.orders"]
    assert plan(state, silver).leftovers == ()
    assert plan(state).leftovers == (9,)


def test_tags_and_branches_of_others_stay() -> None:
    refs = (Ref("audit", 1, is_tag=True), Ref("trial", 9))
    state = bronze(90, 80, 70, beside=(commit(9, 60),), refs=refs)
    assert kept(state)["bronze.orders"] == [1, 3, 9]
    assert (plan(state).expire, plan(state).leftovers, plan(state).branches) == ((2,), (), ())


def test_a_reader_of_a_table_that_is_gone_needs_nothing() -> None:
    assert kept(table("silver.orders", commit(11, 30, {"bronze_orders": (None, 9)})))["silver.orders"] == [11]


# -- what goes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "was_current", "goes"),
    [
        pytest.param(commit(9, 0.5, {"bronze_orders": (1, 2)}), False, False, id="staged, its run may go on"),
        pytest.param(commit(9, 2, {"bronze_orders": (1, 2)}), False, True, id="staged and left"),
        pytest.param(commit(9, 2), False, False, id="staged by another tool"),
        pytest.param(commit(9, 8), False, True, id="staged by another tool and left"),
        pytest.param(commit(9, 2, {"bronze_orders": (1, 2)}), True, False, id="rolled back"),
        pytest.param(commit(9, 8, {"bronze_orders": (1, 2)}), True, True, id="rolled back long ago"),
    ],
)
def test_what_lies_beside_main_goes_when_it_is_old(one: Commit, was_current: bool, goes: bool) -> None:
    state = table("silver.orders", commit(11, 30, {}), beside=(one,), was=(11, 9) if was_current else (11,))
    assert plan(state).leftovers == ((9,) if goes else ())


@pytest.mark.parametrize(("days", "goes"), [(0.5, False), (2, True)])
def test_a_branch_of_an_interrupted_publish_goes_with_what_it_held(days: float, goes: bool) -> None:
    staged = commit(9, days, {"bronze_orders": (1, 2)})
    state = table("silver.orders", commit(11, 30, {}), beside=(staged,), refs=(Ref("publish_x", 9),))
    found = plan(state)
    assert (found.branches, found.leftovers) == ((("publish_x",), (9,)) if goes else ((), ()))


@pytest.mark.parametrize(
    ("data", "deletes", "size", "is_due"),
    [
        (1, 0, 10, False),
        (4, 4, 10, False),
        (5, 0, 10, True),
        (1, 5, 10, True),
        (5, 0, 5 * 300_000_000, False),
    ],
)
def test_small_files_and_delete_files_are_compacted(data: int, deletes: int, size: int, is_due: bool) -> None:
    counts = {"total-data-files": data, "total-delete-files": deletes, "total-files-size": size}
    one = Commit(1, None, "append", NOW, {name: str(n) for name, n in counts.items()}, {"inputs": {}})
    assert bool(plan(table("silver.orders", one)).compact) is is_due


def test_steps_name_what_they_expire_and_leave_nothing_to_iceberg_s_own_age() -> None:
    state = bronze(90, 80, 70, beside=(commit(9, 60),), is_sorted=True, old_deletions=3)
    steps = plan_steps(plan(state), WEEK)
    assert [step["does"] for step in steps] == ["expire", "forget", "orphans"]
    assert "older_than => timestamp '1970-01-01', snapshot_ids => array(2L, 1L, 9L)" in steps[0]["sql"]
    assert (steps[1]["model"], steps[1]["before"]) == ("bronze_orders", "2025-11-02 00:00:00")
    assert "older_than => timestamp '2026-01-28 00:00:00'" in steps[2]["sql"]


@pytest.mark.parametrize(("text", "hours"), [("7d", 168), ("12h", 12), ("30m", 0.5), ("0s", 0)])
def test_durations(text: str, hours: float) -> None:
    assert parse_duration(text) == hours * HOUR


@pytest.mark.parametrize("text", ["7", "d", "1w", "-1d", "1.5h"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(UsageError, match="is no duration"):
        parse_duration(text)


# -- where a replay starts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "found"),
    [
        ("all", "all"),
        ("2", "2"),
        ("7", None),  # of another table
        ("2026-01-11", "2"),  # between the second and the third
        ("2026-01-21T00:00:00Z", "3"),
        ("2025-01-01", "all"),  # before the first
        ("2027-01-01", "3"),  # nothing is newer than the checkpoint
    ],
)
def test_where_a_replay_starts(start: str, found: str | None) -> None:
    from runner.lake import History

    states = [bronze(30, 21, 10, 1), table("silver.orders", commit(11, 9, {"bronze_orders": (None, 3)}))]
    histories = {one.name: History(one.name, one.line, ()) for one in states}
    assert find_starts("silver_orders", start, histories) == ({"bronze_orders": found} if found else {})


@pytest.mark.parametrize("start", ["yesterday", "2026-13-01", ""])
def test_what_is_no_start(start: str) -> None:
    from runner.lake import History

    states = [bronze(1), table("silver.orders", commit(11, 1, {"bronze_orders": (None, 1)}))]
    histories = {one.name: History(one.name, one.line, ()) for one in states}
    with pytest.raises(UsageError, match="is no snapshot, time or `all`"):
        find_starts("silver_orders", start, histories)
