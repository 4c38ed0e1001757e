"""The questions that every engine must answer alike: portable SQL, the same text for each."""

from __future__ import annotations

from dataclasses import dataclass

ENGINES = ("spark", "duckdb", "pyiceberg", "trino")


@dataclass(frozen=True)
class Question:
    """A question, what it is about, and the moment that it travels to, if any."""

    about: str
    sql: str
    at: str = ""


REVENUE = "sum(cast(price as decimal(18, 4)) * quantity)"

LIVE = (
    Question("count after updates and deletes", "select count(*) from silver.orders"),
    Question(
        "distinct counts",
        "select count(distinct invoice_id), count(distinct category), count(distinct order_date) "
        "from silver.orders",
    ),
    Question("sums of integers", "select sum(quantity), min(quantity), max(quantity) from silver.orders"),
    Question("a decimal sum, exact", f"select {REVENUE} from silver.orders"),
    Question(
        "decimals as stored",
        "select order_date, destination_state, revenue, average_order_value from gold.daily_sales",
    ),
    Question("floating point as stored", "select invoice_id, item_id, price from silver.orders"),
    Question(
        "dates, before 1970 too",
        "select extract(year from order_date), count(*), min(order_date), max(order_date) "
        "from silver.orders group by extract(year from order_date)",
    ),
    Question(
        "timestamps to the microsecond",
        "select invoice_id, replicated_at from silver.orders where invoice_id >= 900000",
    ),
    Question(
        "a timestamp as a filter, UTC",
        "select count(*) from silver.orders where replicated_at >= timestamp '2024-03-01 00:00:00 UTC'",
    ),
    Question(
        "nulls: counted, grouped, kept apart from empty text",
        "select referral, count(*), count(category) from silver.orders "
        "where referral is null or referral = '' or invoice_id >= 900000 group by referral",
    ),
    Question(
        "unicode, and its length",
        "select category, length(category) from silver.orders where invoice_id >= 900000",
    ),
    Question("text with quotes", "select referral from silver.orders where category like '%\"%'"),
    Question(
        "a row that was updated, all its columns",
        "select invoice_id, item_id, replicated_at, category, price, quantity, order_date, destination_state,"
        " "
        "shipping_type, referral, _source_position from silver.orders where invoice_id between 100 and 160",
    ),
    Question(
        "deleted rows stay away",
        "select count(*) from silver.orders o join silver.orders_deleted d "
        "on o.invoice_id = d.invoice_id and o.item_id = d.item_id where d.replicated_at >= o.replicated_at",
    ),
    Question(
        "deletions as remembered", "select invoice_id, item_id, replicated_at from silver.orders_deleted"
    ),
    Question(
        "lists: the reasons of rejected rows",
        "select reasons, count(*) from silver.orders_rejected group by reasons",
    ),
    Question(
        "a filter on the partition",
        "select op, count(*) from bronze.orders where _ingested_at >= timestamp '2020-01-01 00:00:00 UTC' "
        "group by op",
    ),
    Question(
        "a filter that no partition meets",
        "select count(*) from bronze.orders where _ingested_at < timestamp '2020-01-01 00:00:00 UTC'",
    ),
    Question(
        "a window",
        "select invoice_id, "
        "rank() over (partition by destination_state order by price desc, invoice_id, item_id) "
        "from silver.orders where order_date >= date '2024-01-01'",
    ),
    Question(
        "gold against silver",
        "with again as (select order_date, destination_state, count(*) as items, "
        f"cast({REVENUE} as decimal(38, 4)) as revenue from silver.orders "
        "group by order_date, destination_state) "
        "select count(*), count(again.items) from gold.daily_sales as held full outer join again "
        "on held.order_date = again.order_date and held.destination_state = again.destination_state "
        "and held.items = again.items and held.revenue = again.revenue",
    ),
    Question(
        "columns that name their tables in full",
        "select count(silver.orders.category), count(*) from silver.orders, silver.orders_deleted "
        "where silver.orders.invoice_id = silver.orders_deleted.invoice_id",
    ),
    Question("back to a snapshot", f"select count(*), {REVENUE} from silver.orders", "the first build"),
    Question(
        "back to a time, two tables",
        "select (select count(*) from silver.orders), (select sum(items) from gold.daily_sales)",
        "the time after it",
    ),
)

# The same lake after a compaction and a change of schema
CHANGED = (
    Question("count after a compaction", f"select count(*), {REVENUE} from silver.orders"),
    Question("before the compaction, with its deletes", f"select count(*), {REVENUE} from silver.orders",
             "the second build"),
    Question("a column that was added", "select count(*), count(note) from silver.orders"),
    Question("a column that was widened", "select invoice_id, item_id, quantity from silver.orders"),
    Question("a column that was renamed", "select shipping, count(*) from silver.orders group by shipping"),
    Question("a column by its name of then", "select shipping_type, count(*) from silver.orders "
             "group by shipping_type",
             "the second build"),
)  # fmt: skip
