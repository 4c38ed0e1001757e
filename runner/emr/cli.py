"""`medallion emr`: the same project on EMR Serverless. It parses and prints; the modules beside it act."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from runner.dbt_args import gated
from runner.emr import cli_deploy, cli_look
from runner.emr.actions import Order, cancel, check_args, how_to_repeat, order_retry, submit
from runner.emr.cli_options import (
    AsJson,
    Attempts,
    Env,
    ForceLock,
    NoDeploy,
    Run,
    Timeout,
    Wait,
    WithLogs,
    console_for,
    open_session,
    print_json,
)
from runner.emr.follow import View, Watch
from runner.emr.job import Job, Limits, find_job
from runner.emr.logs import LogTail
from runner.emr.runs import check_run, new_run
from runner.emr.session import Session
from runner.emr.watching import detached, read_view, watch_run
from runner.errors import AwsError, Cancelled

app = typer.Typer(rich_markup_mode="markdown", context_settings={"help_option_names": ["-h", "--help"]})
_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": False}
START_MINUTES = 60  # that a job may wait for capacity before `submit` stops watching it
_RUN_EXAMPLE = "Examples: medallion emr {0} · medallion emr {0} 20261122T093000-1f2e3d{1}"

_SUBMIT_EXAMPLES = """
Examples:

  medallion emr submit

  medallion emr submit --detach -- build --select silver

  medallion emr submit --run nightly-2026-11-22 --json -- build   (a scheduler that asks twice starts one run)
"""


@app.command("submit", context_settings=_PASS_ON, epilog=_SUBMIT_EXAMPLES)
def _submit(  # noqa: PLR0913, PLR0917 - one argument for each flag
    context: typer.Context,
    env: Env = None,
    wait: Wait = True,
    timeout: Timeout = None,
    attempts: Attempts = 1,
    run: Annotated[
        str | None, typer.Option("--run", help="The run's id; the same id never starts two jobs.")
    ] = None,
    no_deploy: NoDeploy = False,
    force_lock: ForceLock = False,
    logs: WithLogs = False,
    as_json: AsJson = False,
) -> None:
    """Run dbt on EMR Serverless: `build` unless given otherwise after two dashes.

    The project is deployed first if it has changed. Progress is shown model by model; Ctrl-C stops the
    showing, not the run. `build` leaves out the tests that each model's gate runs, as `medallion build` does.
    """
    session = open_session(context, env)
    args = check_args(context.args or ["build"])
    order = Order(("build", *gated(args[1:])) if args[0] == "build" else args, run and check_run(run))
    limits = Limits(timeout or session.environment.timeout_minutes, attempts, force_lock)
    showing = _Showing(wait, logs, as_json)
    _submit_order(session, order, limits, showing, may_deploy=not no_deploy)


@app.command(
    "retry",
    context_settings=_PASS_ON,
    epilog=_RUN_EXAMPLE.format("retry", ""),
)
def _retry(  # noqa: PLR0913, PLR0917 - one argument for each flag
    context: typer.Context,
    run: Annotated[
        str | None, typer.Argument(help="The run that failed; the newest one when left away.")
    ] = None,
    env: Env = None,
    wait: Wait = True,
    timeout: Timeout = None,
    attempts: Attempts = 1,
    no_deploy: NoDeploy = False,
    force_lock: ForceLock = False,
    logs: WithLogs = False,
    as_json: AsJson = False,
) -> None:
    """Run `dbt retry` where a run failed: what failed, and what was skipped for it, with today's project."""
    session = open_session(context, env)
    limits = Limits(timeout or session.environment.timeout_minutes, attempts, force_lock)
    order = order_retry(session, run, context.args)
    _submit_order(session, order, limits, _Showing(wait, logs, as_json), may_deploy=not no_deploy)


@app.command("attach", epilog=_RUN_EXAMPLE.format("attach", " --logs"))
def _attach(  # noqa: PLR0913, PLR0917 - one argument for each flag
    context: typer.Context,
    run: Run = None,
    env: Env = None,
    timeout: Annotated[
        float | None, typer.Option(min=0, help="Minutes to watch at most (exit code 5); the run goes on.")
    ] = None,
    logs: WithLogs = False,
    as_json: AsJson = False,
) -> None:
    """Follow a run to its end, and end with its exit code. Ctrl-C stops the showing, not the run."""
    session = open_session(context, env)
    job = find_job(session, run)
    limit = None if timeout is None else timeout * 60
    watch_run(
        Watch(session, LogTail(session, job) if logs else None, limit),
        job,
        console_for(as_json=as_json),
        as_json=as_json,
    )


@app.command("cancel", epilog=_RUN_EXAMPLE.format("cancel", " --grace 0"))
def _cancel(
    context: typer.Context,
    run: Run = None,
    env: Env = None,
    grace: Annotated[
        float, typer.Option(min=0, help="Seconds that dbt has to stop by itself; then EMR ends the job.")
    ] = 60,
    as_json: AsJson = False,
) -> None:
    """Stop a run: dbt first, then the job; wait until it is over. Readers see nothing half-done."""
    session = open_session(context, env)
    console = console_for(as_json=as_json)
    before = find_job(session, run)
    with console.status(f"cancelling {before.run} …"):
        job = cancel(session, before, grace, lambda told: console.print(told, style="dim", highlight=False))
    if as_json:
        print_json(cli_look.state_of(session, read_view(session, job)))
    elif before.is_final:
        console.print(f"run {job.run} was over already: {job.state}", highlight=False)
    else:
        word = cli_look.state_of(session, View(job))["outcome"]
        console.print(f"run {job.run} {word} ({job.state})", highlight=False)


app.command("deploy", epilog="Examples: medallion emr deploy --dry-run · medallion emr deploy --application")(
    cli_deploy.deploy
)
app.command("status", epilog=_RUN_EXAMPLE.format("status", " --json"))(cli_look.status)
app.command("list", epilog="Example: medallion emr list --json | jq '.[] | select(.state == \"FAILED\")'")(
    cli_look.list_runs
)
app.command("logs", epilog=_RUN_EXAMPLE.format("logs", " --wait | less"))(cli_look.logs)
app.command("cost", epilog="Examples: medallion emr cost · medallion emr cost --days 30 --json")(
    cli_look.cost
)
app.command("artifacts", epilog=_RUN_EXAMPLE.format("artifacts", " --out docs-site"))(cli_look.artifacts)
app.command("ui", epilog=_RUN_EXAMPLE.format("ui", ""))(cli_look.ui)
app.command("destroy", epilog="Examples: medallion emr destroy · medallion emr destroy --erase-data my-lake")(
    cli_deploy.destroy_all
)


class _Showing:
    """How the caller wants to see a run."""

    def __init__(self, is_waiting: bool, with_logs: bool, as_json: bool) -> None:
        self.is_waiting, self.with_logs, self.as_json = is_waiting, with_logs, as_json


def _submit_order(
    session: Session, order: Order, limits: Limits, showing: _Showing, *, may_deploy: bool
) -> None:
    console = console_for(as_json=showing.as_json)
    package = cli_deploy.ensure_package(session, may_deploy=may_deploy, tell=console.print)
    job = _submit_once(session, replace(order, run=order.run or new_run()), package, limits)
    console.print(f"run {job.run} is job {job.id} of {session.environment.application}", highlight=False)
    if not showing.is_waiting:
        _tell_detached(job, showing)
        return
    tail = LogTail(session, job) if showing.with_logs else None
    limit = (limits.timeout_minutes + START_MINUTES) * 60
    watch_run(Watch(session, tail, limit), job, console, as_json=showing.as_json)


def _submit_once(session: Session, order: Order, package: str, limits: Limits) -> Job:
    """Submit an order whose run has its id already: whoever does not hear of it in the end can name it."""
    try:
        return submit(session, order, package, limits)
    except KeyboardInterrupt:
        what = f"stopped while run {order.run} was being submitted, which may have begun"
        fix = f"Look: medallion emr attach {order.run}. If there is none, {how_to_repeat(order)}"
        raise Cancelled(what, fix=fix) from None
    except AwsError as error:
        fix = f"{error.fix.rstrip('.')}. Then {how_to_repeat(order)}"
        raise type(error)(error.what, fix=fix.removeprefix(". ")) from error


def _tell_detached(job: Job, showing: _Showing) -> None:
    if showing.as_json:
        print_json(job.as_json())
    else:
        typer.echo(detached(job.run).fix)
