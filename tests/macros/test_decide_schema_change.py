"""What turns the columns of a table into those of its contract."""
# ruff: noqa: E501 - a case is a line

from __future__ import annotations

import pytest
from harness import Node, Project, column

ID = column("id", "bigint", "The key.")


def decide(wanted: list[Node], actual: list[Node]) -> tuple[list[str], list[str]]:
    change = Project().decide_schema_change(wanted, actual)
    return change["alterations"], change["refused"]


@pytest.mark.parametrize(
    ("wanted", "actual", "alterations"),
    [
        pytest.param([ID], [ID], [], id="the same"),
        pytest.param([ID, column("a")], [column("a"), ID], [], id="another order"),
        pytest.param([ID, column("a", "int", "New.")], [ID], ["add column a int comment 'New.'"], id="added"),
        pytest.param([ID, column("a", "int")], [ID], ["add column a int comment ''"], id="added without a description"),
        pytest.param([column("a", "int", "It's.")], [column("a", "int")], ["alter column a comment 'It\\'s.'"], id="comment"),
        pytest.param([column("a", "int")], [column("a", "int", "Old.")], ["alter column a comment ''"], id="comment gone"),
        pytest.param(
            [column("a", "bigint", "New.")], [column("a", "int", "Old.")],
            ["alter column a type bigint", "alter column a comment 'New.'"], id="wider, with a comment",
        ),
        pytest.param(
            [column("b"), column("a"), ID], [ID],
            ["add column b string comment ''", "add column a string comment ''"], id="in the order of the yml",
        ),
    ],
)  # fmt: skip
def test_alterations(wanted: list[Node], actual: list[Node], alterations: list[str]) -> None:
    assert decide(wanted, actual) == (alterations, [])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("int", "bigint"),
        ("int", "long"),
        ("float", "double"),
        ("decimal(10,2)", "decimal(12,2)"),
        ("decimal(9,0)", "decimal(38, 0)"),
        ("decimal(10,2)", "numeric(12,2)"),
    ],
)
def test_a_type_may_widen(old: str, new: str) -> None:
    assert decide([column("a", new)], [column("a", old)]) == ([f"alter column a type {new}"], [])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("bigint", "int"),
        ("double", "float"),
        ("decimal(12,2)", "decimal(10,2)"),
        ("decimal(10,2)", "decimal(12,3)"),
        ("decimal(10,2)", "decimal(12,1)"),
        ("int", "decimal(10,0)"),
        ("int", "double"),
        ("bigint", "double"),
        ("string", "int"),
        ("int", "string"),
        ("timestamp", "date"),
        ("date", "timestamp"),
        ("array<int>", "array<string>"),
    ],
)
def test_a_type_may_not_change_otherwise(old: str, new: str) -> None:
    alterations, refused = decide([column("a", new)], [column("a", old)])
    assert alterations == []
    assert refused == [
        f"column a is {old} and cannot become {new} without losing data; keep its type, or add a column with another name"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("declared", "described"),
    [
        ("integer", "int"),
        ("long", "bigint"),
        ("text", "string"),
        ("varchar", "string"),
        ("real", "float"),
        ("bool", "boolean"),
        ("numeric(10,2)", "decimal(10,2)"),
        ("decimal(38, 4)", "decimal(38,4)"),
        ("struct<a: int, b: string>", "struct<a:int,b:string>"),
        ("BIGINT", "bigint"),
    ],
)
def test_two_names_of_one_type(declared: str, described: str) -> None:
    assert decide([column("a", declared)], [column("a", described)]) == ([], [])


@pytest.mark.parametrize(
    ("declared", "described"),
    [
        ("smallint", "int"),
        ("tinyint", "int"),
        ("varchar(10)", "string"),
        ("char(2)", "string"),
        ("decimal", "decimal(10,0)"),
        ("dec(10,2)", "decimal(10,2)"),
        ("timestamp_ltz", "timestamp"),
        ("array<integer>", "array<int>"),
        ("array<numeric(10, 2)>", "array<decimal(10,2)>"),
        ("map<varchar(5), real>", "map<string,float>"),
        ("struct<text: text, decimal: decimal, long: long>", "struct<text:string,decimal:decimal(10,0),long:bigint>"),
        ("struct<a: struct<b: smallint>>", "struct<a:struct<b:int>>"),
        ("timestamp_ntz", "timestamp_ntz"),
        ("decimal(10)", "decimal(10,0)"),
        ("numeric(38)", "decimal(38,0)"),
        ("array<dec(5)>", "array<decimal(5,0)>"),
    ],
)  # fmt: skip
def test_types_that_iceberg_keeps_under_another_name(declared: str, described: str) -> None:
    assert decide([column("a", declared)], [column("a", described)]) == ([], [])


def test_a_column_may_not_go() -> None:
    alterations, refused = decide([ID], [ID, column("old"), column("older")])
    assert alterations == []
    assert [reason.split()[1] for reason in refused] == ["old", "older"]
    assert "no longer in the yml" in refused[0]


def test_all_reasons_are_told_at_once() -> None:
    _, refused = decide([column("a", "int"), column("b", "int")], [column("a"), column("b"), column("c")])
    assert len(refused) == 3


@pytest.mark.parametrize(
    ("declared", "is_known"),
    [
        ("bigint", True),
        ("decimal(10, 2)", True),
        ("varchar(10)", True),
        ("array<struct<a:int>>", True),
        ("dubble", False),
        ("decimal(x)", False),
        ("int; drop table t", False),
    ],
)
def test_a_type_that_iceberg_does_not_have_is_known_as_such(declared: str, is_known: bool) -> None:
    assert Project().is_known_type(declared) is is_known
