"""What maintenance has to know of a table, read from its metadata; only deletions are counted in the data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from runner.lake import Commit, list_tables, read_commits

# the branches through which runs publish: an attempt as pin_inputs and stage_files name it, and no other name
_PUBLISH = re.compile(r"publish_\d{8}T\d{12}_[0-9a-f]{8}(_\d+)*")


@dataclass(frozen=True)
class Ref:
    """A branch or tag other than `main`."""

    name: str
    snapshot: int
    is_tag: bool = False

    @property
    def is_publish(self) -> bool:
        """Tell whether a run made it to publish through; a branch of anybody else is none of ours."""
        return not self.is_tag and _PUBLISH.fullmatch(self.name) is not None


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
    columns: frozenset[str] = frozenset()
    error: str = ""  # why it could not be read; nothing else is known of it then

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


def read_states(catalog: Catalog) -> dict[str, TableState]:
    """Read every table of the lake by name; one that cannot be read says why, and hides no other."""
    return {name: _read_state(name, catalog) for name in list_tables(catalog)}


def _read_state(name: str, catalog: Catalog) -> TableState:
    try:
        return read_state(name, catalog.load_table(name))
    except Exception as error:  # whatever is wrong with it, it is told of this table
        return TableState(name, {}, None, error=one_line(error))


def read_state(name: str, table: Table) -> TableState:
    """Read one table."""
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
        columns=frozenset(field.name for field in table.schema().fields),
    )


def count_old(catalog: Catalog, table: str, before: datetime) -> int:
    """Count the remembered deletions that came in before a time."""
    old = f"_ingested_at < '{before.isoformat()}'"
    return int(catalog.load_table(table).scan(old, ("_ingested_at",)).count())


def one_line(error: Exception) -> str:
    """Return an error as one line that names its kind."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
