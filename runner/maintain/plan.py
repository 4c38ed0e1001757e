"""What to do to a table: pure, from its state, what is needed of it, and how long to keep what."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from runner.lake import Commit
from runner.maintain.forget import find_live, forget_before
from runner.maintain.needs import RECENT, Kept, States, find_kept
from runner.maintain.state import TableState

SMALL = 96 * 1024 * 1024  # bytes; files are written up to 512 MiB


@dataclass(frozen=True)
class Retention:
    """How long to keep what, and how many small files are too many."""

    snapshots: timedelta = timedelta(days=7)
    staged: timedelta = timedelta(days=1)  # longer than any run takes
    deletions: timedelta = timedelta(days=90)
    orphans: timedelta = timedelta(days=3)
    files: int = 5


@dataclass(frozen=True)
class Reason:
    """Snapshots older than they need to be, and what keeps them."""

    why: str
    snapshots: int
    oldest: int
    committed_at: datetime


@dataclass(frozen=True)
class TablePlan:
    """What maintenance does to one table."""

    table: str
    expire: tuple[int, ...]  # of `main`, oldest last
    leftovers: tuple[int, ...]  # staged and never published, or rolled back
    branches: tuple[str, ...]  # left by runs that ended while publishing
    kept: int
    reasons: tuple[Reason, ...]
    compact: str  # why; empty when files are fine
    has_deletes: bool
    is_sorted: bool
    merge_manifests: bool
    orphans_before: datetime
    forget_before: datetime | None = None  # older deletions are forgotten; none: no deletion is
    forget: int = 0  # how many these are, once they are counted


def plan_lake(
    states: States, retention: Retention, now: datetime, tables: Collection[str] = ()
) -> list[TablePlan]:
    """Plan the maintenance of some tables, or all; what is needed is always found from all.

    A table that could not be read has no plan.
    """
    kept = find_kept(states, now - retention.snapshots)
    plans = []
    for name, state in states.items():
        if not state.error and (not tables or name in tables):
            live = find_live(state, states)
            horizon = forget_before(state, states, kept[live.name], now) if live else None
            plan = plan_table(state, kept[name], retention, now)
            plans.append(replace(plan, forget_before=horizon - retention.deletions if horizon else None))
    return plans


def plan_table(state: TableState, kept: Kept, retention: Retention, now: datetime) -> TablePlan:
    """Plan the maintenance of one table, given the snapshots that must stay."""
    line = state.line
    leftovers = _leftovers(state, kept, retention, now)
    stale = [
        ref.name for ref in state.refs if ref.is_publish and _is_stale(state, ref.snapshot, retention, now)
    ]
    held = {ref.snapshot for ref in state.refs if ref.name not in stale}
    head = line[0] if line else None
    return TablePlan(
        table=state.name,
        expire=tuple(commit.id for commit in line if commit.id not in kept and commit.id not in held),
        leftovers=tuple(commit.id for commit in leftovers if commit.id not in held),
        branches=tuple(stale),
        kept=sum(commit.id in kept for commit in line),
        reasons=_reasons(state, kept),
        compact=_why_compact(head, retention.files) if head else "",
        has_deletes=bool(head and head.count("total-delete-files") >= retention.files),
        is_sorted=state.is_sorted,
        merge_manifests=state.manifests >= 4 * retention.files,
        orphans_before=now - retention.orphans,
    )


def _leftovers(state: TableState, kept: Kept, retention: Retention, now: datetime) -> list[Commit]:
    """Snapshots beside `main`: what runs staged goes soon, what was rolled back or is foreign goes later."""
    on_main = {commit.id for commit in state.line}
    beside = [
        commit for commit in state.commits.values() if commit.id not in on_main and commit.id not in kept
    ]
    return [commit for commit in beside if _is_stale(state, commit.id, retention, now)]


def _is_stale(state: TableState, snapshot: int, retention: Retention, now: datetime) -> bool:
    commit = state.commits[snapshot]
    is_staged = commit.document is not None and snapshot not in state.was_current
    on_main = snapshot in {one.id for one in state.line}
    age = retention.staged if is_staged or on_main else retention.snapshots
    return commit.committed_at < now - age


def _why_compact(head: Commit, files: int) -> str:
    data, deletes = head.count("total-data-files"), head.count("total-delete-files")
    average = head.count("total-files-size") / data if data else 0
    told = f"{data} data files of {average / 1e6:,.1f} MB on average, {deletes} delete files"
    return told if deletes >= files or (data >= files and average < SMALL) else ""


def _reasons(state: TableState, kept: Kept) -> tuple[Reason, ...]:
    """What keeps snapshots that are old enough to go, by reason."""
    by_reason: dict[str, list[Commit]] = {}
    for snapshot, whys in kept.items():
        for why in sorted(whys) if RECENT not in whys and snapshot in state.commits else ():
            by_reason.setdefault(why, []).append(state.commits[snapshot])
    oldest = {why: min(commits, key=lambda one: one.committed_at) for why, commits in by_reason.items()}
    return tuple(Reason(why, len(by_reason[why]), one.id, one.committed_at) for why, one in oldest.items())
