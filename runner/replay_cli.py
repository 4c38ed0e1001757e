"""The commands `medallion replay` and `medallion redrive`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from runner import server
from runner.settings import Settings, load_settings

REPLAY_EXAMPLES = """
Examples:

  medallion replay silver_orders --from 2026-01-31T12:00:00

  medallion replay silver_orders --from all

  medallion replay gold_daily_sales --from 4120389117285021462
"""

Model = Annotated[str, typer.Argument(help="The model, like silver_orders.")]
From = Annotated[
    str,
    typer.Option(
        "--from",
        help="Read again what came after: a snapshot of an input, a time (UTC), or `all` from the beginning.",
    ),
]
Alone = Annotated[
    bool, typer.Option("--alone", help="Without the model's _deleted and _rejected siblings, which go along.")
]


def replay(context: typer.Context, model: Model, start: From, is_alone: Alone = False) -> None:
    """Read a range again, safely: nothing is doubled, no older value wins, and gold follows."""
    from runner.replay import replay as run_replay  # noqa: PLC0415  dbt takes a second to import

    run_replay(_settings(context), model, start, is_alone=is_alone, console=Console())


def redrive(context: typer.Context, model: Model = "silver_orders") -> None:
    """Move rejected rows that keep the rules as these are now into silver; each leaves a trace."""
    from runner.replay import redrive as run_redrive  # noqa: PLC0415

    moved = run_redrive(_settings(context), model, Console())
    typer.echo(
        f"{moved:,} rejected rows moved into {model}" if moved else "no rejected row keeps the rules now"
    )


def _settings(context: typer.Context) -> Settings:
    return server.prefer_running(load_settings(**context.find_root().obj))
