"""Notes the commits of the tables that a run touched, so that its summary needs no access to the lake."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = "commits.json"
_MOST = 500  # commits of a table: what a summary looks back on

Commits = list[dict[str, Any]]


def note_commits(spark: Any, target: Path) -> Path:
    """Write beside dbt's artifacts what each table's `main` consists of, newest first; return the file."""
    found = [json.loads((target / name).read_text()) for name in ("run_results.json", "manifest.json")]
    path = target / FILE
    path.write_text(json.dumps({table: read_commits(spark, table) for table in tables_of(*found)}))
    return path


def tables_of(run_results: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[str]:
    """Return the tables of the models that ran and of the models that they read. Pure."""
    nodes = manifest["nodes"]
    ran = [one["unique_id"] for one in run_results["results"] if one["status"] != "skipped"]
    models = [name for name in ran if name.startswith("model.") and name in nodes]
    inputs = [name for model in models for name in nodes[model]["depends_on"]["nodes"]]
    read = [name for name in inputs if name.startswith("model.") and name in nodes]
    return sorted({f"{nodes[name]['schema']}.{nodes[name]['alias']}" for name in (*models, *read)})


def read_commits(spark: Any, table: str) -> Commits:
    """Return a table's commits from the head of `main` back; none for a table that is not there."""
    if not spark.catalog.tableExists(f"lake.{table}"):
        return []
    head = spark.sql(f"select snapshot_id from lake.{table}.refs where name = 'main'").collect()
    rows = spark.sql(
        "select snapshot_id, parent_id, operation, summary,"
        f" cast(unix_timestamp(committed_at) as bigint) as committed_at from lake.{table}.snapshots"
    ).collect()
    return line_of([row.asDict() for row in rows], head[0]["snapshot_id"] if head else None)


def line_of(rows: list[dict[str, Any]], head: int | None) -> Commits:
    """Return the commits that lead to a head, newest first; ids as text, as JSON rounds them. Pure."""
    by_id = {row["snapshot_id"]: row for row in rows}
    line: Commits = []
    while head in by_id and len(line) < _MOST:
        row = by_id.pop(head)
        head = row["parent_id"]
        ids = {"id": str(row["snapshot_id"]), "parent": None if head is None else str(head)}
        kept = {name: row[name] for name in ("operation", "committed_at")}
        line.append({**ids, **kept, "summary": dict(row["summary"])})
    return line
