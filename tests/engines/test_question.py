"""What is a question and what is not, which tables it names, and how they are renamed in place."""

from __future__ import annotations

import pytest

from runner.errors import UsageError
from runner.query.question import read_question

DIALECTS = ("duckdb", "spark", "trino", "athena", "starrocks")

READS = (
    ("select 1", ()),
    ("select count(*) from silver.orders;", ("silver.orders",)),
    (
        "select * from Silver.ORDERS o join gold.daily_sales as d on true",
        ("silver.orders", "gold.daily_sales"),
    ),
    ("select * from lake.silver.orders", ("silver.orders",)),
    ("with a as (select * from silver.orders) select * from a", ("silver.orders",)),
    ("with orders as (select 1 as x) select * from orders, silver.orders as o", ("silver.orders",)),
    ("select * from silver.orders union all select * from silver.orders", ("silver.orders",)),
    (
        "select (select max(x) from gold.daily_sales) from silver.orders",
        ("gold.daily_sales", "silver.orders"),
    ),
    ("select 'drop table silver.orders' -- from gold.daily_sales", ()),
    ("select * from orders", ("orders",)),
    ("select * from a.b.c", ("a.b.c",)),
)
WRITES = (
    "insert into silver.orders values (1)",
    "with x as (select 1) insert into silver.orders select * from x",
    "update silver.orders set price = 1",
    "delete from silver.orders",
    "merge into silver.orders using gold.x on true when matched then delete",
    "create table silver.x as select * from silver.orders",
    "create or replace view v as select 1",
    "drop table silver.orders",
    "alter table silver.orders add column x int",
    "truncate table silver.orders",
    "select * into silver.x from silver.orders",
    "copy silver.orders to 'x'",
    "call lake.system.rollback_to_snapshot('silver.orders', 1)",
    "set spark.wap.id = 'x'",
    "grant select on silver.orders to everybody",
    "use silver",
    "refresh table silver.orders",
    "optimize silver.orders",
    "explain analyze delete from silver.orders",
    "select transform(price) using 'cmd' from silver.orders",
    "select reflect('java.lang.System', 'exit', 1)",
    "select `java_method`('java.lang.System', 'exit', 1)",
    "select system.builtin.try_reflect ('java.lang.System', 'exit', 1)",
    "select * from identifier('silver.orders')",
    "select * from enable_logging(storage = 'file')",
    'select * from system.main."Enable_Profiling"()',
    "select * from query('select ' || '1')",
    "select * from table(postgres.system.query(query => 'delete from t returning *'))",
    "select * from silver.orders into outfile 's3://bucket/x'",
)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("sql", "tables"), READS)
def test_what_reads(sql: str, tables: tuple[str, ...], dialect: str) -> None:
    assert read_question(sql, dialect).tables == tables


def test_values_are_a_question() -> None:
    assert read_question("values (1), (2)", "trino").tables == ()


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("sql", WRITES)
def test_what_writes(sql: str, dialect: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_question(sql, dialect)
    assert "\n" not in refused.value.line


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("", "no question"),
        (" ; ", "no question"),
        ("-- nothing yet", "no question"),
        (";; -- nothing yet", "no question"),
        ("select 1 /* one */; select 2 -- two", "2 statements"),
        ("select 1; select 2", "2 statements"),
        ("selec 1 from", "read"),
    ],
)
def test_what_is_no_question(sql: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_question(sql, "trino")


def test_names_are_replaced_where_they_stand() -> None:
    sql = """select 'silver.orders', "é" -- silver.orders
    from "silver"."orders" as o, lake.silver.orders, (select * from silver.orders) where o.x = 1"""
    renamed = read_question(sql, "trino").rename(lambda name: f"<{name}>")
    assert (
        renamed
        == """select 'silver.orders', "é" -- silver.orders
    from <silver.orders> as o, <silver.orders>, (select * from <silver.orders>) where o.x = 1"""
    )


@pytest.mark.parametrize(
    ("sql", "kept"),
    [
        ("select 1;", "select 1"),
        ("select 1 ; ; -- a note", "select 1"),
        ("; -- before\nselect ';' ;", "select ';'"),
        ("-- above\nselect 1 -- beside", "-- above\nselect 1 -- beside"),
        ("select '🎸;' /* ; */ from silver.orders;\n", "select '🎸;' /* ; */ from silver.orders"),
    ],
)
def test_no_semicolon_is_sent_on(sql: str, kept: str) -> None:
    assert read_question(sql, "trino").sql == kept


@pytest.mark.parametrize(
    ("sql", "renamed"),
    [
        (
            "select '🎸', orders.price, d.x from silver.orders, gold.days as d",
            "select '🎸', orders.price, d.x from silver__orders as `orders`, gold__days as d",
        ),
        ("select order.x from silver.order", "select order.x from silver__order as `order`"),
        (
            "select Silver.orders.x, lake.silver.orders.y, silver.orders.* from silver.orders",
            "select `orders`.x, `orders`.y, `orders`.* from silver__orders as `orders`",
        ),
        (
            "select silver.orders.pair.x from silver.orders",
            "select `orders`.pair.x from silver__orders as `orders`",
        ),
        (
            "select silver.orders.x from silver.orders, bronze.orders where bronze.orders.x = 1",
            "select `silver__orders`.x from silver__orders as `silver__orders`, "
            "bronze__orders as `bronze__orders` where `bronze__orders`.x = 1",
        ),
        ("select silver.orders.x from silver.orders as o", "select silver.orders.x from silver__orders as o"),
    ],
)
def test_columns_still_name_their_table(sql: str, renamed: str) -> None:
    question = read_question(sql, "spark")
    assert question.rename(lambda name: name.replace(".", "__"), with_alias=True) == renamed


@pytest.mark.parametrize(
    ("dialect", "quoted"),
    [("trino", '"orders"'), ("athena", '"orders"'), ("duckdb", '"orders"'), ("starrocks", "`orders`")],
)
def test_a_table_named_in_full_by_a_column_has_an_alias_in_each_engine(dialect: str, quoted: str) -> None:
    question = read_question("select silver.orders.x from silver.orders", dialect)
    assert question.rename(lambda _: "t") == f"select {quoted}.x from t as {quoted}"
