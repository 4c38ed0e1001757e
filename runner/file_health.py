"""How the raw files of a source are: in bronze, waiting, set aside, or never looked at, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
from pyiceberg.table import Table
from rich.markup import escape

from runner.raw_files import Version, list_files, plain_path

NO_ROWS = "it has no rows; nothing is to be done"  # as macros/read/read_headers.sql says it


@dataclass(frozen=True)
class SetAside:
    """A file version in quarantine: which, why, since when."""

    path: str
    modified_at: datetime
    size: int
    reason: str
    since: datetime
    run: str

    @property
    def version(self) -> Version:
        """Return what tells this version from others."""
        return self.path, _milliseconds(self.modified_at), self.size


@dataclass(frozen=True)
class FileHealth:
    """The files of one source, as they lie there now."""

    landed: int
    ingested: int
    waiting: int
    empty: int  # without rows: nothing to ingest
    too_old: int  # not ingested, and modified before the source's lookback_days: left alone
    quarantined: tuple[SetAside, ...]
    skipped: tuple[str, ...]  # by their names: Spark lists no file or directory that begins with . or _

    def as_json(self) -> dict[str, Any]:
        """Return the health with plain values."""
        plain = asdict(self)
        for one in plain["quarantined"]:
            one.update(modified_at=one["modified_at"].isoformat(), since=one["since"].isoformat())
        return plain


def read_file_health(
    location: str, bronze: Table, quarantine: Table | None, lookback_days: int | None = None
) -> FileHealth:
    """Look at where a source's files land, and at what its bronze and quarantine tables hold."""
    landed, skipped = list_files(location)
    rows = quarantine.scan().to_arrow().to_pylist() if quarantine else []
    since = datetime.now(timezone.utc) - timedelta(days=lookback_days) if lookback_days else None
    return judge_files(landed, _held_versions(bronze), map(_set_aside, rows), skipped, since)


def judge_files(
    landed: set[Version],
    held: set[Version],
    quarantine: Iterable[SetAside],
    skipped: Iterable[str],
    since: datetime | None = None,
) -> FileHealth:
    """Tell what became of each version that lies there; a version that is gone or changed is no news.

    Nothing that was modified before `since` is looked at by a run.
    """
    aside: Mapping[Version, SetAside] = {
        one.version: one
        for one in sorted(quarantine, key=lambda one: one.since)
        if one.version in landed - held
    }
    empty = {version for version, one in aside.items() if one.reason == NO_ROWS}
    empty |= {version for version in landed if not version[2]}
    waiting = landed - held - aside.keys() - empty
    too_old = {version for version in waiting if since and version[1] < _milliseconds(since)}
    return FileHealth(
        landed=len(landed),
        ingested=len(landed & held),
        waiting=len(waiting - too_old),
        empty=len(empty),
        too_old=len(too_old),
        quarantined=tuple(one for version, one in sorted(aside.items()) if version not in empty),
        skipped=tuple(skipped),
    )


def health_lines(table: str, health: FileHealth) -> Iterator[str]:
    """Say which files of a table were set aside or are never read, and what to do."""
    quarantined, skipped = health.quarantined, health.skipped
    if quarantined:
        yield f"[red]{len(quarantined)} file(s) of {table} set aside[/]; mend or touch one to retry it:"
    for one in quarantined:
        yield f"  {escape(repr(one.path))}, since {one.since:%Y-%m-%d %H:%M} UTC: {escape(one.reason)}"
    if skipped:
        yield f"[yellow]{len(skipped)} file(s) of {table} not read[/], for Spark hides such names:"
    for path in skipped:
        yield f"  {escape(repr(path))}"


def _held_versions(table: Table) -> set[Version]:
    """Return the versions that a table has rows of; its rows, many for each, go by in batches."""
    columns = ("_source_file", "_source_modified_at", "_source_size")
    return {
        (plain_path(row[columns[0]]), _milliseconds(row[columns[1]]), row[columns[2]])
        for batch in table.scan(selected_fields=columns).to_arrow_batch_reader()
        for row in pa.Table.from_batches([batch]).group_by(columns).aggregate([]).to_pylist()
    }


def _set_aside(row: Mapping[str, Any]) -> SetAside:
    path = plain_path(row["path"])
    return SetAside(
        path, row["modified_at"], row["size"], row["reason"], row["quarantined_at"], row["run_id"]
    )


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
