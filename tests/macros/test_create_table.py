"""The table that a model gets when it has none."""

from __future__ import annotations

from typing import Any

import pytest
from harness import Connection, Node, Project, Relation, contract, table_node

TABLE = Relation("silver", "orders")
NODE = table_node("silver_orders", columns=contract(id="bigint", note="string"), description="It's a table. ")
COLUMNS = (
    "create table if not exists silver.orders ( id bigint comment '', note string comment '' ) using iceberg"
)
TABLE_SQL = "select 1 as id"
REST = "comment 'It\\'s a table.' tblproperties ( 'format-version' = '2', 'a\\'b' = 'true' )"


def create(**config: Any) -> list[str]:
    """What is run for a model without a table."""
    config["tblproperties"] = {"format-version": 2, "a'b": "true"}
    project = Project(config=config, connection=Connection(), has_table=False)
    assert project.create_missing_table(TABLE, NODE) is True
    return project.connection.ran


def test_a_table_that_is_there_is_left_as_it_is() -> None:
    project = Project(config={"write_ordered_by": "id"})
    assert project.create_missing_table(TABLE, NODE) is False
    assert project.connection.ran == []


@pytest.mark.parametrize(
    ("partition_by", "clause"),
    [
        (None, ""),
        ("days(at)", "partitioned by (days(at)) "),
        (["days(at)", "bucket(4, id)"], "partitioned by (days(at), bucket(4, id)) "),
    ],
)
def test_columns_come_from_the_contract_and_layout_from_the_config(partition_by: Any, clause: str) -> None:
    assert create(partition_by=partition_by) == [f"{COLUMNS} {clause}{REST}"]


@pytest.mark.parametrize(("parent", "ran"), [(None, ["write locally ordered by id"]), ("S1", [])])
def test_a_table_without_a_commit_gets_its_order(parent: str | None, ran: list[str]) -> None:
    """Each file is sorted by itself. A run that ended before it said so is mended by the next."""
    project = Project(config={"write_ordered_by": "id"}, connection=Connection())
    plan = Node(parent=parent, is_proven=True, mode="idle")
    project.fit_table(TABLE_SQL, TABLE, [], plan, False)
    assert project.connection.ran == [f"alter table silver.orders {one}" for one in ran]
