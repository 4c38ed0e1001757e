"""Sample orders: realistic, the same for the same spec, and consistent from load to delta."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.errors import UsageError
from runner.generate import OrdersSpec, orders, spread
from runner.landing import Landing, land

BASE = OrdersSpec(rows=5_000, seed=3)
DELTA = OrdersSpec(rows=1_000, seed=3, delta=1, base_rows=5_000, updates=0.5, deletes=0.1, late=0.1, bad=0.04)
HEADER = [
    "Op",
    "replicadmstimestamp",
    "invoiceid",
    "itemid",
    "category",
    "price",
    "quantity",
    "orderdate",
    "destinationstate",
    "shippingtype",
    "referral",
]


def keys(table: pa.Table) -> list[tuple[int, int]]:
    return list(zip(table["invoiceid"].to_pylist(), table["itemid"].to_pylist(), strict=True))


def test_a_base_load_has_unique_keys_and_one_to_five_items() -> None:
    table = orders(BASE)
    assert table.column_names == HEADER
    assert table.num_rows == len(set(keys(table))) == 5_000
    assert set(table["itemid"].to_pylist()) == {1, 2, 3, 4, 5}
    assert set(table["Op"].to_pylist()) == {"I"}
    assert pc.min(table["price"]).as_py() > 0


def test_rows_of_one_invoice_agree_on_what_an_invoice_has() -> None:
    table = orders(BASE)
    groups = table.group_by("invoiceid").aggregate(
        [(name, "count_distinct") for name in ("orderdate", "destinationstate", "shippingtype", "referral")]
    )
    for name in ("orderdate", "destinationstate", "shippingtype", "referral"):
        assert pc.max(groups[f"{name}_count_distinct"]).as_py() == 1


def test_a_delta_has_the_shares_it_was_asked_for() -> None:
    table = orders(DELTA)
    counts = dict(zip(*np.unique(table["Op"].to_pylist(), return_counts=True), strict=True))
    assert counts == {"U": 600, "D": 100, "I": 290, "X": 10}
    assert pc.sum(pc.equal(table["price"], 0)).as_py() == 10
    assert pc.sum(pc.equal(table["orderdate"], "2024-13-45")).as_py() == 10
    assert table["invoiceid"].null_count == 10


def test_a_delta_touches_rows_of_its_base_and_adds_others() -> None:
    base, delta = set(keys(orders(BASE))), orders(DELTA)
    by_op = {op: set(keys(delta.filter(pc.equal(delta["Op"], op)))) for op in "UDI"}
    assert by_op["U"] | by_op["D"] <= base
    assert not by_op["U"] & by_op["D"]
    assert not by_op["I"] & base


def test_changes_come_after_the_base_load_and_late_rows_before_the_row_they_precede() -> None:
    base = orders(BASE)
    known = dict(zip(keys(base), base["replicadmstimestamp"].to_pylist(), strict=True))
    delta = orders(DELTA)
    updates = delta.filter(pc.equal(delta["Op"], "U"))
    times = dict(zip(keys(updates), updates["replicadmstimestamp"].to_pylist(), strict=True))
    assert sum(time < known[key] for key, time in times.items()) == 100
    assert sum(time > max(known.values()) for time in times.values()) == 500


def test_deltas_add_different_orders() -> None:
    new = [keys(orders(OrdersSpec(rows=500, seed=3, delta=n, base_rows=5_000))) for n in (1, 2, 3)]
    assert len({key for rows in new for key in rows}) == 1_500


def test_a_recent_delta_touches_the_newest_orders_only() -> None:
    spec = OrdersSpec(rows=100, seed=3, delta=1, base_rows=5_000, updates=1.0, is_recent=True)
    newest = keys(orders(BASE))[-250:]
    assert set(keys(orders(spec))) <= set(newest)


@settings(max_examples=60, deadline=None)
@given(size=st.integers(1, 5_000), data=st.data())
def test_spread_never_repeats(size: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, size))
    places = spread(size, count, seed=data.draw(st.integers(0, 10**6)))
    assert len(set(places.tolist())) == count
    assert all(0 <= place < size for place in places)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rows": -1},
        {"rows": 1, "bad": -0.1},
        {"rows": 10, "updates": 0.6, "deletes": 0.6, "base_rows": 100},
        {"rows": 10, "updates": 1.0, "base_rows": 5},
    ],
)
def test_an_impossible_spec(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="rows"):
        OrdersSpec(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["tsv", "csv", "jsonl", "parquet"])
def test_the_same_spec_lands_the_same_bytes(tmp_path: Path, form: str) -> None:
    landed = []
    for run in ("a", "b"):
        landing = Landing(str(tmp_path / run), "orders-3", form, files=2, is_gzipped=form in ("csv", "jsonl"))
        landed.append([Path(path).read_bytes() for path in land(orders(DELTA), landing)])
    assert landed[0] == landed[1]


def test_text_is_as_a_replica_writes_it(tmp_path: Path) -> None:
    (path,) = land(orders(BASE), Landing(str(tmp_path), "orders-3"))
    lines = Path(path).read_text().splitlines()
    assert lines[0].split("\t") == HEADER
    first = dict(zip(HEADER, lines[1].split("\t"), strict=True))
    assert len(first["replicadmstimestamp"]) == len("2024-02-16 15:30:41.041474")
    assert len(first["orderdate"]) == len("2023-03-29")
    assert len(lines) == 5_001


def test_all_formats_say_the_same(tmp_path: Path) -> None:
    table = orders(DELTA)
    (text,) = land(table, Landing(str(tmp_path), "o", "jsonl", is_gzipped=True))
    (packed,) = land(table, Landing(str(tmp_path), "o", "parquet"))
    rows = [json.loads(line) for line in gzip.decompress(Path(text).read_bytes()).splitlines()]
    typed = pq.read_table(packed)
    for name in ("Op", "invoiceid", "itemid", "category", "price", "quantity"):
        assert [row[name] for row in rows] == typed[name].to_pylist() == table[name].to_pylist()
    dates = [None if day is None else str(day) for day in typed["orderdate"].to_pylist()]
    assert dates == [None if row["orderdate"] == "2024-13-45" else row["orderdate"] for row in rows]


def test_files_share_the_rows_and_nothing_else_stays(tmp_path: Path) -> None:
    paths = list(land(orders(BASE), Landing(str(tmp_path), "orders-3", files=3)))
    assert [Path(path).name for path in paths] == [f"orders-3-0000{n}.tsv" for n in (1, 2, 3)]
    assert sorted(tmp_path.iterdir()) == [Path(path) for path in paths]
    assert sum(len(Path(path).read_text().splitlines()) - 1 for path in paths) == 5_000


@pytest.mark.parametrize(
    "wrong", [{"format": "xml"}, {"files": 0}, {"format": "parquet", "is_gzipped": True}]
)
def test_an_impossible_landing(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Landing("/tmp", "o", **wrong)  # type: ignore[arg-type]
