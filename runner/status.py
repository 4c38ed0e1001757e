"""`medallion status`: how far each table is behind what it reads, and how its files are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from pyiceberg.table import Table as IcebergTable
from rich.table import Table

from runner.build import short
from runner.file_health import FileHealth, health_lines, read_file_health
from runner.lake import Commit, History, list_tables, open_catalog, read_history, table_of_model
from runner.settings import Settings
from runner.sources import source_locations, source_lookback

QUARANTINE = "_quarantine"  # <bronze table>_quarantine holds the file versions that were set aside
REJECTED = "_rejected"  # <silver table>_rejected holds the rows that it refused


@dataclass(frozen=True)
class InputLag:
    """How far a table is behind one input: its checkpoint there, and what was committed since."""

    input: str
    checkpoint: str | None
    head: str | None
    snapshots: int
    rows: int
    behind: timedelta
    is_lost: bool  # the checkpoint is no longer in the input's history


@dataclass(frozen=True)
class TableStatus:
    """The state of one table."""

    table: str
    rows: int
    data_files: int
    delete_files: int
    bytes: int
    staged: int  # batches that a gate refused, or that a run left
    rolled_back: int  # commits that readers saw once
    last_run: str | None
    last_commit_at: datetime | None
    inputs: tuple[InputLag, ...]
    files: FileHealth | None = None  # bronze only, where raw files are local
    rejected: int | None = None  # rows that its rules refuse still; only of a table that keeps such rows

    def as_json(self) -> dict[str, Any]:
        """Return the status with plain values."""
        plain = asdict(self)
        plain["last_commit_at"] = self.last_commit_at.isoformat() if self.last_commit_at else None
        for lag in plain["inputs"]:
            lag["behind_seconds"] = lag.pop("behind").total_seconds()
        plain["files"] = self.files.as_json() if self.files else None
        plain["waiting_files"] = self.files.waiting if self.files else None
        return plain


def read_status(settings: Settings) -> list[TableStatus]:
    """Read the state of every table of the lake."""
    catalog = open_catalog(settings)
    tables = {name: catalog.load_table(name) for name in list_tables(catalog)}
    histories = {name: read_history(table) for name, table in tables.items()}
    health = _file_health(settings, tables)
    return [
        replace(
            table_status(history, histories, once_current(tables[name])),
            files=health.get(name),
            rejected=_count_rejected(tables.get(name + REJECTED)),
        )
        for name, history in histories.items()
        if name.removesuffix(QUARANTINE) not in tables or not name.endswith(QUARANTINE)
    ]


def table_status(
    history: History, histories: dict[str, History], was_current: Collection[int] = ()
) -> TableStatus:
    """Work out one table's state from the histories of all, and from the snapshots that `main` pointed at."""
    head, run = history.head, history.last_run
    rolled_back = [commit for commit in history.staged if commit.id in was_current]
    inputs = run.document["inputs"] if run and run.document else {}
    lags = [input_lag(name, read["to"], histories.get(table_of_model(name))) for name, read in inputs.items()]
    return TableStatus(
        table=history.table,
        rows=head.live_rows if head else 0,
        data_files=head.count("total-data-files") if head else 0,
        delete_files=head.count("total-delete-files") if head else 0,
        bytes=head.count("total-files-size") if head else 0,
        staged=len(history.staged) - len(rolled_back),
        rolled_back=len(rolled_back),
        last_run=str(run.document["run"]) if run and run.document else None,
        last_commit_at=head.committed_at if head else None,
        inputs=tuple(lags),
    )


def once_current(table: IcebergTable) -> set[int]:
    """Return the snapshots that readers saw once: those that `main` pointed at, with their ancestors."""
    parents = {snapshot.snapshot_id: snapshot.parent_snapshot_id for snapshot in table.snapshots()}
    found: set[int] = set()
    for entry in table.history():
        at: int | None = entry.snapshot_id
        while at in parents and at not in found:
            found.add(at)
            at = parents[at]
    return found


def _count_rejected(table: IcebergTable | None) -> int | None:
    """Count the rows that were refused and not redriven; one column is read, that of the redriving."""
    if table is None:
        return None
    is_traced = "_redriven_at" in {field.name for field in table.schema().fields}
    waiting = table.scan("_redriven_at is null", ("_redriven_at",)) if is_traced else table.scan()
    return int(waiting.count())


def input_lag(name: str, checkpoint: str | None, history: History | None) -> InputLag:
    """Work out what was committed to an input since a checkpoint; compaction is not news."""
    ancestors: tuple[Commit, ...] = history.ancestors if history else ()
    start = int(checkpoint) if checkpoint else None
    is_lost = start is not None and start not in [commit.id for commit in ancestors]
    newer = [c for c in history.since(start) if c.operation != "replace"] if history and not is_lost else []
    oldest = newer[-1].committed_at if newer else None
    return InputLag(
        input=name,
        checkpoint=checkpoint,
        head=str(ancestors[0].id) if ancestors else None,
        snapshots=len(newer),
        rows=sum(commit.count("added-records") for commit in newer),
        behind=datetime.now(timezone.utc) - oldest if oldest else timedelta(),
        is_lost=is_lost,
    )


def _file_health(settings: Settings, tables: dict[str, IcebergTable]) -> dict[str, FileHealth]:
    health = {}
    for source, location in source_locations(settings).items():
        name = table_of_model(f"bronze_{source}")
        if name in tables:
            aside = tables.get(name + QUARANTINE)
            lookback = source_lookback(settings, source)
            health[name] = read_file_health(location, tables[name], aside, lookback)
    return health


def status_notes(statuses: list[TableStatus]) -> list[str]:
    """Say line by line which raw files were set aside or are never read."""
    return [line for one in statuses if one.files for line in health_lines(one.table, one.files)]


def status_table(statuses: list[TableStatus]) -> Table:
    """Lay the states out as a table."""
    caption = "files: data files + delete files"
    table = Table(box=None, header_style="dim", pad_edge=False, caption=caption, caption_justify="left")
    for name in ("table", "rows", "rejected", "files", "checkpoint", "behind", "last commit (UTC)"):
        is_count = name in ("rows", "rejected", "files")
        table.add_column(name, justify="right" if is_count else "left", no_wrap=name == "table")
    for one in statuses:
        files = f"{one.data_files}" + (f"+{one.delete_files}" if one.delete_files else "")
        moment = f"{one.last_commit_at:%m-%d %H:%M:%S}" if one.last_commit_at else "never"
        marks = ", ".join(short(lag.checkpoint) for lag in one.inputs)
        rejected = "" if one.rejected is None else f"{one.rejected:,}"
        table.add_row(one.table, f"{one.rows:,}", rejected, files, marks, _behind(one), moment)
    return table


def _behind(one: TableStatus) -> str:
    told = [_lag(lag) for lag in one.inputs if lag.is_lost or lag.snapshots]
    if one.files and one.files.waiting:
        told.append(f"[yellow]{one.files.waiting} raw file(s) waiting[/]")
    if one.files and one.files.quarantined:
        told.append(f"[red]{len(one.files.quarantined)} raw file(s) set aside[/]")
    if one.staged:
        told.append(f"[yellow]{one.staged} staged and not published[/]")
    if one.rolled_back:
        told.append(f"{one.rolled_back} rolled back")
    return "; ".join(told) or "[green]up to date[/]"


def _lag(lag: InputLag) -> str:
    if lag.is_lost:
        return f"[red]checkpoint on {lag.input} lost[/]"
    seconds = int(lag.behind.total_seconds())
    return f"[yellow]{lag.snapshots} snapshot(s), {lag.rows:,} rows, {timedelta(seconds=seconds)}[/]"
