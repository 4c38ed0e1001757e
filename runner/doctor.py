"""What this machine lacks to run the project, and the fix for each: decisions on facts that probes gather."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from runner import server
from runner.errors import MedallionError
from runner.jars import missing_jars, spark_jars_dir
from runner.java import find_java
from runner.settings import Settings

PINNED = {"dbt-core": "1.11", "dbt-spark": "1.11", "pyspark": "3.5"}
_LOW_DISK, _NO_DISK = 5.0, 1.0  # GiB


@dataclass(frozen=True)
class Check:
    """One thing looked at: `ok`, `warn` (it runs, but) or `fail` (it will not run)."""

    name: str
    status: str
    found: str
    fix: str = ""


def run_checks(settings: Settings, environ: Mapping[str, str] = os.environ) -> list[Check]:
    """Look at everything that a run on this machine needs."""
    return [
        judge_python(sys.version_info[:2]),
        _java(environ),
        _jars(),
        *(judge_package(name, wanted, _version(name)) for name, wanted in PINNED.items()),
        judge_spark_home(environ.get("SPARK_HOME")),
        judge_writable(settings.home, _is_writable(settings.home)),
        judge_disk(_free_gib(settings.home)),
        judge_raw(settings.raw_root, settings.is_raw_local and Path(settings.raw_root).is_dir()),
        _catalog(settings.catalog),
        _server(settings),
    ]


def judge_python(found: tuple[int, ...]) -> Check:
    """Judge the version of Python: dbt and PySpark 3.5 agree on 3.10 to 3.12."""
    text = ".".join(map(str, found))
    if (3, 10) <= found <= (3, 12):
        return Check("python", "ok", text)
    return Check("python", "fail", text, "Recreate the environment: make clean setup PYTHON=python3.11")


def judge_package(name: str, wanted: str, found: str | None) -> Check:
    """Judge an installed package by the release line that the project pins."""
    if found is None:
        return Check(name, "fail", "not installed", "make setup")
    if found.startswith(f"{wanted}."):
        return Check(name, "ok", found)
    return Check(name, "fail", f"{found}, not {wanted}", "make setup")


def judge_spark_home(spark_home: str | None) -> Check:
    """Judge SPARK_HOME: plain dbt would take that Spark and not the project's own."""
    if not spark_home:
        return Check("SPARK_HOME", "ok", "not set")
    return Check(
        "SPARK_HOME", "warn", f"{spark_home} shadows the project's Spark in plain dbt", "unset SPARK_HOME"
    )


def judge_writable(home: Path, is_writable: bool) -> Check:
    """Judge the home, which holds everything local."""
    if is_writable:
        return Check("home", "ok", str(home))
    return Check(
        "home", "fail", f"{home} is not writable", "Set MEDALLION_HOME to a folder that you can write to"
    )


def judge_disk(free_gib: float) -> Check:
    """Judge the free disk space where the lake is."""
    status = "ok" if free_gib >= _LOW_DISK else "warn" if free_gib >= _NO_DISK else "fail"
    fix = "" if status == "ok" else "Free some space, or set MEDALLION_HOME to another disk"
    return Check("disk", status, f"{free_gib:.1f} GiB free", fix)


def judge_raw(raw_root: str, is_directory: bool) -> Check:
    """Judge where raw files land; an s3:// prefix is only known to be well-formed."""
    if is_directory or "://" in raw_root:
        return Check("raw files", "ok", raw_root)
    return Check(
        "raw files",
        "warn",
        f"{raw_root} does not exist yet",
        "Land files there, or: medallion generate orders",
    )


def judge_server(state: server.ServerState | None, port: int, is_listening: bool) -> Check:
    """Judge the warm server: it may be down, but nobody else may sit on its port."""
    if state:
        return Check("server", "ok", f"up on port {state.port} (process {state.pid})")
    if is_listening:
        return Check(
            "server", "warn", f"down, and another process has port {port}", "Set MEDALLION_SERVER_PORT"
        )
    return Check("server", "ok", f"down, port {port} is free (medallion up)")


def _java(environ: Mapping[str, str]) -> Check:
    try:
        java = find_java(environ)
    except MedallionError as error:
        return Check("java", "fail", error.what, error.fix)
    return Check("java", "ok", f"{java.major} from {java.source}: {java.home}")


def _jars() -> Check:
    try:
        folder = spark_jars_dir()
    except MedallionError as error:
        return Check("jars", "fail", error.what, error.fix)
    missing = missing_jars(folder)
    if missing:
        return Check("jars", "fail", f"missing: {', '.join(missing)}", "make setup")
    return Check("jars", "ok", str(folder))


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _is_writable(home: Path) -> bool:
    return os.access(_existing(home), os.W_OK)


def _free_gib(home: Path) -> float:
    return shutil.disk_usage(_existing(home)).free / 2**30


def _catalog(catalog: Path) -> Check:
    if not catalog.exists():
        return Check("catalog", "ok", f"{catalog} is made by the first run")
    try:
        with closing(sqlite3.connect(f"{catalog.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as found:
            (tables,) = found.execute("select count(*) from iceberg_tables").fetchone()
    except sqlite3.Error as error:
        return Check(
            "catalog", "fail", f"{catalog}: {error}", "Move the file away, or restore it from a backup"
        )
    return Check("catalog", "ok", f"{catalog}, {tables} tables")


def _server(settings: Settings) -> Check:
    port = settings.server_port
    return judge_server(server.state(settings), port, bool(port) and server.is_listening(port))
