"""A plain Python model of the lake, for a state machine: what each commit must hold, told by its checkpoint.

Silver is told by which file versions it has consumed and under which setting it met each of them: rules and
columns change, and hold for rows that come after the change. Gold is told by the silver commit it consumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import histories
import oracle
from lake import FILE_COLUMN, REASONS_COLUMN, Lake, Row, Snapshot
from pipeline.ledger import GOLD, SILVER

from faults.promise import Version, below, versions_in

STRICT_BELOW = 50.0  # the price that the strict rule demands to be below
STRICT_RULE = {"name": "price_modest", "check": f"price < {STRICT_BELOW}"}


@dataclass(frozen=True)
class Setting:
    """What of the project may change between two builds."""

    is_strict: bool = False  # one more rule
    has_channel: bool = False  # one more column in silver.orders, a copy of the referral

    def judged(self, row: oracle.Judged) -> tuple[str, ...]:
        """The rules that a row breaks under this setting."""
        is_asked = self.is_strict and not row.is_delete and oracle.MALFORMED not in row.raw
        price = row.typed["price"]
        is_dear = is_asked and (price is None or price >= STRICT_BELOW)
        return tuple(sorted({*row.reasons, *([STRICT_RULE["name"]] if is_dear else [])}))


@dataclass(frozen=True)
class Met:
    """What became of a row: the settings that accepted it, and the reasons of those that did not."""

    accepted: tuple[Setting, ...]
    refused: tuple[tuple[str, ...], ...]


def meet(row: oracle.Judged, settings: tuple[Setting, ...]) -> Met:
    """Judge a row under one setting after another."""
    judged = [(setting, setting.judged(row)) for setting in settings]
    return Met(
        accepted=tuple(setting for setting, why in judged if not why),
        refused=tuple(why for _, why in judged if why),
    )


# under which settings a table met each file version, in that order: more than one after a replay or a redrive
Consumed = Mapping[Version, tuple[Setting, ...]]


@dataclass
class World:
    """The model of one lake: what each snapshot of a silver table has consumed."""

    lake: Lake
    setting: Setting = field(default_factory=Setting)
    consumed: dict[tuple[str, int], Consumed] = field(default_factory=dict)
    newest: dict[str, Consumed] = field(default_factory=dict)  # by table
    held: dict[int, frozenset[Version]] = field(default_factory=dict)  # the versions in a bronze snapshot

    def learn(self) -> None:
        """Take in the commits that are new, under the setting as it is now."""
        for name in ("bronze.orders", *SILVER):
            for snapshot in self.lake.published(name) if self.lake.exists(name) else []:
                if name == "bronze.orders":
                    self.bronze(snapshot.id)
                elif (name, snapshot.id) not in self.consumed:
                    before = self.consumed.get((name, snapshot.parent or 0), self.newest.get(name, {}))
                    self.consumed[name, snapshot.id] = self._after(before, snapshot)
                if name != "bronze.orders":
                    self.newest[name] = self.consumed[name, snapshot.id]

    def _after(self, before: Consumed, snapshot: Snapshot) -> Consumed:
        """What a commit has consumed, its ranges told by its document."""
        document = snapshot.checkpoint
        if not document:  # a compaction
            return before
        read = document["inputs"]["bronze_orders"]
        if document["mode"] in ("first", "full"):
            return dict.fromkeys(self.bronze(int(read["to"])), (self.setting,))
        start = self.bronze(int(read["from"])) if read["from"] else frozenset()
        again = {
            version: (*(met for met in before.get(version, ()) if met != self.setting), self.setting)
            for version in self.bronze(int(read["to"])) - start
        }
        return {**before, **again}

    def bronze(self, snapshot: int) -> frozenset[Version]:
        """The file versions in bronze at a snapshot, even one that has been expired since."""
        if snapshot not in self.held:
            self.held[snapshot] = frozenset(versions_in(self.lake, self.lake.rows("bronze.orders", snapshot)))
        return self.held[snapshot]

    def on_disk(self) -> set[Version]:
        """The file versions that lie in the source's directory now."""
        landed = {(landing.name, landing.modified_ms) for step in self.lake.steps for landing in step}
        return {version for version in landed if self._lies_there(version)}

    def _lies_there(self, version: Version) -> bool:
        path = self.lake.landing / version[0]
        return path.stat().st_mtime_ns // 1_000_000 == version[1]

    def backlog(self) -> dict[str, Any]:
        """What a complete build may not leave: files, bronze rows or silver rows that are not consumed."""
        self.learn()
        held = self.bronze(self._head("bronze.orders"))
        found: dict[str, Any] = {"bronze.orders": self.on_disk() - held}
        for name in SILVER:
            found[name] = held ^ set(self.consumed[name, self._head(name)])
        silver = self.silver(self.consumed["silver.orders", self._head("silver.orders")])
        for name in GOLD:
            found[name] = self.silver_consumed_by(name) != silver
        return {name: left for name, left in found.items() if left}

    def has_lost(self, table: str) -> bool:
        """Whether a table has consumed a snapshot of its input that is no part of it any more."""
        line = {snapshot.id for snapshot in self.lake.published("bronze.orders")}
        return not self._ends(table) <= line

    def _ends(self, table: str) -> set[int]:
        """The checkpoint of a table, as the snapshots it names."""
        [document, *_] = [s.checkpoint for s in reversed(self.lake.published(table)) if s.checkpoint]
        return {int(read["to"]) for read in document["inputs"].values()}

    def _head(self, table: str) -> int:
        head = self.lake.head(table)
        assert head is not None, f"{table} was never written"
        return head

    # what the tables must be

    def contradictions(self) -> dict[str, str]:
        """The tables that are not what their checkpoints say."""
        self.learn()
        found: dict[str, str] = {}
        for name in SILVER:
            head = self.lake.head(name)
            if head is not None:
                self._judge(found, name, self.consumed[name, head])
        for name in GOLD:
            head = self.lake.head(name)
            if head is not None:
                wanted = oracle.GOLD[name.removeprefix("gold.")](self.silver_consumed_by(name))
                _note(found, name, self.lake.rows(name), wanted, oracle.TABLE_COLUMNS[name])
        return found

    def silver_consumed_by(self, gold: str) -> list[Row]:
        """The rows of silver.orders at the commit that a gold table's checkpoint names."""
        [document, *_] = [s.checkpoint for s in reversed(self.lake.published(gold)) if s.checkpoint]
        return self.silver(self.consumed["silver.orders", int(document["inputs"]["silver_orders"]["to"])])

    def silver(self, consumed: Consumed) -> list[Row]:
        """The rows of silver.orders after consuming these versions."""
        taken = [(row, met) for row, met in self._met(consumed) if met.accepted]
        first = {row.order: met.accepted[0] for row, met in taken}
        return [
            row.typed | {"channel": row.typed["referral"] if first[row.order].has_channel else None}
            for row in oracle.latest(row for row, _ in taken).values()
            if not row.is_delete
        ]

    def _met(self, consumed: Consumed) -> list[tuple[oracle.Judged, Met]]:
        versions = [v for v in histories.versions(self.lake.steps) if (v.path, v.modified_ms) in consumed]
        return [(row, meet(row, consumed[row.path, row.order[2]])) for row in oracle.judge(versions)]

    def _judge(self, found: dict[str, str], name: str, consumed: Consumed) -> None:
        rows = self.lake.rows(name)
        if name == "silver.orders":
            columns = [*oracle.SILVER_COLUMNS, *(["channel"] if rows and "channel" in rows[0] else [])]
            _note(found, name, rows, self.silver(consumed), columns)
        elif name == "silver.orders_deleted":
            gone = oracle.latest(row for row, met in self._met(consumed) if met.accepted and row.is_delete)
            _note(found, name, rows, [row.typed for row in gone.values()], oracle.DELETED_COLUMNS)
        else:
            actual = [{"file": below(self.lake, r[FILE_COLUMN]), "why": r[REASONS_COLUMN]} for r in rows]
            wanted = [
                {"file": row.path, "why": met.refused[-1]} for row, met in self._met(consumed) if met.refused
            ]
            _note(found, name, actual, wanted, ("file", "why"))


def _note(found: dict[str, str], name: str, actual: list[Any], wanted: list[Any], columns: Any) -> None:
    ours, theirs = oracle.comparable(actual, columns), oracle.comparable(wanted, columns)
    if ours != theirs:
        extra = [row for row in ours if row not in theirs][:3]
        missing = [row for row in theirs if row not in ours][:3]
        found[name] = f"{len(ours)} rows, {len(theirs)} expected; not expected {extra}; missing {missing}"
