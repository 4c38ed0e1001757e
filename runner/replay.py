"""`medallion replay` and `medallion redrive`: read a range again, or rejected rows that pass the rules now.

Where a replay starts is decided here, from the tables' histories; that it is safe is decided where every
run is decided, in macros/commit/plan_commit.sql.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from rich.console import Console

from runner.build import build
from runner.errors import DataError, UsageError
from runner.lake import Commit, History, list_tables, open_catalog, read_history, table_of_model
from runner.operations import Model, model_named, read_models, run_operation
from runner.settings import Settings

ALL = "all"
Starts = dict[str, str]  # input -> the snapshot after which to read again, or `all`


def replay(settings: Settings, name: str, start: str, *, is_alone: bool, console: Console) -> None:
    """Read a range again into a model, its siblings (unless alone) and all that follows from them.

    start: a snapshot of an input, a time (UTC unless it says otherwise), or `all`.
    """
    models = read_models(settings)
    if model_named(models, name).reads_files:
        raise UsageError(
            f"{name} reads files, and its table says which are new: it has no range to replay",
            fix=f"To read files again, roll {table_of_model(name)} back to before them (docs/operations.md)",
        )
    histories = _histories(settings)
    group = [name] if is_alone else siblings(models, name)
    built = [one for one in group if one == name or _last_run(one, histories)]
    starts = {one: find_starts(one, start, histories) for one in built}
    if not starts[name]:
        raise UsageError(
            f"{start} is no snapshot of what {name} reads",
            fix="`medallion status --json` names the checkpoints",
        )
    replays = {one: {"from": chosen} for one, chosen in starts.items() if chosen}
    selection = [f"{one}+" for one in group]
    build(settings, ["--select", *selection, "--vars", json.dumps({"replay": replays})], console)


def redrive(settings: Settings, name: str, console: Console) -> int:
    """Move the rejected rows of a model that keep its rules as these are now; return how many.

    First into silver, then noted in the rejected table: interrupted before that, the same command goes on.
    Then into what follows from silver, which the next build would do too.
    """
    models = read_models(settings)
    rejected = f"{name}_rejected"
    model_named(models, name), model_named(models, rejected)
    movers = [one for one in siblings(models, name) if one != rejected]
    operation: dict[str, Any] = {"model_name": name, "rejected": rejected}
    found = _find_redrivable(settings, operation)
    if not found["batches"]:
        return 0
    histories = _histories(settings)
    batches = _consumed(found["batches"], movers, histories)
    if not batches:
        raise DataError(
            f"{table_of_model(rejected)} is ahead of {table_of_model(name)}, so nothing can be moved yet",
            fix=f"Build it first: medallion build --select {name} {rejected}",
        )
    moved_at = f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M:%S.%f}"
    redriven = {"rejected": rejected, "redriven": moved_at}
    replays = {one: {"from": batch_starts(one, batches, histories), **redriven} for one in movers}
    build(settings, ["--select", *movers, "--vars", json.dumps({"replay": replays})], console)
    moved = {"batches": [*batches], "since": found["since"], "at": moved_at, "by": _run(settings, name)}
    run_operation(settings, "mark_redriven", operation | {"moved": moved})
    build(settings, ["--select", *(f"{one}+" for one in movers), "--exclude", *movers, rejected], console)
    return sum(batches.values())


def _find_redrivable(settings: Settings, operation: Mapping[str, Any]) -> dict[str, Any]:
    lines = run_operation(settings, "find_redrivable", operation)
    found: dict[str, Any] = json.loads(next(line for line in lines if "redrivable" in line).partition(" ")[2])
    return found


def _run(settings: Settings, model: str) -> str:
    run = _last_run(model, _histories(settings))
    return str(run.document["run"]) if run and run.document else ""


def _consumed(
    batches: Mapping[str, int], movers: Collection[str], histories: Mapping[str, History]
) -> dict[str, int]:
    """Return the batches of bronze that all movers have read; one whose commit was expired, they have."""
    unread = {_attempt(commit) for mover in movers for commit in _unread(mover, histories)}
    return {batch: rows for batch, rows in batches.items() if batch not in unread}


def _unread(model: str, histories: Mapping[str, History]) -> Iterator[Commit]:
    for name, end in _checkpoint(model, histories).items():
        history = histories.get(table_of_model(name))
        yield from history.since(int(end)) if history and end else ()


def siblings(models: Mapping[str, Model], name: str) -> list[str]:
    """Return a model with those that split the same rows with it: its deletions and its rejected rows."""
    return [one for one in (f"{name}_deleted", name, f"{name}_rejected") if one in models]


def find_starts(model: str, start: str, histories: Mapping[str, History]) -> Starts:
    """Return the snapshot of each input after which to read; none of an input that the start is not in."""
    ends = _checkpoint(model, histories)
    found = {name: _find_start(start, end, histories.get(table_of_model(name))) for name, end in ends.items()}
    return {name: one for name, one in found.items() if one}


def _find_start(start: str, end: str | None, history: History | None) -> str | None:
    """Decide one input's start; `end` is how far it was consumed."""
    ancestors: tuple[Commit, ...] = history.ancestors if history else ()
    ids = [str(commit.id) for commit in ancestors]
    if start == ALL:
        return ALL
    if start.isdigit():
        return start if start in ids else None
    moment = _moment(start)
    before = next((str(commit.id) for commit in ancestors if commit.committed_at <= moment), ALL)
    is_unread = before in ids and end in ids and ids.index(before) < ids.index(end)
    return end if is_unread else before


def batch_starts(model: str, batches: Collection[str], histories: Mapping[str, History]) -> Starts:
    """Return the snapshot of each input before the oldest of these batches; `all` when a commit is gone."""
    starts = {}
    for name in _checkpoint(model, histories):
        history = histories.get(table_of_model(name))
        commits = [c for c in history.ancestors if _attempt(c) in batches] if history else []
        parent = commits[-1].parent if history and len(commits) == len(batches) else None
        held = {commit.id for commit in history.ancestors} if history else set()
        starts[name] = str(parent) if parent in held else ALL
    return starts


def _attempt(commit: Commit) -> str | None:
    return commit.document.get("attempt") if commit.document else None


def _checkpoint(model: str, histories: Mapping[str, History]) -> dict[str, str | None]:
    run = _last_run(model, histories)
    if run is None or run.document is None:
        raise DataError(
            f"{table_of_model(model)} has no checkpoint, so there is nothing to read again",
            fix=f"Build it: medallion build --select +{model}",
        )
    return {name: read["to"] for name, read in run.document["inputs"].items()}


def _last_run(model: str, histories: Mapping[str, History]) -> Commit | None:
    history = histories.get(table_of_model(model))
    return history.last_run if history else None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise UsageError(
            f"--from {text!r} is no snapshot, time or `all`",
            fix="A time looks like 2026-01-31 or 2026-01-31T12:00:00",
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _histories(settings: Settings) -> dict[str, History]:
    catalog = open_catalog(settings)
    return {name: read_history(catalog.load_table(name)) for name in list_tables(catalog)}
