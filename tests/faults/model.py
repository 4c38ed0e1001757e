"""What a commit of a silver table makes of the one before it, in plain Python: pure, and told in steps.

Unlike the oracle it is not a function of what landed alone: rules and columns change, rows are moved and
deletions forgotten, and none of that changes what was there already.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import oracle
from lake import Row

from faults.promise import Version

STRICT_BELOW = 50.0  # the price that the strict rule demands to be below
STRICT_RULE = {"name": "price_modest", "check": f"price < {STRICT_BELOW}"}
Place = tuple[str, int, int]  # of a landed row: path, modification time in ms, number in the file


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

    def valid(self, rows: Iterable[oracle.Judged]) -> list[oracle.Judged]:
        """The rows that break no rule."""
        return [row for row in rows if not self.judged(row)]


@dataclass(frozen=True)
class Live:
    """A row of silver.orders: what landed, and whether it was merged with the column that came later."""

    row: oracle.Judged
    has_channel: bool

    @property
    def plain(self) -> Row:
        """The row as it reads."""
        return self.row.typed | {"channel": self.row.typed["referral"] if self.has_channel else None}


@dataclass(frozen=True)
class Refused:
    """A row of silver.orders_rejected."""

    row: oracle.Judged
    why: tuple[str, ...]
    is_redriven: bool = False


@dataclass(frozen=True)
class State:
    """A commit of a silver table: what it has consumed, and the rows it holds, Live, Judged or Refused."""

    consumed: frozenset[Version] = frozenset()
    end: int | None = None  # the bronze snapshot up to which it has read
    redriven: str | None = None  # the last redrive that its document knows
    accepted: frozenset[Place] = frozenset()  # rows that were valid when it read them, latest or not
    rows: Mapping[Any, Any] = field(default_factory=dict)


Deletions = Mapping[oracle.Key, oracle.Judged]


def place_of(row: oracle.Judged) -> Place:
    """Where a row landed, which tells it from all others."""
    return row.path, row.order[2], row.position


def deletions_in(setting: Setting, rows: Iterable[oracle.Judged]) -> list[oracle.Judged]:
    """The valid deletions among rows."""
    return [row for row in setting.valid(rows) if row.is_delete]


def merge_live(
    setting: Setting, before: Mapping[Any, Live], rows: Iterable[oracle.Judged], known: Deletions
) -> dict[Any, Live]:
    """A row replaces, or removes, what is earlier, unless a later deletion of its key is known."""
    after = dict(before)
    for key, row in oracle.latest(setting.valid(rows)).items():
        is_gone = key in known and known[key].order > row.order
        if is_gone or (key in after and after[key].row.order >= row.order):
            continue
        after.pop(key, None)
        if not row.is_delete:
            after[key] = Live(row, setting.has_channel)
    return after


def judge_again(
    setting: Setting, before: Mapping[Place, Refused], rows: Iterable[oracle.Judged]
) -> dict[Place, Refused]:
    """Rows that are read again are judged again, and taken back where they pass now."""
    now = {place_of(row): Refused(row, setting.judged(row)) for row in rows}
    kept = {place: one for place, one in before.items() if place not in now}
    return kept | {place: one for place, one in now.items() if one.why}


def mark_redriven(
    setting: Setting, before: Mapping[Place, Refused], consumed: Collection[Version]
) -> dict[Place, Refused]:
    """The rejected rows after a redrive: those that pass now, and that silver.orders has read, are marked."""
    after = dict(before)
    for place, one in before.items():
        if place[:2] in consumed and not setting.judged(one.row):
            after[place] = replace(one, is_redriven=True)
    return after
