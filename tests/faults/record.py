"""Recorded histories of several processes on one lake, and what must be true of them (after Jepsen).

Each process writes down when it asked for something, when it was answered and what the answer was. The
tables' own commits give the one serial order that the history has to agree with:

* a commit that was acknowledged is in the order, and once; one that is known to have lost is not;
* the order respects time: what was acknowledged before something else was asked comes before it;
* no reader sees anything but a state of that order, none older than what was acknowledged before it asked,
  and none older than it has seen before.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from lake import Lake

Kind = Literal["commit", "read"]


@dataclass(frozen=True)
class Event:
    """One operation of a process on one table, by a clock that all processes share (seconds)."""

    process: str
    table: str
    kind: Kind
    asked: float
    answered: float
    snapshot: int | None  # what a commit published (none: it found nothing new) or what a read saw
    rows: int = 0  # how many rows a read found


@dataclass(frozen=True)
class Order:
    """The serial order of a table: the snapshots on `main`, oldest first, and the rows each one holds."""

    table: str
    snapshots: tuple[int, ...]
    rows: tuple[int, ...]

    def place(self, snapshot: int | None) -> int:
        """Where a snapshot stands: 0 for the empty table, -1 for one that is not on `main`."""
        if snapshot is None:
            return 0
        return self.snapshots.index(snapshot) + 1 if snapshot in self.snapshots else -1


def order_of(lake: Lake, table: str) -> Order:
    """The serial order that a table has kept."""
    line = lake.published(table)
    totals = tuple(int(snapshot.summary.get("total-records", 0)) for snapshot in line)
    return Order(table, tuple(snapshot.id for snapshot in line), totals)


def contradictions(order: Order, events: Iterable[Event]) -> list[str]:
    """What of a recorded history cannot have happened in that order; empty when all agrees."""
    ours = sorted((event for event in events if event.table == order.table), key=lambda event: event.asked)
    found = [*_unknown(order, ours), *_doubled(ours)]
    return found or [*_back_in_time(order, ours)]


def _unknown(order: Order, events: Sequence[Event]) -> list[str]:
    return [
        f"{event} names a snapshot that is not in the order"
        for event in events
        if order.place(event.snapshot) < 0
    ]


def _doubled(events: Sequence[Event]) -> list[str]:
    published = [event.snapshot for event in events if event.kind == "commit" and event.snapshot]
    return [f"snapshot {one} was acknowledged to two" for one in set(published) if published.count(one) > 1]


def _back_in_time(order: Order, events: Sequence[Event]) -> list[str]:
    """Pairs of which the second was asked after the first was answered, yet stands before it."""
    found = []
    for first in events:
        for second in events:
            if first.answered >= second.asked or (second.kind == "commit" and second.snapshot is None):
                continue
            here, there = order.place(first.snapshot), order.place(second.snapshot)
            is_behind = there <= here if second.kind == "commit" else there < here
            if is_behind:
                found.append(f"{second} was asked after {first} was answered, but comes before it")
    return found


def read(lake: Lake, process: str, table: str) -> Event:
    """Read a table as another engine does."""
    asked = time.monotonic()
    found = lake.table(table)
    current = found.current_snapshot()
    rows = found.scan().to_arrow().num_rows if current else 0
    return Event(
        process, table, "read", asked, time.monotonic(), current.snapshot_id if current else None, rows
    )
