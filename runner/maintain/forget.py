"""Which remembered deletions may be forgotten: those that no row can still arrive, or be read, behind. Pure.

A row counts as late by when it landed, not by when silver comes to read it. So the age of a deletion is
counted up to now, or up to the oldest landed rows that the table of live rows has not read yet: it may be
stuck at its gate for days, or be rolled back to any state that it keeps
(docs/decisions/0012-maintenance-keeps-checkpoints.md).
"""

from __future__ import annotations

from datetime import datetime

from runner.lake import Commit
from runner.maintain.needs import Kept, States, reads_of
from runner.maintain.state import TableState

_SUFFIX = "_deleted"
# a deletion is a key and its place in the order of changes: both are in the table of live rows too
_PLACE = {"_source_file", "_source_modified_at", "_source_position", "_ingested_at"}


def find_live(deletions: TableState, states: States) -> TableState | None:
    """Return the table whose deletions a table remembers; None when it is a table of any other kind.

    A name is not enough: silver.accounts_deleted may be what a business wants to know of closed accounts.
    """
    schema, _, name = deletions.name.rpartition(".")
    live = states.get(deletions.name.removesuffix(_SUFFIX))
    if live is None or not schema.endswith("silver") or not name.endswith(_SUFFIX):
        return None
    return live if _PLACE <= deletions.columns <= live.columns else None


def forget_before(deletions: TableState, states: States, kept: Kept, now: datetime) -> datetime | None:
    """Return the moment up to which the age of a table's deletions counts; None when none may be forgotten.

    kept: what is kept of the table of live rows.
    """
    live = find_live(deletions, states)
    carriers = [commit for commit in live.line if commit.document and commit.id in kept] if live else []
    horizons = [_oldest_unread(commit, states, now) for commit in carriers]
    known = [horizon for horizon in horizons if horizon]
    return min(known) if known and len(known) == len(horizons) else None


def _oldest_unread(carrier: Commit, states: States, now: datetime) -> datetime | None:
    """Return when the oldest rows landed that a state has not read; None when its inputs do not say."""
    found = [now]
    for source, _, end in reads_of(carrier):
        line = states[source].line if source in states else ()
        ids = [commit.id for commit in line]
        if end is not None and end not in ids:
            return None
        unread = line[: ids.index(end)] if end is not None else line
        found += [commit.committed_at for commit in unread if commit.operation != "replace"]
    return min(found)
