"""An answer in each format, batch by batch, with no digit lost."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console
from trino.types import NamedRowTuple

from runner.errors import DataError
from runner.query import duckdb_engine, duckdb_lake
from runner.query.answer import UTC_TIMESTAMP, Answer, batches_of
from runner.query.arrow_types import arrow_type
from runner.query.formats import WRITERS, write_csv, write_json, write_table

SCHEMA = pa.schema(
    [
        ("n", pa.int64()), ("amount", pa.decimal128(38, 4)), ("day", pa.date32()), ("at", UTC_TIMESTAMP),
        ("text", pa.string()), ("many", pa.list_(pa.string())), ("share", pa.float64()),
    ]
)  # fmt: skip
AT = datetime(2024, 2, 29, 23, 59, 59, 999999, timezone.utc)
ROWS = [
    (1, Decimal("12345678901234567890.1234"), date(1969, 12, 31), AT, 'é "q", x', ["a", "b"], 0.1),
    (None, None, None, None, "", [], float("nan")),
    (3, Decimal("-0.0100"), date(9999, 12, 31), AT, None, None, 1e300),
]


def an_answer() -> Answer:
    return Answer(SCHEMA, batches_of(ROWS, SCHEMA))


def test_csv() -> None:
    sink = io.BytesIO()
    write_csv(an_answer(), sink)
    assert sink.getvalue().decode() == (
        '"n","amount","day","at","text","many","share"\n'
        "1,12345678901234567890.1234,1969-12-31,2024-02-29 23:59:59.999999Z,"
        '"é ""q"", x","[""a"", ""b""]",0.1\n'
        ',,,,"","[]",nan\n'
        "3,-0.0100,9999-12-31,2024-02-29 23:59:59.999999Z,,,1e+300\n"
    )


def test_json() -> None:
    sink = io.BytesIO()
    write_json(an_answer(), sink)
    text = sink.getvalue().decode()
    rows = json.loads(text, parse_float=Decimal)
    assert [row["amount"] for row in rows] == [row[1] for row in ROWS]
    assert rows[0] == {
        "n": 1, "amount": ROWS[0][1], "day": "1969-12-31", "at": "2024-02-29T23:59:59.999999Z",
        "text": 'é "q", x', "many": ["a", "b"], "share": Decimal("0.1"),
    }  # fmt: skip
    assert rows[1]["share"] is None
    assert len(text.splitlines()) == len(ROWS) + 2


def test_parquet_keeps_types() -> None:
    sink = io.BytesIO()
    WRITERS["parquet"](an_answer(), sink)
    read = pq.read_table(io.BytesIO(sink.getvalue()))
    assert read.schema.equals(SCHEMA)
    assert read.column("amount").to_pylist() == [row[1] for row in ROWS]


@pytest.mark.parametrize("form", WRITERS)
def test_no_rows(form: str) -> None:
    sink = io.BytesIO()
    WRITERS[form](Answer(SCHEMA, []), sink)
    assert sink.getvalue()
    assert form != "json" or json.loads(sink.getvalue()) == []


@pytest.mark.parametrize("form", WRITERS)
def test_rows_are_written_as_they_arrive(form: str) -> None:
    """Not more than a few batches are held: an answer may be larger than memory."""
    sink, written = io.BytesIO(), []

    def batches() -> Iterator[pa.RecordBatch]:
        for number in range(50):
            written.append(sink.tell())
            values = [f"{number}-{n}" for n in range(10_000)]
            yield pa.RecordBatch.from_arrays([pa.array(values)], names=["x"])

    WRITERS[form](Answer(pa.schema([("x", pa.string())]), batches()), sink)
    assert written[-1] > written[10] > written[1] > 0


def test_a_table_to_look_at() -> None:
    console = Console(file=io.StringIO(), width=400)
    write_table(an_answer(), console, limit=2)
    text = console.file.getvalue()
    assert "12345678901234567890.1234" in text
    assert "null" in text
    assert "the first 2 rows" in text
    assert "-0.0100" not in text


def test_a_wide_row_on_a_narrow_terminal_stands_upright() -> None:
    console = Console(file=io.StringIO(), width=40, force_terminal=True, no_color=True)
    write_table(an_answer(), console)
    lines = console.file.getvalue().splitlines()
    assert sum("row " in line for line in lines) == len(ROWS)
    assert max(map(len, lines)) < 80


@pytest.mark.parametrize(
    ("name", "dialect", "kind"),
    [
        ("bigint", "trino", pa.int64()),
        ("decimal(38,4)", "trino", pa.decimal128(38, 4)),
        ("timestamp(6) with time zone", "trino", UTC_TIMESTAMP),
        ("timestamp(6)", "trino", pa.timestamp("us")),
        ("array(varchar)", "trino", pa.list_(pa.string())),
        ("varchar(20)", "athena", pa.string()),
        ("timestamp with time zone", "athena", UTC_TIMESTAMP),
        ("timestamp", "spark", UTC_TIMESTAMP),
        ("timestamp_ntz", "spark", pa.timestamp("us")),
        ("array<string>", "spark", pa.list_(pa.string())),
        ("decimal(20,0)", "spark", pa.decimal128(20, 0)),
        ("double", "spark", pa.float64()),
        ("interval day to second", "trino", pa.string()),
    ],
)
def test_types_by_their_names(name: str, dialect: str, kind: pa.DataType) -> None:
    assert arrow_type(name, dialect) == kind


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("2024-01-01 10:00:00.123 UTC", UTC_TIMESTAMP, datetime(2024, 1, 1, 10, 0, 0, 123000, timezone.utc)),
        ("2024-01-01 10:00:00.123456", pa.timestamp("us"), datetime(2024, 1, 1, 10, 0, 0, 123456)),
        ("2024-01-01 10:00:00", UTC_TIMESTAMP, datetime(2024, 1, 1, 10, tzinfo=timezone.utc)),
        ("1.10", pa.decimal128(10, 2), Decimal("1.10")),
        ("-7", pa.int64(), -7),
        ("true", pa.bool_(), True),
        ("0.5", pa.float64(), 0.5),
        ("1969-12-31", pa.date32(), date(1969, 12, 31)),
        ("7", pa.string(), "7"),
        (
            "2024-01-01 10:00:00.000 Europe/Berlin",
            UTC_TIMESTAMP,
            datetime(2024, 1, 1, 9, tzinfo=timezone.utc),
        ),
        (
            "2024-01-01 10:00:00.5 -05:30",
            UTC_TIMESTAMP,
            datetime(2024, 1, 1, 15, 30, 0, 500000, timezone.utc),
        ),
        (
            "2024-01-01T10:00:00.123456789Z",
            UTC_TIMESTAMP,
            datetime(2024, 1, 1, 10, 0, 0, 123456, timezone.utc),
        ),
        ("65 68 0a", pa.binary(), b"eh\n"),
        (time(10, 30), pa.string(), "10:30:00"),
        (UUID(int=7), pa.string(), "00000000-0000-0000-0000-000000000007"),
        (timedelta(days=1), pa.string(), "1 day, 0:00:00"),
        ({"k": Decimal("1.50")}, pa.string(), '{"k": 1.50}'),
        (NamedRowTuple([1, None], ["a", "b"], ["integer", "integer"]), pa.string(), '{"a": 1, "b": null}'),
        (NamedRowTuple([1, 2], ["a", None], ["integer", "integer"]), pa.string(), "[1, 2]"),
        ([{"a": float("nan")}, (1, "é")], pa.list_(pa.string()), ['{"a": null}', '[1, "é"]']),
        ([["1.5"], None], pa.list_(pa.list_(pa.decimal128(4, 2))), [[Decimal("1.50")], None]),
        (1, pa.bool_(), True),
        (Decimal("0.1"), pa.float64(), 0.1),
        (None, pa.int64(), None),
    ],
)
def test_what_drivers_give(text: object, kind: pa.DataType, value: object) -> None:
    (batch,) = batches_of([(text,)], pa.schema([("x", kind)]))
    assert batch.column(0).to_pylist() == [value]


@pytest.mark.parametrize(
    ("value", "kind"), [("10000-01-01", pa.date32()), ("x", pa.int64()), (2**70, pa.int64())]
)
def test_a_value_that_does_not_fit_is_one_line(value: object, kind: pa.DataType) -> None:
    with pytest.raises(DataError, match="amount has a value") as refused:
        list(batches_of([(value,)], pa.schema([("amount", kind)])))
    assert "\n" not in refused.value.line


def test_a_time_beyond_the_calendar_is_one_line() -> None:
    batch = pa.RecordBatch.from_arrays([pa.array([2**31 - 1], pa.int32()).cast(pa.date32())], names=["day"])
    with pytest.raises(DataError, match="cannot be shown"):
        write_json(Answer(batch.schema, [batch]), io.BytesIO())


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize(
    "sql", ["interval 1 day", "[interval 1 day]", "uuid()", "time '10:00'", "map {'a': 1}", "'\\xAA'::blob",
            "union_value(n := 1)", "timestamp_ns '2024-01-01 00:00:00.123456789'", "{'a': 'nan'::double}"]
)  # fmt: skip
def test_whatever_duckdb_has_can_be_written(sql: str, form: str) -> None:
    sink = io.BytesIO()
    with duckdb_lake.connect() as connection:
        WRITERS[form](duckdb_engine.ask(connection, f"select {sql} as x -- a note"), sink)
    if form == "json":
        json.loads(sink.getvalue(), parse_constant=pytest.fail)
