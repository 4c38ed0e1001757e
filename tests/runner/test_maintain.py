"""What maintenance keeps, removes and does, decided from histories alone."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.catalog.sql import SqlCatalog
from rich.console import Console

from runner.errors import DataError, UsageError
from runner.lake import Commit
from runner.maintain.cli import parse_duration
from runner.maintain.needs import find_kept
from runner.maintain.plan import Retention, TablePlan, plan_lake
from runner.maintain.run import Output, run_maintain
from runner.maintain.state import Ref, TableState
from runner.maintain.statements import plan_steps
from runner.replay import find_starts
from runner.settings import Settings

NOW = datetime(2026, 1, 31, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
WEEK = Retention(snapshots=timedelta(days=7))
ATTEMPT = "publish_20260101T120000123456_0a1b2c3d"
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
    state = table("silver.orders", commit(11, 30, {}), beside=(staged,), refs=(Ref(ATTEMPT, 9),))
    found = plan(state)
    assert (found.branches, found.leftovers) == (((ATTEMPT,), (9,)) if goes else ((), ()))


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [
        (ATTEMPT, True),
        (f"{ATTEMPT}_1", True),  # staged anew, without a file that changed
        (f"{ATTEMPT}_1_2", True),
        ("publish_to_partners", False),
        ("publish_20260131", False),
        (f"{ATTEMPT}_keep", False),
        (f"my_{ATTEMPT}", False),
        (ATTEMPT.upper(), False),
    ],
)
def test_only_branches_that_are_named_as_an_attempt_go(name: str, is_ours: bool) -> None:
    state = table("silver.orders", commit(11, 90, {}), beside=(commit(9, 90, {}),), refs=(Ref(name, 9),))
    assert plan(state).branches == ((name,) if is_ours else ())
    assert plan(state).leftovers == ((9,) if is_ours else ())
    tag = table("silver.orders", commit(11, 90, {}), refs=(Ref(name, 11, is_tag=True),))
    assert plan(tag).branches == ()


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
    state = bronze(90, 80, 70, beside=(commit(9, 60),), is_sorted=True)
    steps = plan_steps(plan(state), WEEK)
    assert [step["does"] for step in steps] == ["expire", "orphans"]
    assert "older_than => timestamp '1970-01-01', snapshot_ids => array(2L, 1L, 9L)" in steps[0]["sql"]
    assert "older_than => timestamp '2026-01-28 00:00:00.000000'" in steps[1]["sql"]


# -- what is forgotten --------------------------------------------------------------------------------------

PLACE = frozenset({"id", "_source_file", "_source_modified_at", "_source_position", "_ingested_at"})


def memory(name: str = "silver.orders_deleted", columns: frozenset[str] = PLACE) -> TableState:
    """A table that remembers deletions and has read all of bronze."""
    return table(name, commit(31, 1, {"bronze_orders": (None, 3)}), columns=columns)


def live(*line: Commit, columns: frozenset[str] = PLACE | {"price"}) -> TableState:
    """silver.orders, from its commits."""
    return table("silver.orders", *line, columns=columns)


def age_of_forgotten(*states: TableState, retention: Retention = WEEK) -> float | None:
    """How many days ago a deletion has to have come in to be forgotten; none when nothing is."""
    before = plan(*states, retention=retention).forget_before
    return (NOW - before) / timedelta(days=1) if before else None


def test_deletions_are_forgotten_by_their_age() -> None:
    silver = live(commit(11, 5, {"bronze_orders": (None, 3)}))
    found = plan(memory(), silver, bronze(100, 50, 20))
    assert found.forget_before == NOW - WEEK.deletions
    steps = plan_steps(replace(found, forget=3), WEEK)
    assert [step["does"] for step in steps] == ["forget", "orphans"]
    assert (steps[0]["model"], steps[0]["before"]) == ("silver_orders_deleted", "2025-11-02 00:00:00.000000")
    assert [step["does"] for step in plan_steps(found, WEEK)] == ["orphans"], "none is as old"


@pytest.mark.parametrize(
    ("consumed", "days"),
    [
        (4, 90),  # all that landed
        (3, 90 + 2),  # silver is stuck at its gate: what landed two days ago waits
        (2, 90 + 20),
        (None, 90 + 100),  # its checkpoint says that bronze was empty
        (9, None),  # a snapshot that bronze does not have: rolled back, or expired by another tool
    ],
)
def test_a_deletion_ages_until_what_silver_has_not_read_yet(consumed: int | None, days: float | None) -> None:
    silver = live(commit(11, 60, {"bronze_orders": (None, consumed)}))
    assert age_of_forgotten(memory(), silver, bronze(100, 50, 20, 2)) == days


def test_a_compaction_of_bronze_is_no_row_that_waits() -> None:
    line = (commit(1, 100, {}), commit(2, 50, {}), commit(3, 20, operation="replace"))
    silver = live(commit(11, 40, {"bronze_orders": (None, 2)}))
    assert age_of_forgotten(memory(), silver, table("bronze.orders", *line)) == 90


def test_a_state_that_silver_may_be_rolled_back_to_has_not_read_what_came_after_it() -> None:
    silver = live(commit(11, 30, {"bronze_orders": (None, 2)}), commit(12, 3, {"bronze_orders": (2, 4)}))
    lake = (memory(), silver, bronze(100, 50, 20, 4))
    assert age_of_forgotten(*lake) == 90 + 20
    assert age_of_forgotten(*lake, retention=Retention(snapshots=timedelta(days=1))) == 90


@pytest.mark.parametrize(
    "silver",
    [
        pytest.param((), id="never written"),
        pytest.param((commit(11, 60),), id="without a checkpoint"),
    ],
)
def test_nothing_is_forgotten_while_silver_has_no_checkpoint(silver: tuple[Commit, ...]) -> None:
    assert age_of_forgotten(memory(), live(*silver), bronze(100, 50, 20)) is None


@pytest.mark.parametrize(
    ("name", "columns", "others"),
    [
        pytest.param("silver.accounts_deleted", PLACE, (), id="no table of that name beside it"),
        pytest.param("silver.orders_deleted", PLACE - {"_ingested_at"}, (), id="no time of ingestion"),
        pytest.param("silver.orders_deleted", PLACE | {"closed_by"}, (), id="holds more than a place"),
        pytest.param("gold.orders_deleted", PLACE, ("gold.orders",), id="not in silver"),
    ],
)
def test_a_table_that_is_only_named_so_forgets_nothing(
    name: str, columns: frozenset[str], others: tuple[str, ...]
) -> None:
    silver = live(commit(11, 5, {"bronze_orders": (None, 3)}))
    more = [table(other, *silver.line, columns=silver.columns) for other in others]
    assert age_of_forgotten(memory(name, columns), silver, bronze(100, 50, 20), *more) is None


# -- one table that is broken -------------------------------------------------------------------------------


def test_a_table_that_cannot_be_read_has_no_plan_and_may_need_any_snapshot() -> None:
    broken = TableState("gold.sales", {}, None, error="FileNotFoundError: metadata.json")
    states = {one.name: one for one in (bronze(90, 80, 70, beside=(commit(9, 60),)), broken)}
    [found] = plan_lake(states, WEEK, NOW)
    assert (found.table, found.expire, found.leftovers) == ("bronze.orders", (), ())
    assert {reason.why for reason in found.reasons} == {
        "gold.sales could not be read, so nobody knows what it needs"
    }


def test_what_is_wrong_with_one_table_is_told_and_the_others_are_maintained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = small_catalog(tmp_path)
    Path(catalog.load_table("silver.accounts_deleted").metadata_location.removeprefix("file://")).unlink()
    maintained: list[str] = []

    def carry_out(_: Any, plans: list[TablePlan], *__: Any) -> list[Any]:
        maintained.extend(one.table for one in plans)
        return []

    monkeypatch.setattr("runner.maintain.run.open_catalog", lambda _: catalog)
    monkeypatch.setattr("runner.maintain.run.carry_out", carry_out)
    said = io.StringIO()
    settings = Settings(tmp_path, tmp_path, str(tmp_path))
    with pytest.raises(DataError, match=r"^silver\.accounts_deleted was not maintained: FileNotFoundError"):
        run_maintain(settings, Retention(), [], Output(Console(file=said, width=200)))
    assert maintained == ["bronze.orders", "silver.orders", "silver.orders_deleted"]
    assert "silver.accounts_deleted" in said.getvalue()


def small_catalog(folder: Path) -> Catalog:
    """Four tables that nothing was written to."""
    catalog = SqlCatalog("lake", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}/lake")
    for name in ("bronze.orders", "silver.orders", "silver.orders_deleted", "silver.accounts_deleted"):
        catalog.create_namespace_if_not_exists(name.partition(".")[0])
        catalog.create_table(name, pa.schema([("id", pa.int64())]))
    return catalog


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
