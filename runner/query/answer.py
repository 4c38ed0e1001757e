"""What an engine gives back: a schema, and rows as they are read, in the same types from every engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from runner.errors import DataError
from runner.location import Location
from runner.query.json_values import json_value
from runner.query.lake_tables import LakeTable
from runner.query.question import Question
from runner.settings import Settings

BATCH_ROWS = 10_000
UTC_TIMESTAMP = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Access:
    """How an engine is reached, where the person said so; empty means the engine's own default."""

    url: str = ""  # Trino, StarRocks
    workgroup: str = ""  # Athena
    results: str = ""  # Athena: where it puts them, s3://…


@dataclass(frozen=True)
class Request:
    """A question with everything it takes to answer it."""

    question: Question
    tables: tuple[LakeTable, ...]
    settings: Settings
    location: Location
    access: Access = Access()

    @property
    def by_name(self) -> dict[str, LakeTable]:
        """Return the tables by the name in the question."""
        return {table.name: table for table in self.tables}


@dataclass(frozen=True)
class Answer:
    """Rows in batches, read once; `notes` are known when all are read (what it cost)."""

    schema: pa.Schema
    batches: Iterable[pa.RecordBatch]
    notes: Callable[[], Sequence[str]] = lambda: ()

    def rows(self) -> list[tuple[Any, ...]]:
        """Read everything: for small answers."""
        return [
            row for batch in self.batches for row in zip(*(c.to_pylist() for c in batch.columns), strict=True)
        ]


def batches_of(rows: Iterable[Sequence[Any]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Turn an engine's rows to batches, a bounded number of rows at a time."""
    rows = iter(rows)
    while chunk := list(islice(rows, BATCH_ROWS)):
        columns = zip(*chunk, strict=True)
        arrays = [_array(column, field) for column, field in zip(columns, schema, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(column: Sequence[Any], field: pa.Field) -> pa.Array:
    try:
        return pa.array([to_value(value, field.type) for value in column], field.type)
    except (ValueError, TypeError, ArithmeticError, pa.ArrowException) as error:  # the year 290000, for one
        raise DataError(
            f"{field.name} has a value that is no {field.type} here: {error}", fix="Cast the column to text"
        ) from error


def to_value(value: Any, kind: pa.DataType) -> Any:
    """Turn a value as a driver gives it, text for one, to what Arrow takes for a type. Pure."""
    if value is None:
        return None
    if isinstance(value, list | tuple) and pa.types.is_list(kind):
        return [to_value(one, kind.value_type) for one in value]
    if pa.types.is_string(kind):
        return _text(value)
    if isinstance(value, str):
        read = next((read for is_kind, read in _READERS if is_kind(kind)), None)
        value = read(value) if read else value
    if isinstance(value, datetime) and value.tzinfo is None and getattr(kind, "tz", None):
        return value.replace(tzinfo=timezone.utc)
    if pa.types.is_boolean(kind) or pa.types.is_floating(kind):  # StarRocks gives a number, JSON a decimal
        return bool(value) if pa.types.is_boolean(kind) else float(value)
    return value


def _text(value: Any) -> str:
    """Return as text what has no type of Arrow's here: rows and maps as JSON, times as they read."""
    if isinstance(value, str):
        return value
    return json_value(value) if isinstance(value, dict | list | tuple | bool | bytes) else str(value)


_TIMESTAMP = re.compile(r"(\S{10,})[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)? ?([+-]\d\d:\d\d)?(\S*)")


def _timestamp(text: str) -> datetime:
    """Read `2024-01-01 10:00:00.123 UTC`, an offset or a zone's name in its place, or none of them."""
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        return datetime.fromisoformat(text)
    day, time, digits, offset, zone = found.groups(default="")
    read = datetime.fromisoformat(f"{day} {time}.{digits:0<6}{offset}")  # as Python 3.10 can
    return read.replace(tzinfo=ZoneInfo(zone)) if zone not in ("", "Z", "UTC") else read


_READERS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[str], Any]], ...] = (
    (pa.types.is_timestamp, _timestamp),
    (pa.types.is_decimal, Decimal),
    (pa.types.is_date, date.fromisoformat),
    (pa.types.is_integer, int),
    (pa.types.is_floating, float),
    (pa.types.is_binary, bytes.fromhex),  # Athena: pairs of digits, a space between them
    (pa.types.is_boolean, lambda text: text.lower() in ("true", "1")),
)


def file_uri(path: str) -> str:
    """Return a local path without its scheme; anything else as it is."""
    return str(Path(path.removeprefix("file://").removeprefix("file:"))) if path.startswith("file:") else path
