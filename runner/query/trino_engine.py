"""Trino, any of them by its URL; else the one that `medallion up trino` started."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import trino

from runner.errors import BadSetting, DataError, EngineUnavailable, MedallionError
from runner.query.address import split_url
from runner.query.answer import Answer, Request, batches_of
from runner.query.arrow_types import arrow_type
from runner.query.lake_tables import LakeTable
from runner.trino.config import CATALOG

DIALECT = "trino"
NAME = "Trino"


@dataclass(frozen=True)
class Address:
    """Where a Trino is, and what it calls the lake's catalog."""

    host: str
    port: int
    scheme: str
    user: str
    catalog: str


@contextmanager
def answer(request: Request) -> Iterator[Answer]:
    """Answer through Trino's coordinator; rows stream."""
    address = read_url(_url(request))
    tables = request.by_name
    sql = request.question.rename(lambda name: reference(tables[name], address.catalog))
    password = request.settings.get("MEDALLION_TRINO_PASSWORD")
    with (
        trino_in_one_line(address),
        _connect(address, password) as connection,
        closing(connection.cursor()) as cursor,  # else Trino goes on after Ctrl-C, or the 200th row
    ):
        cursor.execute(sql)
        schema = pa.schema(
            [(column.name, arrow_type(column.type_code, DIALECT)) for column in cursor.description]
        )
        yield Answer(schema, batches_of(_rows(cursor, address), schema))


def reference(table: LakeTable, catalog: str) -> str:
    """Return the table as Trino (and Athena) name it, as of its snapshot if one is wanted. Pure."""
    name = ".".join(f'"{part}"' for part in (catalog, *table.identifier.split(".")) if part)
    return name if table.snapshot is None else f"{name} for version as of {table.snapshot}"


def read_url(url: str) -> Address:
    """Read `http[s]://[user@]host[:port][/catalog]`. Pure."""
    parts, port = split_url(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.password:
        raise BadSetting(
            f"{parts.scheme}://{parts.hostname or ''} is no address of a Trino",
            fix="Write --url http[s]://[user@]host[:port][/catalog]; "
            "a password comes from MEDALLION_TRINO_PASSWORD",
        )
    return Address(
        host=parts.hostname,
        port=port or (443 if parts.scheme == "https" else 8080),
        scheme=parts.scheme,
        user=parts.username or os.environ.get("USER", "medallion"),
        catalog=parts.path.strip("/") or CATALOG,
    )


def _url(request: Request) -> str:
    from runner.trino import server  # noqa: PLC0415 - only this branch needs it

    wanted = request.access.url or request.settings.get("MEDALLION_TRINO_URL")
    if wanted:
        return wanted
    running = server.state(request.settings)
    if running is None:
        raise EngineUnavailable(
            "Trino is not running",
            fix="Start one: medallion up trino; or name one: --url http://host:8080/catalog",
        )
    server.ensure_same_lake(running, request.location)
    return f"http://127.0.0.1:{running.port}/{CATALOG}"


def _connect(address: Address, password: str) -> Any:
    is_told = bool(password) and address.scheme == "https"  # in clear text it would be everybody's
    return trino.dbapi.connect(
        host=address.host,
        port=address.port,
        user=address.user,
        http_scheme=address.scheme,
        catalog=address.catalog,
        timezone="UTC",
        source="medallion",
        auth=trino.auth.BasicAuthentication(address.user, password) if is_told else None,
        max_attempts=3,
    )


def _rows(cursor: Any, address: Address) -> Iterator[Any]:
    with trino_in_one_line(address):
        yield from iter(cursor.fetchone, None)


@contextmanager
def trino_in_one_line(address: Address) -> Iterator[None]:
    """Turn what Trino's client raises into the command's one line."""
    try:
        yield
    except MedallionError:
        raise
    except trino.exceptions.TrinoUserError as error:
        raise DataError(f"Trino: {error.message}", fix="Mend the question") from error
    except trino.exceptions.TrinoQueryError as error:
        raise DataError(f"Trino: {error.message}", fix="See Trino's log") from error
    except (trino.exceptions.Error, OSError) as error:
        raise EngineUnavailable(
            f"Trino at {address.scheme}://{address.host}:{address.port} does not answer: {str(error)[:200]}",
            fix="Is it up? medallion up trino, or another --url",
        ) from error
