"""Bad input: one clear error each, nothing lost, nothing half-published."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Warm
from lake import Lake

from pipeline.ledger import assert_says, state
from pipeline.projects import ORDERS_YML, SOURCES_YML, Project, copy_project
from runner import demo_files as files

TO_SILVER = ("--select", "bronze", "silver")


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
    "no key": (_without_key, "silver_orders", ("silver_orders: ", "unique_key")),
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


def test_a_bad_file_is_set_aside_and_the_good_ones_go_on(lake: Lake) -> None:
    lake.land("first.tsv", files.FIRST)
    rows = files.FIRST + files.FIRST.split("\n", 1)[1] * 2000
    torn = lake.landing / "torn.tsv.gz"
    torn.write_bytes(gzip.compress(rows.encode())[:-400])
    headless = lake.landing / "headless.tsv"
    headless.write_text("1\t2\t3\n4\t5\t6\n")
    warned = lake.dbt("run", *TO_SILVER).ok()
    assert [
        name for name in ("torn.tsv.gz", "headless.tsv") if f"{name}: set aside" not in warned.output
    ] == []
    assert lake.differences(with_gold=False) == {}

    lake.land("updates.tsv", files.UPDATES)
    silent = lake.dbt("run", *TO_SILVER).ok()
    assert "set aside" not in silent.output
    assert lake.differences(with_gold=False) == {}
    torn.unlink()
    headless.unlink()


def test_an_error_that_no_file_explains_is_raised_and_blames_none(lake: Lake, tmp_path: Path) -> None:
    lake.land("first.tsv", files.FIRST)
    project = copy_project(lake, tmp_path)
    project.replace("models/bronze/bronze_orders.sql", "select *", "select *, raise_error('no way') as op_")
    with project.yml("models/bronze/bronze_orders.yml") as held:
        held["models"][0]["columns"].append({"name": "op_", "data_type": "string", "description": "Fails."})
    failed = project.lake.dbt("run", "--select", "bronze_orders")
    assert_says(failed, "bronze_orders", "no way")
    assert lake.rows("bronze.orders_quarantine") == []
    assert lake.rows("bronze.orders") == []
