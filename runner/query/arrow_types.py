"""From the name that an engine has for a type to Arrow's type. Pure."""

from __future__ import annotations

import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from runner.query.answer import UTC_TIMESTAMP

_Type = exp.DataType.Type
_PLAIN: dict[exp.DType, pa.DataType] = {
    _Type.BOOLEAN: pa.bool_(),
    _Type.TINYINT: pa.int8(),
    _Type.SMALLINT: pa.int16(),
    _Type.INT: pa.int32(),
    _Type.BIGINT: pa.int64(),
    _Type.FLOAT: pa.float32(),
    _Type.DOUBLE: pa.float64(),
    _Type.DATE: pa.date32(),
    _Type.BINARY: pa.binary(),
    _Type.VARBINARY: pa.binary(),
    _Type.TIMESTAMPTZ: UTC_TIMESTAMP,
    _Type.TIMESTAMPLTZ: UTC_TIMESTAMP,
    _Type.TIMESTAMP: pa.timestamp("us"),
    _Type.TIMESTAMPNTZ: pa.timestamp("us"),
    _Type.DATETIME: pa.timestamp("us"),
    _Type.NULL: pa.null(),
    _Type.UNKNOWN: pa.null(),
}


def arrow_type(name: str, dialect: str) -> pa.DataType:
    """Return Arrow's type for an engine's: `decimal(38,4)`, `array(varchar)`; text for what is not known."""
    try:
        return _convert(sqlglot.parse_one(name, into=exp.DataType, dialect=dialect), dialect)
    except SqlglotError:
        return pa.string()


def _convert(kind: exp.Expr, dialect: str) -> pa.DataType:
    if not isinstance(kind, exp.DataType):
        return pa.string()
    inner = kind.expressions
    if kind.this == _Type.DECIMAL:
        digits = [int(one.name) for one in inner]
        return pa.decimal128(*(digits or [38, 0]))
    if kind.this in (_Type.ARRAY, _Type.LIST) and inner:
        return pa.list_(_convert(inner[0], dialect))
    if kind.this == _Type.TIMESTAMP and dialect == "spark":
        return UTC_TIMESTAMP  # Spark's plain timestamp is a point in time
    return _PLAIN.get(kind.this, pa.string())
