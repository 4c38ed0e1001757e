"""Starts Spark while dbt is still being imported: on the `local` target both take seconds, side by side.

dbt-spark asks for the Spark session of its process and gets the one that was started here; if that could
not be started, dbt tries again and tells why.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Sequence

from runner.profile import SPARK_TARGET, spark_settings
from runner.settings import Settings

# Enough for the catalog, its file and the SQL engine to be loaded by the time dbt asks.
_FIRST_STATEMENT = "show namespaces"
_NAMES_TARGET = ("--target", "-t", "--profile", "--profiles-dir")


def start_early(settings: Settings, arguments: Sequence[str]) -> threading.Thread | None:
    """Begin to start Spark if this dbt invocation will use one of its own; return the thread that does."""
    named = any(argument.partition("=")[0] in _NAMES_TARGET for argument in arguments)
    if settings.target != SPARK_TARGET or named or "dbt.cli.main" in sys.modules:
        return None
    os.environ.update(settings.environ())
    thread = threading.Thread(target=_start, args=(settings,), name="early-spark", daemon=True)
    thread.start()
    return thread


def _start(settings: Settings) -> None:
    with contextlib.suppress(Exception):  # dbt will meet the same error, and say it
        from pyspark.sql import SparkSession  # noqa: PLC0415  part of what is done meanwhile

        builder = SparkSession.builder
        for key, value in spark_settings(settings.project_dir, os.environ).items():
            builder = builder.config(key, value)
        builder.getOrCreate().sql(_FIRST_STATEMENT).collect()
