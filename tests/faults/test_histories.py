"""Several processes at once on one lake: what each was told agrees with the one order of the commits."""

from __future__ import annotations

import itertools
import random
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from lake import DbtResult, Lake
from pipeline.test_protocol import compact
from pyhive.exc import OperationalError

from faults.clients import start
from faults.promise import broken_promises
from faults.record import Event, Order, contradictions, order_of, read
from faults.test_crashes import landings

READ = ("bronze.orders", "silver.orders")
MODELS = {"bronze_orders": "bronze.orders", "silver_orders": "silver.orders"}
SEED = 70
PAUSE = 0.2  # seconds between a reader's looks


@dataclass
class Recorder:
    """What all processes did on one lake."""

    lake: Lake
    events: list[Event] = field(default_factory=list)
    told: list[str] = field(default_factory=list)  # what runs that did not publish said
    done: threading.Event = field(default_factory=threading.Event)

    def write(self, name: str, rounds: int) -> None:
        """A writer: ingest and merge what landed, again and again."""
        for _ in range(rounds):
            asked = time.monotonic()
            outcome = start(self.lake, "run", "--select", *MODELS).wait()
            assert not outcome.killed
            self._note(name, asked, outcome.result)

    def _note(self, name: str, asked: float, result: DbtResult) -> None:
        for model, table in MODELS.items():
            node = result.nodes.get(model)
            if node and node.status == "success":
                published = re.search(r"as snapshot (\d+)", node.message)
                snapshot = int(published[1]) if published else None
                self.events.append(Event(name, table, "commit", asked, time.monotonic(), snapshot))
            elif node and node.status != "skipped":  # for then another node says why
                self.told.append(f"{node.status}: {node.message}")

    def watch(self, name: str) -> None:
        """A reader, until all writers are done."""
        while not self.done.is_set():
            for table in READ:
                if self.lake.exists(table):
                    self.events.append(read(self.lake, name, table))
            time.sleep(PAUSE)

    def compact(self, rounds: int) -> None:
        """Maintenance beside the writers; it too may lose to them."""
        for _ in range(rounds):
            time.sleep(1)
            try:
                compact(self.lake, "silver.orders")
            except OperationalError as error:
                self.told.append(f"compaction: {str(error)[:200]}")


def record(lake: Lake, writers: int, rounds: int) -> Recorder:
    """Let writers, a compaction and two readers loose on a lake while files land."""
    recorder, steps, rng = Recorder(lake), landings(SEED), random.Random(SEED)
    lake.land_step(next(steps))
    lake.dbt("run", "--select", "bronze", "silver").ok()
    with ThreadPoolExecutor(writers + 3) as pool:
        readers = [pool.submit(recorder.watch, f"reader {number}") for number in (1, 2)]
        busy = [pool.submit(recorder.write, f"writer {number}", rounds) for number in range(writers)]
        busy.append(pool.submit(recorder.compact, rounds))
        for step in itertools.islice(steps, writers * rounds):
            lake.land_step(step)
            time.sleep(rng.uniform(0.5, 2))
        try:
            for one in busy:
                one.result()
        finally:
            recorder.done.set()
        for one in readers:
            one.result()
    return recorder


def assert_serial(recorder: Recorder) -> None:
    """The recorded history agrees with the tables' own order; whoever did not publish said so."""
    for table in READ:
        order = order_of(recorder.lake, table)
        ours = [event for event in recorder.events if event.table == table]
        assert any(event.kind == "commit" and event.snapshot for event in ours), table
        assert contradictions(order, ours) == []
    bronze = order_of(recorder.lake, "bronze.orders")
    for event in recorder.events:
        if event.kind == "read" and event.table == bronze.table:
            assert event.rows == bronze.rows[bronze.place(event.snapshot) - 1], event
    assert [said for said in recorder.told if "meanwhile" not in said and "compaction" not in said] == []
    assert broken_promises(recorder.lake) == {}


def test_a_recorded_history_has_a_serial_order(worn_lake: Lake) -> None:
    assert_serial(record(worn_lake, writers=2, rounds=2))


@pytest.mark.long
def test_a_long_recorded_history_has_a_serial_order(lake: Lake) -> None:
    assert_serial(record(lake, writers=4, rounds=6))


# -- the judge itself: histories that cannot have happened are seen ------------------------------------------

ORDER = Order("t", (10, 20, 30), (1, 2, 3))


def event(kind: str, asked: float, answered: float, snapshot: int | None) -> Event:
    """An operation on the table of ORDER."""
    return Event("p", "t", kind, asked, answered, snapshot)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("events", "is_possible"),
    [
        ([event("commit", 0, 1, 10), event("commit", 2, 3, 20), event("read", 4, 5, 20)], True),
        ([event("commit", 0, 3, 20), event("commit", 2, 4, 10)], True),  # they overlap: either may be first
        ([event("read", 0, 1, None), event("read", 2, 3, 30), event("commit", 2, 4, 30)], True),
        ([event("commit", 0, 1, None), event("commit", 0, 1, 10)], True),
        ([event("commit", 0, 1, 40)], False),  # acknowledged, and lost
        ([event("read", 0, 1, 40)], False),  # seen, and never committed
        ([event("commit", 0, 1, 10), event("commit", 0, 1, 10)], False),  # one commit for two
        ([event("commit", 0, 1, 20), event("commit", 2, 3, 10)], False),  # later, but stands before
        ([event("commit", 0, 1, 20), event("read", 2, 3, 10)], False),  # a stale read
        ([event("read", 0, 1, 20), event("read", 2, 3, None)], False),  # back in time
    ],
)
def test_what_contradicts_an_order(events: list[Event], is_possible: bool) -> None:
    assert (contradictions(ORDER, events) == []) == is_possible
