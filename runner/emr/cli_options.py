"""What the commands of `medallion emr` share: their flags, their session, how they print."""

from __future__ import annotations

import json
import os
from typing import Annotated, Any

import typer
from rich.console import Console

from runner.emr.environment import load_environment
from runner.emr.session import Session
from runner.settings import load_settings

Env = Annotated[
    str | None,
    typer.Option(
        "--env", help="The environment of profiles/emr.yml; else MEDALLION_EMR_ENV, else the only one."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the outcome as JSON; progress goes to stderr.")]
Run = Annotated[str | None, typer.Argument(help="The run's id, or EMR's; the newest run when left away.")]
Timeout = Annotated[
    int | None,
    typer.Option(min=1, help="Minutes after which EMR ends the job; else the environment's."),
]
Attempts = Annotated[
    int, typer.Option(min=1, max=10, help="How often EMR tries, should the job fail; each try begins anew.")
]
Wait = Annotated[bool, typer.Option("--wait/--detach", help="Follow the run to its end, or only start it.")]
NoDeploy = Annotated[
    bool, typer.Option("--no-deploy", help="Fail when this project, as it is here, is not deployed.")
]
ForceLock = Annotated[
    bool, typer.Option("--force-lock", help="Take the environment's lock from whoever holds it.")
]
WithLogs = Annotated[bool, typer.Option("--logs", help="Show the driver's log too, as EMR uploads it.")]


def open_session(context: typer.Context, env: str | None) -> Session:
    """Return the session of the environment that was asked for."""
    settings = load_settings(**context.find_root().obj)
    environ = dict(settings.from_file) | {name: value for name, value in os.environ.items() if value}
    environment = load_environment(settings.project_dir, env, environ)
    # tables are named by it everywhere (see runner/lake.py)
    os.environ["MEDALLION_SCHEMA_PREFIX"] = environment.schema_prefix
    return Session(settings.project_dir, environment)


def console_for(*, as_json: bool) -> Console:
    """Return where progress goes: with --json, stdout is for the JSON alone."""
    return Console(stderr=as_json)


def print_json(content: Any) -> None:
    """Print plain values as JSON."""
    typer.echo(json.dumps(content, indent=2, default=str))
