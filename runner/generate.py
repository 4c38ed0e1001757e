"""Realistic sample orders: pure functions from a spec to rows.

Every value is a hash of the seed, the key and the field, not a draw from a stream. So a row does not depend
on which other rows are made, a delta finds the rows of its base load by computing them again, and the same
spec gives the same bytes with any version of numpy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

Numbers = np.ndarray[Any, Any]

# fmt: off
CATEGORIES = (
    "degree", "bit", "school", "market", "language", "garden", "kitchen", "camera", "guitar", "bicycle",
    "lamp", "chair", "novel", "blanket", "helmet", "puzzle", "tent", "mirror", "basket", "wallet",
    "clock", "bottle", "pillow", "jacket",
)
STATES = (
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS",
    "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY",
    "NC", "ND", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV",
    "WI", "WY", "DC", "PR",
)
REFERRALS = (
    "search", "email", "friend", "book", "play", "trouble", "management", "others", "partner", "video",
)
# fmt: on
SHIPPING = ("Standard", "Standard", "Standard", "3-Day", "3-Day", "2-Day")  # as often as people choose them
BAD_KINDS = ("price of 0", "unparsable date", "missing key", "unknown Op")

FIRST_DAY = np.datetime64("2021-01-01", "D")
DAYS = 1277  # orders of the base load: to the middle of 2024
FIRST_DELTA = np.datetime64("2024-07-01T00:00:00", "us")
_DAY = np.int64(86_400_000_000)  # microseconds
_ITEMS = np.array([1, 1, 1, 2, 2, 2, 3, 3, 4, 5])  # items on an invoice, as often as listed


@dataclass(frozen=True)
class OrdersSpec:
    """What to make: a base load (`delta` 0), or a numbered delta over the base load of `base_rows` rows."""

    rows: int
    seed: int = 1
    start_invoice: int = 1
    delta: int = 0
    base_rows: int = 0
    updates: float = 0.0
    deletes: float = 0.0
    late: float = 0.0
    bad: float = 0.0
    is_recent: bool = False  # a delta's keys come from the newest twentieth of the base load

    def __post_init__(self) -> None:
        shares = (self.updates, self.deletes, self.late, self.bad)
        if self.rows < 0 or min(shares) < 0 or sum(shares) > 1:
            raise ValueError("rows and shares must not be negative, and the shares at most 1 together")
        if self.touched and self.touched > self.pool_size:
            raise ValueError(f"{self.touched} rows to touch, but the base load offers {self.pool_size}")

    @property
    def touched(self) -> int:
        """Return how many rows change, delete or precede a row of the base load."""
        return sum(round(self.rows * share) for share in (self.updates, self.deletes, self.late))

    @property
    def pool_size(self) -> int:
        """Return how many rows of the base load may be touched."""
        return (
            max(self.base_rows // 20, min(self.base_rows, self.touched)) if self.is_recent else self.base_rows
        )


@dataclass(frozen=True)
class Rows:
    """Rows as arrays of the same length: what was done to which key, before values are made for them."""

    invoice: Numbers
    item: Numbers
    op: Numbers
    age: Numbers  # 0 as ordered, 1 changed later, -1 an older state that arrives late
    bad: Numbers  # 0 for a good row, else 1 + its place in BAD_KINDS

    def __getitem__(self, which: Any) -> Rows:
        return Rows(*(array[which] for array in (self.invoice, self.item, self.op, self.age, self.bad)))


def orders(spec: OrdersSpec) -> pa.Table:
    """Make all the rows of a spec."""
    return make_table(spec, plan(spec))


def plan(spec: OrdersSpec) -> Rows:
    """Decide which rows there are: new ones in the order of their keys, or a shuffled mix for a delta."""
    bad = round(spec.rows * spec.bad)
    new = spec.rows - spec.touched
    invoice, item = new_keys(spec, new)
    broken = np.zeros(new, np.int64)
    broken[spread(new, bad, spec.seed)] = 1 + np.arange(bad) % len(BAD_KINDS)
    rows = Rows(invoice, item, np.full(new, "I"), np.zeros(new, np.int64), broken)
    if not spec.touched:
        return rows
    mixed = _concat(rows, _touch(spec))
    return mixed[spread(spec.rows, spec.rows, spec.seed + spec.delta)]


def base_keys(seed: int, start_invoice: int, rows: int) -> tuple[Numbers, Numbers]:
    """Return the keys (invoice, item) of a load: invoices of one to five items, one after the other."""
    invoices = np.arange(start_invoice, start_invoice + rows, dtype=np.int64)
    items = _ITEMS[scramble(invoices, seed, 1) % len(_ITEMS)]
    used = int(np.searchsorted(np.cumsum(items), rows)) + 1
    invoices, items = invoices[:used], items[:used]
    first = np.repeat(np.cumsum(items) - items, items)  # where each row's invoice begins
    item = np.arange(len(first)) - first + 1
    return np.repeat(invoices, items)[:rows], item[:rows].astype(np.int64)


def new_keys(spec: OrdersSpec, rows: int) -> tuple[Numbers, Numbers]:
    """Return keys that no other load of this seed has: each delta starts in a range of its own."""
    start = spec.start_invoice
    if spec.delta:
        start += spec.base_rows + (spec.delta - 1) * max(spec.rows, 1)
    return base_keys(spec.seed, start, rows)


def _touch(spec: OrdersSpec) -> Rows:
    invoice, item = base_keys(spec.seed, spec.start_invoice, spec.base_rows)
    chosen = spec.base_rows - 1 - spread(spec.pool_size, spec.touched, spec.seed * 1009 + spec.delta)
    counts = [round(spec.rows * share) for share in (spec.updates, spec.deletes, spec.late)]
    return Rows(
        invoice=invoice[chosen],
        item=item[chosen],
        op=np.repeat(["U", "D", "U"], counts),
        age=np.repeat([1, 1, -1], counts),
        bad=np.zeros(spec.touched, np.int64),
    )


def make_table(spec: OrdersSpec, rows: Rows) -> pa.Table:
    """Give each row its values; the order date is text, as a bad one is no date."""

    def draw(values: tuple[str, ...], keys: Numbers, field: int) -> pa.Array:
        places = scramble(keys, spec.seed, field) % np.uint64(len(values))
        return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32)), pa.array(values)).cast(
            pa.string()
        )

    key = rows.invoice * 8 + rows.item
    version = key * 1000 + np.where(rows.age == 0, 0, spec.delta * 2 + (rows.age < 0))
    cents = 100 + (scramble(key, spec.seed, 3) % np.uint64(20_000)).astype(np.int64)
    price = np.where(rows.bad == 1, 0.0, cents / 100)
    columns = {
        "Op": pa.array(np.where(rows.bad == 4, "X", rows.op)),
        "replicadmstimestamp": pa.array(_timestamps(spec, rows, key)),
        "invoiceid": pa.array(rows.invoice, mask=rows.bad == 3),
        "itemid": pa.array(rows.item),
        "category": draw(CATEGORIES, version, 2),
        "price": pa.array(price),
        "quantity": pa.array((1 + scramble(version, spec.seed, 4) % np.uint64(9)).astype(np.int32)),
        "orderdate": _date_text(spec, rows),
        "destinationstate": draw(STATES, rows.invoice, 6),
        "shippingtype": draw(SHIPPING, rows.invoice, 7),
        "referral": draw(REFERRALS, rows.invoice, 8),
    }
    return pa.table(columns)


def _order_days(spec: OrdersSpec, invoice: Numbers) -> Numbers:
    """Let order dates grow with the invoice number, some days to and fro, as in a real book of orders."""
    known = max(spec.base_rows or spec.rows, 1) / _ITEMS.mean()  # invoices in the base load
    place = np.minimum((invoice - spec.start_invoice) / known, 1.0)
    jitter = (scramble(invoice, spec.seed, 5) % np.uint64(21)).astype(np.int64)
    return np.clip((place * (DAYS - 21)).astype(np.int64) + jitter, 0, DAYS - 1)


def _date_text(spec: OrdersSpec, rows: Rows) -> pa.Array:
    dates = np.datetime_as_string(FIRST_DAY + np.arange(DAYS + 1)).astype(object)
    dates[DAYS] = "2024-13-45"  # no such month
    days = np.where(rows.bad == 2, DAYS, _order_days(spec, rows.invoice)).astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(days), pa.array(dates, pa.string())).cast(pa.string())


def _timestamps(spec: OrdersSpec, rows: Rows, key: Numbers) -> Numbers:
    """Place rows in time: ordered soon after the order date, changed in the delta's day, late before all."""
    ordered = FIRST_DAY.astype("datetime64[us]") + _order_days(spec, rows.invoice) * _DAY
    ordered = ordered + (scramble(key, spec.seed, 9) % np.uint64(2 * _DAY)).astype(np.int64)
    within = (scramble(key, spec.seed, 10 + spec.delta) % np.uint64(_DAY)).astype(np.int64)
    in_delta = FIRST_DELTA + max(spec.delta - 1, 0) * _DAY + within
    is_now = (rows.age > 0) | ((rows.age == 0) & (spec.delta > 0))
    placed: Numbers = np.where(is_now, in_delta, ordered - np.where(rows.age < 0, within + _DAY, 0))
    return placed


def spread(size: int, count: int, seed: int) -> Numbers:
    """Return `count` different numbers below `size`, spread over it: a walk in steps coprime to the size."""
    if size == 0 or count == 0:
        return np.zeros(0, np.int64)
    step = max(int(size * 0.6180339887), 1)  # the golden section: neighbours land far apart
    while math.gcd(step, size) != 1:
        step += 1
    return (np.arange(count, dtype=np.int64) * step + seed * 7919) % size


def scramble(keys: Numbers, seed: int, field: int) -> Numbers:
    """Hash keys to 64 random-looking bits (splitmix64)."""
    with np.errstate(over="ignore"):
        bits = keys.astype(np.uint64) + np.uint64((seed * 1_000_003 + field) * 0x9E3779B97F4A7C15 % 2**64)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return bits ^ (bits >> np.uint64(31))


def _concat(first: Rows, second: Rows) -> Rows:
    pairs = (
        (getattr(first, name), getattr(second, name)) for name in ("invoice", "item", "op", "age", "bad")
    )
    return Rows(*(np.concatenate(pair) for pair in pairs))
