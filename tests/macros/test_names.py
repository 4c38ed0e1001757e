"""Literals, names and places."""
# ruff: noqa: E501 - a case is a line

from __future__ import annotations

from typing import Any

import pytest
import yaml
from harness import MACROS, Node, Project, Refused, contract, table_node


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("plain", "'plain'"),
        ("", "''"),
        ("O'Hara", r"'O\'Hara'"),
        ("''", r"'\'\''"),
        ("back\\slash", r"'back\\slash'"),
        ("\\'", r"'\\\''"),
        ("ends in \\", r"'ends in \\'"),
        ("two\nlines", "'two\nlines'"),
        ('the "best"', "'the \"best\"'"),
        ("café", "'café'"),
        ("{{ not jinja }}", "'{{ not jinja }}'"),
        ("'; drop table t; --", r"'\'; drop table t; --'"),
        (42, "'42'"),
        (True, "'True'"),
    ],
)
def test_a_literal_holds_any_value(value: Any, literal: str) -> None:
    assert Project().text_literal(value) == literal


def test_spark_substitutes_nothing_within_a_literal() -> None:
    assert Project().text_literal("a ${spark.app.name} b") == "'a ${spark.app.name} b'"
    profile = yaml.safe_load((MACROS.parent / "profiles" / "profiles.yml").read_text())
    settings = profile["medallion"]["outputs"]["local"]["server_side_parameters"]
    assert settings["spark.sql.variable.substitute"] == "false"  # it is Spark that would


@pytest.mark.parametrize(
    ("name", "schema", "custom", "table"),
    [
        ("silver_orders", "silver", None, "orders"),
        ("silver_orders_deleted", "silver", None, "orders_deleted"),
        ("gold_daily_sales", "gold", None, "daily_sales"),
        ("gold_silver_share", "gold", None, "silver_share"),
        ("silver_silver_orders", "silver", None, "silver_orders"),
        ("orders", "silver", None, "orders"),
        ("silver_orders", "gold", None, "silver_orders"),
        ("silverware", "silver", None, "silverware"),
        ("silver_orders", None, None, "silver_orders"),
        ("_scratch", None, None, "_scratch"),
        ("_scratch", "silver", None, "_scratch"),
        ("silver_orders", "silver", " purchases ", "purchases"),
    ],
)
def test_a_table_is_named_as_its_model_without_the_layer(
    name: str, schema: str | None, custom: str | None, table: str
) -> None:
    node = Node(name=name, config=Node(schema=schema))
    assert Project().generate_alias_name(custom, node) == table


def test_contract_columns() -> None:
    columns = Node({
        "Id": Node(name="Id", data_type=" BIGINT ", description=" The key. ", meta={"old": 1}, config=Node(meta={"new": 2})),
        "a": Node(name="a", data_type="string", description=None, meta={"old": 1}),
    })  # fmt: skip
    assert Project().contract_columns(Node(name="m", columns=columns)) == [
        {"name": "id", "type": "bigint", "description": "The key.", "meta": {"new": 2}},
        {"name": "a", "type": "string", "description": "", "meta": {"old": 1}},
    ]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, "m: no columns declared"),
        ({"id": Node(name="id", data_type=None, description="", meta={})}, "m: column id has no data_type"),
    ],
)
def test_a_contract_that_is_not_one_is_refused(columns: dict[str, Node], said: str) -> None:
    with pytest.raises(Refused, match=said):
        Project().contract_columns(Node(name="m", columns=columns))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"file_format": "parquet"}, "file_format must be iceberg"),
        ({"incremental_strategy": "insert_overwrite"}, "must be append or merge, not insert_overwrite"),
        ({"unique_key": None}, "a merge needs a key"),
        ({"unique_key": ["id", "nothing"]}, "names nothing, which is not a column"),
        ({"order_by": ["later"]}, "names later"),
        ({"recompute_by": "day"}, "names day"),
        ({}, None),
        ({"unique_key": "id"}, None),
        ({"incremental_strategy": "append", "unique_key": None}, None),
    ],
)
def test_a_model_that_cannot_keep_the_promises_is_refused(config: dict[str, Any], said: str | None) -> None:
    whole = {"file_format": "iceberg", "incremental_strategy": "merge", "unique_key": ["id"], **config}
    node = Node(name="m", columns=contract(id="bigint", a="string"))
    if said is None:
        Project(config=whole).check_model(node)
    else:
        with pytest.raises(Refused, match=said):
            Project(config=whole).check_model(node)


@pytest.mark.parametrize(
    ("value", "columns"), [(None, []), ("a", ["a"]), (["a", "b"], ["a", "b"]), (("a", "b"), ["a", "b"])]
)
def test_one_column_is_a_list_too(value: Any, columns: list[str]) -> None:
    assert Project(config={"unique_key": value}).column_list("unique_key") == columns
    assert Project().config_list(Node(config={"unique_key": value}), "unique_key") == columns


def test_a_unit_test_has_the_columns_of_the_model_it_tests() -> None:
    tested = table_node("silver_orders", config=Node(schema="silver", unique_key="id"))
    unit_test = Node(name="t", resource_type="unit_test", tested_node_unique_id=tested.unique_id)
    project = Project(model=unit_test, config={"unique_key": "not_this"}, nodes=[tested])
    assert project.column_list("unique_key") == ["id"]


def test_a_model_is_found_by_its_name() -> None:
    orders = table_node("silver_orders")
    project = Project(nodes=[Node(orders, unique_id="test.m.t", resource_type="test"), orders])
    assert project.node_named("silver_orders") == orders
    with pytest.raises(Refused, match="no model is named 'silver_order'; check the name"):
        project.node_named("silver_order")


@pytest.mark.parametrize(
    ("meta", "columns", "said"),
    [
        ({}, contract(op="string"), None),
        ({"format": "parquet"}, contract(op="string"), None),
        (
            {"format": "xml"},
            contract(op="string"),
            "source raw.orders: unknown format 'xml'; use one of csv, json",
        ),
        ({}, {}, "source raw.orders declares no columns"),
    ],
)
def test_a_source_that_nothing_can_read_is_refused(
    meta: dict[str, Any], columns: dict[str, Node], said: str | None
) -> None:
    source = Node(table_node("orders", "source"), meta=meta, columns=columns)
    if said is None:
        Project().check_source(source)
    else:
        with pytest.raises(Refused, match=said):
            Project().check_source(source)
