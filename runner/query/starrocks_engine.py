"""StarRocks, a running one by its URL, through MySQL's protocol."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pymysql
from pymysql.constants import CR, FIELD_TYPE
from pymysql.cursors import SSCursor

from runner.errors import BadSetting, DataError, EngineUnavailable
from runner.query.address import split_url
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
    url = request.access.url or request.settings.get("MEDALLION_STARROCKS_URL")
    host, port, user, catalog = read_url(url)
    tables = request.by_name
    sql = request.question.rename(lambda name: reference(tables[name], catalog))
    connection = _connect(host, port, user, request.settings.get("MEDALLION_STARROCKS_PASSWORD"))
    cursor = connection.cursor()
    try:
        with starrocks_in_one_line():
            cursor.execute(sql)
        schema = pa.schema([(one[0], _type(one)) for one in cursor.description])
        yield Answer(schema, batches_of(_rows(cursor), schema))
    finally:
        _hang_up(connection, cursor)


def _connect(host: str, port: int, user: str, password: str) -> Any:
    try:
        return pymysql.connect(
            host=host,
            port=port,
            user=user,
            password=password,
            cursorclass=SSCursor,
            connect_timeout=10,
            init_command="set time_zone = '+00:00'",
        )
    except (pymysql.err.Error, OSError) as error:
        raise EngineUnavailable(
            f"StarRocks at {host}:{port} does not answer: {_said(error)}",
            fix="Is it up? Name it with --url starrocks://user@host:9030/catalog, "
            "its password with MEDALLION_STARROCKS_PASSWORD",
        ) from error


def _hang_up(connection: Any, cursor: Any) -> None:
    """End the connection: a cursor that ends by itself first reads all rows that nobody wants any more."""
    if cursor._result is not None:
        cursor._result.unbuffered_active = False
    cursor.close()
    connection.close()


def _rows(cursor: Any) -> Iterator[Any]:
    with starrocks_in_one_line():
        yield from iter(cursor.fetchone, None)


@contextmanager
def starrocks_in_one_line() -> Iterator[None]:
    """Turn what pymysql raises into the command's one line."""
    try:
        yield
    except pymysql.err.OperationalError as error:
        if error.args and error.args[0] in (CR.CR_SERVER_LOST, CR.CR_SERVER_GONE_ERROR):
            raise EngineUnavailable(
                f"StarRocks went away: {_said(error)}", fix="See the log of its frontend, and ask again"
            ) from error
        raise DataError(f"StarRocks: {_said(error)}", fix="Mend the question") from error
    except pymysql.err.Error as error:
        raise DataError(f"StarRocks: {_said(error)}", fix="Mend the question") from error


def reference(table: LakeTable, catalog: str) -> str:
    """Return the table as StarRocks names it (3.4 and later travel in time). Pure."""
    name = ".".join(f"`{part}`" for part in (catalog, *table.identifier.split(".")))
    return name if table.snapshot is None else f"{name} for version as of {table.snapshot}"


def read_url(url: str) -> tuple[str, int, str, str]:
    """Read `starrocks://[user@]host[:port][/catalog]` to host, port, user and catalog. Pure."""
    parts, port = split_url(url)
    if parts.scheme not in ("starrocks", "mysql") or not parts.hostname or parts.password:
        raise BadSetting(
            "no StarRocks is named"
            if not url
            else f"{parts.scheme}://{parts.hostname or ''} is no StarRocks",
            fix="Write --url starrocks://[user@]host[:9030][/catalog], or set MEDALLION_STARROCKS_URL",
        )
    return parts.hostname, port or 9030, parts.username or "root", parts.path.strip("/") or CATALOG


def _type(column: Sequence[Any]) -> pa.DataType:
    """Return Arrow's type for a column as pymysql describes it: name, code, …, length, …, scale, … . Pure."""
    code, length, scale = column[1], column[3], column[5]
    if code in (FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL):
        return pa.decimal128(_DIGITS, scale)
    if code == FIELD_TYPE.TINY and length == 1:  # StarRocks' boolean; its tinyint has four digits
        return pa.bool_()
    return _TYPES.get(code, pa.string())


def _said(error: BaseException) -> str:
    return str(error.args[-1] if error.args else error).splitlines()[0][:300]
