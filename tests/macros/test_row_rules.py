"""The rules that a landed row must keep."""
# ruff: noqa: E501 - a case is a line

from __future__ import annotations

import re
from typing import Any

import pytest
from harness import Node, Project, Refused, contract, one_line, table_node

COLUMNS = {"id": "bigint landed_as orderid", "at": "timestamp landed_as changed", "name": "string landed_as name",
           "price": "double landed_as price", "_source_file": "string"}  # fmt: skip
BLANK = "coalesce(trim(_landed.{}), '') = ''"
FILLED = "coalesce(trim(_landed.{}), '') <> ''"
WELL_FORMED = "(_landed._rescued is null or not startswith(_landed._rescued, '{\"_malformed\":'))"
UNTRACEABLE = "silver_orders: it needs a unique_key, and every column of it `landed_as` in its yml"


def node(rules: list[dict[str, Any]] | None = None, **columns: str) -> Node:
    meta = {"operation_column": "op", **({"rules": rules} if rules is not None else {})}
    config = Node(schema="silver", unique_key=["id"], order_by=["at", "_source_file"], meta=meta)
    return table_node("silver_orders", columns=contract(**(columns or COLUMNS)), config=config)


def rules_of(model: Node) -> dict[str, str]:
    project = Project()
    found = project.row_rules(model, project.landed_columns(model))
    return {rule["name"]: one_line(rule["check"]) for rule in found}


def test_the_contract_makes_rules() -> None:
    assert rules_of(node()) == {
        "id_castable": f"id is not null or {BLANK.format('orderid')}",
        "at_castable": f"at is not null or {BLANK.format('changed')}",
        "price_castable": f"_op <=> 'D' or price is not null or {BLANK.format('price')}",
        "id_not_null": FILLED.format("orderid"),
    }


@pytest.mark.parametrize(
    ("rule", "check"),
    [
        pytest.param(
            {"name": "price_positive", "check": "price > 0"}, "_op <=> 'D' or coalesce(price > 0, false)",
            id="must be true; not asked of a deletion",
        ),
        pytest.param(
            {"name": "op_known", "check": "_op in ('I', 'D')", "on_delete": True}, "coalesce(_op in ('I', 'D'), false)",
            id="asked of a deletion too",
        ),
        pytest.param(
            {"name": "price_positive", "check": "price > 0", "on_delete": False}, "_op <=> 'D' or coalesce(price > 0, false)",
            id="said to be not",
        ),
    ],
)  # fmt: skip
def test_a_declared_rule(rule: dict[str, Any], check: str) -> None:
    assert rules_of(node([rule]))[rule["name"]] == check


def test_rules_come_in_the_order_of_the_yml() -> None:
    names = list(rules_of(node([{"name": "b", "check": "true"}, {"name": "a", "check": "true"}])))
    assert names[-2:] == ["b", "a"]


def test_a_blank_text_key_is_a_missing_one() -> None:
    found = rules_of(node(id="string landed_as orderid"))
    assert found == {"id_not_null": FILLED.format("orderid")}  # text can always be cast


def test_the_line_is_judged_before_the_rules_are() -> None:
    assert "line_well_formed" not in rules_of(node())


def test_each_key_column_has_its_rule() -> None:
    model = node(id="bigint landed_as orderid", line="int landed_as line")
    model["config"]["unique_key"] = ["id", "line"]
    found = rules_of(model)
    assert [name for name in found if name.endswith("_not_null")] == ["id_not_null", "line_not_null"]
    assert found["line_castable"] == f"line is not null or {BLANK.format('line')}"  # of a deletion too


@pytest.mark.parametrize(
    ("type_", "expression"),
    [
        ("string", "landed.price"),
        ("double", "try_cast(landed.price as double)"),
        ("decimal(10,2)", "try_cast(landed.price as decimal(10,2))"),
    ],
)
def test_a_landed_text_is_cast_strictly(type_: str, expression: str) -> None:
    column = Node(name="p", type=type_, meta=Node(landed_as="price"))
    assert one_line(Project().cast_landed(column, "landed")) == expression


def test_the_key_of_landed_rows() -> None:
    sql = one_line(Project().landed_keys(node()))
    assert sql == "try_cast(landed.orderid as bigint) as id"


def test_checked_rows_carry_types_origin_and_reasons() -> None:
    project = Project(nodes=[node([{"name": "price_positive", "check": "price > 0"}])])
    sql = one_line(project.check_rows("landed", rules_of="silver_orders"))
    assert "try_cast(landed.price as double) as price" in sql
    assert "landed.op as _op" in sql
    assert "struct(landed.*) as _landed" in sql
    assert "if(_op <=> 'D' or coalesce(price > 0, false), null, 'price_positive')" in sql
    for origin in ("_source_modified_at", "_source_file", "_source_position", "_ingested_at"):
        assert f"landed.{origin}," in sql


def test_a_malformed_line_breaks_one_rule() -> None:
    sql = one_line(Project(nodes=[node()]).check_rows("landed", rules_of="silver_orders"))
    assert f"if({WELL_FORMED}, array_compact(array( if(" in sql
    assert ")), array('line_well_formed')) as _violations" in sql


@pytest.mark.parametrize(
    "rules", [[], [{"name": "a", "check": "x = 1 or y = 2"}, {"name": "b", "check": "z", "on_delete": True}]]
)
def test_a_row_is_valid_that_keeps_every_rule(rules: list[dict[str, Any]]) -> None:
    model = node(rules)
    sql = one_line(Project(nodes=[model]).check_rows("landed", rules_of="silver_orders"))
    kept = " and ".join(
        ["_cast_once >= 0", WELL_FORMED, *(f"({check})" for check in rules_of(model).values())]
    )
    origin = "_source_modified_at, _source_file, _source_position, _ingested_at"
    assert sql.startswith(f"select id, at, name, price, _op, {origin}, _landed, {kept} as _is_valid, if(")
    assert re.findall(r", null, '(\w+)'\)", sql) == list(rules_of(model))  # the same rules, by name


def test_a_key_may_be_one_of_many_columns_that_landed() -> None:
    assert Project().is_traceable(node())


@pytest.mark.parametrize(
    "columns",
    [
        {"id": "bigint", "line": "int landed_as line"},
        {"id": "bigint landed_as orderid", "line": "int"},
        {"line": "int landed_as line"},
    ],
)
def test_a_key_that_has_not_landed_is_refused(columns: dict[str, str]) -> None:
    model = node(**columns)
    model["config"]["unique_key"] = ["id", "line"]
    assert not Project().is_traceable(model)
    with pytest.raises(Refused, match=UNTRACEABLE):
        Project(nodes=[model]).check_rows("landed", rules_of="silver_orders")


def test_rows_without_a_key_are_refused() -> None:
    model = node()
    model["config"]["unique_key"] = []
    with pytest.raises(Refused, match=UNTRACEABLE):
        Project(nodes=[model]).check_rows("landed", rules_of="silver_orders")
