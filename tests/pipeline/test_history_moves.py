"""History that moves under a run: seen, and handled exactly or refused with the command that mends it."""

from __future__ import annotations

import re
import shlex

from histories import CLOCK, row
from lake import DbtResult, Lake

from pipeline.ledger import documents, state
from runner import demo_files as files

TO_SILVER = ("--select", "bronze", "silver")
GOLD = ("gold.daily_sales", "gold.category_sales", "gold.shipping_mix")


def do_what_it_says(lake: Lake, refused: DbtResult, model: str) -> None:
    """Run the command in a refusal, but for the tests that `dbt build` runs after each model."""
    assert refused.status(model) == "error", str(refused)
    found = re.search(r"dbt ((?:build|run-operation) .*)$", refused.message(model), re.MULTILINE)
    assert found, refused.message(model)
    lake.dbt(*shlex.split(found.group(1).replace("build", "run", 1))).ok()


def expire(lake: Lake, name: str) -> None:
    """Expire all but the head, as a tool does that knows nothing of checkpoints."""
    lake.sql(f"call lake.system.expire_snapshots('{{p}}{name}', timestamp '2999-01-01', 1)")


def test_each_way_in_which_history_can_move(lake: Lake) -> None:
    lake.land("first.tsv", files.FIRST)
    lake.dbt("run").ok()
    first = lake.head("bronze.orders")
    lake.land("updates.tsv", files.UPDATES)
    lake.dbt("run").ok()
    _bronze_is_rolled_back(lake, first)
    _bronze_expires_and_silver_is_dropped(lake)
    _bronze_is_rewritten(lake)
    _what_gold_follows_expires(lake)
    _bronze_is_replaced(lake)


def _bronze_is_rolled_back(lake: Lake, first: int | None) -> None:
    lake.sql(f"call lake.system.rollback_to_snapshot('{{p}}bronze.orders', {first})")
    before = state(lake, "silver.orders", *GOLD)
    refused = lake.dbt("run", *TO_SILVER)
    assert state(lake, "silver.orders", *GOLD) == before
    assert "rolled back, expired or replaced" in refused.message("silver_orders_deleted")
    do_what_it_says(lake, refused, "silver_orders_deleted")
    assert lake.differences() == {}


def _bronze_expires_and_silver_is_dropped(lake: Lake) -> None:
    lake.land("bad.tsv", files.BAD_ROWS)
    lake.dbt("run", "--select", "bronze").ok()
    expire(lake, "bronze.orders")
    lake.sql("drop table {p}silver.orders")
    refused = lake.dbt("run", "--select", "silver")
    do_what_it_says(lake, refused, "silver_orders_rejected")
    assert lake.differences() == {}


def _bronze_is_rewritten(lake: Lake) -> None:
    good = lake.head("bronze.orders")
    lake.sql("insert overwrite {p}bronze.orders select * from {p}bronze.orders where op <> 'U'")
    assert lake.head("bronze.orders") != good
    refused = lake.dbt("run", *TO_SILVER)
    do_what_it_says(lake, refused, "bronze_orders")
    assert lake.head("bronze.orders") == good


def _what_gold_follows_expires(lake: Lake) -> None:
    lake.land_rows("more.tsv", row((1, 1), CLOCK, destinationstate="VI"))
    lake.dbt("run", *TO_SILVER).ok()
    expire(lake, "bronze.orders")
    lake.dbt("run", "--select", "gold").ok()
    assert {documents(lake, name)[-1]["mode"] for name in GOLD} == {"full"}
    assert lake.differences() == {}


def _bronze_is_replaced(lake: Lake) -> None:
    lake.sql("drop table {p}bronze.orders")
    refused = lake.dbt("run", *TO_SILVER)
    do_what_it_says(lake, refused, "silver_orders_rejected")
    assert lake.differences() == {}
