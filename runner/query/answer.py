"""What an engine gives back: a schema, and rows as they are read, in the same types from every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from runner.location import Location
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
        arrays = [
            pa.array([to_value(value, field.type) for value in column], field.type)
            for column, field in zip(columns, schema, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def to_value(value: Any, kind: pa.DataType) -> Any:
    """Turn a value as a driver gives it, text for one, to what Arrow takes for a type. Pure."""
    if value is None:
        return None
    if isinstance(value, str):
        read = next((read for is_kind, read in _READERS if is_kind(kind)), None)
        value = read(value) if read else value
    if isinstance(value, datetime) and value.tzinfo is None and getattr(kind, "tz", None):
        return value.replace(tzinfo=timezone.utc)
    return value


def _iso(text: str) -> str:
    """Make `2024-01-01 10:00:00.123 UTC` what Python 3.10 reads too: six digits, an offset."""
    text = text.removesuffix(" UTC").removesuffix("Z")
    whole, dot, rest = text.partition(".")
    return f"{whole}.{rest[:6]:0<6}" if dot else whole


_READERS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[str], Any]], ...] = (
    (pa.types.is_timestamp, lambda text: datetime.fromisoformat(_iso(text))),
    (pa.types.is_decimal, Decimal),
    (pa.types.is_date, date.fromisoformat),
    (pa.types.is_integer, int),
    (pa.types.is_floating, float),
    (pa.types.is_boolean, lambda text: text.lower() in ("true", "1")),
)


def file_uri(path: str) -> str:
    """Return a local path without its scheme; anything else as it is."""
    return str(Path(path.removeprefix("file://").removeprefix("file:"))) if path.startswith("file:") else path
