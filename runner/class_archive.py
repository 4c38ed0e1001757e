"""Keeps Java's archive of Spark's classes, parsed and verified: Spark starts from it in half the time.

Java calls it an AppCDS archive. It holds the classes that a small build used, so `make setup` runs one
(`train`). It fits one Java and one set of jars: Java checks that, and starts without it when it does not fit.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from runner.generate import OrdersSpec, orders
from runner.home import prepare_home
from runner.jars import spark_jars_dir
from runner.java import Java
from runner.landing import Landing, land
from runner.settings import JAVA_OPTIONS, Settings

OLDEST_JAVA = 13  # the first whose archive can be written by the program itself as it ends
_TIMEOUT = 300.0


def ensure_archive(settings: Settings, java: Java, archive: Path) -> bool:
    """Make the archive unless there is one for this Java and these jars; tell whether it was made."""
    stamp = archive.with_suffix(".json")
    fits = {"java": str(java.home), "release": _release(java), "jars": _fingerprint(spark_jars_dir())}
    if java.major < OLDEST_JAVA or (archive.is_file() and stamp.is_file() and _read(stamp) == fits):
        return False
    archive.unlink(missing_ok=True)
    archive.parent.mkdir(parents=True, exist_ok=True)
    partial = archive.with_name(f".{os.getpid()}.{archive.name}")
    try:
        _ensure_base(java)
        _train_apart(settings, partial)
        partial.replace(archive)
    finally:
        partial.unlink(missing_ok=True)
    stamp.write_text(json.dumps(fits, indent=1))
    return True


def train(settings: Settings) -> None:
    """Build a small lake, a first load and a delta, then end Java, which writes the archive."""
    from pyspark import SparkContext  # noqa: PLC0415  a second to import

    from runner.dbt_run import run_dbt  # noqa: PLC0415

    prepare_home(settings.home)
    for spec in (OrdersSpec(rows=400, bad=0.05), OrdersSpec(rows=100, delta=1, base_rows=400, bad=0.05)):
        list(land(orders(spec), Landing(f"{settings.raw_root}/orders", f"orders-{spec.delta}")))
        models = ["--select", "bronze", "silver", "gold_daily_sales"] if spec.delta else []
        run_dbt(settings, ["run", *models], lambda _: None)
    gateway = SparkContext._gateway
    if gateway is not None:
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait(_TIMEOUT)


def _train_apart(settings: Settings, archive: Path) -> None:
    """Train in a process of its own, on a lake of its own: setup must not touch the user's."""
    with tempfile.TemporaryDirectory(prefix="medallion-train-") as home:
        own = replace(settings, home=Path(home), raw_root=f"{home}/raw", target="local", from_file={})
        env = own.environ() | {
            JAVA_OPTIONS: f"-XX:ArchiveClassesAtExit={archive} -Xlog:disable",
            "DBT_TARGET_PATH": f"{home}/target",
            "DBT_LOG_PATH": f"{home}/logs",
        }
        subprocess.run(
            [sys.executable, "-m", "runner.class_archive"],
            cwd=settings.project_dir,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_TIMEOUT,
            check=True,
        )


def _ensure_base(java: Java) -> None:
    """Let a Java that came without the archive of its own classes make it: ours is written on top of that."""
    if not list((java.home / "lib" / "server").glob("classes*.jsa")):
        subprocess.run([java.executable, "-Xshare:dump"], capture_output=True, timeout=_TIMEOUT, check=False)


def _release(java: Java) -> str:
    try:
        return (java.home / "release").read_text()
    except OSError:
        return ""


def _fingerprint(jars: Path) -> str:
    found = sorted((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in jars.glob("*.jar"))
    return hashlib.sha256(repr(found).encode()).hexdigest()


def _read(stamp: Path) -> Mapping[str, str] | None:
    try:
        found: dict[str, str] = json.loads(stamp.read_text())
        return found
    except (OSError, ValueError):
        return None


if __name__ == "__main__":
    from runner.settings import load_settings

    train(load_settings())
