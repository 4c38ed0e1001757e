"""Makes a lake's home ready: its folders, and the empty catalog in SQLite.

Iceberg can create the catalog's two tables by itself, but when it looks for them it leaves the look-up
open: every session that found them would hold a read lock on the file until its process ends, and no other
session could ever write. So they are made here, once, and the profile tells Iceberg not to look
(`jdbc.init-catalog-tables: false`).
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from runner.errors import InfrastructureError

# Iceberg's own definitions, schema version V1
_TABLES = (
    """create table if not exists iceberg_tables (
        catalog_name varchar(255) not null,
        table_namespace varchar(255) not null,
        table_name varchar(255) not null,
        metadata_location varchar(1000),
        previous_metadata_location varchar(1000),
        iceberg_type varchar(5),
        primary key (catalog_name, table_namespace, table_name)
    )""",
    """create table if not exists iceberg_namespace_properties (
        catalog_name varchar(255) not null,
        namespace varchar(255) not null,
        property_key varchar(255),
        property_value varchar(1000),
        primary key (catalog_name, namespace, property_key)
    )""",
)


def prepare_home(home: Path) -> None:
    """Create what a lake needs before its first run; change nothing that is there."""
    try:
        for folder in (home, home / "logs", home / "tmp" / "hive", home / "warehouse"):
            folder.mkdir(parents=True, exist_ok=True)
        _create_catalog(home / "catalog.db")
    except (OSError, sqlite3.Error) as error:
        raise InfrastructureError(
            f"the lake's home {home} cannot be made ready: {error}",
            fix="Set MEDALLION_HOME to a folder that you can write to; `medallion doctor` tells more",
        ) from error


def _create_catalog(path: Path) -> None:
    with closing(sqlite3.connect(path, timeout=60)) as catalog, catalog:
        for statement in _TABLES:
            catalog.execute(statement)
