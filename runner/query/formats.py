"""Writes an answer: a table to look at, or csv, json and parquet, each batch as it arrives."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from math import isfinite
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from runner.query.answer import Answer

LOOKED_AT = 200  # rows of a table to look at; the other formats have all


def write_table(answer: Answer, console: Console, limit: int = LOOKED_AT) -> None:
    """Print the first rows as a table, or one below the other where the terminal is too narrow for it."""
    found = list(islice(_rows(answer), limit + 1))
    rows = [[_cell(value) for value in row] for row in found[:limit]]
    names = answer.schema.names
    wide = sum(
        max(map(len, (name, *column))) + 3 for name, column in zip(names, _columns(rows, names), strict=True)
    )
    if console.is_terminal and wide > console.width:
        _write_records(names, rows, console)
    else:
        console.width = max(console.width, wide)
        console.print(_table(answer.schema, rows))
    if len(found) > limit:
        console.print(f"the first {limit} rows; --format csv, json or parquet gives all", style="dim")


def _columns(rows: list[list[str]], names: list[str]) -> list[tuple[str, ...]]:
    return list(zip(*rows, strict=True)) if rows else [()] * len(names)


def _table(schema: pa.Schema, rows: list[list[str]]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for field in schema:
        table.add_column(
            Text(field.name), justify="right" if _is_number(field.type) else "left", no_wrap=True
        )
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _write_records(names: list[str], rows: list[list[str]], console: Console) -> None:
    for number, row in enumerate(rows, 1):
        console.print(f"row {number}", style="dim", highlight=False)
        grid = Table(box=None, show_header=False, pad_edge=False)
        for name, value in zip(names, row, strict=True):
            grid.add_row(Text(name, style="dim"), Text(value))
        console.print(grid)


def write_csv(answer: Answer, sink: BinaryIO) -> None:
    """Write csv with a header; null is empty, empty text is quoted, times are UTC, lists are JSON."""
    schema = pa.schema([(field.name, _csv_type(field.type)) for field in answer.schema])
    with pyarrow.csv.CSVWriter(sink, schema) as writer:
        for batch in answer.batches:
            writer.write_batch(_for_csv(batch, schema))


def write_json(answer: Answer, sink: BinaryIO) -> None:
    """Write one JSON array, an object per line; decimals keep all digits, times are ISO in UTC."""
    names = [json.dumps(field.name, ensure_ascii=False) for field in answer.schema]
    before = "[\n"
    for row in _rows(answer):
        pairs = (f"{name}: {json_value(value)}" for name, value in zip(names, row, strict=True))
        sink.write(f"{before}{{{', '.join(pairs)}}}".encode())
        before = ",\n"
    sink.write(b"[]\n" if before == "[\n" else b"\n]\n")


def write_parquet(answer: Answer, sink: BinaryIO) -> None:
    """Write one parquet file."""
    with pyarrow.parquet.ParquetWriter(sink, answer.schema, compression="zstd") as writer:
        for batch in answer.batches:
            writer.write_batch(batch)


WRITERS: Mapping[str, Callable[[Answer, BinaryIO], None]] = {
    "csv": write_csv,
    "json": write_json,
    "parquet": write_parquet,
}


def json_value(value: Any) -> str:
    """Return a value as JSON. Pure."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list):
        return f"[{', '.join(map(json_value, value))}]"
    if isinstance(value, float) and not isfinite(value):
        return "null"  # JSON has no word for it
    if isinstance(value, datetime | date):
        return json.dumps(_time(value))
    return json.dumps(value, ensure_ascii=False, default=str)


def _rows(answer: Answer) -> Iterator[tuple[Any, ...]]:
    for batch in answer.batches:
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _time(value: datetime | date) -> str:
    return value.isoformat().replace("+00:00", "Z")


def _cell(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ").replace("+00:00", "")
    return str(value)


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def _csv_type(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_nested(kind) or pa.types.is_null(kind) else kind


def _for_csv(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = [
        pa.array([None if v is None else json_value(v) for v in column.to_pylist()], pa.string())
        if column.type != field.type
        else column
        for column, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
