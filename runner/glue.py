"""A lake in Glue and S3, seen from this machine: PyIceberg's catalog, and Spark's settings."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from runner.aws import aws_in_one_line
from runner.location import Location

if TYPE_CHECKING:
    from pyiceberg.catalog.glue import GlueCatalog

_CATALOG = "spark.sql.catalog.lake"
# What `local` says about its SQLite catalog, and Glue has no use for
DROPPED = (f"{_CATALOG}.uri", f"{_CATALOG}.jdbc.schema-version", f"{_CATALOG}.jdbc.init-catalog-tables")


def open_glue(location: Location) -> GlueCatalog:
    """Open Glue as PyIceberg's catalog; raises EngineUnavailable when AWS does not answer."""
    from pyiceberg.catalog.glue import GlueCatalog  # noqa: PLC0415 - slow to import

    with aws_in_one_line("Glue"):
        return GlueCatalog("lake", **glue_properties(location))


def glue_properties(location: Location) -> dict[str, str]:
    """Return what PyIceberg is told about Glue and S3; keys come from the usual AWS chain. Pure."""
    found = {
        "warehouse": location.warehouse,
        "glue.region": location.region,
        "s3.region": location.region,
    }
    if location.endpoint:
        found |= {"glue.endpoint": location.endpoint, "s3.endpoint": location.endpoint}
    return found


def glue_settings(location: Location, jars: Sequence[Path]) -> dict[str, str]:
    """Return the settings that point the catalog `lake` at Glue. Pure."""
    found = {
        f"{_CATALOG}.type": "glue",
        f"{_CATALOG}.warehouse": location.warehouse,
        f"{_CATALOG}.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
        f"{_CATALOG}.client.region": location.region,
        # the Thrift server's own threads see no jar that is added to a session
        "spark.driver.extraClassPath": os.pathsep.join(map(str, jars)),
    }
    if location.endpoint:
        found |= {
            f"{_CATALOG}.s3.endpoint": location.endpoint,
            f"{_CATALOG}.s3.path-style-access": "true",
            f"{_CATALOG}.glue.endpoint": location.endpoint,
            "spark.hadoop.fs.s3a.endpoint": location.endpoint,
            "spark.hadoop.fs.s3a.path.style.access": "true",
        }
    return found


def with_glue(settings: Mapping[str, str], location: Location, jars: Sequence[Path]) -> dict[str, str]:
    """Return Spark's settings for the lake's catalog: as they are for SQLite, changed for Glue. Pure."""
    if not location.is_glue:
        return dict(settings)
    return {k: v for k, v in settings.items() if k not in DROPPED} | glue_settings(location, jars)
