"""Athena, by boto3: the question runs in AWS, and the price of its scan is told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pyarrow as pa

from runner.aws import aws_in_one_line
from runner.errors import BadSetting, DataError
from runner.query.answer import Answer, Request, batches_of
from runner.query.arrow_types import arrow_type
from runner.query.trino_engine import reference

DIALECT = "athena"
NAME = "Athena"
CATALOG = "AwsDataCatalog"
DEFAULT_WORKGROUP = "primary"
_DOLLARS_PER_TB = 5.0  # of most regions
_LEAST_BYTES = 10_000_000  # what a question is billed at least
_LONGEST_WAIT = 2.0  # seconds between looks


@contextmanager
def answer(request: Request) -> Iterator[Answer]:
    """Answer in Athena: start, wait, page through the results; Ctrl-C stops the query in AWS too."""
    import boto3  # noqa: PLC0415 - slow to import, and only a few commands need it

    tables = request.by_name
    sql = request.question.rename(lambda name: reference(tables[name], CATALOG))
    with aws_in_one_line("Athena"):
        client = boto3.Session().client(
            "athena",
            region_name=request.location.region or None,
            endpoint_url=request.location.endpoint or None,
        )
        started = client.start_query_execution(QueryString=sql, **where(request))
        query = started["QueryExecutionId"]
        try:
            done = wait(client, query)
        except DataError:  # it has ended by itself
            raise
        except BaseException:
            with suppress(Exception):  # what went wrong first is what matters
                client.stop_query_execution(QueryExecutionId=query)
            raise
        pages = client.get_paginator("get_query_results").paginate(QueryExecutionId=query)
        price = read_price(request.settings.get("MEDALLION_ATHENA_PRICE", str(_DOLLARS_PER_TB)))
        yield read_pages(iter(pages), price_note(done.get("Statistics", {}), price))


def where(request: Request) -> dict[str, Any]:
    """Return the workgroup, and the place for results if one is named; a workgroup may bring its own."""
    given = request.settings.get
    workgroup = request.access.workgroup or given("MEDALLION_ATHENA_WORKGROUP", DEFAULT_WORKGROUP)
    results = request.access.results or given("MEDALLION_ATHENA_RESULTS")
    found: dict[str, Any] = {"WorkGroup": workgroup, "QueryExecutionContext": {"Catalog": CATALOG}}
    if results:
        found["ResultConfiguration"] = {"OutputLocation": results}
    return found


def wait(client: Any, query: str) -> dict[str, Any]:
    """Wait until a query ends; return what Athena says of it.

    Raises DataError with Athena's reason when it failed or was stopped.
    """
    pause = 0.1
    while True:
        execution: dict[str, Any] = client.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        status = execution["Status"]
        if status["State"] == "SUCCEEDED":
            return execution
        if status["State"] in ("FAILED", "CANCELLED"):
            raise DataError(
                f"Athena: {status.get('StateChangeReason', status['State'].lower())}",
                fix=f"Mend the question, or look at query {query} in the console",
            )
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_WAIT)


def read_pages(pages: Iterator[dict[str, Any]], note: str) -> Answer:
    """Turn pages of text to typed rows; the first row of the first page repeats the columns' names."""
    first = next(pages)
    columns = first["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    schema = pa.schema([(one["Name"], arrow_type(full_type(one), DIALECT)) for one in columns])
    return Answer(schema, batches_of(_rows(first, pages), schema), lambda: [note])


def full_type(column: dict[str, Any]) -> str:
    """Return a column's type with the digits that Athena tells apart from it. Pure."""
    kind = str(column["Type"])
    return f"decimal({column['Precision']},{column['Scale']})" if kind == "decimal" else kind


def _rows(first: dict[str, Any], pages: Iterator[dict[str, Any]]) -> Iterator[list[str | None]]:
    for row in first["ResultSet"]["Rows"][1:]:
        yield [cell.get("VarCharValue") for cell in row["Data"]]
    with aws_in_one_line("Athena"):
        for page in pages:
            for row in page["ResultSet"]["Rows"]:
                yield [cell.get("VarCharValue") for cell in row["Data"]]


def read_price(text: str) -> float:
    """Read dollars per TB; raises BadSetting for what is no number."""
    try:
        return float(text)
    except ValueError:
        raise BadSetting(
            f"MEDALLION_ATHENA_PRICE={text} is no price", fix="Set it to dollars per TB: 5"
        ) from None


def price_note(statistics: dict[str, Any], price: float = _DOLLARS_PER_TB) -> str:
    """Say what a question scanned and about what it costs. Pure."""
    scanned = int(statistics.get("DataScannedInBytes", 0))
    dollars = max(scanned, _LEAST_BYTES) / 1e12 * price
    return f"scanned {scanned / 1e6:,.1f} MB, about ${dollars:.5f} at ${price:g} per TB"
