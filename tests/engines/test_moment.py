"""What `--at` means, and which snapshot readers saw then: as tables."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from runner.errors import DataError, UsageError
from runner.query.moment import Moment, find_snapshot, read_moment

NOW = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("4120551236789", Moment(snapshot=4120551236789)),
        ("1 day ago", Moment(time=NOW - timedelta(days=1))),
        ("2 WEEKS ago", Moment(time=NOW - timedelta(weeks=2))),
        ("90 seconds ago", Moment(time=NOW - timedelta(seconds=90))),
        ("2026-01-01", Moment(time=datetime(2026, 1, 1, tzinfo=timezone.utc))),
        ("2026-01-01 08:30", Moment(time=datetime(2026, 1, 1, 8, 30, tzinfo=timezone.utc))),
        ("2026-01-01T08:30:00Z", Moment(time=datetime(2026, 1, 1, 8, 30, tzinfo=timezone.utc))),
        ("2026-01-01 08:30:00 UTC", Moment(time=datetime(2026, 1, 1, 8, 30, tzinfo=timezone.utc))),
        ("2026-01-01 08:30:00+02:00", Moment(time=datetime(2026, 1, 1, 6, 30, tzinfo=timezone.utc))),
    ],
)
def test_what_a_person_writes(text: str, moment: Moment) -> None:
    assert read_moment(text, NOW) == moment


@pytest.mark.parametrize(
    "text",
    [
        "tomorrow",
        "1 moon ago",
        "",
        "-1",
        "2026-02-30",
        "2026-02-01",
        "ago",
        "99999999 weeks ago",
        "²",
        "9" * 5000,
        " ",
    ],
)
def test_what_makes_no_sense(text: str) -> None:
    with pytest.raises(UsageError):
        read_moment(text, NOW)


def at(milliseconds: int) -> Moment:
    return Moment(time=datetime.fromtimestamp(milliseconds / 1000, tz=timezone.utc))


LOG = [(1_000, 11), (2_000, 22), (3_000, 11)]  # the last is a rollback


@pytest.mark.parametrize(
    ("moment", "snapshot"),
    [(at(1_000), 11), (at(1_999), 11), (at(2_000), 22), (at(9_000), 11), (Moment(snapshot=33), 33)],
)
def test_what_readers_saw(moment: Moment, snapshot: int) -> None:
    assert find_snapshot("silver.orders", moment, LOG, {11, 22, 33}) == snapshot


@pytest.mark.parametrize(
    ("moment", "log", "said"),
    [
        (at(999), LOG, "begins at 1970-01-01 00:00:01 UTC"),
        (at(9_000), [], "nothing was ever written"),
        (Moment(snapshot=44), LOG, "no snapshot 44"),
        (at(2_500), [(1_000, 11), (2_000, 55)], "expired"),
    ],
)
def test_what_nobody_saw(moment: Moment, log: list[tuple[int, int]], said: str) -> None:
    with pytest.raises(DataError, match=said):
        find_snapshot("silver.orders", moment, log, {11, 22, 33})
