"""What is noted of a model and its inputs, once, before anything is decided."""

from __future__ import annotations

import pytest
from harness import Connection, Node, Project, Refused, checkpoint, history, read, snapshot, table_node

BRONZE = table_node("bronze_orders")
DELETED = table_node("silver_orders_deleted")
NEW = read("new", BRONZE)
SINCE = read("new", BRONZE, since=DELETED)
PINNED = read("pinned", DELETED)

A, B = snapshot("A"), snapshot("B")
AT_A = history(snapshot("S1", "overwrite", checkpoint(bronze_orders=(None, "A"))))


def lake(**lineages: Node) -> Connection:
    """Answers the one statement that pins."""
    rows = []
    for name, lineage in lineages.items():
        rows += [Node(one, name=name) for one in lineage.snapshots.values()]
        rows += [Node(name=name, id=lineage.head, operation="main", parent=None, wap_id=None)]
    return Connection([("as wap_id", rows)])


@pytest.mark.parametrize("reads", [[], [PINNED], [SINCE], [PINNED, SINCE]])
def test_a_model_that_nothing_would_make_run_is_refused(reads: list[Node]) -> None:
    project = Project()
    with pytest.raises(Refused, match="silver_orders: nothing it reads would ever make it run"):
        project.pin_inputs("silver.orders", reads)
    assert project.connection.ran == []


def test_the_pin_is_one_statement() -> None:
    connection = lake(silver_orders=AT_A, bronze_orders=history(A, B), silver_orders_deleted=history())
    project = Project(config={"incremental_strategy": "merge"}, connection=connection)
    pinned = project.pin_inputs("silver.orders", [NEW, SINCE, PINNED])
    assert len(connection.ran) == 1
    assert (pinned["mode"], pinned["write"], pinned["parent"]) == ("range", "merge", "S1")
    assert pinned["inputs"] == {"bronze_orders": {"from": "A", "to": "B"}}
    assert (pinned["files"], pinned["temporary"]) == ({}, [])


@pytest.mark.parametrize("full_refresh", [False, True])
def test_what_is_refused_says_how_to_rebuild(full_refresh: bool) -> None:
    connection = lake(silver_orders=AT_A, bronze_orders=history(B))
    project = Project(connection=connection, full_refresh=full_refresh)
    if full_refresh:
        assert project.pin_inputs("silver.orders", [NEW])["mode"] == "full"
    else:
        with pytest.raises(Refused, match=r"cannot go on .* dbt build --full-refresh --select silver_orders"):
            project.pin_inputs("silver.orders", [NEW])


def test_without_a_table_everything_is_read() -> None:
    connection = lake(bronze_orders=history(A, B))
    pinned = Project(connection=connection).pin_inputs(None, [NEW])
    assert pinned["decisions"][NEW.view] == {"kind": "all", "from": None, "to": "B"}
    assert "silver.orders" not in connection.ran[0]


def test_no_table_needs_no_statement() -> None:
    project = Project()
    assert project.read_lineages({}) == {}
    assert project.connection.ran == []


# -- dbt show ----------------------------------------------------------------------------------------------


def show(sql: str, resource_type: str = "model", **lineages: Node) -> tuple[str, list[str]]:
    model = Node(
        table_node("silver_orders", resource_type),
        depends_on=Node(nodes=[BRONZE.unique_id, DELETED.unique_id]),
    )
    connection = lake(**lineages)
    project = Project(model=model, nodes=[BRONZE, DELETED], connection=connection)
    return project.get_show_sql(sql, None, 5), connection.ran


def test_showing_a_model_reads_all_of_its_inputs_and_writes_nothing() -> None:
    sql = "select * from `silver_orders__new__bronze__orders`"
    shown, (pinned, view) = show(sql, bronze_orders=history(A, B))
    assert shown.strip() == f"<5 rows of {sql}>"
    assert "silver.orders" not in pinned
    assert view.startswith("create or replace temporary view `silver_orders__new__bronze__orders`")
    assert view.endswith("`snapshot-id` 'B')")


@pytest.mark.parametrize(
    ("sql", "resource_type"),
    [
        ("select 1", "model"),
        ("select * from `silver_orders__new__bronze__orders`", "sql_operation"),  # --inline
    ],
)
def test_showing_anything_else_makes_no_view(sql: str, resource_type: str) -> None:
    shown, ran = show(sql, resource_type)
    assert shown.strip() == f"<5 rows of {sql}>"
    assert ran == []
