"""Writes avro files, which nothing installed does: a header with the schema, then one block of rows."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any

_SYNC = bytes(range(16))  # what separates blocks


def avro(types: Mapping[str, Any], *rows: Sequence[Any]) -> bytes:
    """An avro file of rows whose columns have these types: int, long, double, string, or a record of them."""
    schema = json.dumps(_record("row", types)).encode()
    meta = {b"avro.schema": schema, b"avro.codec": b"null"}
    pairs = b"".join(_bytes(name) + _bytes(value) for name, value in meta.items())
    header = b"Obj\x01" + _long(len(meta)) + pairs + _long(0) + _SYNC
    data = b"".join(_encode(value, t) for row in rows for value, t in zip(row, types.values(), strict=True))
    return header + (_long(len(rows)) + _bytes(data) + _SYNC if rows else b"")


def _record(name: str, types: Mapping[str, Any]) -> dict[str, Any]:
    fields = [
        {"name": field, "type": _record(field, t) if isinstance(t, Mapping) else t}
        for field, t in types.items()
    ]
    return {"type": "record", "name": name, "fields": fields}


def _encode(value: Any, type_: Any) -> bytes:
    if isinstance(type_, Mapping):
        return b"".join(_encode(value[name], t) for name, t in type_.items())
    if type_ == "double":
        return struct.pack("<d", value)
    return _bytes(value.encode()) if type_ == "string" else _long(value)


def _bytes(value: bytes) -> bytes:
    return _long(len(value)) + value


def _long(value: int) -> bytes:
    """A number in zigzag code, seven bits a byte."""
    left, out = (value << 1) ^ (value >> 63), bytearray()
    while left > 0x7F:
        out.append(left & 0x7F | 0x80)
        left >>= 7
    return bytes([*out, left])
