"""Maintenance: what it removes, what it keeps because something needs it, and that nobody is hurt by it."""

from __future__ import annotations

import contextlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from histories import CLOCK, row
from lake import Lake

from pipeline.commands import maintain, replay
from pipeline.ledger import documents, last, read_range, state
from runner import demo_files as files
from runner.errors import DataError

TO_SILVER = ("--select", "bronze", "silver")
LATE, AFTER = (CLOCK + timedelta(hours=hours) for hours in (-1, 1))
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

    maintain(lake, "bronze_orders", "silver_orders", "silver_orders_deleted", snapshots=NOW, files=2)
    ids = {name: {snapshot.id for snapshot in lake.snapshots(name)} for name in before}
    assert behind in ids["silver.orders"], "gold goes on from it"
    assert first & (ids["silver.orders"] | ids["bronze.orders"]) == set(), "nothing needed the oldest"
    for name in ("silver.orders", "silver.orders_deleted"):
        assert last(lake, name).operation == "replace", "it was compacted"
    lake.dbt("run").ok()
    assert documents(lake, "gold.daily_sales")[-1]["mode"] == "range", "gold did not need to rebuild"
    assert lake.differences() == {}

    lake.land("later.tsv", files.FIRST)
    _maintain_beside_a_build(lake)
    lake.dbt("run").ok()
    assert documents(lake, "silver.orders")[-1]["mode"] == "range"
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


def _maintain_beside_a_build(lake: Lake) -> None:
    """Either may lose a race and say so; neither loses anything else."""
    with ThreadPoolExecutor(1) as pool:
        beside = pool.submit(replace(lake, work=lake.work / "beside").dbt_apart, "run")
        with contextlib.suppress(DataError):
            maintain(lake, "bronze_orders", "silver_orders", files=2)
        for name, node in beside.result().nodes.items():
            if node.status == "error":
                assert "meanwhile" in node.message or "fast-forward" in node.message, name


def _remove_what_runs_left(lake: Lake) -> None:
    """A refused batch, the branch of an interrupted publish, files that no table names."""
    known = {snapshot.id for snapshot in lake.snapshots("silver.orders")}
    lake.land("huge.tsv", files.HUGE_QUANTITY)
    assert not lake.dbt("run", *TO_SILVER).success
    left = {snapshot.id for snapshot in lake.snapshots("silver.orders")} - known
    [staged] = left
    lake.sql(f"alter table {{p}}silver.orders create branch publish_of_a_dead_run as of version {staged}")
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
    assert sorted(lake.table("silver.orders").refs()) == ["main"]


def test_forgotten_deletions_are_not_foreign_and_a_replay_needs_none_of_them(lake: Lake) -> None:
    lake.land_rows("a.tsv", row((1, 1), CLOCK), row((2, 1), CLOCK))
    lake.land_rows("b.tsv", row((1, 1), AFTER, "D"))
    lake.dbt("run", *TO_SILVER).ok()
    mark = lake.head("bronze.orders")
    lake.land_rows("c.tsv", row((1, 1), LATE, "U"))
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
