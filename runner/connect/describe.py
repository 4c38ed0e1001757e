"""Fills the templates with this lake's values: its tables, snapshots, warehouse, region and account."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jinja2

from runner.connect.policy import assume_policy, athena_policy, partition_of, read_policy, trust_policy
from runner.errors import UsageError
from runner.location import Location
from runner.trino.config import catalog_properties

ENGINES = ("athena", "duckdb", "snowflake", "starrocks", "trino")
DEFAULT_WORKGROUP = "primary"
UNKNOWN_ACCOUNT = "<account id>"
_TEMPLATES = Path(__file__).parent
_SNOWFLAKE = ("s3:GetObject", "s3:GetObjectVersion")  # it asks for both of a volume
_SHOWN_FIRST = "silver."  # what an example asks


@dataclass(frozen=True)
class ConnectTable:
    """A table as another engine has to name it."""

    name: str  # silver.orders
    schema: str  # with the prefix
    short: str
    metadata: str  # the metadata file of now
    snapshot: int | None


@dataclass(frozen=True)
class Connection:
    """What is printed: the SQL, and the policies by what they are for."""

    sql: str
    policies: Mapping[str, dict[str, Any]]

    @property
    def text(self) -> str:
        """Return all of it; the policies are comments, so that the whole is SQL."""
        parts = [self.sql.strip()]
        for title, policy in self.policies.items():
            lines = json.dumps(policy, indent=2).splitlines()
            parts.append("\n".join([f"-- {title}", *(f"-- {line}" for line in lines)]))
        return "\n\n".join(parts) + "\n"


@dataclass(frozen=True)
class Names:
    """What the lake cannot say: whose account, which role, and where Athena works."""

    account: str = UNKNOWN_ACCOUNT
    role: str = ""  # an ARN; empty for medallion-<engine> in the account
    workgroup: str = DEFAULT_WORKGROUP
    results: str = ""  # empty for athena-results/ in the lake's bucket


def describe_connection(
    engine: str, location: Location, tables: Sequence[ConnectTable], names: Names
) -> Connection:
    """Return the SQL and the policies for an engine. Pure but for the templates.

    Raises UsageError for an engine that nobody knows, or that cannot read this lake.
    """
    refuse_connection(engine, location)
    schemas = list(dict.fromkeys(table.schema for table in tables))
    role = f"arn:{partition_of(location.region)}:iam::{names.account}:role/medallion-{engine}"
    results = f"s3://{location.bucket}/athena-results/"
    names = replace(names, role=names.role or role, results=names.results or results)
    sql = _render(
        engine,
        tables=sorted(tables, key=lambda table: not table.name.startswith(_SHOWN_FIRST)),
        schemas=schemas,
        is_glue=location.is_glue,
        warehouse=location.warehouse,
        region=location.region,
        account=names.account,
        role=names.role,
        results=names.results,
        workgroup=names.workgroup,
        external_id=f"medallion-{location.bucket}",
        properties=catalog_properties(location) if location.is_glue else {},
    )
    return Connection(sql, _policies(engine, location, schemas, names))


def refuse_connection(engine: str, location: Location) -> None:
    """Raise UsageError for an engine that nobody knows, or that cannot read this lake. Pure."""
    if engine not in ENGINES:
        raise UsageError(
            f"there is no way to connect {engine} yet", fix=f"Choose one of {', '.join(ENGINES)}"
        )
    if engine != "duckdb" and not location.is_glue:
        raise UsageError(
            f"{engine} reads lakes in S3 under Glue, and this one is in files of this machine",
            fix="Set MEDALLION_CATALOG=glue and MEDALLION_BUCKET; duckdb connects to this one too",
        )


def _policies(
    engine: str, location: Location, schemas: Sequence[str], names: Names
) -> dict[str, dict[str, Any]]:
    if not location.is_glue:
        return {}
    title = "IAM policy: the least that reading takes"
    if engine == "athena":
        return {title: athena_policy(location, names.account, schemas, names.workgroup, names.results)}
    found = {title: read_policy(location, names.account, schemas)}
    if engine == "starrocks":
        found["Policy of the role that the machines of StarRocks run as"] = assume_policy(names.role)
        found[f"Trust policy of {names.role}"] = trust_policy("<ARN of the role that the machines run as>")
    if engine == "snowflake":
        found = {title: read_policy(location, names.account, schemas, _SNOWFLAKE)}
        trust = trust_policy("<STORAGE_AWS_IAM_USER_ARN of step 1>", f"medallion-{location.bucket}")
        found["Trust policy of the role: add the users and external ids of step 2"] = trust
    return found


def _render(engine: str, **values: Any) -> str:
    jinja = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), undefined=jinja2.StrictUndefined, autoescape=False
    )
    return jinja.get_template(f"{engine}.sql").render(values)
