"""The article's second job: bronze rows since the stored snapshot, merged into the silver table.

Written from the article's description, for the side-by-side only. Merge-on-read, partitioned by state,
deduplicated by processing time. The key is the order line, as in ours, so that both keep the same rows.
"""

from __future__ import annotations

import json

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as f
from spark import BRONZE, HOME, SILVER, session

CHECKPOINT = HOME / "bronze_silver.json"
COLUMNS = """
    op string, replicadmstimestamp timestamp, invoiceid int, itemid int, category string, price double,
    quantity int, orderdate date, destinationstate string, shippingtype string, referral string,
    source_file string, processing_time timestamp
"""
PROPERTIES = """
    'format-version' = '2', 'write.merge.mode' = 'merge-on-read', 'write.update.mode' = 'merge-on-read',
    'write.delete.mode' = 'merge-on-read'
"""
MERGE = f"""
    merge into {SILVER} as t using latest as s on t.invoiceid = s.invoiceid and t.itemid = s.itemid
    when matched then update set *
    when not matched then insert *
"""


def head(spark: SparkSession) -> str | None:
    """The newest snapshot of bronze by its history, as text."""
    rows = spark.sql(
        f"select snapshot_id from {BRONZE}.history order by made_current_at desc limit 1"
    ).collect()
    return str(rows[0][0]) if rows else None


def incoming(spark: SparkSession, start: str | None, end: str) -> DataFrame:
    """Rows appended after `start` up to `end`; all of them without a start."""
    reader = spark.read.format("iceberg")
    if start is None:
        return reader.option("snapshot-id", end).load(BRONZE)
    return reader.option("start-snapshot-id", start).option("end-snapshot-id", end).load(BRONZE)


def latest(rows: DataFrame) -> DataFrame:
    """One row per key: the one processed last."""
    order = Window.partitionBy("invoiceid", "itemid").orderBy(f.col("processing_time").desc())
    return rows.withColumn("row_rank", f.row_number().over(order)).where("row_rank = 1").drop("row_rank")


def main() -> None:
    spark = session("bronze-silver")
    start = json.loads(CHECKPOINT.read_text())["snapshot"] if CHECKPOINT.exists() else None
    end = head(spark)
    if end is None or end == start:
        print("no data to process")
        return
    if not spark.catalog.tableExists(SILVER):
        spark.sql("create namespace if not exists lake.silver")
        spark.sql(
            f"create table {SILVER} ({COLUMNS}) using iceberg partitioned by (destinationstate) "
            f"tblproperties ({PROPERTIES})"
        )
    latest(incoming(spark, start, end)).createOrReplaceTempView("latest")
    spark.sql(MERGE)
    CHECKPOINT.write_text(json.dumps({"snapshot": end}))
    print(f"merged {start} → {end}")


if __name__ == "__main__":
    main()
