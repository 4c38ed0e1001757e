"""What must hold of a lake at any moment, whatever was interrupted: every table is what its checkpoint says.

* Bronze holds whole file versions, each row once.
* Silver is what the oracle makes of the file versions in the bronze snapshot that its checkpoint names.
* Gold is what the oracle makes of the rows of the silver snapshot that its checkpoint names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import histories
import oracle
from lake import FILE_COLUMN, REASONS_COLUMN, Lake, Row
from pipeline.ledger import GOLD, SILVER, documents, read_range

Version = tuple[str, int]  # path below the source's directory, modification time in ms
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def broken_promises(lake: Lake) -> dict[str, str]:
    """The tables that break a promise, and how; empty when all hold."""
    found: dict[str, str] = {}
    landed = {_version_of(version): version for version in histories.versions(lake.steps)}
    if lake.exists("bronze.orders"):
        _judge_bronze(found, lake, landed)
    for name in SILVER:
        end = _consumed(lake, name, "bronze_orders")
        if end:
            held = versions_in(lake, lake.rows("bronze.orders", end))
            _judge_silver(found, lake, name, [landed[version] for version in landed if version in held])
    for name in GOLD:
        end = _consumed(lake, name, "silver_orders")
        if end:
            wanted = oracle.GOLD[name.removeprefix("gold.")](lake.rows("silver.orders", end))
            _note(found, name, *_both(name, lake.rows(name), wanted))
    return found


def versions_in(lake: Lake, rows: Iterable[Row]) -> Counter[Version]:
    """How many rows bronze rows hold of each file version."""
    return Counter((below(lake, row[FILE_COLUMN]), _milliseconds(row["_source_modified_at"])) for row in rows)


def _version_of(version: oracle.Version) -> Version:
    return version.path, version.modified_ms


def below(lake: Lake, uri: str) -> str:
    """A file of the orders source by its name below the directory."""
    return str(Path(uri.removeprefix("file:")).relative_to(lake.landing))


def _milliseconds(at: datetime) -> int:
    aware = at if at.tzinfo else at.replace(tzinfo=timezone.utc)
    return (aware - EPOCH) // timedelta(milliseconds=1)


def _consumed(lake: Lake, name: str, source: str) -> int | None:
    """The snapshot of its input that a table has consumed; none for one that was never written."""
    carried = documents(lake, name) if lake.exists(name) else []
    return read_range(carried[-1], source)[1] if carried else None


def _judge_bronze(found: dict[str, str], lake: Lake, landed: dict[Version, oracle.Version]) -> None:
    rows = lake.rows("bronze.orders")
    places = Counter(
        (row[FILE_COLUMN], row["_source_modified_at"], row["_source_size"], row["_source_position"])
        for row in rows
    )
    twice = [place for place, count in places.items() if count > 1]
    if twice:
        found["bronze.orders"] = f"rows that are there twice: {twice[:3]}"
    for version, count in versions_in(lake, rows).items():
        if version not in landed:
            found["bronze.orders"] = f"{version} never landed"
        elif count != len(landed[version].rows):
            found["bronze.orders"] = f"{count} of {len(landed[version].rows)} rows of {version}"


def _judge_silver(found: dict[str, str], lake: Lake, name: str, versions: list[oracle.Version]) -> None:
    expected = oracle.expect(versions)
    if name == "silver.orders_rejected":
        actual = sorted((below(lake, r[FILE_COLUMN]), sorted(r[REASONS_COLUMN])) for r in lake.rows(name))
        wanted = sorted((row["_path"], sorted(row["reasons"])) for row in expected.rejected)
        _note(found, name, actual, wanted)
    else:
        _note(found, name, *_both(name, lake.rows(name), expected.tables[name]))


def _both(name: str, actual: list[Row], wanted: list[Row]) -> tuple[list[Any], list[Any]]:
    columns = oracle.TABLE_COLUMNS[name]
    return oracle.comparable(actual, columns), oracle.comparable(wanted, columns)


def _note(found: dict[str, str], name: str, actual: list[Any], wanted: list[Any]) -> None:
    if actual != wanted:
        extra = [row for row in actual if row not in wanted][:3]
        missing = [row for row in wanted if row not in actual][:3]
        found[name] = f"{len(actual)} rows, {len(wanted)} expected; not expected {extra}; missing {missing}"
