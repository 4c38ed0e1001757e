"""`medallion up trino` and `medallion down trino`."""

from __future__ import annotations

from rich.console import Console

from runner.errors import UsageError
from runner.home import prepare_home
from runner.location import locate_lake
from runner.settings import Settings, parse_port
from runner.trino import server

DEFAULT_PORT = 10017  # beside the Spark server's


def is_trino(service: str) -> bool:
    """Tell whether a person means Trino, not Spark; raises UsageError for anything else."""
    if service not in ("spark", "trino"):
        raise UsageError(f"there is no service {service}", fix="Choose spark or trino")
    return service == "trino"


def up(settings: Settings, port: int | None, console: Console) -> None:
    """Start Trino on the lake and say how to ask it."""
    prepare_home(settings.home)
    before = server.state(settings)
    with console.status("starting Trino …"):
        wanted = DEFAULT_PORT if port is None else parse_port(str(port))
        running = server.start(settings, locate_lake(settings), wanted, console.print)
    console.print(
        f"Trino {'already up' if before else 'up'} on http://127.0.0.1:{running.port}, process {running.pid}",
        highlight=False,
    )
    console.print('ask it: medallion query trino "select count(*) from silver.orders"', highlight=False)


def down(settings: Settings, console: Console) -> None:
    """Stop Trino."""
    with console.status("stopping Trino …"):
        stopped = server.stop(settings)
    console.print(
        f"stopped process {stopped.pid}" if stopped else "nothing to stop: Trino is not up", highlight=False
    )
