"""What maintenance has to know of a table, read from its metadata; only deletions are counted in the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from runner.lake import Commit, list_tables, read_commits

PUBLISH = "publish_"  # how the branches begin through which runs publish


@dataclass(frozen=True)
class Ref:
    """A branch or tag other than `main`."""

    name: str
    snapshot: int
    is_tag: bool = False


@dataclass(frozen=True)
class TableState:
    """One table: all its snapshots, what points at them, and what its files are like."""

    name: str  # schema.table, with the prefix
    commits: Mapping[int, Commit]
    head: int | None
    refs: tuple[Ref, ...] = ()
    was_current: frozenset[int] = frozenset()  # snapshots that `main` once pointed at
    manifests: int = 0
    is_sorted: bool = False
    old_deletions: int = 0  # remembered deletions that are old enough to forget

    @property
    def line(self) -> tuple[Commit, ...]:
        """Return the commits that `main` consists of, newest first, as far back as there are any."""
        return self.ancestry(self.head)

    def ancestry(self, snapshot: int | None) -> tuple[Commit, ...]:
        """Return a snapshot and its ancestors, newest first."""
        found: list[Commit] = []
        at = self.commits.get(snapshot) if snapshot else None
        while at:
            found.append(at)
            at = self.commits.get(at.parent) if at.parent else None
        return tuple(found)


def read_states(catalog: Catalog, forget_before: datetime) -> dict[str, TableState]:
    """Read every table of the lake by name."""
    return {name: read_state(name, catalog.load_table(name), forget_before) for name in list_tables(catalog)}


def read_state(name: str, table: Table, forget_before: datetime) -> TableState:
    """Read one table; deletions that came in before `forget_before` count as old."""
    current = table.current_snapshot()
    refs = [
        Ref(ref, pointed.snapshot_id, str(pointed.snapshot_ref_type).endswith("tag"))
        for ref, pointed in table.refs().items()
        if ref != "main"
    ]
    return TableState(
        name=name,
        commits=read_commits(table),
        head=current.snapshot_id if current else None,
        refs=tuple(refs),
        was_current=frozenset(entry.snapshot_id for entry in table.history()),
        manifests=len(current.manifests(table.io)) if current else 0,
        is_sorted=not table.sort_order().is_unsorted,
        old_deletions=_count_old(table, forget_before) if current and holds_deletions(name) else 0,
    )


def holds_deletions(table: str) -> bool:
    """Tell by its name whether a silver table remembers the deletions of another."""
    schema, _, name = table.rpartition(".")
    return schema.endswith("silver") and name.endswith("_deleted")


def _count_old(table: Any, before: datetime) -> int:
    return int(table.scan(row_filter=f"_ingested_at < '{before.isoformat()}'").count())
