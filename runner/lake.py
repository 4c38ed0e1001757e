"""Reads a lake through its catalog, without Spark: tables, their commits, and the checkpoint each carries.

Read-only. What it sees is what any other engine sees, since it is PyIceberg on the same catalog.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from runner.errors import DataError
from runner.glue import open_glue
from runner.location import locate_lake
from runner.settings import LAYERS, Settings

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table


@dataclass(frozen=True)
class Commit:
    """One snapshot of a table; `document` is the checkpoint it carries, if any (see macros/commit)."""

    id: int
    parent: int | None
    operation: str
    committed_at: datetime
    summary: Mapping[str, str]
    document: Mapping[str, Any] | None

    def count(self, name: str) -> int:
        """Return a number of the snapshot's summary, like added-records; 0 when it is not there."""
        return int(self.summary.get(name, 0))

    @property
    def live_rows(self) -> int:
        """Return how many rows a reader sees at this snapshot."""
        return self.count("total-records") - self.count("total-position-deletes")


@dataclass(frozen=True)
class History:
    """A table's commits: what `main` consists of, newest first, and what is staged beside it."""

    table: str
    ancestors: tuple[Commit, ...]
    staged: tuple[Commit, ...]

    @property
    def head(self) -> Commit | None:
        """Return the commit that readers see."""
        return self.ancestors[0] if self.ancestors else None

    @property
    def last_run(self) -> Commit | None:
        """Return the newest commit on main that carries a checkpoint."""
        return next((commit for commit in self.ancestors if commit.document), None)

    def since(self, start: int | None) -> tuple[Commit, ...]:
        """Return the commits that are newer than a snapshot, newest first; all of them for None."""
        ids = [commit.id for commit in self.ancestors]
        return self.ancestors[: ids.index(start)] if start in ids else self.ancestors

    def of_run(self, run: str) -> Commit | None:
        """Return the commit on main that a dbt invocation published."""
        return next((c for c in self.ancestors if c.document and c.document.get("run") == run), None)


def open_catalog(settings: Settings) -> Catalog:
    """Open the lake's catalog, SQLite or Glue; raises when there is none yet."""
    location = locate_lake(settings)
    if location.is_glue:
        return open_glue(location)
    if not settings.catalog.is_file():
        raise DataError(f"there is no lake in {settings.home}", fix="Build one first: medallion build")
    from pyiceberg.catalog.sql import SqlCatalog  # noqa: PLC0415  a second to import, and an idle build needs none

    return SqlCatalog(
        "lake",
        uri=f"sqlite:///{settings.catalog}",
        warehouse=f"file://{settings.warehouse}",
        init_catalog_tables="false",
    )


@cache
def import_catalog_meanwhile() -> threading.Thread:
    """Begin to import what `open_catalog` needs, for a second, while something else is waited for."""
    thread = threading.Thread(target=import_module, args=("pyiceberg.catalog.sql",), daemon=True)
    thread.start()
    return thread


def list_tables(catalog: Catalog) -> list[str]:
    """Return the names of the lake's tables, layer by layer."""
    prefix = os.environ.get("MEDALLION_SCHEMA_PREFIX", "")
    spaces = {namespace[0] for namespace in catalog.list_namespaces()}
    schemas = [prefix + layer for layer in LAYERS if prefix + layer in spaces]
    return [f"{schema}.{name}" for schema in schemas for _, name in sorted(catalog.list_tables(schema))]


def table_of_model(model: str) -> str:
    """Return the table of a model: its layer is the schema, the rest the name."""
    layer, _, name = model.partition("_")
    return f"{os.environ.get('MEDALLION_SCHEMA_PREFIX', '')}{layer}.{name}"


def model_of_table(table: str) -> str:
    """Return the model of a table."""
    return table.removeprefix(os.environ.get("MEDALLION_SCHEMA_PREFIX", "")).replace(".", "_", 1)


def read_commits(table: Table) -> dict[int, Commit]:
    """Read all snapshots of a table by their ids, whether readers see them or not."""
    return {snapshot.snapshot_id: _commit(snapshot) for snapshot in table.snapshots()}


def read_history(table: Table) -> History:
    """Read a table's commits from its metadata; no data file is opened."""
    commits = read_commits(table)
    current = table.current_snapshot()
    ancestors, at = [], current.snapshot_id if current else None
    while at in commits:
        ancestors.append(commits.pop(at))
        at = ancestors[-1].parent
    staged = tuple(commit for commit in commits.values() if commit.document)
    return History(".".join(table.name()), tuple(ancestors), staged)


def _commit(snapshot: Any) -> Commit:
    summary = dict(snapshot.summary.additional_properties) if snapshot.summary else {}
    return Commit(
        id=snapshot.snapshot_id,
        parent=snapshot.parent_snapshot_id,
        operation=snapshot.summary.operation.value if snapshot.summary else "",
        committed_at=datetime.fromtimestamp(snapshot.timestamp_ms / 1000, tz=timezone.utc),
        summary=summary,
        document=document_of(summary.get("wap.id", "")),
    )


def document_of(wap_id: str) -> Mapping[str, Any] | None:
    """Return the checkpoint document that a `wap.id` is; None for one of somebody else, or for none."""
    try:
        document = json.loads(wap_id) if wap_id.startswith("{") else None
    except ValueError:
        return None
    return document if isinstance(document, dict) and document.get("medallion") == 1 else None
