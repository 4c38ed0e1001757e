"""Reading again: a replay doubles nothing, a redrive moves the rows that pass the rules now."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import histories
import pytest
from histories import CLOCK, Size, row
from lake import Lake

from pipeline.commands import redrive, replay
from pipeline.ledger import SILVER, documents, last, read_range, state
from pipeline.projects import ORDERS_YML, copy_project
from runner.errors import DataError, UsageError

AFTER, LAST = (CLOCK + timedelta(hours=hours) for hours in (1, 2))


def contents(lake: Lake) -> dict[str, int]:
    """How many rows each silver table shows."""
    return {name: len(lake.rows(name)) for name in SILVER}


def test_a_replay_changes_nothing_that_was_right(lake: Lake) -> None:
    for step in histories.history(23, Size(steps=2)):
        lake.land_step(step)
        lake.dbt("run").ok()
    before = contents(lake)
    first, head = (snapshot.id for snapshot in lake.published("bronze.orders"))

    replay(lake, "silver_orders", first)
    for name in SILVER:
        assert read_range(documents(lake, name)[-1], "bronze_orders") == (first, head), name
    replay(lake, "silver_orders", "all", is_alone=True)
    assert read_range(documents(lake, "silver.orders")[-1], "bronze_orders") == (None, head)
    assert read_range(documents(lake, "silver.orders_deleted")[-1], "bronze_orders") == (first, head)
    replay(lake, "gold_daily_sales", lake.published("silver.orders")[0].id)

    assert contents(lake) == before
    assert lake.differences() == {}
    _refused_replays(lake, head)


def _refused_replays(lake: Lake, head: int) -> None:
    before = state(lake)
    with pytest.raises(UsageError, match="bronze_orders reads files"):
        replay(lake, "bronze_orders", "all")
    with pytest.raises(UsageError, match="no model is named 'silver_order'"):
        replay(lake, "silver_order", "all")
    with pytest.raises(UsageError, match="is no snapshot of what silver_orders reads"):
        replay(lake, "silver_orders", 123456)
    lake.land_rows("later.tsv", row((900, 1), LAST))
    lake.dbt("run", "--select", "bronze").ok()
    with pytest.raises(DataError, match="rows could be skipped"):
        replay(lake, "silver_orders", lake.head("bronze.orders"))  # it has not read that one yet
    assert {name: one for name, one in state(lake).items() if name != "bronze.orders"} == {
        name: one for name, one in before.items() if name != "bronze.orders"
    }
    replay(lake, "silver_orders", "2999-01-01")  # no state is newer than the checkpoint
    assert read_range(documents(lake, "silver.orders")[-1], "bronze_orders") == (
        head,
        lake.head("bronze.orders"),
    )
    assert lake.differences() == {}


def test_redriven_rows_enter_silver_in_their_own_place_and_leave_a_trace(lake: Lake, tmp_path: Path) -> None:
    project = copy_project(lake, tmp_path / "copy")
    ours = project.lake
    lake.land_rows("clean.tsv", row((6, 1), CLOCK))
    ours.dbt("run").ok()
    lake.land_rows(
        "a.tsv",
        row((1, 1), CLOCK, price="0"),  # passes later, nothing else is known of it
        row((2, 1), CLOCK, price="0"),  # passes later, but an update of it came meanwhile
        row((3, 1), CLOCK, price="0"),  # passes later, but it was deleted meanwhile
        row((4, 1), CLOCK, price="-1"),  # is still refused
        {**row((5, 1), CLOCK), "invoiceid": ""},
    )
    lake.land_rows("b.tsv", row((2, 1), AFTER, "U"), row((3, 1), AFTER, "D"), row((7, 1), CLOCK, price="0"))
    ours.dbt("run").ok()
    assert len(rejected(lake)) == 6
    assert redrive(ours) == 0, "the rules are what they were"

    with project.yml(ORDERS_YML) as held:
        rule = next(
            rule for rule in held["models"][0]["config"]["meta"]["rules"] if rule["name"] == "price_positive"
        )
        rule["check"] = "price >= 0 and price < double('infinity')"
        tests = next(column for column in held["models"][0]["columns"] if column["name"] == "price")[
            "data_tests"
        ]
        tests[0]["is_true"]["arguments"]["expression"] = "price >= 0"
    lake.land_rows("c.tsv", row((8, 1), CLOCK))  # is not skipped by a redrive that reads older rows
    ours.dbt("run", "--select", "bronze").ok()
    assert redrive(ours) == 4
    assert redrive(ours) == 0

    assert {key: price for key, price in prices(lake).items() if price == 0} == {(1, 1): 0, (7, 1): 0}
    assert prices(lake)[2, 1] == 53.51
    assert (3, 1) not in prices(lake)
    kept = {r["price"] if r["invoiceid"] else "no key": r for r in rejected(lake)}
    assert set(kept) == {"-1", "no key"}
    traces = [r for r in lake.rows("silver.orders_rejected") if r["_redriven_at"]]
    assert len(traces) == 4
    assert all(r["reasons"] == ["price_positive"] and r["_redriven_by"] for r in traces)
    assert documents(lake, "silver.orders_rejected")[-1]["mode"] == "redrive"
    assert documents(lake, "gold.daily_sales")[-1]["mode"] == "range"

    ours.dbt("run").ok()
    assert (8, 1) in prices(lake)
    bronze, silver = len(lake.rows("bronze.orders")), len(lake.rows("silver.orders"))
    superseded = 3  # (2, 1) by its update; (3, 1) by its deletion, which removed it
    assert bronze == silver + superseded + len(rejected(lake))
    _equals_a_rebuild(ours)


def rejected(lake: Lake) -> list[dict[str, Any]]:
    """The rows that are still refused."""
    return [r for r in lake.rows("silver.orders_rejected") if not r["_redriven_at"]]


def prices(lake: Lake) -> dict[tuple[int, int], float]:
    """The price of every live key."""
    return {(r["invoice_id"], r["item_id"]): r["price"] for r in lake.rows("silver.orders")}


def _equals_a_rebuild(lake: Lake) -> None:
    """Silver and gold are what they would be, had the rules been these from the start."""
    names = (
        "silver.orders",
        "silver.orders_deleted",
        "gold.daily_sales",
        "gold.category_sales",
        "gold.shipping_mix",
    )
    before = {name: sorted(map(str, lake.rows(name))) for name in names}
    incremental = last(lake, "gold.daily_sales").id
    lake.dbt("run", "--full-refresh", "--select", "silver", "gold").ok()
    assert last(lake, "gold.daily_sales").id != incremental
    assert {name: sorted(map(str, lake.rows(name))) for name in names} == before
