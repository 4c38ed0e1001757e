"""`medallion query`: it parses and prints; the answer comes from `runner.query.engines`."""

from __future__ import annotations

import os
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer
from rich.console import Console

from runner.errors import InfrastructureError, UsageError
from runner.settings import Settings, load_settings

if TYPE_CHECKING:
    from runner.query.answer import Answer

FORMATS = ("table", "csv", "json", "parquet")
EPILOG = (
    'Examples: medallion query duckdb "select count(*) from silver.orders" · '
    "medallion query trino --file q.sql --format csv --at '1 day ago' · medallion query duckdb (a shell)"
)


def query(  # noqa: PLR0913, PLR0917 - one argument for each flag
    context: typer.Context,
    engine: Annotated[str, typer.Argument(help="duckdb, pyiceberg, spark, trino, athena or starrocks.")],
    sql: Annotated[
        str | None, typer.Argument(help="The question; without one, duckdb opens a shell.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="Read the question from a file; - is standard input.")
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format", help="table, csv, json or parquet; else by the name of --output, else table."
        ),
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="As it was: a snapshot id, a time (UTC), or '1 day ago'.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Write to a file instead of standard output.")] = None,
    url: Annotated[
        str,
        typer.Option(help="Where Trino or StarRocks is; else MEDALLION_TRINO_URL, MEDALLION_STARROCKS_URL."),
    ] = "",
    workgroup: Annotated[str, typer.Option(help="Athena's workgroup; else MEDALLION_ATHENA_WORKGROUP.")] = "",
    results: Annotated[
        str, typer.Option(help="Athena's place for results, s3://…; else MEDALLION_ATHENA_RESULTS.")
    ] = "",
) -> None:
    """Ask the lake in an engine of your choice. Tables have the same names in each; nothing is written."""
    from runner.query.answer import Access  # noqa: PLC0415 - the engines' clients are slow to import
    from runner.query.engines import ask, find_engine  # noqa: PLC0415

    settings = load_settings(**context.find_root().obj)
    find_engine(engine)
    form = choose_format(form, output)
    text = read_text(sql, file)
    if text is None:
        open_shell(engine, settings, at)
        return
    with ask(engine, text, settings, at, Access(url, workgroup, results)) as answer:
        write(answer, form, output)
        for note in answer.notes():
            typer.echo(note, err=True)


def choose_format(form: str | None, output: Path | None) -> str:
    """Return the format: the one named, else the one that the file's name ends with, else a table. Pure."""
    if form is not None and form not in FORMATS:
        raise UsageError(f"there is no format {form}", fix=f"Choose one of {', '.join(FORMATS)}")
    if output is None:
        return form or "table"
    form = form or output.suffix.lower().removeprefix(".")
    if form not in FORMATS or form == "table":
        raise UsageError(
            f"{output} does not say which format to write", fix="Add --format csv, --format json or parquet"
        )
    return form


def read_text(sql: str | None, file: Path | None) -> str | None:
    """Return the question from where it was given; None if it was not."""
    if sql is not None and file is not None:
        raise UsageError("a question and a file were given", fix="Give one of them")
    if file is None:
        return sql
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}", fix="Name a file with one question") from error


def open_shell(engine: str, settings: Settings, at: str | None) -> None:
    """Open DuckDB's shell; the other engines have none here."""
    from runner.query.moment import read_moment  # noqa: PLC0415
    from runner.query.shell import run_shell  # noqa: PLC0415

    if engine != "duckdb":
        raise UsageError(
            "there is no question", fix=f'medallion query {engine} "select count(*) from silver.orders"'
        )
    run_shell(settings, Console(), read_moment(at, datetime.now(timezone.utc)) if at is not None else None)


def write(answer: Answer, form: str, output: Path | None) -> None:
    """Write an answer to a file or to standard output; a reader that has enough may close it."""
    from runner.query.formats import write_table  # noqa: PLC0415

    try:
        if output is None and form == "table":
            write_table(answer, Console())
        elif output is None:
            _refuse_terminal(form)
            _write_out(answer, form, sys.stdout.buffer)
        else:
            _write_file(answer, form, output)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains as it ends
    except OSError as error:
        raise InfrastructureError(
            f"{output or 'standard output'}: {error}", fix="Choose another --output"
        ) from error


def _write_file(answer: Answer, form: str, output: Path) -> None:
    """Write all of it or nothing: whatever was there before stays until the new file is whole."""
    from runner.query.formats import WRITERS  # noqa: PLC0415

    partial = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        with partial.open("wb") as sink:
            WRITERS[form](answer, sink)
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)


def _write_out(answer: Answer, form: str, sink: BinaryIO) -> None:
    from runner.query.formats import WRITERS  # noqa: PLC0415

    WRITERS[form](answer, sink)
    sink.flush()


def _refuse_terminal(form: str) -> None:
    if form == "parquet" and sys.stdout.isatty():
        raise UsageError("parquet is nothing to look at", fix="Name a file: --output answer.parquet")
