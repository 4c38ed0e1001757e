"""Which tests the gate runs, on what, and what it says of their results."""
# ruff: noqa: E501 - a case is a line

from __future__ import annotations

import re
from typing import Any

import duckdb
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
    given = (
        "(values (1, 1), (1, 2), (2, 1), (2, 1), (2, 1), (3, null), (3, null), (null, null)) as given (a, b)"
    )
    failing = duckdb.sql(one_line(Project().test_unique_key(given, ["a", "b"]))).fetchall()
    assert sorted(failing) == [(2, 1, 3), (3, None, 2)]
    assert duckdb.sql(
        one_line(Project().test_unique_key("(values (7), (7)) as given (number)", ["number"]))
    ).fetchall() == [(7, 2)]


# -- tests of single rows --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test", "condition"),
    [
        pytest.param(COLUMN, "price is null", id="not_null"),
        pytest.param(
            dbt_test("t", macro="is_true", kwargs={"expression": "a > 0 or b"}), "not coalesce(a > 0 or b, false)",
            id="is_true: null fails",
        ),
        pytest.param(dbt_test("t", "price", config={"where": "a or b"}), "(a or b) and (price is null)", id="where"),
        pytest.param(dbt_test("t", "price", config={"severity": "WARN", "warn_if": "> 3"}), "price is null", id="a warning"),
        pytest.param(dbt_test("t", "id", "unique"), None, id="of several rows"),
        pytest.param(dbt_test("t", "id", "unique_key", kwargs={"columns": ["id"]}), None, id="of several rows: our own"),
        pytest.param(dbt_test("t", "id", "relationships"), None, id="of other tables"),
        pytest.param(dbt_test("t", "op", "accepted_values"), None, id="of single rows, but not known as such"),
        pytest.param(dbt_test("t", "price", config={"fail_calc": "sum(x)"}), None, id="counts otherwise"),
        pytest.param(dbt_test("t", "price", config={"limit": 5}), None, id="stops counting"),
        pytest.param(
            dbt_test("t", test_metadata=Node(name="not_null", kwargs={"column_name": "price"}, namespace="other")), None,
            id="a package's test of that name",
        ),
    ],
)  # fmt: skip
def test_when_a_single_row_fails(test: Node, condition: str | None) -> None:
    assert Project().row_condition(test) == condition


def test_rows_are_counted_for_all_tests_at_once() -> None:
    mild = dbt_test(
        "it's mild", "id", config={"warn_if": "> 3", "error_if": "between 10 and 20", "where": "a"}
    )
    sql = one_line(Project()._counted_select([COLUMN, mild], "rows"))
    assert sql == (
        "select test, cast(failures as string) as failures, should_warn, should_error from ( select inline(array( "
        "named_struct('test', 'on_column', 'failures', f1, 'should_warn', f1 != 0, 'should_error', f1 != 0), "
        "named_struct('test', 'it\\'s mild', 'failures', f2, 'should_warn', f2 > 3, 'should_error', f2 between 10 and 20) )) "
        "from ( select count_if(price is null) as f1, count_if((a) and (id is null)) as f2 from rows ) )"
    )


def test_any_other_test_is_asked_as_dbt_would() -> None:
    test = dbt_test("it's a key", macro="unique_key", kwargs={"columns": ["id"]})
    sql = one_line(Project()._test_select(test, "rows"))
    assert sql.startswith(
        "select 'it\\'s a key' as test, cast(failures as string) as failures, should_warn, should_error from ("
    )
    assert "<failures of select id, count(*) + 1 as rows from ( select id, row_number()" in sql


# -- the verdict --------------------------------------------------------------------------------------------


def run_gate(tests: list[Node], results: list[Node], **batch: Any) -> tuple[Any, Project]:
    incoming = Node({"view": "`b`", "rows": 5, "has_deletes": False, "is_cached": True, **batch})
    connection = Connection([("as failures, should_warn, should_error", results)])
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
    counted = dbt_test("counted", column, "is_true", kwargs={"expression": "price > 0"})
    _, project = run_gate([counted], [result(counted)], **batch)
    assert f"as f1 from {rows} ) )" in project.connection.ran[-1]
    other = dbt_test("other", column, "unique_key", kwargs={"columns": ["id"]})
    _, project = run_gate([other], [result(other)], **batch)
    assert f"from {rows} dbt_subquery ) where _number > 1" in project.connection.ran[-1]


def test_all_tests_are_one_statement_and_those_of_rows_one_pass_per_set_of_rows() -> None:
    tests = [
        is_true("positive"),
        dbt_test("key", "id", "unique_key", kwargs={"columns": ["id"]}),
        dbt_test("filled", "price"),
        dbt_test("whole", macro="is_true", kwargs={"expression": "price > 0"}),
        dbt_test("key_of_all", macro="unique_key", kwargs={"columns": ["id"]}),
    ]
    _, project = run_gate(tests, [result(test) for test in tests])
    _, sql = project.connection.ran  # the view of what is staged, then all of the gate
    parts = [
        sorted(re.findall("'(key|key_of_all|positive|filled|whole)'", part))
        for part in sql.split(" union all ")
    ]
    assert parts == [["key"], ["filled", "positive"], ["key_of_all"], ["whole"]]
    assert sql.count("from (select * from `b`) )") == 1
    assert sql.count("from `silver_orders__staged` )") == 1


def test_a_batch_without_rows_needs_no_test_of_its_columns() -> None:
    refusal, project = run_gate([is_true("positive")], [], rows=0)
    assert not refusal
    assert not any("should_error" in sql for sql in project.connection.ran)


def test_a_model_without_tests_has_nothing_to_ask() -> None:
    refusal, _ = run_gate([], [])
    assert not refusal
