"""Where the lake is: in files of this machine under a SQLite catalog, or in S3 under Glue."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from runner.aws import aws_in_one_line
from runner.errors import BadSetting
from runner.settings import Settings

CATALOGS = ("sql", "glue")


@dataclass(frozen=True)
class Location:
    """The catalog's kind, the folder or s3:// prefix of the table files, and what AWS must be asked with."""

    catalog: str  # one of CATALOGS
    warehouse: str  # without a slash at its end
    prefix: str = ""  # of every schema
    region: str = ""
    endpoint: str = ""  # of an emulator; empty for AWS itself

    @property
    def is_glue(self) -> bool:
        """Tell whether the catalog is Glue, and the files are in S3."""
        return self.catalog == "glue"

    @property
    def bucket(self) -> str:
        """Return the bucket's name; empty for files of this machine."""
        return self.warehouse.removeprefix("s3://").partition("/")[0] if self.is_glue else ""

    def schema(self, layer: str) -> str:
        """Return the name that a layer's schema has in the catalog."""
        return self.prefix + layer


def locate_lake(settings: Settings, environ: Mapping[str, str] = os.environ) -> Location:
    """Read where the lake is from the environment and `.env`.

    Raises BadSetting for a catalog that nobody knows, and for Glue without a bucket.
    """
    given = dict(settings.from_file) | {name: value for name, value in environ.items() if value}
    prefix = given.get("MEDALLION_SCHEMA_PREFIX", "")
    catalog = given.get("MEDALLION_CATALOG", "sql")
    if catalog not in CATALOGS:
        raise BadSetting(
            f"MEDALLION_CATALOG={catalog} is no catalog", fix=f"Set it to {' or '.join(CATALOGS)}"
        )
    if catalog == "sql":
        return Location(catalog, str(settings.warehouse), prefix)
    return Location(
        catalog,
        _warehouse(given),
        prefix,
        region=given.get("AWS_REGION") or given.get("AWS_DEFAULT_REGION") or _region_of(given),
        endpoint=given.get("AWS_ENDPOINT_URL", ""),
    )


def _region_of(given: Mapping[str, str]) -> str:
    """Return the region of the AWS profile in use."""
    from botocore.session import Session  # noqa: PLC0415 - slow to import, and only a lake in AWS needs it

    with aws_in_one_line("AWS"):
        found = Session(profile=given.get("AWS_PROFILE") or None).get_config_variable("region")
    return str(found or "us-east-1")


def _warehouse(given: Mapping[str, str]) -> str:
    bucket = given.get("MEDALLION_BUCKET", "").removeprefix("s3://").rstrip("/")
    warehouse = given.get("MEDALLION_WAREHOUSE", "") or (f"s3://{bucket}/warehouse" if bucket else "")
    if not warehouse.startswith("s3://"):
        raise BadSetting(
            "MEDALLION_CATALOG=glue needs the bucket that the tables are in",
            fix="Set MEDALLION_BUCKET=<bucket> (tables under warehouse/), or MEDALLION_WAREHOUSE=s3://…",
        )
    return warehouse.rstrip("/")
