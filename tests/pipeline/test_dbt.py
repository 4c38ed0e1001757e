"""Plain dbt does what a dbt user expects: build, test, docs, show, retry, freshness, full refresh."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import Warm
from lake import Lake
from pyiceberg.catalog import load_catalog

from pipeline.ledger import GOLD, MODELS, SILVER, TABLES, last, state
from pipeline.projects import ORDERS_YML, copy_project
from runner import demo_files as files

DAY_MS = 24 * 3600 * 1000
LANDED = {
    "first.tsv": files.FIRST, "updates.tsv": files.UPDATES, "bad.tsv": files.BAD_ROWS,
    "delete.tsv": files.DELETION,
}  # fmt: skip


@pytest.fixture(scope="module")
def built(server: Warm, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake with a bit of everything."""
    work = tmp_path_factory.mktemp("built")
    lake = Lake(server.home, work / "raw", work, "server", "dbt_", server.port)
    for name, text in LANDED.items():
        lake.land(name, text)
    lake.dbt("run").ok()
    return lake


def written(lake: Lake, name: str) -> Any:
    """An artifact of the last dbt invocation."""
    return json.loads((lake.work / "target" / name).read_text())


def test_all_tests_pass(built: Lake) -> None:
    assert built.differences() == {}
    before = state(built)
    tested = built.dbt("test", "--exclude", "test_type:unit").ok()
    assert len(tested.nodes) >= 15
    assert {node.status for node in tested.nodes.values()} == {"pass"}
    assert state(built) == before


def test_build_runs_models_and_tests(built: Lake) -> None:
    before = state(built)
    ran = built.dbt("build").ok()
    assert set(MODELS) < set(ran.nodes)
    assert len(ran.nodes) >= len(MODELS) + 15
    assert state(built) == before


def test_a_layer_can_be_selected(built: Lake) -> None:
    before = state(built)
    ran = built.dbt("run", "--select", "silver").ok()
    assert set(ran.nodes) == {"silver_orders", "silver_orders_deleted", "silver_orders_rejected"}
    assert state(built) == before


def test_unit_tests_pass(built: Lake) -> None:
    before = state(built)
    ran = built.dbt("test", "--select", "test_type:unit").ok()
    assert len(ran.nodes) >= 2, str(ran)
    assert {node.status for node in ran.nodes.values()} == {"pass"}
    assert state(built) == before


def shown(lake: Lake, *args: str) -> list[dict[str, Any]]:
    """The rows that `dbt show` prints."""
    result = lake.dbt("show", *args, "--output", "json", "--limit", "50").ok()
    found = re.search(r'^\{\s*"(node|show)".*?^\}', result.output, re.DOTALL | re.MULTILINE)
    assert found, str(result)
    rows: list[dict[str, Any]] = json.loads(found.group())["show"]
    return rows


@pytest.mark.parametrize("model", ["silver_orders", "silver_orders_rejected", "gold_category_sales"])
def test_show_shows_what_the_model_makes_of_all_its_input(built: Lake, model: str) -> None:
    before = state(built)
    rows = shown(built, "--select", f"{model},resource_type:model")
    rows = [row for row in rows if not row.get("_is_deleted")]
    assert len(rows) == len(built.rows(model.replace("_", ".", 1)))
    assert state(built) == before


def test_show_takes_a_query(built: Lake) -> None:
    rows = shown(built, "--inline", "select count(*) as orders from {{ ref('silver_orders') }}")
    assert rows == [{"orders": len(built.rows("silver.orders"))}]


VALID_PRICES = """
with landed as (select * from {{ ref('bronze_orders') }}),
checked as ({{ check_rows('landed', rules_of='silver_orders') }})
select invoice_id, item_id, price from checked where _is_valid
"""


def test_each_landed_value_is_cast_once(built: Lake) -> None:
    """Rules ask for a price three times; Spark would cast it for each, and once more for the result."""
    compiled = built.dbt("compile", "--inline", VALID_PRICES, "--output", "json").ok()
    sql = json.loads(compiled.output[compiled.output.index("{") : compiled.output.rindex("}") + 1])[
        "compiled"
    ]
    plan = str(built.sql(f"explain {sql}"))
    assert plan.count("try_cast(price") == 1, plan


def test_docs_describe_everything(built: Lake) -> None:
    built.dbt("docs", "generate").ok()
    catalog, manifest = written(built, "catalog.json"), written(built, "manifest.json")
    columns = {node.rpartition(".")[2]: set(held["columns"]) for node, held in catalog["nodes"].items()}
    assert set(columns) == set(MODELS)
    models = {n["name"]: n for n in manifest["nodes"].values() if n["resource_type"] == "model"}
    assert columns == {name: set(node["columns"]) for name, node in models.items()}
    assert _undescribed([*models.values(), *manifest["sources"].values()]) == []
    ours = [m for m in manifest["macros"].values() if m["package_name"] == "medallion"]
    assert [m["name"] for m in ours if not m["description"] and not m["name"].startswith("_")] == []
    dashboard = manifest["parent_map"]["exposure.medallion.sales_dashboard"]
    assert {parent.rpartition(".")[2] for parent in dashboard} == set(MODELS[4:])
    assert manifest["parent_map"]["model.medallion.bronze_orders"] == ["source.medallion.raw.orders"]


def _undescribed(nodes: list[dict[str, Any]]) -> list[str]:
    """Names of what has no description: nodes and their columns."""
    nameless = [node["name"] for node in nodes if not node["description"]]
    return nameless + [
        f"{node['name']}.{column['name']}"
        for node in nodes
        for column in node["columns"].values()
        if not column["description"]
    ]


def test_tables_carry_their_descriptions(built: Lake) -> None:
    for name in TABLES:
        table = built.table(name)
        assert table.properties.get("comment"), name
        assert [field.name for field in table.schema().fields if not field.doc] == [], name
        assert table.metadata.format_version == 2, name


def test_any_reader_finds_the_tables_in_the_catalog_under_the_prefix(built: Lake) -> None:
    catalog = load_catalog("lake", type="sql", uri=f"sqlite:///{built.home}/catalog.db")
    namespaces = {name for (name,) in catalog.list_namespaces()}
    assert {"dbt_bronze", "dbt_silver", "dbt_gold"} <= namespaces
    assert namespaces.isdisjoint({"bronze", "silver", "gold"})
    assert catalog.load_table("dbt_silver.orders").scan().to_arrow().num_rows == 5


def test_a_full_refresh_replaces_silver_and_gold_and_keeps_their_history(built: Lake) -> None:
    before = state(built)
    built.dbt("build", "--full-refresh").ok()
    after = state(built)
    assert after["bronze.orders"] == before["bronze.orders"]
    for name in (*SILVER, *GOLD):
        assert set(before[name]["snapshots"]) < set(after[name]["snapshots"]), name
        assert last(built, name).parent == before[name]["head"], name
        assert (last(built, name).checkpoint or {})["mode"] == "full", name
    assert built.differences() == {}


def test_retry_goes_on_where_the_gate_stopped(lake: Lake, tmp_path: Path) -> None:
    """The rule is mended, not the data: retry runs what failed and what was skipped, and nothing else."""
    project = copy_project(lake, tmp_path / "copy")
    ours = project.lake
    lake.land("first.tsv", files.FIRST)
    lake.land("huge.tsv", files.HUGE_QUANTITY)
    assert ours.dbt("run").status("silver_orders") == "error"
    project.replace(ORDERS_YML, "quantity <= 100000", "quantity <= 1000000")
    retried = ours.dbt("retry").ok()
    assert set(retried.nodes) == {"silver_orders", *MODELS[4:]}
    assert lake.differences() == {}


def test_freshness_is_the_age_of_the_newest_file(lake: Lake) -> None:
    now = int(time.time() * 1000)
    told = []
    for days in (30, 3, 0):
        lake.land(f"{days}-days-old.tsv", files.FIRST, now - days * DAY_MS)
        result = lake.dbt("source", "freshness")
        (source,) = written(lake, "sources.json")["results"]
        told.append((source["status"], result.success, round(source["max_loaded_at_time_ago_in_s"] / 86400)))
    assert told == [("error", False, 30), ("warn", True, 3), ("pass", True, 0)]
    assert not lake.exists("bronze.orders")
