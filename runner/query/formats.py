"""Writes an answer: a table to look at, or csv, json and parquet, each batch as it arrives."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from runner.errors import DataError
from runner.query.answer import Answer
from runner.query.json_values import json_value

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


def _rows(answer: Answer) -> Iterator[tuple[Any, ...]]:
    for batch in answer.batches:
        yield from zip(*(_values(column) for column in batch.columns), strict=True)


def _values(column: pa.Array) -> list[Any]:
    try:
        return column.to_pylist(maps_as_pydicts="lossy")  # DuckDB and Iceberg know no key twice in a map
    except (ValueError, OverflowError) as error:  # the year 290000, infinity
        raise DataError(f"a value cannot be shown: {error}", fix="Cast the column to text") from error


def _cell(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list):
        return ", ".join(map(_cell, value))
    if isinstance(value, dict | bytes):
        return json_value(value) if isinstance(value, dict) else value.hex()
    return value.isoformat(sep=" ").replace("+00:00", "") if isinstance(value, datetime) else str(value)


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def _csv_type(kind: pa.DataType) -> pa.DataType:
    """Return the type that csv is given: text for what Arrow's writer has no text for, or not a fit one."""
    has_text = _is_number(kind) or pa.types.is_boolean(kind) or pa.types.is_string(kind)
    return kind if has_text or pa.types.is_date(kind) or pa.types.is_timestamp(kind) else pa.string()


def _csv_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.hex()
    return json_value(value) if isinstance(value, list | tuple | dict) else str(value)


def _for_csv(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = [
        pa.array(map(_csv_text, _values(column)), pa.string()) if column.type != field.type else column
        for column, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
