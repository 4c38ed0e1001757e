"""The Spark server's own process: `python -m runner.server_process PORT`, started by `medallion up`."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from runner import warm_dbt
from runner.errors import ServerError
from runner.glue import with_glue
from runner.home import prepare_home
from runner.jars import ensure_aws_jars
from runner.location import locate_lake
from runner.profile import spark_settings
from runner.server_state import ServerState, process_start, state_path, write_state
from runner.settings import Settings, load_settings
from runner.spark_errors import first_line

_JAVA_OPTIONS = "spark.driver.extraJavaOptions"
_FIRST_QUESTIONS = (
    "show databases",
    "show namespaces like 'default'",
    "show tables in default",
    # what a run does with rows: deduplicate by a window, join, count
    """
    with
    landed as (select id % 1000 as key, cast(id as string) as text, id from range(100000)),
    ranked as (select *, row_number() over (partition by key order by id desc) as rank from landed),
    latest as (select * from ranked where rank = 1)
    select count(*), max(text) from latest left anti join (select id as key from range(10)) using (key)
    """,
)


def serve(settings: Settings, port: int) -> None:
    """Run Spark with a Thrift server until a signal asks to stop."""
    asked_to_stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: asked_to_stop.set())
    spark = start_spark(server_settings(settings, port))
    try:
        # dbt-spark says `use default` on each connection
        spark.sql("create namespace if not exists lake.default")
        actual = start_thrift(spark)
        write_state(settings.home, _describe(actual, locate_lake(settings).warehouse))
        print(f"accepting connections on 127.0.0.1:{actual}", flush=True)
        threading.Thread(target=warm_up, args=(actual,), daemon=True).start()
        with warm_dbt.beside(settings.home):
            asked_to_stop.wait()
    finally:
        state_path(settings.home).unlink(missing_ok=True)
        spark.stop()


def server_settings(settings: Settings, port: int) -> dict[str, str]:
    """Return Spark's settings for the server: the profile's own, and what only a shared server needs."""
    scratch = settings.home / "tmp"
    location = locate_lake(settings)
    jars = ensure_aws_jars() if location.is_glue else ()
    shared = with_glue(spark_settings(settings.project_dir, os.environ), location, jars)
    return shared | {
        # Hive's sessions boot a Derby in memory, which would leave a derby.log in the project
        _JAVA_OPTIONS: f"{shared.get(_JAVA_OPTIONS, '')} -Dderby.stream.error.file=/dev/null".strip(),
        "spark.app.name": "medallion-server",
        "spark.hadoop.hive.server2.thrift.bind.host": "127.0.0.1",
        "spark.hadoop.hive.server2.thrift.port": str(port),
        "spark.hadoop.hive.exec.scratchdir": str(scratch / "hive"),
        "spark.hadoop.hive.exec.local.scratchdir": str(scratch / "hive"),
        "spark.hadoop.hive.server2.logging.operation.enabled": "false",
        # models run side by side: a short one must not wait behind all tasks of a long one
        "spark.scheduler.mode": "FAIR",
        "spark.scheduler.allocation.file": (settings.profiles_dir / "fairscheduler.xml").as_uri(),
        # nobody looks at the history of a server without a page; keep its memory level
        "spark.sql.thriftserver.ui.retainedStatements": "20",
        "spark.sql.thriftserver.ui.retainedSessions": "20",
        "spark.sql.ui.retainedExecutions": "20",
        "spark.ui.retainedJobs": "50",
        "spark.ui.retainedStages": "50",
        "spark.ui.retainedTasks": "1000",
    }


def start_spark(configuration: dict[str, str]) -> Any:
    """Start a Spark session with these settings."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - a second to import, and only this process needs it

    builder = SparkSession.builder
    for key, value in configuration.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def start_thrift(spark: Any) -> int:
    """Start the Thrift server inside a session; return the port that it accepts connections on."""
    hive = spark._jvm.org.apache.spark.sql.hive.thriftserver
    server = hive.HiveThriftServer2.startWithContext(spark._jsparkSession.sqlContext())
    services = list(server.getServices())
    port = next(s.getPortNumber() for s in services if s.getClass().getSimpleName().startswith("Thrift"))
    with socket.create_connection(("127.0.0.1", port), timeout=10):
        return int(port)


def warm_up(port: int) -> None:
    """Ask what a run asks first, as it would: the first session and the first shuffle take seconds.

    It reads no table and writes nothing. A run that comes meanwhile is served all the same.
    """
    from pyhive import hive  # noqa: PLC0415 - the server itself is up without it

    began = time.monotonic()
    try:
        with hive.connect("127.0.0.1", port) as connection, connection.cursor() as cursor:
            for question in _FIRST_QUESTIONS:
                cursor.execute(question)
                cursor.fetchall()
    except Exception as error:
        print(f"not warmed up: {first_line(str(error))}", flush=True)
    else:
        print(f"warmed up in {time.monotonic() - began:.1f} s", flush=True)


def _describe(port: int, warehouse: str) -> ServerState:
    start = process_start(os.getpid())
    if start is None:
        raise ServerError("the start time of this process cannot be read", fix="Is /proc or `ps` there?")
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return ServerState(os.getpid(), port, now, start, warehouse)


if __name__ == "__main__":
    here = load_settings(project_dir=Path(os.environ["DBT_PROJECT_DIR"]))
    prepare_home(here.home)
    serve(here, int(sys.argv[1]))
