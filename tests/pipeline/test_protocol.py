"""The commit protocol and others: a run beside it, a foreign write, a rollback, a compaction."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from lake import DbtResult, Lake

from pipeline.ledger import SILVER, assert_chained, assert_says, documents, last, read_range, state
from pipeline.projects import ORDERS_YML, copy_project
from runner import demo_files as files

TO_SILVER = ("--select", "bronze", "silver")


def compact(lake: Lake, name: str) -> None:
    """Rewrite a table's files, as maintenance does."""
    lake.sql(
        f"call lake.system.rewrite_data_files(table => '{{p}}{name}', options => map('rewrite-all', 'true'))"
    )


def roll_back(lake: Lake, name: str, snapshot: int | None) -> None:
    """Set a table back, as an operator does."""
    lake.sql(f"call lake.system.rollback_to_snapshot('{{p}}{name}', {snapshot})")


# -- others commit too --------------------------------------------------------------------------------------


def test_two_runs_at_once_publish_each_range_once(lake: Lake) -> None:
    runs = []
    for name, text in (("first.tsv", files.FIRST), ("updates.tsv", files.UPDATES)):
        lake.land(name, text)
        runs += _race(lake)
    lake.dbt("run").ok()
    assert lake.differences() == {}
    assert_chained(lake)
    for name in ("bronze.orders", *SILVER):
        assert sorted(lake.table(name).refs()) == ["main"], name
    for run in runs:
        for name, node in run.nodes.items():
            if node.status == "error":
                assert_says(run, name, "meanwhile", "again")


def _race(lake: Lake) -> list[DbtResult]:
    """Two runs, each in a process of its own; of each model that both came to, one at least succeeded."""
    racers = [replace(lake, work=lake.work / f"racer{number}") for number in (1, 2)]
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda racer: racer.dbt_apart("run", *TO_SILVER), racers))
    for name in ("bronze_orders", "silver_orders", "silver_orders_deleted", "silver_orders_rejected"):
        statuses = {run.nodes[name].status for run in runs if name in run.nodes}
        assert statuses != {"error"}, "\n\n".join(map(str, runs))
    return runs


OTHER_COMMIT = """
{% test other_commit(model, column_name=none) %}
    {%- if execute and env_var('TEST_OTHER_COMMIT', '') -%}
        {%- do run_query("call lake.system.rewrite_data_files(table => '" ~ env_var('MEDALLION_SCHEMA_PREFIX')
            ~ "silver.orders', options => map('rewrite-all', 'true'))") -%}
    {%- endif -%}
    select * from {{ model }} where false
{% endtest %}
"""


def test_a_run_that_is_always_beaten_gives_up_and_loses_nothing(lake: Lake, tmp_path: Path) -> None:
    """A test of the model's, which the gate runs after the batch is staged, commits to the table itself, so
    that each attempt of the run meets another commit."""
    project = copy_project(lake, tmp_path / "copy")
    project.write("macros/other_commit.sql", OTHER_COMMIT)
    with project.column(ORDERS_YML, "category") as column:
        column["data_tests"] = ["other_commit"]
    lake.land("first.tsv", files.FIRST)
    project.lake.dbt("run", *TO_SILVER).ok()
    before = lake.head("silver.orders")
    lake.land("updates.tsv", files.UPDATES)

    project.lake.env["TEST_OTHER_COMMIT"] = "yes"
    lost = project.lake.dbt("run", *TO_SILVER)
    del project.lake.env["TEST_OTHER_COMMIT"]

    assert lost.status("silver_orders") == "error"
    beaten_by = [s for s in lake.published("silver.orders") if s.operation == "replace"]
    assert (len(beaten_by), beaten_by[0].parent, beaten_by[-1]) == (3, before, last(lake, "silver.orders"))
    assert "market####" not in {row["category"] for row in lake.rows("silver.orders")}
    project.lake.dbt("run", *TO_SILVER).ok()
    assert lake.differences(with_gold=False) == {}
    assert sorted(lake.table("silver.orders").refs()) == ["main"]
    assert_says(lost, "silver_orders", "meanwhile", "again")


def test_a_foreign_write_is_refused_until_a_full_refresh(lake: Lake) -> None:
    lake.land("first.tsv", files.FIRST)
    lake.dbt("run").ok()
    lake.sql("insert into {p}silver.orders select * from {p}silver.orders where invoice_id = 24137")
    foreign = lake.head("silver.orders")
    lake.land("updates.tsv", files.UPDATES)
    before = state(lake, "silver.orders", "gold.daily_sales")

    refused = lake.dbt("run")

    assert_says(refused, "silver_orders", str(foreign), "--full-refresh --select silver_orders")
    assert state(lake, "silver.orders", "gold.daily_sales") == before
    lake.dbt("run", "--full-refresh", "--select", "silver_orders").ok()
    lake.dbt("run").ok()
    assert lake.differences() == {}
    ids = {snapshot.id for snapshot in lake.published("silver.orders")}
    assert set(before["silver.orders"]["snapshots"]) <= ids, "a full refresh keeps the history"


def test_a_compaction_is_not_new_data_and_a_rollback_takes_its_checkpoint_along(lake: Lake) -> None:
    lake.land("first.tsv", files.FIRST)
    lake.dbt("run").ok()
    for name in ("bronze.orders", "silver.orders"):
        compact(lake, name)
        assert last(lake, name).operation == "replace"
    before = state(lake)
    lake.dbt("run").ok()
    assert state(lake) == before
    first = documents(lake, "silver.orders")[-1]

    lake.land("updates.tsv", files.UPDATES)
    lake.dbt("run").ok()
    assert lake.differences() == {}
    lake.sql(
        f"call lake.system.rollback_to_snapshot('{{p}}silver.orders', {before['silver.orders']['head']})"
    )
    assert documents(lake, "silver.orders") == [first]

    lake.dbt("run").ok()
    assert lake.differences() == {}
    start, end = read_range(documents(lake, "silver.orders")[-1], "bronze_orders")
    assert str(start) == first["inputs"]["bronze_orders"]["to"]
    assert end == lake.head("bronze.orders")


def test_rows_deleted_from_bronze_stop_silver_until_they_are_back(lake: Lake) -> None:
    lake.land("first.tsv", files.FIRST)
    lake.dbt("run", *TO_SILVER).ok()
    whole = lake.head("bronze.orders")
    lake.sql("delete from {p}bronze.orders where invoiceid = '24137'")
    gone = lake.head("bronze.orders")
    before = state(lake, *SILVER)
    for name in ("silver_orders", "silver_orders_deleted", "silver_orders_rejected"):
        refused = lake.dbt("run", "--select", name)
        assert_says(refused, name, "bronze_orders", str(gone))
    lake.land("updates.tsv", files.UPDATES)
    assert_says(lake.dbt("run", "--select", "bronze"), "bronze_orders", str(gone), "roll")
    assert lake.head("bronze.orders") == gone
    assert state(lake, *SILVER) == before

    roll_back(lake, "bronze.orders", whole)
    lake.dbt("run", *TO_SILVER).ok()
    assert lake.differences(with_gold=False) == {}
