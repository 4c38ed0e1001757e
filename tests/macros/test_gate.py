"""Which tests the gate runs, on what, and what it says of their results."""
# ruff: noqa: E501 - a case is a line

from __future__ import annotations

from typing import Any

import pytest
from harness import Connection, Node, Project, Refused, Relation, one_line, table_node

MODEL = "model.medallion.silver_orders"
TABLE = Relation("silver", "orders")


def dbt_test(name: str, column: str | None = None, macro: str = "not_null", **more: Any) -> Node:
    config = Node({
        "enabled": True, "severity": "ERROR", "meta": {}, "where": None, "fail_calc": "count(*)", "warn_if": "!= 0",
        "error_if": "!= 0", "limit": None, **more.pop("config", {}),
    })  # fmt: skip
    kwargs = more.pop("kwargs", {"column_name": column} if column else {})
    return Node({
        "unique_id": f"test.medallion.{name}", "name": name, "resource_type": "test", "attached_node": MODEL,
        "column_name": column, "config": config,
        "test_metadata": Node(name=macro, kwargs={"model": "{{ … }}", **kwargs}, namespace=None), **more,
    })  # fmt: skip


COLUMN = dbt_test("on_column", "price")
WHOLE = dbt_test("on_model")


@pytest.mark.parametrize(
    ("test", "is_run"),
    [
        pytest.param(COLUMN, True, id="on a column"),
        pytest.param(WHOLE, True, id="on the model"),
        pytest.param(dbt_test("warns", config={"severity": "WARN"}), True, id="severity warn"),
        pytest.param(dbt_test("off", config={"meta": {"gate": "off"}}), False, id="gate off"),
        pytest.param(dbt_test("disabled", config={"enabled": False}), False, id="disabled"),
        pytest.param(
            dbt_test("other", attached_node="model.medallion.silver_other"), False, id="another model's"
        ),
        pytest.param(dbt_test("singular", test_metadata=None), False, id="singular"),
        pytest.param(table_node("silver_orders", attached_node=MODEL), False, id="no test"),
    ],
)
def test_the_tests_of_a_model(test: Node, is_run: bool) -> None:
    assert Project().gated_tests(MODEL, [test]) == ([test] if is_run else [])


@pytest.mark.parametrize(
    ("column", "meta", "scope"),
    [
        ("price", {}, "batch"),
        (None, {}, "table"),
        ("price", None, "batch"),
        ("price", {"owner": "sales"}, "batch"),
        ("price", {"gate": "table"}, "table"),
        (None, {"gate": "batch"}, "batch"),
        (None, {"gate": "off"}, "off"),
    ],
)
def test_what_a_test_is_run_against(column: str | None, meta: Any, scope: str) -> None:
    assert Project().gate_scope(dbt_test("t", column, config={"meta": meta})) == scope


@pytest.mark.parametrize("declared", ["rows", "Batch", "on"])
def test_an_unknown_scope_is_refused(declared: str) -> None:
    with pytest.raises(Refused, match=f"test t: meta.gate is '{declared}'; use batch, table or off"):
        Project().gate_scope(dbt_test("t", config={"meta": {"gate": declared}}))


@pytest.mark.parametrize(
    ("value", "is_reference"),
    [
        ("ref('silver_orders')", True),
        (' ref( "silver_orders" ) ', True),
        ("ref", False),
        ("price > 0", False),
        (3, False),
        (["a", "b"], False),
        (None, False),
    ],
)
def test_a_reference_becomes_its_relation(value: Any, is_reference: bool) -> None:
    project = Project(nodes=[table_node("silver_orders")])
    assert project.resolve_reference(value) == (TABLE if is_reference else value)


@pytest.mark.parametrize(
    ("where", "source"),
    [(None, "rows dbt_subquery"), ("price > 1", "(select * from rows where price > 1) dbt_subquery")],
)
def test_a_test_is_run_against_other_rows(where: str | None, source: str) -> None:
    test = dbt_test("t", macro="is_true", config={"where": where}, kwargs={"expression": "price > 0"})
    sql = one_line(Project().gate_test_sql(test, "rows"))
    assert sql == f"select * from {source} where not coalesce(price > 0, false)"


def test_a_repeated_key_fails_the_key_test() -> None:
    sql = one_line(Project().test_unique_key("rows", ["a", "b"]))
    assert sql == "select a, b, count(*) as rows from rows group by a, b having count(*) > 1"


# -- the verdict --------------------------------------------------------------------------------------------


def run_gate(tests: list[Node], results: list[Node], **batch: Any) -> tuple[Any, Project]:
    incoming = Node({"view": "`b`", "rows": 5, "has_deletes": False, "is_cached": True, **batch})
    connection = Connection([("as test,", results)])
    project = Project(model={"name": "silver_orders", "unique_id": MODEL}, nodes=tests, connection=connection)
    return project.run_gate(TABLE, incoming, Node(id="S2")), project


def result(test: Node, failures: int = 0, warn: bool = False, error: bool = False) -> Node:
    return Node(test=test.name, failures=str(failures), should_warn=warn, should_error=error)


def is_true(name: str, **more: Any) -> Node:
    return dbt_test(name, "price", "is_true", kwargs={"expression": "price > 0"}, **more)


@pytest.mark.parametrize(
    ("severity", "warn", "error", "verdict"),
    [
        ("ERROR", False, False, "pass"),
        ("ERROR", True, True, "refuse"),
        ("error", True, True, "refuse"),
        ("ERROR", True, False, "warn"),  # warn_if is met, error_if is not
        ("WARN", True, True, "warn"),
        ("warn", True, False, "warn"),
    ],
)
def test_the_verdict(severity: str, warn: bool, error: bool, verdict: str) -> None:
    test = is_true("positive", config={"severity": severity})
    refusal, project = run_gate([test], [result(test, 3, warn, error)])
    assert bool(refusal) is (verdict == "refuse")
    assert bool(project.warnings) is (verdict == "warn")


def test_a_refusal_says_what_failed_and_how_to_see_it() -> None:
    test = is_true("positive", config={"where": "price < 9"})
    refusal, _ = run_gate([test], [result(test, 3, True, True)])
    assert refusal.startswith("silver_orders: the gate refused this batch: test positive fails for 3 row(s).")
    assert "silver.orders and its checkpoint are unchanged" in refusal
    query = "select * from (select * from (select * from silver.orders version as of S2) where price < 9) dbt_subquery"
    assert f'dbt show --inline "{query} where not coalesce(price > 0, false)"' in refusal


def test_an_error_after_a_warning_still_refuses() -> None:
    mild, hard = is_true("mild", config={"severity": "WARN"}), is_true("hard")
    refusal, project = run_gate([mild, hard], [result(mild, 1, True, True), result(hard, 2, True, True)])
    assert "test hard fails for 2" in refusal
    assert "mild" in project.warnings[0]


@pytest.mark.parametrize(
    ("column", "batch", "rows"),
    [
        pytest.param("price", {}, "(select * from `b`)", id="a column: the batch"),
        pytest.param("price", {"has_deletes": True}, "(select * from `b` where not _is_deleted)", id="without its deletions"),
        pytest.param("price", {"rows": None}, "(select * from `b`)", id="a batch that was not counted"),
        pytest.param("price", {"rows": None, "is_cached": False}, "`silver_orders__staged`", id="an append: what is staged"),
        pytest.param(None, {}, "`silver_orders__staged`", id="the model: the staged table"),
        pytest.param(None, {"rows": 0}, "`silver_orders__staged`", id="the model, though no row came"),
    ],
)  # fmt: skip
def test_the_rows_that_are_tested(column: str | None, batch: dict[str, Any], rows: str) -> None:
    test = dbt_test("t", column, "is_true", kwargs={"expression": "price > 0"})
    _, project = run_gate([test], [result(test)], **batch)
    assert f"from {rows} dbt_subquery" in project.connection.ran[-1]


def test_a_batch_without_rows_needs_no_test_of_its_columns() -> None:
    refusal, project = run_gate([is_true("positive")], [], rows=0)
    assert not refusal
    assert not any("as test," in sql for sql in project.connection.ran)


def test_a_model_without_tests_has_nothing_to_ask() -> None:
    refusal, _ = run_gate([], [])
    assert not refusal
