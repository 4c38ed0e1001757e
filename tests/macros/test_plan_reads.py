"""Which views a compiled model names."""
# ruff: noqa: E501 - a case is a line

from __future__ import annotations

from typing import Any

import pytest
from harness import Node, Project, Relation, table_node

SOURCE = table_node("orders", "source")
BRONZE = table_node("bronze_orders")
DELETED = table_node("silver_orders_deleted")
MODEL = Project(model={"name": "silver_orders"})


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("m", "new", "bronze", "orders"), "m__new__bronze__orders"),
        (("m", "new", "bronze", "orders", None), "m__new__bronze__orders"),
        (
            ("m", "new", "bronze", "orders", "silver__returns"),
            "m__new__bronze__orders__since__silver__returns",
        ),
    ],
)
def test_the_name_of_a_view(arguments: tuple[Any, ...], name: str) -> None:
    assert MODEL.read_view_name(*arguments) == name


@pytest.mark.parametrize(
    ("macro", "arguments", "kind", "since"),
    [
        ("new_files", (Relation("raw", "orders"),), "files", None),
        ("new_rows", (Relation("bronze", "orders"),), "new", None),
        ("new_rows", (Relation("bronze", "orders"), Relation("silver", "orders_deleted")), "new", DELETED),
        ("touched_rows", (Relation("silver", "orders_deleted"),), "touched", None),
        ("pinned_rows", (Relation("silver", "orders_deleted"),), "pinned", None),
    ],
)
def test_what_a_macro_names_is_found_again(
    macro: str, arguments: tuple[Relation, ...], kind: str, since: Node | None
) -> None:
    dependencies = [BRONZE, DELETED] if kind != "files" else [SOURCE]
    sql = f"select * from {getattr(MODEL, macro)(*arguments)} where true"
    [found] = MODEL.plan_reads("silver_orders", sql, dependencies)
    assert (found["kind"], found["since"]) == (kind, since)
    assert f"`{found['view']}`" in sql
    assert (found["node"].get("alias") or found["node"]["identifier"]) == arguments[0].identifier


def test_a_fixture_of_a_unit_test_stands_for_itself() -> None:
    fixture = Relation("ignored", "fixture", is_cte=True)
    assert MODEL.new_rows(fixture) is fixture


@pytest.mark.parametrize(
    ("sql", "kinds"),
    [
        ("select 1", []),
        ("select * from bronze.orders", []),
        ("select * from silver_orders__new__bronze__orders", []),  # not quoted: not ours
        ("select * from `other__new__bronze__orders`", []),
        ("select * from `silver_orders__new__bronze__orders`", [("new", None)]),
        ("select * from `silver_orders__new__bronze__orders__since__silver__orders_deleted`", [("new", "orders_deleted")]),
        ("select * from `silver_orders__new__bronze__orders__since__orders_deleted`", []),  # of which schema?
        (
            "select * from `silver_orders__new__bronze__orders` union all select * from `silver_orders__new__bronze__orders`",
            [("new", None)],
        ),
        (
            "`silver_orders__new__bronze__orders` `silver_orders__pinned__silver__orders_deleted` "
            "`silver_orders__new__bronze__orders__since__silver__orders_deleted`",
            [("new", None), ("new", "orders_deleted"), ("pinned", None)],
        ),
    ],
)  # fmt: skip
def test_only_the_views_that_are_named(sql: str, kinds: list[tuple[str, str | None]]) -> None:
    reads = MODEL.plan_reads("silver_orders", sql, [BRONZE, DELETED])
    assert [(one["kind"], one["since"]["alias"] if one["since"] else None) for one in reads] == kinds


def test_a_model_may_read_a_source_beside_a_model() -> None:
    sql = "select * from `silver_orders__new__bronze__orders`, `silver_orders__files__raw__orders`"
    reads = MODEL.plan_reads("silver_orders", sql, [SOURCE, BRONZE])
    assert [(one["kind"], one["since"]) for one in reads] == [("files", None), ("new", None)]


def test_the_model_since_which_is_read_is_known_by_its_schema_too() -> None:
    orders = table_node("silver_orders")
    model = Project(model={"name": "gold_sales"})
    sql = f"select * from {model.new_rows(Relation('bronze', 'orders'), Relation('silver', 'orders'))}"
    reads = model.plan_reads("gold_sales", sql, [BRONZE, orders])
    assert [one["since"]["name"] for one in reads] == ["silver_orders"]
