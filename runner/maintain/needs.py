"""Which snapshots must stay, and why. Pure.

A snapshot is needed

* when readers see it, or saw it a short while ago;
* when it is, or is newer than, the one that carries the table's own checkpoint;
* when a table that reads this one goes on from it;
* when a table follows another's commits through it (docs/decisions/0004-gold-by-lineage.md).

The last two hold for each state that the reading table keeps, and could be rolled back to. What a table needs
that cannot be read is not known: then all stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import pairwise

from runner.lake import Commit, table_of_model
from runner.maintain.state import TableState

Kept = dict[int, set[str]]  # snapshot -> why, all reasons
States = Mapping[str, TableState]
Read = tuple[str, int | None, int | None]  # a table, and the snapshots from and to which it was read

RECENT = "recent"


def find_kept(states: States, cutoff: datetime) -> dict[str, Kept]:
    """Return the snapshots that stay, by table; those that were current at `cutoff` or later are recent."""
    keepers = {name: _Keeper(state) for name, state in states.items()}
    unread = [name for name, state in states.items() if state.error]
    for keeper in keepers.values():
        keeper.keep_own(cutoff)
        for name in unread:
            keeper.keep_all(f"{name} could not be read, so nobody knows what it needs")
    size = -1
    while size < (size := sum(len(keeper.kept) for keeper in keepers.values())):
        for reader in states:  # what a table keeps has needs of its own
            _keep_for_reader(keepers, reader)
    return {name: keeper.kept for name, keeper in keepers.items()}


class _Keeper:
    """What stays of one table."""

    def __init__(self, state: TableState) -> None:
        self.state = state
        self.line = state.line
        self.depth = {commit.id: depth for depth, commit in enumerate(self.line)}
        self.kept: Kept = {}

    def keep_own(self, cutoff: datetime) -> None:
        """Keep what the table needs whoever reads it."""
        self.keep_back_to([commit.id for commit in self.line[:1]], RECENT)
        # until the newer one came, the older one was what readers saw
        recent = [older.id for newer, older in pairwise(self.line) if newer.committed_at >= cutoff]
        self.keep_back_to(recent, RECENT)
        carriers = [commit.id for commit in self.line if commit.document]
        self.keep_back_to(carriers[:1], "carries the table's own checkpoint")
        for ref in self.state.refs:
            if ref.is_tag:
                self.keep(ref.snapshot, f"tag {ref.name}")
            elif not ref.is_publish:
                self.keep_beside(ref.snapshot, None, f"branch {ref.name}")

    def keep_all(self, why: str) -> None:
        """Keep every snapshot, whether or not `main` holds it."""
        for snapshot in self.state.commits:
            self.keep(snapshot, why)

    def keep(self, snapshot: int, why: str) -> None:
        """Keep one snapshot."""
        self.kept.setdefault(snapshot, set()).add(why)

    def keep_back_to(self, snapshots: Iterable[int], why: str) -> tuple[Commit, ...]:
        """Keep `main` from its head to the oldest of these: no gap may cut it off. Return what is newer."""
        depth = max((self.depth[one] for one in snapshots if one in self.depth), default=-1)
        for commit in self.line[: depth + 1]:
            self.keep(commit.id, why)
        return self.line[: max(depth, 0)]

    def keep_beside(self, snapshot: int, back_to: int | None, why: str) -> None:
        """Keep a snapshot that `main` does not hold, back to another or to where it left `main`."""
        for commit in self.state.ancestry(snapshot):
            if commit.id in self.depth and commit.id != snapshot:
                return
            self.keep(commit.id, why)
            if commit.id == back_to:
                return


def _keep_for_reader(keepers: Mapping[str, _Keeper], reader: str) -> None:
    """Keep what a table needs to go on from any of the commits that it keeps."""
    ours = keepers[reader]
    reads = [read for commit in ours.line if commit.id in ours.kept for read in reads_of(commit)]
    for source, ends in _ends(reads).items():
        if source not in keepers:
            continue
        keeper = keepers[source]
        newer = keeper.keep_back_to(ends, f"{reader} goes on from it")
        for end in ends - keeper.depth.keys() & keeper.state.commits.keys():
            keeper.keep(end, f"{reader} goes on from it, once it is rolled forward")
        _keep_followed(keepers, newer, f"{reader} follows {source} by it")


def _keep_followed(keepers: Mapping[str, _Keeper], commits: Iterable[Commit], why: str) -> None:
    """Keep the ranges that these commits read: they say which keys may have changed."""
    starts: dict[str, set[int]] = {}
    for source, start, end in (read for commit in commits for read in reads_of(commit)):
        if source not in keepers or start is None or end is None:
            continue
        if end in keepers[source].depth:
            starts.setdefault(source, set()).add(start)
        else:
            keepers[source].keep_beside(end, start, why)
    for source, found in starts.items():
        keepers[source].keep_back_to(found, why)


def _ends(reads: Iterable[Read]) -> dict[str, set[int]]:
    ends: dict[str, set[int]] = {}
    for source, _, end in reads:
        if end is not None:
            ends.setdefault(source, set()).add(end)
    return ends


def reads_of(commit: Commit) -> Iterator[Read]:
    """Yield the tables that a commit read, from which snapshot to which."""
    for name, read in (commit.document or {}).get("inputs", {}).items():
        start, end = (int(one) if one else None for one in (read.get("from"), read.get("to")))
        yield table_of_model(name), start, end
