"""The `medallion` command: it parses and prints; what a command does is in the module of its name."""

from __future__ import annotations

import gc
import json
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from runner import __version__, doctor, server, warm_dbt
from runner.connect import cli as connect_cli
from runner.emr.command import app as emr_app
from runner.errors import Cancelled, MedallionError
from runner.generate_cli import app as generate_app
from runner.maintain.cli import EXAMPLES, maintain
from runner.query import cli as query_cli
from runner.replay_cli import REPLAY_EXAMPLES, redrive, replay
from runner.settings import Settings, adopt_env_file, load_settings, parse_port
from runner.trino import cli as trino_cli

app = typer.Typer(
    name="medallion",
    help="Raw files to trustworthy Iceberg tables with dbt: what dbt itself has no word for.",
    epilog="Plain dbt works too: dbt build, dbt run --select silver, dbt test. Each command has its --help.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(generate_app, name="generate")
app.command("maintain", epilog=EXAMPLES)(maintain)
app.command("replay", epilog=REPLAY_EXAMPLES)(replay)
app.command("redrive", epilog="After a rule was loosened: medallion redrive silver_orders")(redrive)
app.command("query", epilog=query_cli.EPILOG)(query_cli.query)
app.command("connect", epilog=connect_cli.EPILOG)(connect_cli.connect)
app.add_typer(emr_app, name="emr")
out = Console()


def current_settings(context: typer.Context) -> Settings:
    """Return the settings that the flags before the command's name and the environment give."""
    return load_settings(**context.find_root().obj)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"medallion {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    context: typer.Context,
    project_dir: Annotated[
        Path | None,
        typer.Option(
            envvar="DBT_PROJECT_DIR", help="The folder with dbt_project.yml; else found upwards from here."
        ),
    ] = None,
    home: Annotated[
        Path | None, typer.Option(help="Where everything local is; else MEDALLION_HOME, else .medallion.")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the stack trace of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    context.obj = {"project_dir": project_dir, "home": home}
    adopt_env_file(project_dir)


@app.command(
    epilog="Beside a lake of yours, give it a home of its own: MEDALLION_HOME=/tmp/demo medallion demo"
)
def demo(context: typer.Context) -> None:
    """Tell the whole story on this machine, from an empty lake, with the real rows after each step."""
    from runner.demo import run_demo  # noqa: PLC0415  dbt takes a second to import; only these commands need it

    run_demo(current_settings(context), out)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog="Examples: medallion build --select silver · medallion build --full-refresh --select gold",
)
def build(context: typer.Context) -> None:
    """Run `dbt build` with its own arguments, with progress and a line per model.

    It uses the warm server if one is up. Each model's tests run in its gate, before its commit; `dbt build`
    and `dbt test` run them on whole tables too.
    """
    settings = server.prefer_running(current_settings(context))
    if settings.target == "server":
        done = warm_dbt.hand_over(settings.home, _whole_command(context, settings))
        if done is not None:
            raise typer.Exit(done)
    from runner.build import build as run_build  # noqa: PLC0415

    run_build(settings, context.args, out)


def _whole_command(context: typer.Context, settings: Settings) -> list[str]:
    debug = ["--debug"] if context.find_root().params["debug"] else []
    places = ["--project-dir", str(settings.project_dir), "--home", str(settings.home)]
    return [*debug, *places, str(context.info_name), *context.args]


@app.command(epilog="Example: medallion status --json | jq '.[].inputs'")
def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print the states as JSON.")] = False,
) -> None:
    """Say of each table how far it is behind what it reads, and how its files are. Needs no Spark."""
    from runner.status import read_status, status_notes, status_table  # noqa: PLC0415

    statuses = read_status(current_settings(context))
    if as_json:
        typer.echo(json.dumps([one.as_json() for one in statuses], indent=2))
    else:
        out.print(status_table(statuses), highlight=False)
        for line in status_notes(statuses):
            out.print(line, highlight=False, soft_wrap=True)


@app.command(epilog="Examples: medallion up && MEDALLION_TARGET=server dbt build · medallion up trino")
def up(
    context: typer.Context,
    service: Annotated[str, typer.Argument(help="spark or trino.")] = "spark",
    port: Annotated[
        int | None,
        typer.Option(
            help="Port on 127.0.0.1, 0 for any; else MEDALLION_SERVER_PORT, else 10016; for trino else 10017."
        ),
    ] = None,
) -> None:
    """Start the warm Spark server, so that reruns take seconds and models run side by side; or a Trino."""
    settings = current_settings(context)
    if trino_cli.is_trino(service):
        trino_cli.up(settings, port, out)
        return
    before = server.state(settings)
    with out.status("starting the Spark server …"):
        wanted = settings.server_port if port is None else parse_port(str(port))
        running = before or server.start(settings, wanted, out.print)
    out.print(
        f"{'already up' if before else 'up'} on 127.0.0.1:{running.port}, process {running.pid}",
        highlight=False,
    )
    prefix = f"MEDALLION_SERVER_PORT={running.port} " if running.port != settings.server_port else ""
    out.print(f"use it: {prefix}MEDALLION_TARGET=server dbt build", highlight=False)


@app.command(epilog="Examples: medallion down · medallion down trino")
def down(
    context: typer.Context,
    service: Annotated[str, typer.Argument(help="spark or trino.")] = "spark",
) -> None:
    """Stop the warm Spark server, or Trino."""
    if trino_cli.is_trino(service):
        trino_cli.down(current_settings(context), out)
        return
    with out.status("stopping the Spark server …"):
        stopped = server.stop(current_settings(context))
    out.print(
        f"stopped process {stopped.pid}" if stopped else "nothing to stop: no server is up", highlight=False
    )


@app.command("doctor", epilog="Example: medallion doctor --json | jq '.[] | select(.status != \"ok\")'")
def _doctor(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False,
) -> None:
    """Say what is missing on this machine, and the fix. Exits with 3 if something will not run."""
    checks = doctor.run_checks(current_settings(context))
    if as_json:
        typer.echo(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        out.print(_checks_table(checks))
    if any(check.status == "fail" for check in checks):
        raise typer.Exit(3)


def _checks_table(checks: list[doctor.Check]) -> Table:
    colour = {"ok": "green", "warn": "yellow", "fail": "red"}
    table = Table(box=None, show_header=False, pad_edge=False)
    for check in checks:
        fix = f"\n→ {check.fix}" if check.fix else ""
        table.add_row(f"[{colour[check.status]}]{check.status}[/]", check.name, check.found + fix)
    return table


def main(arguments: list[str] | None = None) -> None:
    """Run the command line: the one place where an error becomes a line and an exit code."""
    gc.set_threshold(100_000)  # dbt keeps what it makes: looking for garbage is a tenth of its start
    arguments = sys.argv[1:] if arguments is None else arguments
    sys.exit(run(arguments, is_debug="--debug" in arguments))


def run(arguments: list[str], *, is_debug: bool = False) -> int:
    """Run one command; return the exit code."""
    try:
        app(arguments)
    except SystemExit as done:  # typer has spoken: a usage error is 2, the keyboard's interrupt 130
        if done.code == 130:
            return _report(
                Cancelled("stopped by the keyboard", fix="Nothing half-done is visible; run it again"),
                is_debug,
            )
        return done.code if isinstance(done.code, int) else 0
    except MedallionError as error:
        return _report(error, is_debug)
    except Exception as error:
        unforeseen = MedallionError(
            f"{type(error).__name__}: {error}", fix="Run it again with --debug for the trace"
        )
        return _report(unforeseen, is_debug)
    return 0


def _report(error: MedallionError, is_debug: bool) -> int:
    if is_debug:
        traceback.print_exc()
    print(f"medallion: {error.line}", file=sys.stderr)
    return error.exit_code
