"""The statement that writes a batch."""
# ruff: noqa: E501 - a case is a line

from __future__ import annotations

from typing import Any

import pytest
from harness import Connection, Node, Project, Refused, one_line

TABLE = "silver.orders"
KEY = ["invoice_id", "item_id"]
ORDER = ["replicated_at", "_source_position"]
LATER = "struct(incoming.replicated_at, incoming._source_position) > struct(held.replicated_at, held._source_position)"
ON = "on held.invoice_id <=> incoming.invoice_id and held.item_id <=> incoming.item_id"
SET = "update set held.invoice_id = incoming.invoice_id, held.item_id = incoming.item_id, held.price = incoming.price"
INSERT = "insert (invoice_id, item_id, price) values (incoming.invoice_id, incoming.item_id, incoming.price)"


def batch(**more: Any) -> Node:
    columns = [*KEY, "price"]
    return Node(
        {"view": "`b`", "columns": columns, "rows": 2, "has_deletes": False, "predicate": None, **more}
    )


def write(write: str, batch: Node, order_by: list[str] | None = None, unique_key: list[str] = KEY) -> str:
    project = Project(config={"order_by": order_by or []})
    return one_line(project.write_sql(write, TABLE, batch, unique_key, order_by or []))


@pytest.mark.parametrize(
    ("how", "has_deletes", "sql"),
    [
        ("append", False, "insert into silver.orders select invoice_id, item_id, price from `b`"),
        ("append", True, "insert into silver.orders select invoice_id, item_id, price from `b` where not _is_deleted"),
        ("overwrite", False, "insert overwrite silver.orders select invoice_id, item_id, price from `b`"),
        ("overwrite", True, "insert overwrite silver.orders select invoice_id, item_id, price from `b` where not _is_deleted"),
    ],
)  # fmt: skip
def test_inserts(how: str, has_deletes: bool, sql: str) -> None:
    assert write(how, batch(has_deletes=has_deletes), ORDER) == sql


@pytest.mark.parametrize(
    ("order_by", "has_deletes", "clauses"),
    [
        pytest.param(
            None, False,
            [f"when matched and not (held.price <=> incoming.price) then {SET}", f"when not matched then {INSERT}"],
            id="what differs replaces",
        ),
        pytest.param(
            ORDER, False,
            [f"when matched and {LATER} then {SET}", f"when not matched then {INSERT}"],
            id="what is later replaces",
        ),
        pytest.param(
            None, True,
            [
                "when matched and incoming._is_deleted then delete",
                f"when matched and not (held.price <=> incoming.price) then {SET}",
                f"when not matched and not incoming._is_deleted then {INSERT}",
            ],
            id="deletions",
        ),
        pytest.param(
            ORDER, True,
            [
                f"when matched and incoming._is_deleted and {LATER} then delete",
                f"when matched and {LATER} then {SET}",
                f"when not matched and not incoming._is_deleted then {INSERT}",
            ],
            id="a deletion that is later deletes, an older one changes nothing",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "predicate", [None, "(invoice_id between 1L and 5L or invoice_id between 9L and 9L)"]
)
def test_merges(
    order_by: list[str] | None, has_deletes: bool, clauses: list[str], predicate: str | None
) -> None:
    bounds = (
        " and (held.invoice_id between 1L and 5L or held.invoice_id between 9L and 9L)" if predicate else ""
    )
    sql = write("merge", batch(has_deletes=has_deletes, predicate=predicate), order_by)
    assert sql == " ".join([f"merge into {TABLE} as held using `b` as incoming {ON}{bounds}", *clauses])


def test_a_table_of_keys_alone_is_never_updated() -> None:
    sql = write("merge", batch(columns=KEY))
    assert "when matched and not (true) then update set" in sql


def test_one_key_column() -> None:
    sql = write("merge", batch(predicate="(invoice_id between 1L and 2L)"), unique_key=["invoice_id"])
    assert "on held.invoice_id <=> incoming.invoice_id and (held.invoice_id between 1L and 2L) when" in sql


@pytest.mark.xfail(strict=True, reason="the alias is put in by replacing text")
def test_a_value_that_looks_like_a_predicate_stays_a_value() -> None:
    predicate = "(category between 'category between two' and 'x')"
    sql = write("merge", batch(columns=["category", "n"], predicate=predicate), unique_key=["category"])
    assert "(held.category between 'category between two' and 'x')" in sql


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ([], ""),
        (["a"], "l.a <=> r.a"),
        (["a", "b"], "l.a <=> r.a and l.b <=> r.b"),
    ],
)
def test_equal_columns(columns: list[str], text: str) -> None:
    assert one_line(Project().equal_columns("l", "r", columns)) == text


@pytest.mark.parametrize(
    ("order_by", "text"),
    [("at", "struct(a.at) > struct(b.at)"), (["at", "n"], "struct(a.at, a.n) > struct(b.at, b.n)")],
)
def test_is_later(order_by: Any, text: str) -> None:
    assert one_line(Project(config={"order_by": order_by}).is_later("a", "b")) == text


def test_the_latest_by_key() -> None:
    sql = one_line(Project(config={"unique_key": KEY, "order_by": ORDER}).latest_by_key("valid"))
    assert "partition by invoice_id, item_id order by replicated_at desc, _source_position desc" in sql
    assert sql.endswith("from valid ) where _rank = 1")


# -- staging and publishing ---------------------------------------------------------------------------------

PLAN = Node(code="c0", attempt="try_1", mode="range", inputs={}, write="merge", parent="S1", temporary=[])


def stage(found: list[Any], batch: Node) -> tuple[Any, list[str]]:
    connection = Connection([(".snapshots where summary['wap.id'] =", found)])
    project = Project(config={"unique_key": KEY, "order_by": ORDER}, connection=connection)
    return project.stage_batch(batch, TABLE, PLAN), connection.ran


def test_the_write_is_staged_with_its_checkpoint() -> None:
    staged, ran = stage(
        [Node(id="S2", parent="S1", added="7", removed=None, removed_positions=None)], batch()
    )
    document = Project().checkpoint_document("silver_orders", "c0", "try_1", "range", {})
    assert ran[0] == f"set spark.wap.id = {document}"
    assert ran[1].startswith("merge into silver.orders")
    assert ran[2] == "reset spark.wap.id"
    assert ran[3].endswith(f"from silver.orders.snapshots where summary['wap.id'] = '{document}'")
    assert (staged["id"], staged["write"], staged["rows"], staged["attempt"]) == ("S2", "merge", 7, "try_1")


def test_a_merge_of_nothing_only_moves_the_checkpoint() -> None:
    staged, ran = stage(
        [Node(id="S2", parent="S1", added=None, removed=None, removed_positions=None)], batch(rows=0)
    )
    assert ran[1].startswith("insert into silver.orders")
    assert (staged["write"], staged["rows"]) == ("append", 0)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        pytest.param([], "is its table property write.wap.enabled still true", id="written, but not staged"),
        pytest.param(
            [Node(id="S3", parent="S2", added="7", removed=None, removed_positions=None)],
            "another run committed to silver.orders meanwhile", id="the parent is not the pinned head",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_published_is_refused(found: list[Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        stage(found, batch())


def test_publishing_is_a_branch_and_a_fast_forward() -> None:
    connection = Connection()
    table = Node(schema="silver", identifier="orders")
    Project(connection=connection).publish_snapshot(table, Node(id="S2", attempt="try_1"))
    branch, forward, drop = connection.ran
    assert branch.endswith("create branch `publish_try_1` as of version S2")
    assert forward == "call lake.system.fast_forward('silver.orders', 'main', 'publish_try_1')"
    assert drop.endswith("drop branch `publish_try_1`")
