"""What `--at` means: a snapshot's id, a time, or some time ago. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from runner.errors import DataError, UsageError

_AGO = re.compile(r"^(\d+)\s*(second|minute|hour|day|week)s?\s+ago$", re.IGNORECASE)


@dataclass(frozen=True)
class Moment:
    """A snapshot by its id, or a time (UTC): exactly one of the two."""

    snapshot: int | None = None
    time: datetime | None = None


def read_moment(text: str, now: datetime) -> Moment:
    """Read what a person wrote after `--at`; a time without a zone is UTC.

    Raises UsageError for what is neither, and for a time to come.
    """
    text = text.strip()
    ago = _AGO.match(text)
    try:
        if text.isdecimal():
            return Moment(snapshot=int(text))
        if ago:
            return Moment(time=now - timedelta(**{f"{ago[2].lower()}s": int(ago[1])}))
        time = datetime.fromisoformat(re.sub(r"(?i)\s*(z|utc)$", "+00:00", text))
    except (ValueError, OverflowError):  # OverflowError: longer ago than there are years
        raise UsageError(
            f"--at {text!r} is neither a snapshot nor a time",
            fix="Write a snapshot id, a time like '2026-01-31 08:00', or '1 day ago'",
        ) from None
    time = time if time.tzinfo else time.replace(tzinfo=timezone.utc)
    if time > now:
        raise UsageError(f"--at {text} is in the future", fix="Leave --at away to see what is there now")
    return Moment(time=time)


def find_snapshot(
    table: str, moment: Moment, log: Sequence[tuple[int, int]], snapshots: Collection[int]
) -> int:
    """Return the snapshot that readers of a table saw at a moment.

    `log` says when readers came to see which snapshot: (milliseconds, snapshot), oldest first. `snapshots`
    are all that the table still has, staged ones too: whoever names one by its id may look at it.
    Raises DataError when the table has none such.
    """
    if moment.snapshot is not None:
        if moment.snapshot in snapshots:
            return moment.snapshot
        raise DataError(
            f"{table} has no snapshot {moment.snapshot}",
            fix="A snapshot is of one table: give a time to read several; expired ones are gone",
        )
    assert moment.time is not None
    wanted = moment.time.timestamp() * 1000
    seen = [snapshot for at, snapshot in log if at <= wanted]
    if not seen:
        first = (
            f"{datetime.fromtimestamp(log[0][0] / 1000, tz=timezone.utc):%Y-%m-%d %H:%M:%S}" if log else ""
        )
        known = f"what is known of it begins at {first} UTC" if first else "nothing was ever written to it"
        raise DataError(
            f"{table} has nothing at {moment.time:%Y-%m-%d %H:%M:%S} UTC: {known}", fix="Choose a later --at"
        )
    if seen[-1] not in snapshots:
        raise DataError(f"{table}: snapshot {seen[-1]} of that time has expired", fix="Choose a later --at")
    return seen[-1]
