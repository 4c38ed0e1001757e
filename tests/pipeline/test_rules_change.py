"""A rule that changes at the worst moment: each landed row is in silver or among the rejected, in one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from histories import CLOCK, row
from lake import Lake

from pipeline.commands import redrive
from pipeline.ledger import assert_says, documents, last, read_range
from pipeline.projects import ORDERS_YML, Project, copy_project

LATER = CLOCK + timedelta(hours=1)
PLAUSIBLE = {"name": "quantity_plausible", "check": "quantity <= 100000"}
POSITIVE = "price > 0 and price < double('infinity')"


def set_rules(project: Project, *more: dict[str, Any], price: str = POSITIVE) -> None:
    """Change silver's rules, and its test of the price with them."""
    with project.yml(ORDERS_YML) as held:
        model = held["models"][0]
        rules = [rule for rule in model["config"]["meta"]["rules"] if rule["name"] != PLAUSIBLE["name"]]
        next(rule for rule in rules if rule["name"] == "price_positive")["check"] = price
        model["config"]["meta"]["rules"] = [*rules, *more]
        column = next(column for column in model["columns"] if column["name"] == "price")
        column["data_tests"][0]["is_true"]["arguments"]["expression"] = price


def live(lake: Lake) -> list[int]:
    """The invoices in silver."""
    return sorted(row["invoice_id"] for row in lake.rows("silver.orders"))


def refused(lake: Lake) -> list[int]:
    """The invoices that are rejected and were not moved on."""
    held = lake.rows("silver.orders_rejected") if lake.exists("silver.orders_rejected") else []
    return sorted(int(row["invoiceid"]) for row in held if not row["_redriven_at"])


def test_a_rule_that_mends_a_refused_batch_loses_none_of_its_rows(lake: Lake, tmp_path: Path) -> None:
    project = copy_project(lake, tmp_path / "copy")
    ours = project.lake
    ours.land_rows("first.tsv", row((1, 1), CLOCK, price="0"), row((2, 1), CLOCK, quantity="200000"))
    assert not ours.dbt("run", "--select", "bronze", "silver").success
    assert ours.head("silver.orders") is None, "the gate refused the first batch of all"
    assert refused(ours) == [1], "the others went on: row 2 keeps the rules as they are"

    set_rules(project, PLAUSIBLE)
    ours.dbt("run", "--select", "silver").ok()
    assert (live(ours), refused(ours)) == ([], [1, 2])
    assert documents(ours, "silver.orders_rejected")[-1]["mode"] == "range"

    ours.land_rows("second.tsv", row((3, 1), CLOCK), row((4, 1), CLOCK, price="-1"))
    with project.column(ORDERS_YML, "quantity") as column:
        column["data_tests"].append(
            {"is_true": {"name": "never", "arguments": {"expression": "quantity > 99"}}}
        )
    assert not ours.dbt("run", "--select", "bronze", "silver").success
    with project.column(ORDERS_YML, "quantity") as column:
        column["data_tests"].pop()
    set_rules(project, price="price < 0")  # loosened for what was rejected, tightened for what waits
    ours.dbt("run", "--select", "silver").ok()
    assert (live(ours), refused(ours)) == ([4], [1, 2, 3]), "only what was judged apart is judged again"
    ours.dbt("run", "--select", "silver").ok()
    assert (live(ours), refused(ours)) == ([4], [1, 2, 3])
    ends = [documents(ours, name)[-1]["rules"] for name in ("silver.orders", "silver.orders_rejected")]
    assert ends[0] == ends[1]


def test_rows_applied_under_other_rules_are_refused_until_a_rebuild(lake: Lake, tmp_path: Path) -> None:
    project = copy_project(lake, tmp_path / "copy")
    ours = project.lake
    ours.land_rows("first.tsv", row((1, 1), CLOCK))
    ours.dbt("run").ok()
    ours.land_rows("second.tsv", row((2, 1), CLOCK, price="0"), row((3, 1), CLOCK))
    ours.dbt("run", "--select", "bronze", "silver_orders").ok()
    assert (live(ours), refused(ours)) == ([1, 3], []), (
        "as if the run had been killed before the rejected rows"
    )

    set_rules(project, price="price >= 0")
    before = ours.head("silver.orders")
    result = ours.dbt("run", "--select", "silver")
    assert_says(
        result, "silver_orders", "under other rules", "dbt build --full-refresh --select silver_orders+"
    )
    assert ours.head("silver.orders") == before
    ours.dbt("run", "--full-refresh", "--select", "silver_orders+").ok()
    ours.dbt("run").ok()
    assert (live(ours), refused(ours)) == ([1, 2, 3], [])
    assert read_range(documents(ours, "silver.orders_rejected")[-1], "bronze_orders")[0] is None
    idle = ours.head("silver.orders_rejected")
    ours.dbt("run").ok()
    assert ours.head("silver.orders_rejected") == idle, "they agree: there is nothing to judge again"


def test_a_rollback_past_a_redrive_is_told_and_redriven_again(lake: Lake, tmp_path: Path) -> None:
    project = copy_project(lake, tmp_path / "copy")
    ours = project.lake
    ours.land_rows("first.tsv", row((1, 1), CLOCK), row((2, 1), CLOCK, price="0"))
    ours.dbt("run").ok()
    before = last(ours, "silver.orders").id
    set_rules(project, price="price >= 0")
    assert redrive(ours) == 1
    moved = documents(ours, "silver.orders")[-1]
    [trace] = [row for row in ours.rows("silver.orders_rejected") if row["_redriven_at"]]
    assert trace["_redriven_by"] == moved["run"]
    assert moved["redriven"] == documents(ours, "silver.orders_rejected")[-1]["redriven"]

    ours.sql(f"call lake.system.rollback_to_snapshot('{{p}}silver.orders', {before})")
    ours.land_rows("second.tsv", row((3, 1), LATER))
    result = ours.dbt("run", "--select", "bronze", "silver")
    assert_says(
        result,
        "silver_orders",
        "rolled back to before rejected rows were moved",
        "medallion redrive silver_orders",
    )
    assert redrive(ours) == 1
    ours.dbt("run").ok()
    assert (live(ours), refused(ours)) == ([1, 2, 3], [])
    assert redrive(ours) == 0
