"""Lands a table as files, the way a careful producer does: what is half-written is seen by nobody.

In a directory a file has a hidden name until it is whole. In a bucket an object appears when all its parts
have arrived; an upload that breaks off leaves nothing that a reader finds.
"""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from runner.errors import InfrastructureError, UsageError
from runner.raw_files import split_uri

FORMATS = ("tsv", "csv", "jsonl", "parquet")
_CHUNK = 250_000  # rows turned to text at a time: bounds memory


@dataclass(frozen=True)
class Landing:
    """Where and how files land: `<out>/<stem>-00001.<format>[.gz]`."""

    out: str  # a directory, or an s3:// prefix
    stem: str
    format: str = "tsv"
    files: int = 1
    is_gzipped: bool = False

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise UsageError(f"format {self.format!r} is unknown", fix=f"Choose one of {', '.join(FORMATS)}")
        if self.files < 1:
            raise UsageError(f"{self.files} files cannot hold any rows", fix="Ask for at least 1")
        if self.is_gzipped and self.format == "parquet":
            raise UsageError("parquet files are compressed inside", fix="Leave --gzip away")

    def name(self, number: int) -> str:
        """Return the name of one file."""
        return f"{self.stem}-{number:05d}.{self.format}{'.gz' if self.is_gzipped else ''}"


def land(table: pa.Table, landing: Landing) -> Iterator[str]:
    """Write a table as the landing says, rows spread evenly; yield each file as it is complete."""
    bounds = [table.num_rows * n // landing.files for n in range(landing.files + 1)]
    for number, (start, stop) in enumerate(pairwise(bounds), start=1):
        part = table.slice(start, stop - start)
        place = _to_s3 if "://" in landing.out else _to_directory
        yield place(part, landing, landing.name(number))


def _to_directory(table: pa.Table, landing: Landing, name: str) -> str:
    folder = Path(landing.out)
    # readers skip names that start with a dot, so nobody reads half a file
    partial = folder / f".{name}.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as sink:
            _write(table, sink, landing)
        return str(partial.replace(folder / name))
    except OSError as error:
        raise InfrastructureError(
            f"{folder / name} cannot be written: {error}", fix="Choose another --out"
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def _to_s3(table: pa.Table, landing: Landing, name: str) -> str:
    import boto3  # noqa: PLC0415 - slow to import, and only a bucket needs it

    from runner.emr.aws_errors import aws_errors  # noqa: PLC0415 - imports boto3

    bucket, prefix = split_uri(landing.out)
    key = "/".join(part for part in (prefix, name) if part)
    with tempfile.TemporaryFile() as spool, aws_errors(f"write s3://{bucket}/{key}"):
        _write(table, spool, landing)
        spool.seek(0)
        boto3.client("s3").upload_fileobj(spool, bucket, key)  # large ones in parts
    return f"s3://{bucket}/{key}"


def _write(table: pa.Table, sink: BinaryIO | gzip.GzipFile, landing: Landing) -> None:
    if landing.format == "parquet":
        pyarrow.parquet.write_table(typed(table), sink, compression="zstd")
        return
    if not landing.is_gzipped:
        _write_text(table, sink, landing.format)
        return
    # no name and no time in the gzip header: the same rows are the same bytes
    with gzip.GzipFile(filename="", mode="wb", fileobj=sink, mtime=0, compresslevel=3) as packed:
        _write_text(table, packed, landing.format)


def _write_text(table: pa.Table, sink: BinaryIO | gzip.GzipFile, form: str) -> None:
    if form == "jsonl":
        for batch in table.to_batches(max_chunksize=_CHUNK):
            sink.write(json_lines(batch))
        return
    separator = "\t" if form == "tsv" else ","
    sink.write((separator.join(table.column_names) + "\n").encode())
    # no value holds a separator or a quote; Arrow would quote the header all the same
    options = pyarrow.csv.WriteOptions(delimiter=separator, quoting_style="none", include_header=False)
    pyarrow.csv.write_csv(table, sink, options)


def json_lines(batch: pa.RecordBatch) -> bytes:
    """Turn rows to JSON lines, a column at a time; text holds nothing that JSON must escape."""
    pieces: list[pa.Array | str] = []
    for position, (name, column) in enumerate(zip(batch.schema.names, batch.columns, strict=True)):
        text = pc.cast(column, pa.string())
        if not pa.types.is_integer(column.type) and not pa.types.is_floating(column.type):
            text = pc.binary_join_element_wise('"', text, '"', "")
        pieces += [f'{"," if position else "{"}"{name}":', pc.fill_null(text, "null")]
    lines = pc.binary_join_element_wise(*pieces, "}\n", "")
    return (
        pc.binary_join(pa.LargeListArray.from_arrays([0, len(lines)], lines), "")[0].as_buffer().to_pybytes()
    )


def typed(table: pa.Table) -> pa.Table:
    """Give the order date its type, for a format that has types; one that is no date becomes null."""
    place = table.schema.get_field_index("orderdate")
    dates = pc.strptime(table["orderdate"], format="%Y-%m-%d", unit="s", error_is_null=True)
    return table.set_column(place, "orderdate", pc.cast(dates, pa.date32()))
