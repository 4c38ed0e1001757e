"""DuckDB in this process, with the lake attached as views: each is one table's metadata file, and reads only.

The catalog says which metadata file and which snapshot; DuckDB never looks for them. Its extensions come as
Python packages, so nothing is fetched while it runs. Once the views stand, it may open nothing but the lake.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import duckdb

from runner.aws import aws_in_one_line
from runner.errors import EngineUnavailable
from runner.location import Location
from runner.query.answer import file_uri
from runner.query.lake_tables import LakeTable

_EXTENSIONS = ("avro", "httpfs", "iceberg")  # in this order: iceberg needs avro


def connect() -> duckdb.DuckDBPyConnection:
    """Open an empty DuckDB in memory, in UTC."""
    connection = duckdb.connect(
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    connection.execute("set timezone = 'UTC'")
    return connection


def open_lake(tables: Sequence[LakeTable], location: Location) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB that sees these tables, and no other file.

    Raises EngineUnavailable when an extension is missing or S3 lets nobody in.
    """
    connection = connect()
    for name in _EXTENSIONS:
        connection.load_extension(str(extension_path(name)))
    if location.is_glue:
        connection.execute(secret_sql(location, _credentials()))
    for table in tables:
        connection.execute(f'create schema if not exists "{table.schema}"')
        connection.execute(view_sql(table))
    for statement in lock_sql([file_uri(table.table.location()) for table in tables]):
        connection.execute(statement)
    return connection


def view_sql(table: LakeTable) -> str:
    """Return the statement that makes a view of a table's metadata file, as of its snapshot if it has one."""
    return f'create or replace view "{table.schema}"."{table.short}" as select * from {scan_sql(table)}'


def scan_sql(table: LakeTable) -> str:
    """Return DuckDB's scan of a table's metadata file."""
    path = file_uri(table.table.metadata_location).replace("'", "''")
    snapshot = f", snapshot_from_id = {table.snapshot}" if table.snapshot is not None else ""
    return f"iceberg_scan('{path}'{snapshot})"


def lock_sql(folders: Iterable[str]) -> list[str]:
    """Return the statements after which DuckDB opens files of these folders only, whatever it is told."""
    quoted = ", ".join("'{}/'".format(folder.rstrip("/").replace("'", "''")) for folder in folders)
    return [
        f"set allowed_directories = [{quoted}]",
        "set enable_external_access = false",
        "set lock_configuration = true",
    ]


def secret_sql(location: Location, credentials: Mapping[str, str]) -> str:
    """Return the statement that gives DuckDB the keys, in memory; they are printed nowhere."""
    options = {"key_id": credentials["key"], "secret": credentials["secret"], "region": location.region}
    if credentials.get("token"):
        options["session_token"] = credentials["token"]
    if location.endpoint:
        scheme, _, host = location.endpoint.rstrip("/").partition("://")
        options |= {
            "endpoint": host,
            "url_style": "path",
            "use_ssl": "true" if scheme == "https" else "false",
        }
    told = ", ".join(f"{name} '{value.replace(chr(39), chr(39) * 2)}'" for name, value in options.items())
    return f"create secret lake (type s3, {told})"


def _credentials() -> dict[str, str]:
    import boto3  # noqa: PLC0415 - slow to import, and only a lake in S3 needs it
    from botocore.exceptions import NoCredentialsError  # noqa: PLC0415

    with aws_in_one_line("S3"):
        found = boto3.Session().get_credentials()
        if found is None:
            raise NoCredentialsError
        keys = found.get_frozen_credentials()
    return {"key": keys.access_key or "", "secret": keys.secret_key or "", "token": keys.token or ""}


def extension_path(name: str) -> Path:
    """Return the file of a DuckDB extension, from its Python package of the same version as DuckDB."""
    spec = find_spec(f"duckdb_extension_{name}")
    folder = Path(spec.origin).parent / "extensions" if spec and spec.origin else Path("/nonexistent")
    found = next(iter(sorted(folder.glob(f"v{duckdb.__version__}/{name}.duckdb_extension"))), None)
    if found is None:
        raise EngineUnavailable(
            f"DuckDB {duckdb.__version__} has no extension {name} in this environment", fix="make setup"
        )
    return found
