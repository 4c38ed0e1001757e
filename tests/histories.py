"""Seeded random histories of landed order files, small enough that every kind of collision is common.

`history(seed)` gives steps; each step is what lands before one build. `land(step, directory)` writes it
the way a careful producer does (temporary name, modification time, rename). `versions(steps)` is the same
history as the oracle reads it. The same seed gives the same history, on every machine.
"""

from __future__ import annotations

import gzip
import os
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import oracle

Raw = dict[str, str]
Key = tuple[int, int]
_NOTHING: Mapping[str, str] = {}

HEADER = (
    "Op", "replicadmstimestamp", "invoiceid", "itemid", "category", "price", "quantity", "orderdate",
    "destinationstate", "shippingtype", "referral",
)  # fmt: skip
STATES = ("SC", "CT", "VI", "")  # "" is null: it must form a group of its own
CATEGORIES = ("book", "bit", "home, garden", "café", 'the "best"', "")
SHIPPING = ("3-Day", "2-Day", "Standard", "")
DATES = ("2024-04-29", "2024-04-30", "2021-05-21", "")
PRICES = ("53.51", "40.94", "0.01", "97.07", "10", "3.33335", "1e2")
OPTIONAL = ("referral", "category", "shippingtype")  # columns that a file may leave out
BASE_MS = 1_760_000_000_000
HOUR_MS = 3_600_000
CLOCK = datetime(2024, 10, 1, 12, tzinfo=timezone.utc)

BAD: dict[str, Raw] = {
    "unknown op": {"Op": "X"},
    "missing op": {"Op": ""},
    "missing invoice": {"invoiceid": ""},
    "missing item": {"itemid": ""},
    "invoice is text": {"invoiceid": "abc"},
    "item is a fraction": {"itemid": "12.7"},
    "unparsable timestamp": {"replicadmstimestamp": "yesterday"},
    "price of zero": {"price": "0"},
    "negative price": {"price": "-3.5"},
    "no price": {"price": ""},
    "price is text": {"price": "12,50 EUR"},
    "price is not a number": {"price": "NaN"},
    "price is infinite": {"price": "Infinity"},
    "quantity of zero": {"quantity": "0"},
    "no quantity": {"quantity": ""},
    "quantity is a fraction": {"quantity": "1.5"},
    "quantity is too large": {"quantity": "2147483648"},
    "impossible date": {"orderdate": "2023-02-30"},
    "date in another order": {"orderdate": "29/03/2023"},
    "all at once": {"Op": "?", "price": "x", "quantity": "-1", "orderdate": "soon", "itemid": ""},
    "delete without a key": {"Op": "D", "invoiceid": ""},
    "delete at no time": {"Op": "D", "replicadmstimestamp": "never"},
    "torn line": {"_line": "torn"},
    "line too long": {"_line": "{d}" * 30},
}


# -- what lands ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Landing:
    """A file to land: its name below the source's directory, its text, its modification time in ms."""

    name: str
    text: str
    modified_ms: int

    @property
    def data(self) -> bytes:
        """The bytes on disk."""
        plain = self.text.encode()
        return gzip.compress(plain, mtime=0) if self.name.endswith(".gz") else plain

    @property
    def delimiter(self) -> str:
        """The separator that the name promises."""
        return "," if ".csv" in self.name else "\t"


Step = tuple[Landing, ...]


def land(step: Step, directory: Path) -> list[Path]:
    """Write the step's files so that no reader ever sees half of one."""
    return [land_file(directory / file.name, file.data, file.modified_ms) for file in step]


def land_file(path: Path, data: bytes, modified_ms: int | None = None) -> Path:
    """Write under a hidden name, set the modification time, rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.tmp")
    partial.write_bytes(data)
    if modified_ms is not None:
        os.utime(partial, ns=(modified_ms * 1_000_000, modified_ms * 1_000_000))
    return partial.replace(path)


def versions(steps: Sequence[Step]) -> list[oracle.Version]:
    """The steps' files as the oracle reads them, in landing order."""
    files = [file for step in steps for file in step]
    return [
        oracle.Version(file.name, file.modified_ms, number, oracle.parse(file.text, file.delimiter))
        for number, file in enumerate(files)
    ]


# -- what happens to the orders -----------------------------------------------------------------------------


def row(key: Key, at: datetime | None, op: str = "I", **changes: str) -> Raw:
    """A good row of an order line; `changes` replace cells by raw column name."""
    stamp = "" if at is None else at.strftime("%Y-%m-%d %H:%M:%S.%f")
    cells = (op, stamp, str(key[0]), str(key[1]), "book", "53.51", "1", "2024-04-29", "SC", "3-Day", "others")
    return {**dict(zip(HEADER, cells, strict=False)), **changes}


@dataclass
class Orders:
    """The producer's side: what it last said about each key, and its clock."""

    rng: random.Random
    keys: int
    last: dict[Key, Raw] = field(default_factory=dict)
    stamps: dict[Key, datetime] = field(default_factory=dict)
    now: datetime = CLOCK

    def event(self) -> list[Raw]:
        """One thing that happens, as the row or rows it lands."""
        kinds = ("write", "tie", "older", "delete", "delete_older", "twice", "move", "bad", "untimed")
        kind = self.rng.choices(kinds, weights=(34, 10, 10, 12, 4, 8, 10, 10, 2))[0]
        key = self._key()
        made: Raw = getattr(self, f"_{kind}")(key)
        return [made, dict(made)] if kind == "twice" else [made]

    def empty_state(self) -> list[Raw]:
        """Every live line of one state leaves it, so that its groups must disappear."""
        state = self.rng.choice(STATES)
        lines = [key for key, said in self.last.items() if said["destinationstate"] == state]
        target = self.rng.choice([other for other in STATES if other != state])
        return [
            self._say(key, op="D")
            if self.rng.random() < 0.5
            else self._say(key, {"destinationstate": target})
            for key in lines
        ]

    def _key(self) -> Key:
        return self.rng.randint(1, self.keys), self.rng.randint(1, 3)

    def _tick(self) -> datetime:
        self.now += timedelta(seconds=self.rng.randint(0, 90), microseconds=self.rng.randint(0, 999_999))
        return self.now

    def _cells(self, key: Key) -> Raw:
        pick = self.rng.choice
        return row(
            key, None, category=pick(CATEGORIES), price=pick(PRICES), quantity=str(self.rng.randint(1, 5)),
            orderdate=pick(DATES), destinationstate=pick(STATES), shippingtype=pick(SHIPPING),
        )  # fmt: skip

    def _say(
        self,
        key: Key,
        changes: Mapping[str, str] = _NOTHING,
        at: datetime | None = None,
        op: str | None = None,
    ) -> Raw:
        """A row about the key; without a time it is the newest so far and the producer remembers it."""
        known = self.last.get(key)
        stamp = at or self._tick()
        made = {**(known or self._cells(key)), **changes}
        made |= row(key, stamp, op or self._op(known)) | {name: made[name] for name in HEADER[4:]}
        if at is None:
            self.last[key], self.stamps[key] = made, stamp
        return made

    def _op(self, known: Raw | None) -> str:
        """An insert for a new key, an update for a known one, either after a delete."""
        if known is None:
            return "I"
        return self.rng.choice("IU") if known["Op"] == "D" else "U"

    def _write(self, key: Key) -> Raw:
        return self._say(key, {name: self._cells(key)[name] for name in HEADER[4:10]})

    def _tie(self, key: Key) -> Raw:
        return self._say(key, {"category": self.rng.choice(CATEGORIES)}, at=self.stamps.get(key))

    def _older(self, key: Key) -> Raw:
        at = self.stamps.get(key, self.now) - timedelta(minutes=self.rng.randint(1, 90))
        return self._say(key, {"price": "1.11", "destinationstate": self.rng.choice(STATES)}, at=at)

    def _delete(self, key: Key) -> Raw:
        return {**self._say(key, op="D"), **self._emptied()}

    def _delete_older(self, key: Key) -> Raw:
        at = self.stamps.get(key, self.now) - timedelta(minutes=self.rng.randint(1, 90))
        return {**self._say(key, at=at, op="D"), **self._emptied()}

    def _emptied(self) -> Raw:
        """A delete may carry the old row, nothing at all, or rubbish: only its key and time count."""
        return self.rng.choice(({}, dict.fromkeys(HEADER[4:], ""), {"price": "-1", "orderdate": "never"}))

    def _twice(self, key: Key) -> Raw:
        return self._say(key)

    def _move(self, key: Key) -> Raw:
        column, values = self.rng.choice(
            (
                ("destinationstate", STATES),
                ("category", CATEGORIES),
                ("orderdate", DATES),
                ("shippingtype", SHIPPING),
            )
        )
        return self._say(key, {column: self.rng.choice(values)})

    def _bad(self, key: Key) -> Raw:
        return {**self._say(key, at=self.now), **self.rng.choice(tuple(BAD.values()))}

    def _untimed(self, key: Key) -> Raw:
        return {**self._say(key, at=self.now), "replicadmstimestamp": ""}


# -- how it is written down ---------------------------------------------------------------------------------


def write(rows: Sequence[Raw], header: Sequence[str] = HEADER, delimiter: str = "\t") -> str:
    """Rows as the text of a file with this header; a cell that holds the separator or a quote is quoted."""
    lines = [_line(dict(zip(map(_canonical, header), header, strict=False)), header, delimiter)]
    lines += [made["_line"].replace("{d}", delimiter) if "_line" in made else _line(made, header, delimiter)
              for made in rows]  # fmt: skip
    return "".join(line + "\n" for line in lines)


def _line(cells: Raw, header: Sequence[str], delimiter: str) -> str:
    return delimiter.join(_quoted(cells.get(_canonical(name), "extra"), delimiter) for name in header)


def _canonical(name: str) -> str:
    return next((known for known in HEADER if known.lower() == name.lower()), name)


def _quoted(cell: str, delimiter: str) -> str:
    doubled = cell.replace('"', '""')
    return f'"{doubled}"' if delimiter in cell or '"' in cell else cell


def _header(rng: random.Random) -> list[str]:
    """Mostly as declared; else reordered, in capitals, with an extra column or without an optional one."""
    header = list(HEADER)
    if rng.random() < 0.2:
        rng.shuffle(header)
    if rng.random() < 0.1:
        header = [name.upper() for name in header]
    if rng.random() < 0.15:
        header.insert(rng.randrange(len(header) + 1), "loyaltycard")
    if rng.random() < 0.15:
        missing = rng.choice(OPTIONAL)
        header = [name for name in header if name.lower() != missing]
    return header


@dataclass(frozen=True)
class Size:
    """How much happens in a history, and around which modification time (ms) its first files land."""

    steps: int = 8
    invoices: int = 6
    events: int = 10
    base_ms: int = BASE_MS
    folders: bool = False  # some files land in a directory below the source's


def history(seed: int, size: Size = Size()) -> list[Step]:
    """A random history; every step adds files or overwrites one that an earlier step landed."""
    rng = random.Random(seed)
    writer = _Writer(rng, Orders(rng, size.invoices), size)
    current: dict[str, Landing] = {}
    steps = []
    for number in range(size.steps):
        step = tuple(writer.step(number, list(current.values())))
        current |= {file.name: file for file in step}
        steps.append(step)
    return steps


@dataclass(frozen=True)
class _Writer:
    """Turns what happened to the orders into files."""

    rng: random.Random
    orders: Orders
    size: Size

    def step(self, number: int, landed: list[Landing]) -> Iterator[Landing]:
        around = self.size.base_ms + number * HOUR_MS
        for part in range(self.rng.choice((1, 1, 2, 3))):
            yield self._file(self._name(f"{number:03d}_{part}"), around + self._skew())
        if landed and self.rng.random() < 0.3:
            yield self._again(self.rng.choice(landed), number, around)
        if self.rng.random() < 0.1:
            yield Landing(f"{number:03d}_empty.tsv", "\t".join(HEADER) + "\n", around)

    def _name(self, stem: str) -> str:
        folder = "sub/" if self.size.folders and self.rng.random() < 0.3 else ""
        ending = self.rng.choices((".tsv", ".csv", ".tsv.gz"), weights=(7, 2, 1))[0]
        return f"{folder}{self.rng.choice(('', '', 'z_'))}{stem}{ending}"

    def _skew(self) -> int:
        """Often the very same second, sometimes much older: clocks and slow uploads."""
        return self.rng.choice((0, 0, 0, 1, 999, self.rng.randint(0, HOUR_MS), -5 * HOUR_MS))

    def _file(self, name: str, modified_ms: int) -> Landing:
        rows = [made for _ in range(self.rng.randint(1, self.size.events)) for made in self.orders.event()]
        if self.rng.random() < 0.2:
            rows += self.orders.empty_state()
        blank = Landing(name, "", modified_ms)
        return Landing(name, write(rows, _header(self.rng), blank.delimiter), modified_ms)

    def _again(self, file: Landing, number: int, around_ms: int) -> Landing:
        """A replay under another name, or a new version of the file: the same rows or others."""
        folder, slash, name = file.name.rpartition("/")
        newer = max(around_ms, file.modified_ms + 1)
        kind = self.rng.choice(("replay", "touch", "overwrite"))
        if kind == "replay":
            return Landing(f"{folder}{slash}replay{number:03d}_{name}", file.text, around_ms)
        return Landing(file.name, file.text, newer) if kind == "touch" else self._file(file.name, newer)
