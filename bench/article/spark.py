"""The Spark session of the article's jobs: the same catalog kind and memory as ours, a home of its own."""

from __future__ import annotations

import os
from pathlib import Path

from pyspark.sql import SparkSession

HOME = Path(os.environ["ARTICLE_HOME"])
RAW = Path(os.environ["ARTICLE_RAW"])
BRONZE = "lake.bronze.orders"
SILVER = "lake.silver.orders"


def session(name: str) -> SparkSession:
    """A session on the job's own catalog."""
    HOME.mkdir(parents=True, exist_ok=True)
    settings = {
        "spark.master": os.environ.get("MEDALLION_SPARK_MASTER", "local[*]"),
        "spark.driver.memory": os.environ.get("MEDALLION_DRIVER_MEMORY", "3g"),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": "-Duser.timezone=UTC -XX:+UseParallelGC",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": os.environ.get("MEDALLION_SHUFFLE_PARTITIONS", "8"),
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        "spark.sql.catalog.lake": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.lake.type": "jdbc",
        "spark.sql.catalog.lake.uri": f"jdbc:sqlite:{HOME}/catalog.db",
        "spark.sql.catalog.lake.jdbc.schema-version": "V1",
        "spark.sql.catalog.lake.warehouse": f"{HOME}/warehouse",
    }
    builder = SparkSession.builder.appName(name)
    for key, value in settings.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()
