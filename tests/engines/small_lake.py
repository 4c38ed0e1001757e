"""A lake of a few rows that PyIceberg makes by itself: for questions that need no Spark."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
from lake import PROJECT
from pyiceberg.catalog import Catalog

from runner.home import prepare_home
from runner.lake import open_catalog
from runner.settings import Settings, load_settings


def made(home: Path, **tables: pa.Table) -> Settings:
    """Make a lake with these tables in silver; return the settings that point to it."""
    prepare_home(home)
    settings = load_settings(project_dir=PROJECT, home=home)
    fill(open_catalog(settings), **tables)
    return settings


def fill(catalog: Catalog, schema: str = "silver", **tables: pa.Table) -> None:
    """Add tables to a schema."""
    catalog.create_namespace_if_not_exists(schema)
    for name, rows in tables.items():
        catalog.create_table(f"{schema}.{name}", schema=rows.schema).append(rows)


def environ(settings: Settings) -> dict[str, str]:
    """The environment that points a command at the lake."""
    return {
        **os.environ,
        "MEDALLION_HOME": str(settings.home),
        "DBT_PROJECT_DIR": str(settings.project_dir),
    }
