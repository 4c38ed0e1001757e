"""The runner's commands on a test's lake, in this process: dbt is imported once, not once per command."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lake import Lake
from rich.console import Console

from runner.maintain.plan import Retention, TablePlan
from runner.settings import Settings


@contextlib.contextmanager
def at(lake: Lake) -> Iterator[Settings]:
    """The settings that the command line would have on this lake, and its environment."""
    before = Path.cwd()
    with contextlib.ExitStack() as after, lake._as_environment():
        after.callback(os.chdir, before)  # dbt runs in the project's folder
        yield Settings(
            project_dir=lake.project, home=lake.home, raw_root=str(lake.raw),
            server_port=lake.port, target=lake.target,
        )  # fmt: skip


def maintain(lake: Lake, *models: str, is_dry: bool = False, **retention: Any) -> dict[str, TablePlan]:
    """`medallion maintain`; the plans by table without prefix."""
    from runner.maintain.run import Output, run_maintain

    with at(lake) as settings:
        plans = run_maintain(settings, Retention(**retention), list(models), Output(quiet(), is_dry))
    return {plan.table.removeprefix(lake.prefix): plan for plan in plans}


def quiet() -> Console:
    """A console that shows nothing."""
    return Console(file=io.StringIO())


def replay(lake: Lake, model: str, start: object, is_alone: bool = False) -> None:
    """`medallion replay MODEL --from START`."""
    from runner.replay import replay as run_replay

    with at(lake) as settings:
        run_replay(settings, model, str(start), is_alone=is_alone, console=quiet())


def redrive(lake: Lake, model: str = "silver_orders") -> int:
    """`medallion redrive MODEL`."""
    from runner.replay import redrive as run_redrive

    with at(lake) as settings:
        return run_redrive(settings, model, quiet())
