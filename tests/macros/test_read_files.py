"""The text that reads files, as far as it can be judged without reading one."""
# ruff: noqa: E501 - a case is a line

from __future__ import annotations

import re

import pytest
from harness import Connection, Node, Project, Relation, one_line, table_node

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


@pytest.mark.parametrize(
    ("names", "rescued"),
    [
        (["op", "note"], ["op", "note"]),
        (["note", "note", "note"], ["note", "note_2", "note_3"]),
        (["", "op", ""], ["_1", "op", "_3"]),
        (["note", "Note"], ["note", "Note"]),  # json tells them apart
        (["note", "note", "note_2"], ["note", "note_2_", "note_2"]),  # a column has that name already
        (["", "_1"], ["_1_", "_1"]),
        (["note", "note", "note_2", "note_2_"], ["note", "note_2__", "note_2", "note_2_"]),
    ],
)
def test_the_name_under_which_a_column_is_rescued(names: list[str], rescued: list[str]) -> None:
    project = Project()
    assert [project._rescued_name(names, index) for index in range(len(names))] == rescued


@pytest.mark.parametrize(
    "names",
    [
        ["op", "note", "note"],
        ["op", "", ""],
        ["op", "op", "op"],
        ["op", "note", "note", "note_3"],
        ["op", "note", "note_3_", "note_3", "note", "note", "note"],
        ["note_2", "note", "note_2", "note", "note_2_", "", "_6"],
    ],
)
def test_a_rescued_name_comes_once(names: list[str]) -> None:
    [text] = re.findall(r"map_filter\(map\((.*?)\), \(name", csv_select(names, ["op"]))
    keys = text.split(", ")[::2]
    assert len(keys) == len(set(keys))  # of a key that comes twice Spark keeps one value


def test_only_pinned_versions_of_files_are_read() -> None:
    files = [FILE, Node(FILE, path="b"), Node(path="c", modified_at="2024-10-02 00:00:00.5", size=7)]
    project = Project()
    path, rest = one_line(project.is_pinned_file(files)).split(" in (", 1)
    assert path == one_line(project.source_file(files))
    assert rest == (
        "'file:/raw/it\\'s a \\\\ file.csv', 'b', 'c') "
        "and _metadata.file_modification_time in (timestamp '2024-10-01 12:00:00', timestamp '2024-10-02 00:00:00.5') "
        "and _metadata.file_size in (12, 7)"
    )


@pytest.mark.parametrize(
    ("paths", "is_decoded"),
    [
        (["file:/raw/orders/2024-10-01/a_1.csv.gz", "s3://bucket/day=1/b.csv"], False),
        (["file:/raw/a.csv", "file:/raw/a b.csv"], True),
        (["file:/raw/50%.csv"], True),
        (["file:/raw/a+b.csv"], True),
        (["file:/raw/café.csv"], True),
        ([], True),
    ],
)
def test_a_path_is_decoded_only_where_it_may_be_encoded(paths: list[str], is_decoded: bool) -> None:
    decoded = (
        "if(instr(_metadata.file_path, '%') > 0, "
        "url_decode(replace(_metadata.file_path, '+', '%2B')), _metadata.file_path)"
    )
    found = one_line(Project().source_file([Node(path=path) for path in paths]))
    assert found == (decoded if is_decoded else "_metadata.file_path")


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
    assert [re.findall(r" in \('a', 'c'\)| in \('b'\)", sql) for sql in selects] == [
        [" in ('a', 'c')"],
        [" in ('b')"],
    ]
    assert len(pin["temporary"]) == 2
    Project(connection=connection).drop_file_tables(pin)  # as soon as a view is made of them
    assert (pin["temporary"], [sql[:10] for sql in connection.ran[-2:]]) == ([], ["drop table"] * 2)


def test_two_sources_of_one_model_share_no_table() -> None:
    connection = Connection()
    project = Project(connection=connection)
    header = {"delimiter": ",", "names": ["op"], "matched": 1}
    for name in ("orders", "returns"):
        read = Node(node=Node(source("op", path=f"/raw/{name}"), name=name), view=f"m__files__raw__{name}")
        project.read_csv(read, [Node(FILE, header=header)], PIN)
    tables = [re.findall(r"create table (\S+)", sql)[0] for sql in connection.ran]
    assert len(tables) == len(set(tables))


def typed_select(declared: Node, format_: str = "parquet", **columns: str) -> str:
    found = {name.lower(): {"name": name, "type": type_} for name, type_ in columns.items()}
    [sql] = Project(connection=Connection()).read_typed(
        Node(node=declared), [Node(FILE, columns=found)], format_, Node(PIN, temporary=[])
    )
    return one_line(sql)


@pytest.mark.parametrize("format_", ["parquet", "avro"])
def test_typed_files_give_declared_columns_and_rescue_the_rest(format_: str) -> None:
    sql = typed_select(source("op", "price"), format_, OP="string", colour="string", _malformed="int")
    assert "cast(`OP` as string) as `op`" in sql
    assert "cast(null as string) as `price`" in sql
    assert "to_json(struct(`colour` as `colour`, `_malformed` as `_malformed_`))" in sql


def test_without_unknown_columns_nothing_is_rescued() -> None:
    assert "cast(null as string) as _rescued" in typed_select(source("Op"), op="string")


def test_a_value_that_its_declared_type_cannot_hold_is_rescued() -> None:
    sql = typed_select(source("op"), op="int")
    assert "to_json(struct(if(cast(cast(`op` as string) as int) <=> `op`, null, `op`) as `op`))" in sql


def test_files_with_other_columns_get_another_select() -> None:
    files = [
        Node(FILE, path=path, columns={"op": {"name": "op", "type": type_}})
        for path, type_ in (("a", "string"), ("b", "int"), ("c", "string"))
    ]
    selects = Project(connection=Connection()).read_typed(
        Node(node=source("op")), files, "parquet", Node(PIN, temporary=[])
    )
    assert [re.findall(r" in \('a', 'c'\)| in \('b'\)", sql) for sql in selects] == [
        [" in ('a', 'c')"],
        [" in ('b')"],
    ]


@pytest.mark.parametrize(
    ("paths", "pattern"),
    [
        (["file:/raw/a b.parquet"], "file:/raw/a b.parquet"),
        (["file:/raw/{a,b}[c]*\\?:.parquet"], "file:/raw/??,b??c?????.parquet".replace("??,b??", "?a?b??")),
        (["s3a://bucket/x/1", "s3a://bucket/y,/2"], "s3a://bucket/{x/1,y?/2}"),
    ],
)
def test_a_pattern_that_finds_files_means_nothing_by_their_names(paths: list[str], pattern: str) -> None:
    assert Project().any_of_paths([Node(path=path) for path in paths]).strip() == pattern


ORIGIN = {
    "_source_file": "string",
    "_source_modified_at": "timestamp",
    "_source_size": "bigint",
    "_source_position": "bigint",
}


@pytest.mark.parametrize("format_", ["csv", "json", "parquet", "avro"])
def test_a_source_without_new_files_gives_no_rows(format_: str) -> None:
    connection, pin = Connection(), Node(PIN, temporary=[])
    read = Node(node=source("op", format=format_), view="m__files__raw__orders")
    Project(connection=connection).create_files_view(read, [], pin)
    [sql] = connection.ran  # no file is looked at
    assert "as _batch_id from ( select cast(null as string) as `op`, cast(null as string) as _rescued," in sql
    assert sql.endswith("where false )")
    assert pin["temporary"] == []


def test_no_rows_have_the_columns_that_rows_would_have() -> None:
    node = source("op")
    node["columns"]["Price"] = Node(name="Price", data_type="decimal(10,2)")
    node["columns"]["note"] = Node(name="note", data_type=None)
    found = re.findall(r"cast\(null as (\S+)\) as (\S+?),? ", one_line(Project()._no_rows(node)))
    declared = {"`op`": "string", "`Price`": "decimal(10,2)", "`note`": "string"}
    assert {name: type_ for type_, name in found} == {**declared, "_rescued": "string", **ORIGIN}
    rows = csv_select(["op"], ["op", "Price", "note"])
    selected = re.findall(r" as (`\w+`|_rescued|_source_\w+)(?:,| from)", rows)
    assert selected == [name for _, name in found]  # a union takes columns by place


# -- which files are new -----------------------------------------------------------------------------------


def new_files_sql(relation: str | None, lookback_days: int | None = None) -> str:
    node = source("op", **({"lookback_days": lookback_days} if lookback_days else {}))
    quarantine = "bronze.orders_quarantine" if relation else None
    return one_line(Project()._new_files_sql(Node(view="v", node=node), relation, quarantine))


def test_new_is_what_is_listed_and_not_held() -> None:
    sql = new_files_sql("bronze.orders")
    assert "from `v__listing` where length > 0 ), known as (" in sql
    assert "from bronze.orders union all select path, modified_at, size from bronze.orders_quarantine" in sql
    assert sql.endswith("from listed left anti join known using (place, modified_at, size)")
    assert re.search(r"from bronze.orders_quarantine where declaration = '\w{32}' \) \) select", sql)
    assert "interval" not in sql


def test_without_a_table_every_listed_file_is_new() -> None:
    sql = new_files_sql(None)
    assert "known" not in sql
    assert "from `v__listing` where length > 0 ) select path," in sql
    assert sql.endswith("from listed")


@pytest.mark.parametrize("relation", ["bronze.orders", None])
def test_a_lookback_bounds_both_sides_by_what_they_are_compared_by(relation: str | None) -> None:
    sql = new_files_sql(relation, 30)
    assert "modificationTime >= current_timestamp() - interval 30 days" in sql
    held = "from bronze.orders where _source_modified_at >= current_timestamp() - interval 30 days union all"
    assert (held in sql) == bool(relation)
    assert "_ingested_at" not in sql  # a file dated in the future was ingested before its time


def test_a_bucket_by_another_name_is_the_same_place() -> None:
    place = Project().place_of("path").strip()
    pattern = re.fullmatch(r"regexp_replace\(path, '(.*)', 's3://'\)", place)
    assert pattern is not None
    paths = ["s3a://b/x", "s3n://b/x", "s3://b/x", "file:/s3a://b", "hdfs://s3a/x"]
    assert [re.sub(pattern[1], "s3://", path) for path in paths] == ["s3://b/x"] * 3 + paths[3:]
    sql = new_files_sql("bronze.orders")
    assert sql.count(f"{place} as place") == 2  # what is listed, and what is known
    assert sql.split(" select ")[-1].startswith("path, cast(modified_at")  # it is read by the listed name


@pytest.mark.parametrize(("filter_", "condition"), [(None, ""), ("length > 0", " where length > 0")])
def test_a_source_is_as_fresh_as_its_newest_file(filter_: str | None, condition: str) -> None:
    node, other = (
        source("op"),
        Node(source("op"), name="x", identifier="x", unique_id="source.medallion.raw.x"),
    )
    project = Project(sources=[other, node])
    found = project.collect_freshness(Relation("raw", "orders"), "modificationTime", filter_)
    assert found == "<result of collect_freshness>"
    view, query = project.connection.ran
    assert "`orders__freshness` using binaryFile options (path '/raw/orders'" in view
    assert query.startswith(
        "select max(modificationTime) as max_loaded_at, current_timestamp() as snapshotted_at"
    )
    assert query.endswith(f"from `orders__freshness`{condition}")


# -- views of tables ---------------------------------------------------------------------------------------


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
    Project(connection=connection).create_range_view("v", Relation("bronze", "orders"), decision)
    [sql] = connection.ran
    assert sql.startswith("create or replace temporary view `v`")
    assert sql.endswith(fragment)
