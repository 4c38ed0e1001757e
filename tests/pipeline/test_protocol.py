"""The commit protocol against others: a run beside it, a foreign write, a rollback, a compaction, bad input."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Warm
from lake import DbtResult, Lake
from pipeline.ledger import SILVER, assert_chained, documents, last, published_state, read_range, state
from pipeline.projects import ORDERS_YML, SOURCES_YML, Project, copy_project

from runner import demo_files as files

TO_SILVER = ("--select", "bronze", "silver")
LONGEST_MESSAGE = 1200  # a clear error fits a screen; a stack trace does not


def assert_says(result: DbtResult, model: str, *parts: str) -> None:
    """The model failed, with one message that holds all parts and no stack trace."""
    assert result.status(model) == "error", str(result)
    message = result.message(model)
    assert [part for part in parts if part not in message] == [], message
    assert len(message) < LONGEST_MESSAGE, f"{len(message)} characters: {message[:2000]}"


def compact(lake: Lake, name: str) -> None:
    """Rewrite a table's files, as maintenance does."""
    lake.sql(
        f"call lake.system.rewrite_data_files(table => '{{p}}{name}', options => map('rewrite-all', 'true'))"
    )


# -- others commit too --------------------------------------------------------------------------------------


def test_two_runs_at_once_publish_each_range_once(lake: Lake) -> None:
    for name, text in (("first.tsv", files.FIRST), ("updates.tsv", files.UPDATES)):
        lake.land(name, text)
        _race(lake)
    lake.dbt("run").ok()
    assert lake.differences() == {}
    assert_chained(lake)
    for name in ("bronze.orders", *SILVER):
        assert sorted(lake.table(name).refs()) == ["main"], name


def _race(lake: Lake) -> None:
    """Two runs, each in a process of its own; the loser of each model has an error and nothing else."""
    racers = [replace(lake, work=lake.work / f"racer{number}") for number in (1, 2)]
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda racer: racer.dbt_apart("run", *TO_SILVER), racers))
    for name in ("bronze_orders", "silver_orders", "silver_orders_deleted", "silver_orders_rejected"):
        statuses = {run.nodes[name].status for run in runs if name in run.nodes}
        assert "success" in statuses, "\n\n".join(map(str, runs))
    for run in runs:
        for name, node in run.nodes.items():
            if node.status == "error":
                assert_says(run, name, "meanwhile", "again")


OTHER_COMMIT = """
{% test other_commit(model, column_name=none) %}
    {%- if execute and env_var('TEST_OTHER_COMMIT', '') -%}
        {%- do run_query("call lake.system.rewrite_data_files(table => '" ~ env_var('MEDALLION_SCHEMA_PREFIX')
            ~ "silver.orders', options => map('rewrite-all', 'true'))") -%}
    {%- endif -%}
    select * from {{ model }} where false
{% endtest %}
"""


def test_a_commit_between_pin_and_publish_wins(lake: Lake, tmp_path: Path) -> None:
    """A test of the model's, which the gate runs after the batch is staged, commits to the table itself."""
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

    assert_says(lost, "silver_orders", "meanwhile", "again")
    assert (last(lake, "silver.orders").parent, last(lake, "silver.orders").operation) == (before, "replace")
    assert "market####" not in {row["category"] for row in lake.rows("silver.orders")}
    project.lake.dbt("run", *TO_SILVER).ok()
    assert lake.differences(with_gold=False) == {}
    assert sorted(lake.table("silver.orders").refs()) == ["main"]


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

    lake.sql(f"call lake.system.rollback_to_snapshot('{{p}}bronze.orders', {whole})")
    lake.dbt("run", *TO_SILVER).ok()
    assert lake.differences(with_gold=False) == {}


# -- bad input ----------------------------------------------------------------------------------------------


def test_an_empty_lake_says_what_is_missing(lake: Lake) -> None:
    gold = lake.dbt("run", "--select", "gold")
    for name in ("gold_daily_sales", "gold_category_sales", "gold_shipping_mix"):
        assert_says(gold, name, "silver.orders", "does not exist", f"--select +{name}")
    silver = lake.dbt("run", "--select", "silver_orders")
    assert_says(silver, "silver_orders", "bronze.orders", "does not exist", "--select +silver_orders")
    bronze = lake.dbt("run", "--select", "bronze")
    assert_says(bronze, "bronze_orders", str(lake.landing))
    assert not any(lake.exists(name) and lake.head(name) for name in state(lake))


Edit = Callable[[Project], None]


def _without_key(project: Project) -> None:
    project.replace("models/silver/silver_orders.sql", "    unique_key=['invoice_id', 'item_id'],\n", "")


def _other_file_format(project: Project) -> None:
    project.replace("models/silver/silver_orders.sql", "config(", "config(file_format='parquet', ")


def _other_strategy(project: Project) -> None:
    project.replace(
        "models/silver/silver_orders.sql", "config(", "config(incremental_strategy='insert_overwrite', "
    )


def _type_of(column: str, data_type: str) -> Edit:
    def edit(project: Project) -> None:
        with project.column(ORDERS_YML, column) as held:
            held["data_type"] = data_type

    return edit


def _column_dropped(project: Project) -> None:
    with project.yml(ORDERS_YML) as held:
        columns = held["models"][0]["columns"]
        held["models"][0]["columns"] = [column for column in columns if column["name"] != "referral"]


def _column_not_selected(project: Project) -> None:
    with project.yml(ORDERS_YML) as held:
        extra = {"name": "coupon", "data_type": "string", "description": "Selected by nobody."}
        held["models"][0]["columns"].append(extra)


def _unknown_format(project: Project) -> None:
    with project.yml(SOURCES_YML) as held:
        held["sources"][0]["tables"][0]["meta"]["format"] = "xml"


def _missing_directory(project: Project) -> None:
    with project.yml(SOURCES_YML) as held:
        held["sources"][0]["tables"][0]["meta"]["path"] = "/no/such/directory"


BAD_PROJECTS: dict[str, tuple[Edit, str, tuple[str, ...]]] = {
    "no key": (_without_key, "silver_orders", ("needs a key", "unique_key")),
    "file format": (_other_file_format, "silver_orders", ("file_format", "iceberg")),
    "strategy": (_other_strategy, "silver_orders", ("incremental_strategy", "insert_overwrite")),
    "narrowed type": (
        _type_of("invoice_id", "int"),
        "silver_orders",
        ("invoice_id", "bigint", "int", "without losing data"),
    ),
    "another type": (_type_of("category", "date"), "silver_orders", ("category", "string", "date")),
    "unknown type": (_type_of("price", "dubble"), "silver_orders", ("price", "dubble")),
    "column dropped": (_column_dropped, "silver_orders", ("referral", "yml")),
    "column not selected": (_column_not_selected, "silver_orders", ("coupon", "not selected")),
    "unknown format": (_unknown_format, "bronze_orders", ("raw.orders", "'xml'", "csv, json, parquet, avro")),
    "missing directory": (_missing_directory, "bronze_orders", ("/no/such/directory",)),
}


@pytest.fixture(scope="module")
def waiting(server: Warm, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake built to silver, with new rows in bronze and a new file: any model of it has something to do."""
    work = tmp_path_factory.mktemp("waiting")
    lake = Lake(server.home, work / "raw", work, "server", "waiting_", server.port)
    lake.land("first.tsv", files.FIRST)
    lake.dbt("run", *TO_SILVER).ok()
    lake.land("updates.tsv", files.UPDATES)
    lake.dbt("run", "--select", "bronze").ok()
    lake.land("bad.tsv", files.BAD_ROWS)
    return lake


@pytest.mark.parametrize("case", BAD_PROJECTS)
def test_a_bad_declaration_is_one_clear_error_and_changes_nothing(
    waiting: Lake, tmp_path: Path, case: str
) -> None:
    edit, model, parts = BAD_PROJECTS[case]
    project = copy_project(waiting, tmp_path)
    edit(project)
    before = state(waiting)
    result = project.lake.dbt("run", "--select", model)
    if result.nodes:
        assert_says(result, model, *parts)
    else:  # dbt itself refused to begin
        assert not result.success
        assert [part for part in parts if part not in result.output] == [], str(result)
    assert state(waiting) == before


def test_an_unreadable_file_stops_bronze_by_name_and_a_headless_one_is_left_alone(lake: Lake) -> None:
    lake.land("first.tsv", files.FIRST)
    lake.dbt("run", *TO_SILVER).ok()
    before = published_state(lake)
    rows = files.FIRST + files.FIRST.split("\n", 1)[1] * 2000
    torn = lake.landing / "torn.tsv.gz"
    torn.write_bytes(gzip.compress(rows.encode())[:-400])
    failed = lake.dbt("run", *TO_SILVER)
    assert_says(failed, "bronze_orders", "torn.tsv.gz")
    assert published_state(lake) == before

    torn.unlink()
    headless = lake.landing / "headless.tsv"
    headless.write_text("1\t2\t3\n4\t5\t6\n")
    warned = lake.dbt("run", *TO_SILVER).ok()
    assert "headless.tsv" in warned.output
    assert published_state(lake) == before
    lake.land("updates.tsv", files.UPDATES)
    lake.dbt("run", *TO_SILVER).ok()
    assert lake.differences(with_gold=False) == {}
