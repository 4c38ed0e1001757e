"""The command `medallion generate`: sample data to try the project with."""

from __future__ import annotations

from typing import Annotated

import typer

from runner.errors import UsageError
from runner.settings import load_settings

app = typer.Typer(help="Make sample data: seeded, at any size.", no_args_is_help=True)

_EXAMPLES = """
Examples:

  medallion generate orders --rows 1000000 --files 4

  medallion generate orders --delta 1 --base-rows 1000000 --rows 20000 --recent

  medallion generate orders --rows 1000 --bad 0.1 --format jsonl --gzip --out s3://bucket/raw/orders
"""

Rows = Annotated[int, typer.Option(min=0, help="How many rows.")]
Files = Annotated[int, typer.Option(min=1, help="Over how many files.")]
Delta = Annotated[
    int, typer.Option(min=0, help="0: a base load of new orders. 1, 2, …: that delta over the base load.")
]
BaseRows = Annotated[
    int, typer.Option(min=0, help="How many rows the base load had: what a delta may touch.")
]
Updates = Annotated[
    float | None, typer.Option(min=0, max=1, help="Share of changed orders; 0.6 in a delta unless given.")
]
Deletes = Annotated[
    float | None, typer.Option(min=0, max=1, help="Share of deleted orders; 0.02 in a delta unless given.")
]
Late = Annotated[
    float | None,
    typer.Option(min=0, max=1, help="Share of older states that arrive late; 0.02 in a delta unless given."),
]
Bad = Annotated[
    float, typer.Option(min=0, max=1, help="Share of bad rows: price of 0, no date, no key, unknown Op.")
]
Recent = Annotated[bool, typer.Option("--recent", help="A delta touches only the newest orders.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")]
StartInvoice = Annotated[int, typer.Option(min=1, help="The number of the first invoice.")]
Out = Annotated[
    str | None, typer.Option(help="A folder or an s3:// prefix; else orders/ where raw files land.")
]
Gzip = Annotated[bool, typer.Option("--gzip", help="Compress text files.")]


@app.command("orders", epilog=_EXAMPLES)
def _orders(  # noqa: PLR0913, PLR0917 - one argument for each flag
    context: typer.Context,
    rows: Rows = 100_000,
    files: Files = 1,
    delta: Delta = 0,
    base_rows: BaseRows = 0,
    updates: Updates = None,
    deletes: Deletes = None,
    late: Late = None,
    bad: Bad = 0.0,
    recent: Recent = False,
    seed: Seed = 1,
    start_invoice: StartInvoice = 1,
    out: Out = None,
    form: Annotated[str, typer.Option("--format", help="tsv, csv, jsonl or parquet.")] = "tsv",
    gzip: Gzip = False,
) -> None:
    """Land order files: a base load of new orders, or a delta of changes, deletes, late and bad rows."""
    from runner.generate import OrdersSpec, orders  # noqa: PLC0415  Arrow takes a while to import, and only this needs it
    from runner.landing import Landing, land  # noqa: PLC0415

    if delta and not base_rows:
        raise UsageError("a delta changes rows of a base load", fix="Say how many it had: --base-rows N")
    try:
        spec = OrdersSpec(
            rows=rows,
            seed=seed,
            start_invoice=start_invoice,
            delta=delta,
            base_rows=base_rows,
            updates=_share(updates, delta, 0.6),
            deletes=_share(deletes, delta, 0.02),
            late=_share(late, delta, 0.02),
            bad=bad,
            is_recent=recent,
        )
    except ValueError as error:
        raise UsageError(str(error), fix="See `medallion generate orders --help`") from error
    stem = f"orders-{seed}-d{delta:03d}" if delta else f"orders-{seed}"
    where = out or f"{load_settings(**context.find_root().obj).raw_root}/orders"
    landing = Landing(out=where, stem=stem, format=form, files=files, is_gzipped=gzip)
    for path in land(orders(spec), landing):
        typer.echo(path)
    typer.echo(f"{rows:,} rows in {files} file{'s' if files > 1 else ''}")


def _share(given: float | None, delta: int, in_delta: float) -> float:
    if given is not None:
        return given
    return in_delta if delta else 0.0
