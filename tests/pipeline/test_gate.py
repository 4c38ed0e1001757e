"""The gate: a batch that breaks a test of its model is staged, seen by nobody, and explained."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import histories
from lake import Lake

from pipeline.ledger import published_state, state
from pipeline.projects import ORDERS_YML, Project, copy_project
from runner import demo_files as files

SILVER = ("--select", "bronze", "silver")
TEST = "silver_orders_quantity_is_plausible"
WITNESS = (
    "create table bronze.witness using iceberg tblproperties ('write.wap.enabled' = 'true') "
    "as select * from bronze.orders"
)
Declared = dict[str, Any]


def test_a_refused_batch_is_staged_and_the_same_command_goes_on_after_a_correction(lake: Lake) -> None:
    lake.land("first.tsv", files.FIRST)
    lake.dbt("run", *SILVER).ok()
    before = state(lake, "silver.orders")["silver.orders"]
    rows = lake.rows("silver.orders")
    lake.land("huge.tsv", files.HUGE_QUANTITY)

    refused = lake.dbt("run", *SILVER)

    assert not refused.success
    assert {n for n, node in refused.nodes.items() if node.status != "success"} == {"silver_orders"}
    assert published_state(lake, "silver.orders") == {"silver.orders": {**before, "snapshots": None}}
    assert lake.rows("silver.orders") == rows
    _is_staged_on_top_of_head(lake, before)
    _says_what_next(lake, refused.message("silver_orders"))
    _idle_elsewhere(lake)

    lake.land("correction.tsv", files.CORRECTION)
    lake.dbt("run", *SILVER).ok()
    assert lake.differences(with_gold=False) == {}
    assert sorted(lake.table("silver.orders").refs()) == ["main"]


def _is_staged_on_top_of_head(lake: Lake, before: Declared) -> None:
    """One more snapshot, with the checkpoint of the batch, which is no ancestor of main."""
    (staged,) = [s for s in lake.snapshots("silver.orders") if s.id not in before["snapshots"]]
    assert staged.parent == lake.head("silver.orders") == before["head"]
    document = staged.checkpoint or {}
    assert document["model"] == "silver_orders"
    assert document["inputs"]["bronze_orders"]["to"] == str(lake.head("bronze.orders"))
    held = {row["invoice_id"] for row in lake.rows("silver.orders", staged.id)}
    assert 51010 in held, "what was refused can be inspected"


def _says_what_next(lake: Lake, message: str) -> None:
    """Test, count and next step are named; the query that it gives shows the rows."""
    assert TEST in message
    assert "1 row" in message
    assert "run the same command again" in message
    query = re.search(r'dbt show --inline "(.*?)"', message, re.DOTALL)
    assert query, message
    shown = lake.dbt("show", "--inline", query.group(1)).ok()
    assert "51010" in shown.output


def _idle_elsewhere(lake: Lake) -> None:
    """The refusal leaves nothing behind that stages another model's, or anyone's, writes."""
    before = state(lake, "silver.orders_rejected")
    lake.dbt("run", "--select", "silver_orders_rejected").ok()
    assert state(lake, "silver.orders_rejected") == before


def test_the_very_first_batch_can_be_refused_and_leaves_the_session_clean_on_local(
    local_lake: Lake, tmp_path: Path
) -> None:
    """One session serves the whole run there: what a refused model leaves set, the next would meet."""
    project = copy_project(local_lake, tmp_path / "copy")
    with project.yml("dbt_project.yml") as held:
        held["on-run-end"] = [WITNESS]
    _add_test(project, {"is_true": {"arguments": {"expression": "category <> 'bit'"}}}, "category")
    project.lake.land("first.tsv", files.FIRST)
    refused = project.lake.dbt("run", *SILVER)
    assert refused.status("silver_orders") == "error"
    assert (local_lake.head("silver.orders"), local_lake.rows("silver.orders")) == (None, [])
    assert len(local_lake.snapshots("silver.orders")) == 1
    assert len(local_lake.rows("bronze.witness")) == 5, "a leaked wap.id staged it"
    assert len(local_lake.rows("silver.orders_rejected")) == 0
    assert local_lake.head("silver.orders_rejected") is not None


# -- how a test is declared ---------------------------------------------------------------------------------


def test_tests_say_themselves_how_and_on_what_they_run(lake: Lake, tmp_path: Path) -> None:
    lake.land("first.tsv", files.FIRST)
    lake.dbt("run", *SILVER).ok()
    project = copy_project(lake, tmp_path / "copy")
    lake.land("updates.tsv", files.UPDATES)
    # the batch holds quantities of 1 and 3, the table one of 5
    _add_test(project, is_true("whole_table", "quantity < 5", meta={"gate": "table"}), "quantity")
    _is_refused(project, "whole_table")

    _replace_test(project, is_true("no_such_scope", "true", meta={"gate": "partly"}), "quantity")
    _is_refused(project, "no_such_scope", "batch, table or off")

    parent = {"to": "ref('silver_orders_rejected')", "field": "referral"}
    orphan = {"relationships": {"name": "orphan", "arguments": parent}}
    _replace_test(project, orphan, "referral")
    _is_refused(project, "orphan", "2 row")

    _replace_test(project, is_true("only_the_batch", "quantity < 5"), "quantity")
    for name, declared in MERCIFUL.items():
        _add_test(project, declared, name)
    warned = project.lake.dbt("run", *SILVER).ok()
    assert lake.differences(with_gold=False) == {}
    assert {
        n for n in ("warns", "tolerates", "errs_from_three", "never") if f"test {n} " in warned.output
    } == {
        "warns",
        "errs_from_three",
    }


def is_true(name: str, expression: str, **config: Any) -> Declared:
    return {"is_true": {"name": name, "arguments": {"expression": expression}, "config": config}}


# on the batch of two updates each of these lets it through
MERCIFUL = {
    "category": is_true("warns", "category = 'nothing'", severity="warn"),
    "price": is_true("errs_from_three", "price < 0", error_if=">= 3", warn_if=">= 1"),
    "shipping_type": is_true("tolerates", "false", where="shipping_type = 'by foot'"),
    "order_date": is_true("never", "false", meta={"gate": "off"}),
    "destination_state": {
        "relationships": {
            "name": "has_parent",
            "arguments": {"to": "ref('bronze_orders')", "field": "destinationstate"},
        }
    },
}


def _add_test(project: Project, declared: Declared, column: str) -> None:
    with project.column(ORDERS_YML, column) as held:
        held["data_tests"] = [*held.get("data_tests", []), declared]


def _replace_test(project: Project, declared: Declared, column: str) -> None:
    """In the place of whatever was added anywhere before."""
    with project.yml(ORDERS_YML) as held:
        for one in held["models"][0]["columns"]:
            one["data_tests"] = []
    _add_test(project, declared, column)


def _is_refused(project: Project, *parts: str) -> None:
    """The run fails saying all parts, and readers see what they saw."""
    lake = project.lake
    before = published_state(lake, "silver.orders")
    refused = lake.dbt("run", *SILVER)
    assert refused.status("silver_orders") == "error", str(refused)
    message = refused.message("silver_orders")
    assert [part for part in parts if part not in message] == [], message
    assert published_state(lake, "silver.orders") == before


def test_the_first_batch_of_all_can_be_refused(lake: Lake) -> None:
    """A test on a column counts the batch's rows, not the table's, and names how many."""
    many = [histories.row((n, 1), histories.CLOCK, quantity="100001") for n in range(3)]
    lake.land_rows("many.tsv", *many)
    refused = lake.dbt("run", *SILVER)
    assert "3 row" in refused.message("silver_orders")
    assert lake.head("silver.orders") is None
