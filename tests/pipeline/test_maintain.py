"""Maintenance: what it removes, what it keeps because something needs it, and that nobody is hurt by it."""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from faults.clients import held
from histories import CLOCK, row
from lake import Lake

from pipeline.commands import maintain, replay
from pipeline.ledger import documents, last, read_range, state
from runner import demo_files as files

TO_SILVER = ("--select", "bronze", "silver")
LATE, AFTER = (CLOCK + timedelta(hours=hours) for hours in (-1, 1))
ABANDONED = "publish_20260101T120000123456_0a1b2c3d"  # the branch of a run that ended while it published
NOW = timedelta()


def test_maintenance_keeps_what_is_needed_and_removes_the_rest(lake: Lake) -> None:
    _build_a_lake_whose_gold_is_behind(lake)
    before = state(lake)
    dry = maintain(lake, snapshots=NOW, is_dry=True)
    assert state(lake) == before
    first = {lake.published(name)[0].id for name in ("silver.orders", "bronze.orders")}
    behind = lake.published("silver.orders")[1].id
    assert any("gold.daily_sales goes on from it" in reason.why for reason in dry["silver.orders"].reasons)
    assert any("follows" in reason.why for reason in dry["bronze.orders"].reasons)

    lake.land("later.tsv", files.FIRST)
    with held(lake, "after_stage:silver_orders", "run") as build:
        maintain(lake, "bronze_orders", "silver_orders", "silver_orders_deleted", snapshots=NOW, files=2)
        compacted = last(lake, "silver.orders")
        assert compacted.operation == last(lake, "silver.orders_deleted").operation == "replace"
    build.wait().ok()  # its batch was lost, and it wrote the same rows again on what is there now
    assert [one.parent for one in lake.published("silver.orders")][-1] == compacted.id
    ids = {name: {snapshot.id for snapshot in lake.snapshots(name)} for name in before}
    assert behind in ids["silver.orders"], "gold goes on from it"
    assert first & (ids["silver.orders"] | ids["bronze.orders"]) == set(), "nothing needed the oldest"
    assert documents(lake, "gold.daily_sales")[-1]["mode"] == "range", "gold did not need to rebuild"
    assert lake.differences() == {}
    _remove_what_runs_left(lake)


def _build_a_lake_whose_gold_is_behind(lake: Lake) -> None:
    lake.land_rows("a.tsv", *(row((n, 1), CLOCK) for n in range(1, 8)))
    lake.dbt("run").ok()
    lake.land_rows("b.tsv", row((1, 1), AFTER, "D"), row((2, 1), AFTER, "U", category="second"))
    lake.dbt("run").ok()
    for name, number in (("c.tsv", 3), ("d.tsv", 4)):
        lake.land_rows(
            name, row((number, 1), AFTER, "D"), row((number + 2, 1), AFTER, "U", destinationstate="VI")
        )
        lake.dbt("run", *TO_SILVER).ok()


def _remove_what_runs_left(lake: Lake) -> None:
    """A refused batch, the branch of an interrupted publish, files that no table names."""
    known = {snapshot.id for snapshot in lake.snapshots("silver.orders")}
    lake.land("huge.tsv", files.HUGE_QUANTITY)
    assert not lake.dbt("run", *TO_SILVER).success
    left = {snapshot.id for snapshot in lake.snapshots("silver.orders")} - known
    [staged] = left
    lake.sql(f"alter table {{p}}silver.orders create branch {ABANDONED} as of version {staged}")
    lake.sql("alter table {p}silver.orders create branch publish_to_partners")  # somebody else's
    folder = Path(lake.table("silver.orders").location().removeprefix("file:")) / "data"
    old, young = folder / "old.parquet", folder / "young.parquet"
    for path, age in ((old, 5 * 86_400), (young, 60)):
        path.write_bytes(b"of no table")
        os.utime(path, (time.time() - age,) * 2)

    maintain(lake, "silver_orders")
    assert staged in {snapshot.id for snapshot in lake.snapshots("silver.orders")}, "its run may go on"
    assert (old.exists(), young.exists()) == (False, True)
    maintain(lake, "silver_orders", staged=NOW)
    assert staged not in {snapshot.id for snapshot in lake.snapshots("silver.orders")}
    assert sorted(lake.table("silver.orders").refs()) == ["main", "publish_to_partners"]


def test_forgotten_deletions_are_not_foreign_and_a_replay_needs_none_of_them(lake: Lake) -> None:
    lake.land_rows("a.tsv", row((1, 1), CLOCK), row((2, 1), CLOCK))
    lake.land_rows("b.tsv", row((1, 1), AFTER, "D"))
    lake.dbt("run", *TO_SILVER).ok()
    mark = lake.head("bronze.orders")
    lake.land_rows("c.tsv", row((1, 1), LATE, "U"))
    _maintain_while_silver_lags(lake)
    lake.dbt("run", *TO_SILVER).ok()
    assert lake.differences(with_gold=False) == {}
    before = documents(lake, "silver.orders_deleted")[-1]

    assert maintain(lake, "silver_orders_deleted")["silver.orders_deleted"].forget == 0
    assert maintain(lake, "silver_orders_deleted", deletions=NOW)["silver.orders_deleted"].forget == 1
    assert lake.rows("silver.orders_deleted") == []
    purged = documents(lake, "silver.orders_deleted")[-1]
    assert purged["mode"] == "purge"
    assert purged["inputs"]["bronze_orders"]["to"] == before["inputs"]["bronze_orders"]["to"]

    replay(lake, "silver_orders", mark, is_alone=True)  # reads the late update, not the deletion
    assert {r["invoice_id"] for r in lake.rows("silver.orders")} == {2}
    lake.land_rows("d.tsv", row((2, 1), AFTER, "D"))
    lake.dbt("run", *TO_SILVER).ok()
    assert {r["invoice_id"] for r in lake.rows("silver.orders_deleted")} == {2}
    replay(lake, "silver_orders", "all")
    assert lake.differences() == {}
    assert read_range(documents(lake, "silver.orders")[-1], "bronze_orders")[0] is None


def _maintain_while_silver_lags(lake: Lake) -> None:
    """The deletion has grown old. The late row landed before it did, and silver_orders has yet to read it."""
    lake.dbt("run", "--select", "bronze", "silver_orders_deleted").ok()  # silver_orders is stuck at its gate
    [deletion] = lake.rows("silver.orders_deleted")
    landed_at = datetime.fromtimestamp(
        lake.table("bronze.orders").snapshots()[-1].timestamp_ms / 1000, timezone.utc
    )
    age = landed_at - deletion["_ingested_at"] + timedelta(milliseconds=1)
    assert deletion["_ingested_at"] < datetime.now(timezone.utc) - age
    plan = maintain(lake, "silver_orders_deleted", deletions=age, is_dry=True)["silver.orders_deleted"]
    assert plan.forget == 0, plan.forget_before
