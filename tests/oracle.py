"""What the lake must hold, recomputed in plain Python from every file that ever landed.

No Spark and no incremental step: each table is a function of all landed rows, so whatever the pipeline
did in between (late files, replays, refused batches, restarts) it has to end in the same place.

    landed versions ──► judge ──► valid ──► latest per key ──► silver, deleted ──► gold
                            └───► rejected
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Row = dict[str, Any]
Key = tuple[int, int]
Cast = Callable[[str], Any]


# -- casts: Spark's try_cast from text, ANSI rules ---------------------------------------------------------
# Left out, as no order carries them: hexadecimal floats, a time of day without its date, years over 9999.

_INTEGER = re.compile(r"[+-]?[0-9]+")
_DOUBLE = re.compile(r"([+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?)[fFdD]?")
_SPECIAL = re.compile(r"[+-]?(inf|infinity)|nan", re.IGNORECASE)
_DATE = re.compile(r"(?P<y>[0-9]{4})(-(?P<m>[0-9]{1,2})(-(?P<d>[0-9]{1,2})([ T].*)?)?)?", re.DOTALL)
_TIMESTAMP = re.compile(
    r"(?P<y>[0-9]{4})(-(?P<m>[0-9]{1,2})(-(?P<d>[0-9]{1,2})"
    r"([ T](?P<h>[0-9]{1,2})(:(?P<min>[0-9]{1,2})(:(?P<s>[0-9]{1,2})(\.(?P<f>[0-9]*))?)?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-][0-9]{1,2}:[0-9]{2})?)?)?)?"
)
_LOWEST = {"y": 0, "m": 1, "d": 1, "h": 0, "min": 0, "s": 0}
_UNSEEN = "".join(chr(c) for c in range(0x21))  # what Java trims, and so what makes a line blank
_BLANK = _UNSEEN + "\x7f"  # what Spark trims: space and control characters


def _integer(bits: int) -> Cast:
    def cast(text: str) -> int | None:
        if not _INTEGER.fullmatch(text):
            return None
        value = int(text)
        return value if -(1 << (bits - 1)) <= value < 1 << (bits - 1) else None

    return cast


def _double(text: str) -> float | None:
    if match := _DOUBLE.fullmatch(text):
        return float(match.group(1))
    return float(text) if _SPECIAL.fullmatch(text) else None


def _date(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    if not match:
        return None
    try:
        return date(int(match["y"]), int(match["m"] or 1), int(match["d"] or 1))
    except ValueError:
        return None


def _timestamp(text: str) -> datetime | None:
    match = _TIMESTAMP.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second = (int(match[name] or low) for name, low in _LOWEST.items())
    micros = int(((match["f"] or "") + "000000")[:6])
    try:
        at = datetime(year, month, day, hour, minute, second, micros, tzinfo=timezone.utc)
    except ValueError:
        return None
    return at - _offset(match["zone"])


def _offset(zone: str | None) -> timedelta:
    if not zone or zone[0] not in "+-":
        return timedelta()
    hours, minutes = zone[1:].split(":")
    size = timedelta(hours=int(hours), minutes=int(minutes))
    return -size if zone[0] == "-" else size


# -- the declaration: columns, rules and the names that the pipeline gives its reasons ----------------------


@dataclass(frozen=True)
class Column:
    """A silver column: its name, the raw column it comes from and how its text is cast."""

    name: str
    raw: str
    cast: Cast | None = None  # None: text stays text


COLUMNS = (
    Column("replicated_at", "replicadmstimestamp", _timestamp),
    Column("invoice_id", "invoiceid", _integer(64)),
    Column("item_id", "itemid", _integer(64)),
    Column("category", "category"),
    Column("price", "price", _double),
    Column("quantity", "quantity", _integer(32)),
    Column("order_date", "orderdate", _date),
    Column("destination_state", "destinationstate"),
    Column("shipping_type", "shippingtype"),
    Column("referral", "referral"),
)
RAW_COLUMNS = ("op", *(column.raw for column in COLUMNS))
SILVER_COLUMNS = tuple(column.name for column in COLUMNS)
KEY = ("invoice_id", "item_id")
DELETED_COLUMNS = (*KEY, "replicated_at")
CHECKED_ON_DELETE = frozenset(DELETED_COLUMNS)

# The reasons, by the name the pipeline writes. Change a name here and nowhere else.
REASON_OP = "op_known"
REASON_UNCASTABLE = {column.name: f"{column.name}_castable" for column in COLUMNS if column.cast}
REASON_NULL_KEY = {"invoice_id": "invoice_id_not_null", "item_id": "item_id_not_null"}
REASON_NOT_POSITIVE = {"price": "price_positive", "quantity": "quantity_positive"}
REASON_MALFORMED = "line_well_formed"
MALFORMED = "_malformed"  # the whole line, where it has too few or too many cells for its header


# -- landed files -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Version:
    """One version of a landed file: path, modification time (ms), number in landing order, rows of text."""

    path: str
    modified_ms: int
    ingested: int
    rows: tuple[Mapping[str, str | None], ...]


@dataclass(frozen=True)
class Judged:
    """A landed row after its checks: typed values, why it is refused (if it is), its place in the order."""

    raw: Mapping[str, str | None]
    typed: Row
    reasons: tuple[str, ...]
    path: str
    position: int
    order: tuple[Any, ...]

    @property
    def key(self) -> Key:
        """The typed key; only a valid row is sure to have one."""
        return self.typed["invoice_id"], self.typed["item_id"]

    @property
    def is_delete(self) -> bool:
        """Whether the row removes its key."""
        return self.raw.get("op") == "D"


def parse(text: str, delimiter: str) -> tuple[dict[str, str | None], ...]:
    """Rows of a delimited file by lower-case header name.

    An empty cell is null, a line of nothing but spaces and control characters (tabs too) is no row, a line of
    another length is kept whole and its cells are null; of two columns with the same name the first counts.
    """
    told = (line for line in io.StringIO(text, newline="") if line.strip(_UNSEEN))
    lines = list(csv.reader(told, delimiter=delimiter))
    if not lines:
        return ()
    header = [name.strip().lower() for name in lines[0]]
    return tuple(_cells(header, line, delimiter) for line in lines[1:])


def _cells(header: Sequence[str], line: Sequence[str], delimiter: str) -> dict[str, str | None]:
    if len(line) != len(header):
        return {MALFORMED: delimiter.join(line)}
    return {name: cell or None for name, cell in reversed(list(zip(header, line, strict=False)))}


def judge(versions: Iterable[Version]) -> list[Judged]:
    """Every landed row, typed and checked."""
    return [_judge(version, at, raw) for version in versions for at, raw in enumerate(version.rows)]


def _judge(version: Version, position: int, raw: Mapping[str, str | None]) -> Judged:
    typed, reasons = cast_row(raw)
    at = typed["replicated_at"]
    order = (at is not None, at or 0, version.modified_ms, version.path.encode(), position, version.ingested)
    return Judged(raw, typed, reasons, version.path, position, order)


def cast_row(raw: Mapping[str, str | None]) -> tuple[Row, tuple[str, ...]]:
    """Typed values of a row and the rules it breaks, by name, sorted; a malformed line breaks just one."""
    if MALFORMED in raw:
        return dict.fromkeys(column.name for column in COLUMNS), (REASON_MALFORMED,)
    typed: Row = {}
    reasons: set[str] = set()
    is_delete = raw.get("op") == "D"
    for column in COLUMNS:
        text = raw.get(column.raw)
        blank = not (text or "").strip(_BLANK)
        typed[column.name] = _typed(column, text, blank)
        if not is_delete or column.name in CHECKED_ON_DELETE:
            reasons |= _broken(column.name, blank, typed[column.name])
    if raw.get("op") not in ("I", "U", "D"):
        reasons.add(REASON_OP)
    return typed, tuple(sorted(reasons))


def _typed(column: Column, text: str | None, blank: bool) -> Any:
    """Text stays as it is; for every other type a blank is null."""
    if column.cast is None or text is None:
        return text
    return None if blank else column.cast(text.strip(_BLANK))


def _broken(name: str, blank: bool, value: Any) -> set[str]:
    """A key that cannot be cast breaks one rule; a price that cannot be cast is not above zero either."""
    reasons = set()
    if name in REASON_UNCASTABLE and value is None and not blank:
        reasons.add(REASON_UNCASTABLE[name])
    if name in REASON_NULL_KEY and blank:
        reasons.add(REASON_NULL_KEY[name])
    if name in REASON_NOT_POSITIVE and not (value is not None and math.isfinite(value) and value > 0):
        reasons.add(REASON_NOT_POSITIVE[name])
    return reasons


# -- silver -------------------------------------------------------------------------------------------------


def latest(rows: Iterable[Judged]) -> dict[Key, Judged]:
    """The last row of each key in the total order; an equal one (the same row read again) changes nothing."""
    winners: dict[Key, Judged] = {}
    for row in rows:
        if row.key not in winners or row.order > winners[row.key].order:
            winners[row.key] = row
    return winners


@dataclass(frozen=True)
class Account:
    """Where the rows of one build went: every row read is applied, superseded or rejected."""

    read: int
    applied: int
    superseded: int
    rejected: int


def account(builds: Sequence[Sequence[Version]]) -> list[Account]:
    """One account per build, given the versions that each build found."""
    accounts = []
    known: dict[Key, Judged] = {}
    for versions in builds:
        rows = judge(versions)
        valid = [row for row in rows if not row.reasons]
        applied = {
            key: row for key, row in latest(valid).items() if key not in known or row.order > known[key].order
        }
        known |= applied
        accounts.append(Account(len(rows), len(applied), len(valid) - len(applied), len(rows) - len(valid)))
    return accounts


# -- gold ---------------------------------------------------------------------------------------------------


def money(value: float) -> Decimal:
    """A price as an exact decimal of scale 4."""
    return _round(Decimal(repr(value)), 4)


def _round(value: Decimal, digits: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _grouped(rows: Iterable[Row], by: Sequence[str]) -> dict[tuple[Hashable, ...], list[Row]]:
    groups: dict[tuple[Hashable, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in by)].append(row)
    return groups


def _measures(rows: Sequence[Row]) -> Row:
    return {
        "orders": len({row["invoice_id"] for row in rows}),
        "items": len(rows),
        "quantity": sum(row["quantity"] for row in rows),
        "revenue": sum((money(row["price"]) * row["quantity"] for row in rows), Decimal("0.0000")),
    }


def daily_sales(silver: Iterable[Row]) -> list[Row]:
    """One row per order date and destination state."""
    by = ("order_date", "destination_state")
    out = []
    for group, rows in _grouped(silver, by).items():
        sums = _measures(rows)
        average = _round(sums["revenue"] / sums["orders"], 4)
        out.append({**dict(zip(by, group, strict=False)), **sums, "average_order_value": average})
    return out


def category_sales(silver: Iterable[Row]) -> list[Row]:
    """One row per category."""
    out = []
    for (category,), rows in _grouped(silver, ("category",)).items():
        prices = sum((money(row["price"]) for row in rows), Decimal(0))
        average = _round(prices / len(rows), 4)
        out.append({"category": category, **_measures(rows), "average_price": average})
    return out


def shipping_mix(silver: Iterable[Row]) -> list[Row]:
    """One row per destination state and shipping type, with its share of the state's items."""
    rows = list(silver)
    of_state = {state: len(group) for (state,), group in _grouped(rows, ("destination_state",)).items()}
    by = ("destination_state", "shipping_type")
    out = []
    for group, members in _grouped(rows, by).items():
        share = _round(Decimal(len(members)) / of_state[group[0]], 6)
        quantity = sum(row["quantity"] for row in members)
        measures = {"items": len(members), "quantity": quantity, "revenue": _measures(members)["revenue"]}
        out.append({**dict(zip(by, group, strict=False)), **measures, "share_of_items": share})
    return out


GOLD: dict[str, Callable[[Iterable[Row]], list[Row]]] = {
    "daily_sales": daily_sales,
    "category_sales": category_sales,
    "shipping_mix": shipping_mix,
}


_SUMS = ("orders", "items", "quantity", "revenue")
TABLE_COLUMNS: dict[str, tuple[str, ...]] = {
    "silver.orders": SILVER_COLUMNS,
    "silver.orders_deleted": DELETED_COLUMNS,
    "gold.daily_sales": ("order_date", "destination_state", *_SUMS, "average_order_value"),
    "gold.category_sales": ("category", *_SUMS, "average_price"),
    "gold.shipping_mix": ("destination_state", "shipping_type", *_SUMS[1:], "share_of_items"),
}


# -- the whole lake -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Expected:
    """Every table after all landed files were built."""

    bronze: list[Row] = field(repr=False)  # raw text by column, with _path and _position
    silver: list[Row]
    deleted: list[Row]
    rejected: list[Row] = field(repr=False)  # raw text by column, with reasons, _path and _position
    gold: dict[str, list[Row]] = field(repr=False)

    @property
    def tables(self) -> dict[str, list[Row]]:
        """Tables that are compared column by column, by their name in the lake."""
        gold = {f"gold.{name}": rows for name, rows in self.gold.items()}
        return {"silver.orders": self.silver, "silver.orders_deleted": self.deleted, **gold}


def expect(versions: Iterable[Version]) -> Expected:
    """The lake that all these landed versions make, whatever the order in which they were built."""
    rows = judge(versions)
    valid = [row for row in rows if not row.reasons]
    live = [row for row in latest(valid).values() if not row.is_delete]
    silver = [row.typed for row in live]
    gone = latest(row for row in valid if row.is_delete).values()
    return Expected(
        bronze=[_origin(row) for row in rows],
        silver=silver,
        deleted=[{name: row.typed[name] for name in DELETED_COLUMNS} for row in gone],
        rejected=[{**_origin(row), "reasons": row.reasons} for row in rows if row.reasons],
        gold={name: compute(silver) for name, compute in GOLD.items()},
    )


def _origin(row: Judged) -> Row:
    raw = {name: row.raw.get(name) for name in RAW_COLUMNS}
    return {**raw, "_path": row.path, "_position": row.position}


# -- comparing ----------------------------------------------------------------------------------------------


def comparable(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> list[tuple[str, ...]]:
    """Rows as sorted tuples of text that are equal when the values are, whatever engine read them."""
    return sorted(tuple(_plain(row[name]) for name in columns) for row in rows)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        return aware.astimezone(timezone.utc).isoformat(timespec="microseconds")
    if isinstance(value, float | Decimal) and not isinstance(value, bool):
        number = Decimal(repr(value)) if isinstance(value, float) else value
        return f"{number.normalize():f}" if number.is_finite() else str(number)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(sorted(_plain(item) for item in value)) + "]"
    return "∅" if value is None else str(value)
