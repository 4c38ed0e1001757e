"""StarRocks, a running one by its URL, through MySQL's protocol."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pyarrow as pa
import pymysql
from pymysql.constants import FIELD_TYPE
from pymysql.cursors import SSCursor

from runner.errors import BadSetting, DataError, EngineUnavailable
from runner.query.answer import UTC_TIMESTAMP, Answer, Request, batches_of
from runner.query.lake_tables import LakeTable

DIALECT = "starrocks"
NAME = "StarRocks"
CATALOG = "lake"
_DIGITS = 38

_TYPES = {
    FIELD_TYPE.TINY: pa.int8(),
    FIELD_TYPE.SHORT: pa.int16(),
    FIELD_TYPE.LONG: pa.int32(),
    FIELD_TYPE.LONGLONG: pa.int64(),
    FIELD_TYPE.FLOAT: pa.float32(),
    FIELD_TYPE.DOUBLE: pa.float64(),
    FIELD_TYPE.DATE: pa.date32(),
    FIELD_TYPE.NEWDATE: pa.date32(),
    FIELD_TYPE.DATETIME: UTC_TIMESTAMP,  # of Iceberg's timestamptz, in the session's zone: UTC
    FIELD_TYPE.TIMESTAMP: UTC_TIMESTAMP,
}


@contextmanager
def answer(request: Request) -> Iterator[Answer]:
    """Answer through a StarRocks frontend; rows stream."""
    host, port, user, catalog = read_url(request.access.url or os.environ.get("MEDALLION_STARROCKS_URL", ""))
    tables = request.by_name
    sql = request.question.rename(lambda name: reference(tables[name], catalog))
    try:
        connection = pymysql.connect(
            host=host,
            port=port,
            user=user,
            password=os.environ.get("MEDALLION_STARROCKS_PASSWORD", ""),
            cursorclass=SSCursor,
            connect_timeout=10,
            init_command="set time_zone = '+00:00'",
        )
    except (pymysql.err.OperationalError, OSError) as error:
        raise EngineUnavailable(
            f"StarRocks at {host}:{port} does not answer: {_said(error)}",
            fix="Is it up? Name it with --url starrocks://user@host:9030/catalog, "
            "its password with MEDALLION_STARROCKS_PASSWORD",
        ) from error
    with connection, connection.cursor() as cursor:
        try:
            cursor.execute(sql)
        except pymysql.err.Error as error:
            raise DataError(f"StarRocks: {_said(error)}", fix="Mend the question") from error
        schema = pa.schema(
            [(name, _type(code, scale)) for name, code, _, _, _, scale, _ in cursor.description]
        )
        yield Answer(schema, batches_of(cursor, schema))


def reference(table: LakeTable, catalog: str) -> str:
    """Return the table as StarRocks names it (3.4 and later travel in time). Pure."""
    name = ".".join(f"`{part}`" for part in (catalog, *table.identifier.split(".")))
    return name if table.snapshot is None else f"{name} for version as of {table.snapshot}"


def read_url(url: str) -> tuple[str, int, str, str]:
    """Read `starrocks://[user@]host[:port][/catalog]` to host, port, user and catalog. Pure."""
    parts = urlsplit(url)
    if parts.scheme not in ("starrocks", "mysql") or not parts.hostname or parts.password:
        raise BadSetting(
            "no StarRocks is named"
            if not url
            else f"{parts.scheme}://{parts.hostname or ''} is no StarRocks",
            fix="Write --url starrocks://[user@]host[:9030][/catalog], or set MEDALLION_STARROCKS_URL",
        )
    return parts.hostname, parts.port or 9030, parts.username or "root", parts.path.strip("/") or CATALOG


def _type(code: int, scale: int) -> pa.DataType:
    if code in (FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL):
        return pa.decimal128(_DIGITS, scale)
    return _TYPES.get(code, pa.string())


def _said(error: BaseException) -> str:
    return str(error.args[-1] if error.args else error).splitlines()[0][:300]
