"""Spark inside the driver: what the image lacks, the session, and the Thrift server that dbt speaks to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runner.server_process import start_spark, start_thrift

ICEBERG = "org.apache.iceberg.spark.SparkCatalog"
THRIFT = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"
AWS = "software.amazon.awssdk.services.glue.GlueClient"


def find_missing_classes(version: str, is_loadable: dict[str, bool]) -> list[str]:
    """Return what the image lacks of Java, each with the way out. Pure."""
    thrift = f"spark-hive-thriftserver_2.12-{version}.jar"
    lacks = {
        ICEBERG: "Iceberg is not on the class path: name the release's jar in spark.jars (profiles/emr.yml)",
        AWS: "AWS's SDK is not on the class path: leave spark.driver.extraClassPath to the release",
        THRIFT: f"this image has no Spark Thrift Server: put {thrift} under packages/ in the bucket and"
        " add its s3:// address to spark.jars in profiles/emr.yml",
    }
    return [told for name, told in lacks.items() if not is_loadable[name]]


def look_for_classes() -> list[str]:
    """Ask this driver's JVM, before a session is started, for the classes that it has to have."""
    from pyspark import __version__  # noqa: PLC0415 - the image's

    loadable = open_jvm().org.apache.spark.util.Utils.classIsLoadable
    found = {name: bool(loadable(name)) for name in (ICEBERG, AWS, THRIFT)}
    return find_missing_classes(__version__.partition("-")[0].partition("+")[0], found)


def open_jvm() -> Any:
    """Return this driver's JVM, which spark-submit has started, before there is a session."""
    from pyspark import SparkContext  # noqa: PLC0415 - the image's

    SparkContext._ensure_initialized()
    return SparkContext._jvm


def local_settings(work: Path, project: Path) -> dict[str, str]:
    """Return what only the driver knows: its folders, and its Thrift server's settings."""
    return {
        "spark.sql.warehouse.dir": (work / "spark").as_uri(),
        "spark.hadoop.hive.exec.scratchdir": (work / "hive").as_uri(),
        "spark.hadoop.hive.exec.local.scratchdir": str(work / "hive"),
        # nobody is asked for a password, so nobody from outside may connect
        "spark.hadoop.hive.server2.thrift.bind.host": "127.0.0.1",
        "spark.hadoop.hive.server2.thrift.port": "0",
        "spark.hadoop.hive.server2.logging.operation.enabled": "false",
        # models run side by side: a short one must not wait behind all tasks of a long one
        "spark.scheduler.mode": "FAIR",
        "spark.scheduler.allocation.file": (project / "profiles" / "fairscheduler.xml").as_uri(),
    }


def start(work: Path, project: Path) -> tuple[Any, int]:
    """Start the session and its Thrift server; return both the session and the server's port."""
    for name in ("spark", "hive"):
        (work / name).mkdir(parents=True, exist_ok=True)
    keep_jars_open(open_jvm())
    spark = start_spark(local_settings(work, project))
    # dbt-spark says `use default` on each connection
    spark.sql("create namespace if not exists lake.default")
    return spark, start_thrift(spark)


def keep_jars_open(jvm: Any) -> None:
    """Let this thread's class loader, which has the jars of `spark.jars`, be one that cannot be closed.

    Hive closes the class loaders of a session when it ends. Were they spark-submit's own, Iceberg's classes
    would be gone with the first connection that dbt closes. What is started from here on inherits this one.
    """
    thread = jvm.java.lang.Thread.currentThread()
    submitted = thread.getContextClassLoader()
    system = jvm.java.lang.ClassLoader.getSystemClassLoader()
    kept = jvm.org.apache.spark.sql.internal.NonClosableMutableURLClassLoader(system)
    for url in submitted.getURLs():
        kept.addURL(url)
    thread.setContextClassLoader(kept)
