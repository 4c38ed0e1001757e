"""The statement that writes a batch."""
# ruff: noqa: E501 - a case is a line

from __future__ import annotations

import re
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
    return Node({"view": "`b`", "columns": columns, "rows": 2, "has_deletes": False, "ranges": [], **more})


def literals(*ranges: tuple[str, str], type: str = "bigint") -> list[dict[str, str]]:
    return [{"low": low, "high": high, "type": type} for low, high in ranges]


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
    ("ranges", "bounds"),
    [
        ([], ""),
        (
            [("1", "5"), ("9", "9")],
            " and (held.invoice_id between 1L and 5L or held.invoice_id between 9L and 9L)",
        ),
    ],
)
def test_merges(
    order_by: list[str] | None,
    has_deletes: bool,
    clauses: list[str],
    ranges: list[tuple[str, str]],
    bounds: str,
) -> None:
    sql = write("merge", batch(has_deletes=has_deletes, ranges=literals(*ranges)), order_by)
    assert sql == " ".join([f"merge into {TABLE} as held using `b` as incoming {ON}{bounds}", *clauses])


def test_a_table_of_keys_alone_is_never_updated() -> None:
    sql = write("merge", batch(columns=KEY))
    assert "when matched and not (true) then update set" in sql


def test_one_key_column() -> None:
    sql = write("merge", batch(ranges=literals(("1", "2"))), unique_key=["invoice_id"])
    assert "on held.invoice_id <=> incoming.invoice_id and (held.invoice_id between 1L and 2L) when" in sql


def test_a_value_that_looks_like_a_predicate_stays_a_value() -> None:
    ranges = literals(("category between two", "x"), type="string")
    sql = write("merge", batch(columns=["category", "n"], ranges=ranges), unique_key=["category"])
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

PLAN = Node(
    code="c0", attempt="try_1", mode="range", inputs={}, write="merge", parent="S1", temporary=[], kept={}
)


STAGED = Node(id="S2", parent="S1", added="7", removed=None, removed_positions=None)


def session(found: list[Any], wap_enabled: str = "true", wap_id: str = "<undefined>") -> Connection:
    return Connection([
        ("show tblproperties silver.orders ('write.wap.enabled')", [Node(value=wap_enabled)]),
        ("set spark.wap.id", [Node(value=wap_id)]),
        (".snapshots where summary['wap.id'] =", found),
    ])  # fmt: skip


def stage(connection: Connection, batch: Node) -> Any:
    project = Project(config={"unique_key": KEY, "order_by": ORDER}, connection=connection)
    return project.stage_batch(batch, TABLE, PLAN)


def test_the_write_is_staged_with_its_checkpoint() -> None:
    connection = session([STAGED])
    staged = stage(connection, batch())
    document = Project().checkpoint_document("silver_orders", "c0", "try_1", "range", {})
    checked, asked, *ran = connection.ran
    assert checked.startswith("show tblproperties")
    assert asked == "set spark.wap.id"
    assert ran[0] == f"set spark.wap.id = {document}"
    assert ran[1].startswith("merge into silver.orders")
    assert ran[2] == "reset spark.wap.id"
    assert ran[3].endswith(f"from silver.orders.snapshots where summary['wap.id'] = '{document}'")
    assert (staged["id"], staged["write"], staged["rows"], staged["attempt"]) == ("S2", "merge", 7, "try_1")


def test_a_merge_of_nothing_only_moves_the_checkpoint() -> None:
    connection = session([Node(STAGED, added=None)])
    staged = stage(connection, batch(rows=0))
    assert any(sql.startswith("insert into silver.orders") for sql in connection.ran)
    assert not any(sql.startswith("merge") for sql in connection.ran)
    assert (staged["write"], staged["rows"]) == ("append", 0)


@pytest.mark.parametrize("found", [[], [STAGED, Node(STAGED, id="S3")]], ids=["not staged", "staged twice"])
def test_what_cannot_be_found_is_refused(found: list[Any]) -> None:
    with pytest.raises(Refused, match="was not found among its snapshots"):
        stage(session(found), batch())


def test_a_snapshot_that_follows_another_commit_is_lost() -> None:
    staged = stage(session([Node(STAGED, id="S3", parent="S2")]), batch())
    assert staged == {"lost": "the staged snapshot S3 follows S2, not S1"}


@pytest.mark.parametrize(
    ("error", "is_lost"),
    [("Found conflicting files that can contain records matching true", True), ("disk full", False)],
)
def test_a_write_that_fails_leaves_no_setting(error: str, is_lost: bool) -> None:
    connection = session([])
    connection.failures = {"merge into": error}
    if is_lost:
        assert stage(connection, batch()) == {"lost": error}
    else:
        with pytest.raises(Refused, match="disk full"):
            stage(connection, batch())
    assert connection.ran[-1] == "reset spark.wap.id"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        pytest.param({"wap_enabled": "false"}, "write.wap.enabled of silver.orders is not true", id="property off"),
        pytest.param(
            {"wap_enabled": "Table silver.orders does not have property: write.wap.enabled"},
            "alter table silver.orders set tblproperties ('write.wap.enabled' = 'true')", id="property gone",
        ),
        pytest.param({"wap_id": "nightly-load-7"}, "spark.wap.id is set in this session to 'nightly-load-7'", id="foreign id"),
        pytest.param({"wap_id": '{"medallion": 2}'}, "run: reset spark.wap.id", id="a document that is not ours"),
    ],
)  # fmt: skip
def test_nothing_is_written_where_it_would_not_be_staged_as_ours(setting: dict[str, str], said: str) -> None:
    connection = session([STAGED], **setting)
    with pytest.raises(Refused, match=re.escape(said)) as refused:
        stage(connection, batch())
    assert "Nothing was written" in str(refused.value)
    assert not any(sql.startswith(("merge", "insert", "set spark.wap.id =")) for sql in connection.ran)


def test_what_an_interrupted_run_left_in_the_session_is_replaced() -> None:
    leaked = Project().checkpoint_document("silver_orders", "c0", "try_0", "range", {})
    connection = session([STAGED], wap_id=leaked)
    assert stage(connection, batch())["id"] == "S2"
    [document] = [sql for sql in connection.ran if sql.startswith("set spark.wap.id =")]
    assert "try_1" in document
