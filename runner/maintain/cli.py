"""The command `medallion maintain`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console

from runner import server
from runner.errors import UsageError
from runner.settings import load_settings

EXAMPLES = """
Examples:

  medallion maintain --dry-run

  medallion maintain silver_orders --keep-snapshots 14d

  medallion maintain --json | jq '.[].reasons'
"""
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

Models = Annotated[list[str] | None, typer.Argument(help="Models or tables; else all.", show_default=False)]
Snapshots = Annotated[
    str, typer.Option(help="How long a state stays readable after the next one: 7d, 12h, …")
]
Staged = Annotated[str, typer.Option(help="How long a staged batch waits; longer than any run takes.")]
Deletions = Annotated[
    str, typer.Option(help="How long deletions are remembered: longer than any row is late.")
]
Orphans = Annotated[str, typer.Option(help="How old a file must be that no table names; a day at least.")]
SmallFiles = Annotated[int, typer.Option(min=2, help="How many small files, or delete files, are too many.")]
Dry = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done, and change nothing. Needs no Spark.")
]
Json = Annotated[bool, typer.Option("--json", help="Print plan and outcome as JSON.")]


def maintain(  # noqa: PLR0913, PLR0917 - one argument for each flag
    context: typer.Context,
    models: Models = None,
    keep_snapshots: Snapshots = "7d",
    keep_staged: Staged = "1d",
    keep_deletions: Deletions = "90d",
    keep_orphans: Orphans = "3d",
    small_files: SmallFiles = 5,
    is_dry: Dry = False,
    as_json: Json = False,
) -> None:
    """Compact, expire and tidy tables; keep every snapshot that a table's next run still needs."""
    from runner.maintain.plan import Retention  # noqa: PLC0415  the catalog's library takes a second to import
    from runner.maintain.run import Output, run_maintain  # noqa: PLC0415

    retention = Retention(
        snapshots=parse_duration(keep_snapshots),
        staged=parse_duration(keep_staged),
        deletions=parse_duration(keep_deletions),
        orphans=parse_duration(keep_orphans),
        files=small_files,
    )
    settings = server.prefer_running(load_settings(**context.find_root().obj))
    run_maintain(settings, retention, models or [], Output(Console(), is_dry, as_json))


def parse_duration(text: str) -> timedelta:
    """Read 7d, 12h, 30m or 0s."""
    match = re.fullmatch(r"(\d+)([smhd])", text.strip())
    if not match:
        raise UsageError(f"{text!r} is no duration", fix="Write a number and a unit: 7d, 12h, 30m, 0s")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
