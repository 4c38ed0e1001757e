"""A lake of a test's own: files land in it, dbt runs on it, its tables are read back without Spark.

One warm server carries all tests that say nothing else; each has its own schemas (by a prefix) and its own
raw directory, so that none sees another. A lake on target `local` has a home of its own and pays for a
Spark start per dbt run. Reading goes through PyIceberg from `catalog.db`: what another engine would see.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest import mock

import histories
import oracle
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table

PROJECT = Path(__file__).resolve().parent.parent
SOURCE = "orders"
Row = dict[str, Any]

# silver.orders_rejected, as the oracle's comparison reads it
REASONS_COLUMN = "reasons"
FILE_COLUMN = "_source_file"


# -- what a dbt run gave ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Node:
    """The outcome of one model or test."""

    status: str
    message: str
    failures: int | None
    response: Mapping[str, Any]
    seconds: float


@dataclass(frozen=True)
class DbtResult:
    """The outcome of one dbt invocation: its nodes by name, and all it said."""

    args: tuple[str, ...]
    success: bool
    nodes: Mapping[str, Node]
    output: str = field(repr=False)

    def status(self, name: str) -> str:
        """What became of a model or test: success, pass, error, fail, warn, skipped."""
        return self._node(name).status

    def message(self, name: str) -> str:
        """What it said about itself."""
        return self._node(name).message

    def _node(self, name: str) -> Node:
        if name not in self.nodes:
            raise AssertionError(
                f"{name} did not run in {' '.join(self.args)}; ran: {list(self.nodes)}\n{self}"
            )
        return self.nodes[name]

    def ok(self) -> DbtResult:
        """Itself, or a failure that shows what dbt said."""
        assert self.success, str(self)
        return self

    def __str__(self) -> str:
        told = [line for line in self.output.splitlines() if not line.lstrip().startswith(("at ", "..."))]
        return "\n".join([f"dbt {' '.join(self.args)}", *told[-120:]])


def read_nodes(run_results: Path) -> dict[str, Node]:
    """The nodes of a run_results.json by their names; none when the run did not get that far."""
    if not run_results.exists():
        return {}
    results = json.loads(run_results.read_text())["results"]
    return {
        result["unique_id"].split(".")[2]: Node(
            status=result["status"],
            message=result["message"] or "",
            failures=result["failures"],
            response=result["adapter_response"],
            seconds=result["execution_time"],
        )
        for result in results
    }


# -- tables as another engine sees them ---------------------------------------------------------------------


@dataclass(frozen=True)
class Snapshot:
    """One commit of a table."""

    id: int
    parent: int | None
    operation: str
    summary: Mapping[str, str]

    @property
    def checkpoint(self) -> dict[str, Any] | None:
        """The JSON that the commit carries, if any."""
        text = self.summary.get("wap.id")
        return json.loads(text) if text else None


@lru_cache
def _catalog(home: Path) -> Catalog:
    location = {"uri": f"sqlite:///{home}/catalog.db", "warehouse": f"file://{home}/warehouse"}
    return load_catalog("lake", type="sql", init_catalog_tables="false", **location)


@dataclass
class Lake:
    """A home, a raw directory and a schema prefix, with dbt's target and the warm server's port."""

    home: Path
    raw: Path
    work: Path  # dbt's target and log directories
    target: str = "server"
    prefix: str = ""
    port: int = 0
    project: Path = PROJECT
    env: dict[str, str] = field(default_factory=dict)  # a test's own additions
    steps: list[histories.Step] = field(default_factory=list)

    # landing

    @property
    def landing(self) -> Path:
        """The directory of the orders source."""
        return self.raw / SOURCE

    def land(self, name: str, text: str, modified_ms: int | None = None) -> Path:
        """Land a file; without a time it has been modified just now."""
        path = histories.land_file(self.landing / name, histories.Landing(name, text, 0).data, modified_ms)
        stamp = path.stat().st_mtime_ns // 1_000_000
        self.steps.append((histories.Landing(name, text, stamp),))
        return path

    def land_rows(self, name: str, *rows: histories.Raw, modified_ms: int | None = None) -> Path:
        """Land rows as `histories.row` makes them, in the declared header's order."""
        return self.land(name, histories.write(rows), modified_ms)

    def land_step(self, step: histories.Step) -> None:
        """Land one step of a history."""
        histories.land(step, self.landing)
        self.steps.append(step)

    # running

    def environ(self) -> dict[str, str]:
        """The environment that points dbt and the command line at this lake."""
        ours = {
            "MEDALLION_HOME": str(self.home),
            "MEDALLION_RAW": str(self.raw),
            "MEDALLION_SCHEMA_PREFIX": self.prefix,
            "MEDALLION_TARGET": self.target,
            "MEDALLION_SERVER_PORT": str(self.port),
            "DBT_PROFILES_DIR": str(self.project),
            "DBT_PROJECT_DIR": str(self.project),
            "DBT_TARGET_PATH": str(self.work / "target"),
            "DBT_LOG_PATH": str(self.work / "logs"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DBT_USE_COLORS": "false",
        }
        return {**os.environ, **ours, **self.env}

    def dbt(self, *args: str) -> DbtResult:
        """Run dbt: in this process on the warm server, else in a process of its own."""
        return self._dbt(self._dbt_here if self.target == "server" else self._dbt_apart, args)

    def dbt_apart(self, *args: str) -> DbtResult:
        """Run dbt in a process of its own, on the warm server too."""
        return self._dbt(self._dbt_apart, args)

    def _dbt(self, run: Callable[[Sequence[str]], tuple[bool, str]], args: tuple[str, ...]) -> DbtResult:
        results = self.work / "target" / "run_results.json"
        if args[0] != "retry":  # which reads the last run's results
            results.unlink(missing_ok=True)
        success, output = run(args)
        return DbtResult(args, success, read_nodes(results), output)

    def build(self, *args: str) -> DbtResult:
        """`dbt build`, which has to succeed."""
        return self.dbt("build", *args).ok()

    def _dbt_here(self, args: Sequence[str]) -> tuple[bool, str]:
        from dbt.cli.main import dbtRunner

        said: list[str] = []
        with self._as_environment():
            result = dbtRunner(callbacks=[lambda event: _keep(said, event)]).invoke(list(args))
        if result.exception:
            said.append(str(result.exception))
        return bool(result.success), "\n".join(said)

    def _dbt_apart(self, args: Sequence[str]) -> tuple[bool, str]:
        done = self._run([sys.executable, "-c", "from dbt.cli.main import cli; cli()", *args])
        return done.returncode == 0, done.stdout + done.stderr

    def medallion(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Run the command line on this lake."""
        return self._run([sys.executable, "-m", "runner", *args])

    def _run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.project, env=self.environ(), text=True, capture_output=True, check=False
        )

    @contextmanager
    def _as_environment(self) -> Iterator[None]:
        with mock.patch.dict(os.environ, self.environ(), clear=True):
            yield

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Run one statement on the warm server, as somebody else would: `{p}` is this lake's prefix."""
        from pyhive import hive

        assert self.target == "server", "only the warm server takes statements from outside dbt"
        with hive.connect("127.0.0.1", self.port) as connection, connection.cursor() as cursor:
            cursor.execute(statement.replace("{p}", self.prefix))
            has_rows = statement.split(maxsplit=1)[0].lower() in (
                "call",
                "describe",
                "explain",
                "select",
                "show",
            )
            return cursor.fetchall() if has_rows else []  # fetching from a write fails

    # reading

    def table(self, name: str) -> Table:
        """A table by its name without prefix, like `silver.orders`, as it is now."""
        return _catalog(self.home).load_table(f"{self.prefix}{name}")

    def exists(self, name: str) -> bool:
        """Whether the table is there."""
        if not (self.home / "catalog.db").exists():
            return False
        try:
            self.table(name)
        except NoSuchTableError:
            return False
        return True

    def rows(self, name: str, snapshot: int | None = None) -> list[Row]:
        """All rows, as they are now or at a snapshot."""
        return self.table(name).scan(snapshot_id=snapshot).to_arrow().to_pylist()

    def head(self, name: str) -> int | None:
        """The snapshot that readers see; none for a table that is missing or never written."""
        current = self.table(name).current_snapshot() if self.exists(name) else None
        return current.snapshot_id if current else None

    def snapshots(self, name: str) -> list[Snapshot]:
        """Every snapshot, staged ones too, oldest first."""
        return [_snapshot(s) for s in self.table(name).snapshots()]

    def published(self, name: str) -> list[Snapshot]:
        """The snapshots that lead to what readers see, oldest first."""
        by_id = {s.id: s for s in self.snapshots(name)}
        at, line = self.head(name), []
        while at in by_id:
            line.append(by_id[at])
            at = by_id[at].parent
        return line[::-1]

    # judging

    def expected(self) -> oracle.Expected:
        """What the lake must hold after all that landed."""
        return oracle.expect(histories.versions(self.steps))

    def differences(self, with_gold: bool = True) -> dict[str, str]:
        """Tables that are not what the oracle says, with the first rows that differ; empty when all agree."""
        expected = self.expected()
        found: dict[str, str] = {}
        tables = {n: rows for n, rows in expected.tables.items() if with_gold or not n.startswith("gold.")}
        for name, rows in tables.items():
            columns = oracle.TABLE_COLUMNS[name]
            _note(found, name, oracle.comparable(self.rows(name), columns), oracle.comparable(rows, columns))
        rejected = [
            (Path(r[FILE_COLUMN]).name, sorted(r[REASONS_COLUMN]))
            for r in self.rows("silver.orders_rejected")
        ]
        wanted = [(Path(r["_path"]).name, sorted(r["reasons"])) for r in expected.rejected]
        _note(found, "silver.orders_rejected", sorted(rejected), sorted(wanted))
        landed = sorted(Path(r[FILE_COLUMN]).name for r in self.rows("bronze.orders"))
        _note(found, "bronze.orders", landed, sorted(Path(r["_path"]).name for r in expected.bronze))
        return found


def _note(found: dict[str, str], name: str, actual: list[Any], wanted: list[Any]) -> None:
    """Remember a table that differs: rows it has too many, rows it lacks."""
    if actual == wanted:
        return
    extra = [row for row in actual if row not in wanted][:3]
    missing = [row for row in wanted if row not in actual][:3]
    found[name] = f"{len(actual)} rows, {len(wanted)} expected; not expected {extra}; missing {missing}"


def _snapshot(snapshot: Any) -> Snapshot:
    summary = snapshot.summary
    operation = summary.operation.value if summary else ""
    properties = dict(summary.additional_properties) if summary else {}
    return Snapshot(snapshot.snapshot_id, snapshot.parent_snapshot_id, operation, properties)


def _keep(said: list[str], event: Any) -> None:
    if event.info.level != "debug":
        said.append(event.info.msg)
