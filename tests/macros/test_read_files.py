"""The text that reads files, as far as it can be judged without reading one."""

from __future__ import annotations

import re

import pytest
from harness import Connection, Node, Project, one_line, table_node

FILE = Node(path="file:/raw/it's a \\ file.csv", modified_at="2024-10-01 12:00:00", size=12)
PIN = Node(attempt="try_1", pinned_at="2024-10-01 12:00:00", temporary=[])


def source(*names: str, **meta: str) -> Node:
    columns = {name: Node(name=name, data_type="string") for name in names}
    return Node(table_node("orders", "source"), columns=columns, meta={"path": "/raw/orders", **meta})


def csv_select(names: list[str], declared: list[str]) -> str:
    return one_line(Project()._csv_select("`t`", names, declared, [FILE]))


def test_columns_are_matched_by_name() -> None:
    sql = csv_select(["price", "op"], ["op", "price", "referral"])
    assert "if(_malformed is null, c1, null) as `op`" in sql
    assert "if(_malformed is null, c0, null) as `price`" in sql
    assert "cast(null as string) as `referral`" in sql


def test_what_is_not_declared_is_rescued() -> None:
    sql = csv_select(["op", "Discount", "op"], ["op"])
    assert "map('Discount', c1, 'op_3', c2)" in sql  # a repeated column keeps its first value
    assert "map(" not in csv_select(["op"], ["op"]).replace("map('_malformed', _malformed)", "")


@pytest.mark.parametrize("names", [["op", "note", "note"], ["op", "", ""], ["op", "op", "op"]])
def test_a_rescued_name_comes_once(names: list[str]) -> None:
    [text] = re.findall(r"map_filter\(map\((.*?)\), \(name", csv_select(names, ["op"]))
    keys = text.split(", ")[::2]
    assert len(keys) == len(set(keys))  # Spark refuses a map with a key twice


def test_only_pinned_versions_of_files_are_read() -> None:
    sql = one_line(Project().is_pinned_file([FILE, Node(FILE, path="b")]))
    assert "'12 2024-10-01 12:00:00 file:/raw/it\\'s a \\\\ file.csv'" in sql
    assert sql.endswith("'12 2024-10-01 12:00:00 b' )")


def test_each_header_gets_a_table_of_its_own() -> None:
    comma = {"delimiter": ",", "names": ["op"], "matched": 1}
    tab = {"delimiter": "\t", "names": ["op"], "matched": 1}
    files = [
        Node(FILE, path=name, header=header) for name, header in (("a", comma), ("b", tab), ("c", comma))
    ]
    pin = Node(PIN, temporary=[])
    connection = Connection()
    selects = Project(connection=connection).read_csv(Node(node=source("op")), files, pin)
    assert ["'sep' = ','" in sql for sql in connection.ran] == [True, False]
    assert [re.findall(r"12:00:00 (\w)'", sql) for sql in selects] == [["a", "c"], ["b"]]
    assert len(pin["temporary"]) == 2  # both are dropped with the attempt


def test_two_sources_of_one_model_share_no_table() -> None:
    connection = Connection()
    project = Project(connection=connection)
    header = {"delimiter": ",", "names": ["op"], "matched": 1}
    for name in ("orders", "returns"):
        read = Node(node=Node(source("op", path=f"/raw/{name}"), name=name), view=f"m__files__raw__{name}")
        project.read_csv(read, [Node(FILE, header=header)], PIN)
    tables = [re.findall(r"create table (\S+)", sql)[0] for sql in connection.ran]
    assert len(tables) == len(set(tables))


@pytest.mark.parametrize("format_", ["parquet", "avro"])
def test_typed_files_give_declared_columns_and_rescue_the_rest(format_: str) -> None:
    described = [("OP", "string"), ("colour", "string"), ("# Metadata Columns", "")]
    project = Project(connection=Connection([("describe table", described)]))
    sql = one_line(project.read_typed(Node(node=source("op", "price")), [FILE], format_, PIN))
    assert "cast(`OP` as string) as `op`" in sql
    assert "cast(null as string) as `price`" in sql
    assert "to_json(struct(`colour`))" in sql


@pytest.mark.parametrize(
    ("decision", "fragment"),
    [
        ({"kind": "nothing", "to": "B"}, "as select * from bronze.orders where false"),
        ({"kind": "all", "to": None}, "as select * from bronze.orders where false"),
        ({"kind": "all", "to": "B"}, "options (path 'lake.bronze.orders', `snapshot-id` 'B')"),
        (
            {"kind": "range", "from": "A", "to": "B"},
            "options (path 'lake.bronze.orders', `start-snapshot-id` 'A', `end-snapshot-id` 'B')",
        ),
    ],
)
def test_a_view_reads_what_was_decided(decision: dict[str, str | None], fragment: str) -> None:
    connection = Connection()

    class Table(Node):
        def __str__(self) -> str:
            return "bronze.orders"

    Project(connection=connection).create_range_view(
        "v", Table(schema="bronze", identifier="orders"), decision
    )
    [sql] = connection.ran
    assert sql.startswith("create or replace temporary view `v`")
    assert sql.endswith(fragment)
