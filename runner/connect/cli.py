"""`medallion connect`: it reads the catalog and prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from runner.errors import DataError
from runner.location import Location, locate_lake
from runner.settings import load_settings

if TYPE_CHECKING:
    from runner.connect.describe import ConnectTable
    from runner.query.lake_tables import LakeTable

EPILOG = "Example: medallion connect snowflake --account 123456789012 > snowflake.sql"


def connect(  # noqa: PLR0913, PLR0917 - one argument for each flag
    context: typer.Context,
    engine: Annotated[str, typer.Argument(help="athena, duckdb, snowflake, starrocks or trino.")],
    account: Annotated[str, typer.Option(help="AWS account; else asked of AWS.")] = "",
    role: Annotated[str, typer.Option(help="ARN of the role that the engine reads with.")] = "",
    workgroup: Annotated[str, typer.Option(help="Athena's workgroup; else MEDALLION_ATHENA_WORKGROUP.")] = "",
    results: Annotated[
        str, typer.Option(help="Athena's place for results, s3://…; else MEDALLION_ATHENA_RESULTS.")
    ] = "",
) -> None:
    """Print the SQL and the IAM policy with which another engine reads this lake. No key is ever in it."""
    from runner.connect.describe import (  # noqa: PLC0415 - PyIceberg and Jinja are slow to import
        DEFAULT_WORKGROUP,
        UNKNOWN_ACCOUNT,
        Names,
        describe_connection,
        refuse_connection,
    )
    from runner.lake import open_catalog  # noqa: PLC0415
    from runner.query.lake_tables import list_names, resolve_tables  # noqa: PLC0415

    settings = load_settings(**context.find_root().obj)
    location = locate_lake(settings)
    refuse_connection(engine, location)
    catalog = open_catalog(settings)
    tables = resolve_tables(catalog, location, list_names(catalog, location), None)
    if not tables:
        raise DataError("the lake has no tables yet", fix="Build them first: medallion build")
    names = Names(
        account=account or find_account(location),
        role=role,
        workgroup=workgroup or settings.get("MEDALLION_ATHENA_WORKGROUP", DEFAULT_WORKGROUP),
        results=results or settings.get("MEDALLION_ATHENA_RESULTS"),
    )
    typer.echo(
        describe_connection(engine, location, [to_connect(one) for one in tables], names).text, nl=False
    )
    if location.is_glue and names.account == UNKNOWN_ACCOUNT:
        typer.echo("AWS did not say which account this is: fill it in, or name it with --account", err=True)


def to_connect(table: LakeTable) -> ConnectTable:
    """Return what other engines have to know of a table."""
    from runner.connect.describe import ConnectTable  # noqa: PLC0415
    from runner.query.answer import file_uri  # noqa: PLC0415

    head = table.table.current_snapshot()
    schema, _, short = table.identifier.partition(".")
    metadata = file_uri(table.table.metadata_location)
    return ConnectTable(table.name, schema, short, metadata, head.snapshot_id if head else None)


def find_account(location: Location) -> str:
    """Ask AWS for the account; a placeholder when nobody is logged in."""
    from runner.connect.describe import UNKNOWN_ACCOUNT  # noqa: PLC0415

    if not location.is_glue:
        return UNKNOWN_ACCOUNT
    import boto3  # noqa: PLC0415 - slow to import
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        client = boto3.client("sts", region_name=location.region, endpoint_url=location.endpoint or None)
        return str(client.get_caller_identity()["Account"])
    except (BotoCoreError, ClientError):
        return UNKNOWN_ACCOUNT
