"""What became of each file, from what lies there and what the tables hold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pytest

from runner.file_health import (
    NO_ROWS,
    SetAside,
    _held_versions,
    health_lines,
    judge_files,
    read_file_health,
)
from runner.raw_files import Version, is_skipped

NOON = datetime(2024, 10, 1, 12, tzinfo=timezone.utc)
STAMP = int(NOON.timestamp() * 1000)


def version(path: str, size: int = 9) -> Version:
    return path, STAMP, size


def aside(path: str, reason: str = "torn", size: int = 9, hours: int = 0) -> SetAside:
    return SetAside(path, NOON, size, reason, NOON + timedelta(hours=hours), "run")


def test_each_version_is_counted_once() -> None:
    landed = {version(name) for name in ("in", "new", "bad", "header")} | {version("zero", 0)}
    health = judge_files(
        landed, {version("in"), version("gone")}, [aside("bad"), aside("header", NO_ROWS)], []
    )
    assert (health.landed, health.ingested, health.waiting, health.empty) == (5, 1, 1, 2)
    assert [one.path for one in health.quarantined] == ["bad"]


def test_what_is_gone_changed_or_ingested_since_is_not_shown() -> None:
    landed = {version("changed", 10), version("mended")}
    rows = [aside("gone"), aside("changed"), aside("mended")]
    health = judge_files(landed, {version("mended")}, rows, [])
    assert (health.quarantined, health.waiting) == ((), 1)


def test_what_the_lookback_leaves_alone_does_not_wait() -> None:
    old = ("old", STAMP - 1000, 9), ("old bad", STAMP - 1000, 9), ("old in", STAMP - 1000, 9)
    landed = {version("new"), version("future"), *old}
    rows = [SetAside("old bad", NOON - timedelta(seconds=1), 9, "torn", NOON, "run")]
    health = judge_files(landed, {old[2]}, rows, [], since=NOON)
    assert (health.waiting, health.too_old, health.ingested, len(health.quarantined)) == (2, 1, 1, 1)
    assert judge_files(landed, {old[2]}, rows, []).too_old == 0


class Bronze:
    """A table that gives its rows in batches only: all of them do not fit into memory."""

    def scan(self, selected_fields: tuple[str, ...]) -> Bronze:
        self.columns = selected_fields
        return self

    def to_arrow_batch_reader(self) -> Iterator[pa.RecordBatch]:
        for path, second in (("file:/raw/a", 0), ("file:/raw/a", 1), ("s3a://lake/b", 1)):
            row = path, NOON + timedelta(seconds=second), 9
            yield pa.RecordBatch.from_pydict({name: [row[n]] * 3 for n, name in enumerate(self.columns)})


def test_what_bronze_holds_is_read_in_batches(tmp_path: Path) -> None:
    held = _held_versions(Bronze())  # type: ignore[arg-type]
    assert held == {("/raw/a", STAMP, 9), ("/raw/a", STAMP + 1000, 9), ("lake/b", STAMP + 1000, 9)}
    (tmp_path / "a").write_text("x")
    os.utime(tmp_path / "a", (1_000_000_000, 1_000_000_000))
    days = (datetime.now(timezone.utc) - datetime(2001, 9, 9, tzinfo=timezone.utc)).days
    for lookback, waiting in ((None, 1), (days - 2, 0), (days + 2, 1)):
        health = read_file_health(str(tmp_path), Bronze(), None, lookback)  # type: ignore[arg-type]
        assert (health.waiting, health.too_old) == (waiting, 1 - waiting)


def test_of_a_version_set_aside_twice_the_last_reason_counts() -> None:
    rows = [aside("bad", "second", hours=1), aside("bad", "first")]
    [shown] = judge_files({version("bad")}, set(), rows, []).quarantined
    assert shown.reason == "second"


@pytest.mark.parametrize(
    ("path", "skipped"),
    [
        ("a.csv", False),
        ("day/a_b.csv", False),
        ("_a.csv", True),
        (".a.csv", True),
        ("_tmp/a.csv", True),
        ("a/.b/c.csv", True),
        ("_day=1.csv", False),
        ("a.csv._COPYING_", True),
    ],
)
def test_names_that_spark_hides(path: str, skipped: bool) -> None:
    assert is_skipped(path) == skipped


def test_a_name_is_printed_as_it_is() -> None:
    [_, line, _, hidden] = health_lines(
        "bronze.orders", judge_files({version("[red]x")}, set(), [aside("[red]x")], ["_[b]"])
    )
    assert r"\[red]x" in line
    assert "2024-10-01 12:00" in line
    assert r"_\[b]" in hidden
