"""A value as JSON, with no digit lost and nothing in it that JSON has no word for. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any


def json_value(value: Any) -> str:
    """Return a value as JSON: a row with names and a map are objects, decimals keep their digits."""
    if isinstance(value, list | tuple | Mapping):
        return _object(value) if isinstance(value, Mapping) else _array(value)
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else "null"
    if isinstance(value, float) and not isfinite(value):
        return "null"  # JSON has no word for it
    if isinstance(value, datetime | date):
        return json.dumps(value.isoformat().replace("+00:00", "Z"))
    return json.dumps(value.hex() if isinstance(value, bytes) else value, ensure_ascii=False, default=str)


def _array(value: list[Any] | tuple[Any, ...]) -> str:
    names = getattr(value, "_names", None)  # Trino's rows: tuples that know the names of their fields
    if names and all(names):
        return _object(dict(zip(names, value, strict=True)))
    return f"[{', '.join(map(json_value, value))}]"


def _object(value: Mapping[Any, Any]) -> str:
    pairs = (f"{json_value(str(name))}: {json_value(one)}" for name, one in value.items())
    return f"{{{', '.join(pairs)}}}"
