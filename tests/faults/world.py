"""The lake that a state machine wears down, and what each of its tables has to hold, told by its commits.

Bronze holds each row of each file version once. A silver commit follows from the one before it, the bronze
rows that its document says it read, and the setting of that time (model.py). Gold is told by the silver
commit that it consumed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import histories
import oracle
from lake import FILE_COLUMN, REASONS_COLUMN, Lake, Snapshot
from pipeline.ledger import GOLD, SILVER

from faults.model import (
    Deletions,
    Place,
    Setting,
    State,
    deletions_in,
    judge_again,
    mark_redriven,
    merge_live,
    place_of,
)
from faults.promise import Version, below, versions_in

BRONZE = "bronze.orders"
LIVE, DELETED, REJECTED = SILVER


@dataclass
class World:
    """The model of one lake."""

    lake: Lake
    setting: Setting = field(default_factory=Setting)
    states: dict[tuple[str, int], State] = field(default_factory=dict)  # by table and snapshot
    newest: dict[str, State] = field(default_factory=dict)  # by table
    held: dict[int, Counter[Version]] = field(default_factory=dict)  # rows by version in each bronze snapshot
    broken: dict[str, str] = field(default_factory=dict)  # what bronze did wrong
    sound: set[tuple[str, int]] = field(default_factory=set)  # commits that were judged since maintenance

    # what happened

    def learn(self) -> None:
        """Take in the commits that are new, under the setting as it is now."""
        for snapshot in self._published(BRONZE):
            self._learn_bronze(snapshot)
        for name in (DELETED, REJECTED, LIVE):  # live rows last: they look at both others
            for snapshot in self._published(name):
                if (name, snapshot.id) not in self.states:
                    before = self.states.get((name, snapshot.parent or 0), self.newest.get(name, State()))
                    self.states[name, snapshot.id] = self._after(name, before, snapshot)
                self.newest[name] = self.states[name, snapshot.id]

    def _published(self, name: str) -> list[Snapshot]:
        return self.lake.published(name) if self.lake.exists(name) else []

    def _learn_bronze(self, snapshot: Snapshot) -> None:
        """Judge a commit of bronze: each row as it landed and once, and nothing gone that was there."""
        if snapshot.id in self.held:
            return
        now = self._judge_bronze(self.broken, snapshot.id)
        self.held[snapshot.id] = now
        self.sound.add((BRONZE, snapshot.id))
        before = self.held.get(snapshot.parent or 0, Counter())
        if before - now or (snapshot.operation == "replace" and now - before):
            self.broken[BRONZE] = f"{snapshot} has other rows than its parent: {before - now}, {now - before}"

    def _judge_bronze(self, found: dict[str, str], snapshot: int) -> Counter[Version]:
        """Compare bronze with what landed, as multisets; return how many rows it holds of each version."""
        rows = self.lake.rows(BRONZE, snapshot)
        now = versions_in(self.lake, rows)
        landed = [{**row.raw, FILE_COLUMN: row.path} for row in oracle.judge(self._landed(now))]
        held = [{**row, FILE_COLUMN: below(self.lake, row[FILE_COLUMN])} for row in rows]
        wanted = [{name: row.get(name) for name in (FILE_COLUMN, *oracle.RAW_COLUMNS)} for row in landed]
        _note(found, BRONZE, held, wanted, (FILE_COLUMN, *oracle.RAW_COLUMNS))
        places = Counter(
            (row[FILE_COLUMN], row["_source_modified_at"], row["_source_position"]) for row in rows
        )
        if len(places) < len(rows):
            found[BRONZE] = f"rows that are there twice: {places.most_common(3)}"
        return now

    def _landed(self, versions: Iterable[Version]) -> list[oracle.Version]:
        wanted = set(versions)
        return [one for one in histories.versions(self.lake.steps) if (one.path, one.modified_ms) in wanted]

    def _after(self, name: str, before: State, snapshot: Snapshot) -> State:
        """What a commit holds, the range it read told by its document."""
        document = snapshot.checkpoint
        if not document:  # a compaction
            return before
        if document["mode"] == "purge":  # told when silver has read all that landed: all is forgotten
            return replace(before, rows={})
        if document["mode"] == "redrive":
            marked = mark_redriven(self.setting, before.rows, self.newest[LIVE].consumed)
            return replace(before, rows=marked, redriven=document.get("redriven"))
        if document["mode"] in ("first", "full"):
            before = State(redriven=document.get("redriven"))
        return self._read(name, before, document)

    def _read(self, name: str, before: State, document: Mapping[str, Any]) -> State:
        """What a commit holds that read rows of bronze."""
        read = document["inputs"]["bronze_orders"]
        start, end = (int(one) if one else None for one in (read["from"], read["to"]))
        assert end is not None
        again = self.held[end].keys() - (self.held[start].keys() if start else set())
        rows = oracle.judge(self._landed(again))
        if document.get("redriven") != before.redriven:  # it read only rows that were once rejected
            rows = [row for row in rows if place_of(row) in self.newest[REJECTED].rows]
        if name == LIVE:
            is_replay = before.end is not None and start != before.end
            held = merge_live(self.setting, before.rows, rows, self._known_deletions(end, is_replay))
        elif name == DELETED:
            held = oracle.latest([*before.rows.values(), *deletions_in(self.setting, rows)])
        else:
            held = judge_again(self.setting, before.rows, rows)
        return State(
            consumed=before.consumed | again,
            end=end,
            redriven=document.get("redriven"),
            accepted=before.accepted | {place_of(row) for row in self.setting.valid(rows)},
            rows=held,
        )

    def _known_deletions(self, end: int, is_replay: bool) -> Deletions:
        """What is remembered, and what bronze holds beyond that; a replay looks at all of bronze."""
        memory = self.newest[DELETED]
        seen = set() if is_replay or memory.end is None else self.held[memory.end].keys()
        unseen = self.held[self._head(BRONZE) if is_replay else end].keys() - seen
        found = deletions_in(self.setting, oracle.judge(self._landed(unseen)))
        return oracle.latest([*memory.rows.values(), *found])

    # what is to come

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
        held = set(self.held[self._head(BRONZE)])
        found: dict[str, Any] = {BRONZE: self.on_disk() - held}
        for name in SILVER:
            found[name] = held ^ self.states[name, self._head(name)].consumed
        silver = self.states[LIVE, self._head(LIVE)]
        for name in GOLD:
            found[name] = self._silver_of(name) != silver
        return {name: left for name, left in found.items() if left}

    def has_lost(self, table: str) -> bool:
        """Whether a table has consumed a snapshot of its input that is no part of it any more."""
        line = {snapshot.id for snapshot in self.lake.published(BRONZE)}
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
        """The tables that are not what their checkpoints say, and rows that are nowhere."""
        self.learn()
        found = dict(self.broken)
        heads = {name: self.lake.head(name) for name in (BRONZE, *SILVER, *GOLD)}
        news = {name: head for name, head in heads.items() if head and (name, head) not in self.sound}
        for name, head in news.items():
            if name == BRONZE:
                self._judge_bronze(found, head)
            elif name in SILVER:
                self._judge(found, name, self.states[name, head])
            else:
                silver = [one.plain for one in self._silver_of(name).rows.values()]
                wanted = oracle.GOLD[name.removeprefix("gold.")](silver)
                _note(found, name, self.lake.rows(name), wanted, oracle.TABLE_COLUMNS[name])
        self.sound |= news.items() - {(name, heads[name]) for name in found}
        return found

    def _silver_of(self, gold: str) -> State:
        """silver.orders at the commit that a gold table's checkpoint names."""
        [end] = self._ends(gold)
        return self.states[LIVE, end]

    def _judge(self, found: dict[str, str], name: str, state: State) -> None:
        rows = self.lake.rows(name)
        if name == LIVE:
            columns = [*oracle.SILVER_COLUMNS, *(["channel"] if rows and "channel" in rows[0] else [])]
            _note(found, name, rows, [one.plain for one in state.rows.values()], columns)
        elif name == DELETED:
            _note(found, name, rows, [row.typed for row in state.rows.values()], oracle.DELETED_COLUMNS)
        else:
            actual = [
                {
                    "file": below(self.lake, row[FILE_COLUMN]),
                    "why": row[REASONS_COLUMN],
                    "redriven": (row["_redriven_at"] is not None, row["_redriven_by"] is not None),
                }
                for row in rows
            ]
            wanted = [
                {"file": one.row.path, "why": one.why, "redriven": (one.is_redriven, one.is_redriven)}
                for one in state.rows.values()
            ]
            _note(found, name, actual, wanted, ("file", "why", "redriven"))

    def lost(self) -> list[Place]:
        """Bronze rows that both silver tables have read, and that neither of them has taken."""
        if not {LIVE, REJECTED} <= self.newest.keys():
            return []
        live, rejected = (self.states[name, self._head(name)] for name in (LIVE, REJECTED))
        both = oracle.judge(self._landed(live.consumed & rejected.consumed))
        is_undone = live.redriven != rejected.redriven  # rolled back to before a redrive, which is due again
        waiting = {place for place, one in rejected.rows.items() if is_undone or not one.is_redriven}
        return [place for place in map(place_of, both) if place not in live.accepted | waiting]


def _note(found: dict[str, str], name: str, actual: list[Any], wanted: list[Any], columns: Any) -> None:
    ours, theirs = oracle.comparable(actual, columns), oracle.comparable(wanted, columns)
    if ours != theirs:
        extra = [row for row in ours if row not in theirs][:3]
        missing = [row for row in theirs if row not in ours][:3]
        found[name] = f"{len(ours)} rows, {len(theirs)} expected; not expected {extra}; missing {missing}"
