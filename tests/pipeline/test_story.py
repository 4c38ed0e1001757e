"""The article's story, with the demo's files: the exact rows of every table after each step."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from lake import Lake

from pipeline.ledger import assert_chained, last, read_range, state
from runner import demo_files as files

Cells = tuple[Any, ...]
ORDER = ("invoice_id", "item_id", "category", "price", "quantity", "order_date", "destination_state")
DAILY = ("order_date", "destination_state", "orders", "items", "quantity", "revenue", "average_order_value")
CATEGORY = ("category", "orders", "items", "quantity", "revenue", "average_price")
MIX = ("destination_state", "shipping_type", "items", "quantity", "revenue", "share_of_items")
REFUSED = ("reasons", "invoiceid", "itemid", "price", "orderdate")

DEGREE = (24137, 34, "degree", 53.51, 1, date(2023, 3, 29), "SC")
BIT = (15587, 59, "bit", 40.94, 5, date(2022, 7, 16), "PW")
SCHOOL = (42918, 69, "school", 27.23, 3, date(2024, 4, 29), "CT")
MARKET = (40994, 67, "market", 92.02, 1, date(2021, 5, 21), "VI")
LANGUAGE = (83597, 37, "language", 97.07, 3, date(2021, 9, 10), "SC")
MARKET_AFTER = (*MARKET[:2], "market####", *MARKET[3:])
LANGUAGE_AFTER = (*LANGUAGE[:2], "language####", *LANGUAGE[3:])
GARDEN = (51001, 12, "garden", 18.40, 2, date(2024, 11, 1), "CT")
PAPER = (51010, 20, "paper", 3.10, 100, date(2024, 11, 2), "CT")
FIRST_FIVE = {DEGREE, BIT, SCHOOL, MARKET, LANGUAGE}
AT_THE_END = {BIT, SCHOOL, MARKET_AFTER, LANGUAGE_AFTER, GARDEN, PAPER}

REFUSALS = {
    ("price_positive", "51002", "13", "0", "2024-11-01"),
    ("order_date_castable", "51003", "14", "12.00", "2024-13-45"),
    ("invoice_id_not_null", None, "15", "7.25", "2024-11-01"),
}


def money(text: str) -> Decimal:
    return Decimal(text)


FIRST_DAILY = {
    (date(2021, 5, 21), "VI", 1, 1, 1, money("92.02"), money("92.02")),
    (date(2021, 9, 10), "SC", 1, 1, 3, money("291.21"), money("291.21")),
    (date(2022, 7, 16), "PW", 1, 1, 5, money("204.70"), money("204.70")),
    (date(2023, 3, 29), "SC", 1, 1, 1, money("53.51"), money("53.51")),
    (date(2024, 4, 29), "CT", 1, 1, 3, money("81.69"), money("81.69")),
}
FIRST_MIX = {
    ("CT", "2-Day", 1, 3, money("81.69"), 1.0),
    ("PW", "3-Day", 1, 5, money("204.70"), 1.0),
    ("SC", "3-Day", 1, 1, money("53.51"), 0.5),
    ("SC", "Standard", 1, 3, money("291.21"), 0.5),
    ("VI", "2-Day", 1, 1, money("92.02"), 1.0),
}


def cells(lake: Lake, name: str, columns: tuple[str, ...], snapshot: int | None = None) -> set[Cells]:
    """A table's rows as tuples; a list is written out. No two rows are the same."""
    rows = [tuple(_flat(row[column]) for column in columns) for row in lake.rows(name, snapshot)]
    assert len(rows) == len(set(rows)), f"{name} has a row twice: {rows}"
    return set(rows)


def _flat(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list) else value


def origins(lake: Lake) -> dict[str, int]:
    """How many rows bronze holds of each file."""
    counts: dict[str, int] = {}
    for row in lake.rows("bronze.orders"):
        name = Path(row["_source_file"]).name
        counts[name] = counts.get(name, 0) + 1
    return counts


# -- the steps ----------------------------------------------------------------------------------------------


def five_orders_land(lake: Lake) -> None:
    lake.land("orders-1.tsv", files.FIRST)
    lake.dbt("run").ok()
    assert origins(lake) == {"orders-1.tsv": 5}
    assert cells(lake, "silver.orders", ORDER) == FIRST_FIVE
    assert lake.rows("silver.orders_rejected") == lake.rows("silver.orders_deleted") == []
    assert cells(lake, "gold.daily_sales", DAILY) == FIRST_DAILY
    assert cells(lake, "gold.shipping_mix", MIX) == FIRST_MIX
    assert lake.differences() == {}


def nothing_is_new(lake: Lake) -> None:
    before = state(lake)
    again = lake.dbt("run").ok()
    assert state(lake) == before
    assert {node.response["rows_affected"] for node in again.nodes.values()} == {0}


def two_updates_land(lake: Lake) -> None:
    before = {name: lake.head(name) for name in ("bronze.orders", "silver.orders")}
    lake.land("orders-2-updates.tsv", files.UPDATES)
    lake.dbt("run").ok()
    assert cells(lake, "silver.orders", ORDER) == {DEGREE, BIT, SCHOOL, MARKET_AFTER, LANGUAGE_AFTER}
    assert cells(lake, "gold.category_sales", CATEGORY) == {
        ("degree", 1, 1, 1, money("53.51"), money("53.51")),
        ("bit", 1, 1, 5, money("204.70"), money("40.94")),
        ("school", 1, 1, 3, money("81.69"), money("27.23")),
        ("market####", 1, 1, 1, money("92.02"), money("92.02")),
        ("language####", 1, 1, 3, money("291.21"), money("97.07")),
    }
    assert cells(lake, "gold.daily_sales", DAILY) == FIRST_DAILY
    assert last(lake, "bronze.orders").summary["added-records"] == "2"
    merged = last(lake, "silver.orders")
    assert merged.summary["added-records"] == "2"
    assert read_range(merged.checkpoint or {}, "bronze_orders") == (
        before["bronze.orders"],
        lake.head("bronze.orders"),
    )
    assert cells(lake, "silver.orders", ORDER, before["silver.orders"]) == FIRST_FIVE  # time travel
    assert lake.differences() == {}


def bad_rows_land(lake: Lake) -> None:
    lake.land("orders-3-bad.tsv", files.BAD_ROWS)
    lake.dbt("run").ok()
    assert GARDEN in cells(lake, "silver.orders", ORDER)
    assert len(lake.rows("silver.orders")) == 6
    assert cells(lake, "silver.orders_rejected", REFUSED) == REFUSALS
    assert {Path(r["_source_file"]).name for r in lake.rows("silver.orders_rejected")} == {"orders-3-bad.tsv"}
    assert lake.differences() == {}


def the_gate_refuses(lake: Lake) -> None:
    before = state(lake, "silver.orders", "gold.daily_sales")["silver.orders"]
    gold = state(lake, "gold.daily_sales")
    lake.land("orders-4-huge.tsv", files.HUGE_QUANTITY)
    refused = lake.dbt("run")
    assert refused.status("silver_orders") == "error"
    assert refused.status("gold_daily_sales") == "skipped"
    after = state(lake, "silver.orders")["silver.orders"]
    assert (after["head"], after["refs"]) == (before["head"], before["refs"])
    assert len(after["snapshots"]) == len(before["snapshots"]) + 1
    assert state(lake, "gold.daily_sales") == gold
    assert origins(lake)["orders-4-huge.tsv"] == 1


def the_correction_lands(lake: Lake) -> None:
    lake.land("orders-5-correction.tsv", files.CORRECTION)
    lake.dbt("run").ok()
    assert PAPER in cells(lake, "silver.orders", ORDER)
    assert lake.differences() == {}


def an_order_is_deleted(lake: Lake) -> None:
    lake.land("orders-6-delete.tsv", files.DELETION)
    lake.dbt("run").ok()
    assert cells(lake, "silver.orders", ORDER) == AT_THE_END
    assert cells(lake, "silver.orders_deleted", ("invoice_id", "item_id")) == {(24137, 34)}
    assert (date(2023, 3, 29), "SC") not in cells(lake, "gold.daily_sales", DAILY[:2])
    assert ("SC", "Standard", 1, 3, money("291.21"), 1.0) in cells(lake, "gold.shipping_mix", MIX)
    assert lake.differences() == {}


def a_late_update_lands(lake: Lake) -> None:
    gold = cells(lake, "gold.daily_sales", DAILY)
    lake.land("orders-7-late.tsv", files.LATE_UPDATE)
    lake.dbt("run").ok()
    assert cells(lake, "silver.orders", ORDER) == AT_THE_END
    assert cells(lake, "gold.daily_sales", DAILY) == gold
    assert sum(origins(lake).values()) == 16
    assert lake.differences() == {}


STORY = (
    five_orders_land, nothing_is_new, two_updates_land, bad_rows_land, the_gate_refuses, the_correction_lands,
    an_order_is_deleted, a_late_update_lands, nothing_is_new, assert_chained,
)  # fmt: skip


def test_the_story(lake: Lake) -> None:
    for step in STORY:
        step(lake)


def test_the_story_on_local_ends_in_the_same_rows(local_lake: Lake) -> None:
    five_orders_land(local_lake)
    rest = (files.UPDATES, files.BAD_ROWS, files.CORRECTION, files.DELETION, files.LATE_UPDATE)
    for number, text in enumerate(rest, start=2):
        local_lake.land(f"orders-{number}.tsv", text)
    local_lake.dbt("run").ok()
    assert cells(local_lake, "silver.orders", ORDER) == AT_THE_END
    assert cells(local_lake, "silver.orders_rejected", REFUSED) == REFUSALS
    assert cells(local_lake, "silver.orders_deleted", ("invoice_id", "item_id")) == {(24137, 34)}
    assert local_lake.differences() == {}
    assert_chained(local_lake)
