"""The commands of `medallion emr` that only look: status, list, logs, cost, artifacts, ui."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from runner.emr.artifacts import fetch_artifacts
from runner.emr.cli_options import AsJson, Env, Run, open_session, print_json
from runner.emr.cost import FILE, Cost, cost_of, load_prices
from runner.emr.follow import View, read_outcome
from runner.emr.job import dashboard, find_job, get_job, list_jobs
from runner.emr.logs import LATE, STREAMS, LogTail
from runner.emr.runs import read_request
from runner.emr.session import Session
from runner.emr.summary import Screen, jobs_table, run_json
from runner.emr.watching import print_summary, read_view
from runner.errors import UsageError

out = Console()


def state_of(session: Session, view: View) -> dict[str, Any]:
    """Return all that is known of a run, with plain values; its outcome if it is over."""
    return run_json(view.job, view.progress, read_outcome(session, view.job) if view.job.is_final else None)


def status(context: typer.Context, run: Run = None, env: Env = None, as_json: AsJson = False) -> None:
    """Say how far a run is, model by model, without waiting. Exits with 0 whatever became of the run."""
    session = open_session(context, env)
    job = find_job(session, run)
    view = read_view(session, job)
    if as_json:
        print_json(state_of(session, view))
        return
    request = read_request(session, job.run)
    asked = f"dbt {' '.join(request.args)}, by {request.by}" if request else "not submitted by this command"
    typer.echo(f"run {job.run}: {asked}")
    with out.status("") as spinner:
        Screen(out, spinner).show(view)
    if view.progress.running:
        typer.echo(f"now: {', '.join(view.progress.running)}")
    if job.is_final:
        told = state_of(session, view)
        print_summary(session, job.run, view.progress, out)
        typer.echo(told["error"] or f"{told['outcome']} in {job.seconds / 60:.1f} minutes")


def list_runs(
    context: typer.Context,
    env: Env = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the environment's runs, newest first."""
    session = open_session(context, env)
    jobs = sorted(list_jobs(session), key=lambda job: job.created_at, reverse=True)[:limit]
    if as_json:
        print_json([job.as_json() for job in jobs])
    elif jobs:
        out.print(jobs_table(jobs), highlight=False)
    else:
        out.print(f"{session.environment.application} has no runs yet")


def logs(  # noqa: PLR0913, PLR0917 - one argument for each flag
    context: typer.Context,
    run: Run = None,
    env: Env = None,
    stream: Annotated[str, typer.Option(help="stdout or stderr: Spark writes to stderr.")] = "stderr",
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until the run's log is whole.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for a log that EMR has not uploaded yet, 10 minutes at most.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print the driver's log. EMR uploads it while the job runs, and its end minutes after the job's."""
    if stream not in STREAMS:
        raise UsageError(f"--stream {stream!r} is unknown", fix=f"Choose one of {', '.join(STREAMS)}")
    session = open_session(context, env)
    job = find_job(session, run)
    tail = LogTail(session, job, stream)
    lines = tail.read_all(follow=follow, patience=LATE if wait else 0.0)
    if as_json:
        print_json({"run": job.run, "stream": stream, "lines": list(lines)})
        return
    for line in lines:
        typer.echo(line)


def cost(
    context: typer.Context,
    run: Run = None,
    env: Env = None,
    days: Annotated[
        int | None, typer.Option(min=1, help="All runs of so many days instead of one run.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a run was billed, by profiles/emr_prices.yml. S3, Glue and the like come on top."""
    if run and days:
        raise UsageError("a run and --days were given", fix="Choose one")
    session = open_session(context, env)
    environment = session.environment
    since = datetime.now(timezone.utc) - timedelta(days=days) if days else None
    jobs = (
        [get_job(session, job.id) for job in list_jobs(session, since)] if since else [find_job(session, run)]
    )
    architecture = environment.architecture.replace("local", "x86_64")  # an emulator bills as if it were one
    prices = load_prices(session.project_dir, environment.region, architecture)
    found = cost_of([(job.run, job.usage) for job in jobs], prices)
    if as_json:
        print_json(found.as_json())
        return
    _print_cost(found, f"{environment.region}, {architecture}")


def _print_cost(found: Cost, where: str) -> None:
    usage = found.usage
    if found.runs:
        out.print(
            f"{len(found.runs)} run(s): {usage.vcpu_hours:.3f} vCPU hours, "
            f"{usage.memory_gb_hours:.3f} GB hours of memory, {usage.storage_gb_hours:.3f} of storage",
            highlight=False,
        )
        amount = f"{found.amount} {found.currency} ({where})"
        unknown = f"{FILE} has no prices for {where}: add them to see an amount"
        out.print(unknown if found.amount is None else amount, highlight=False)
    if found.missing:
        out.print(f"not billed yet: {', '.join(found.missing)}", style="yellow", highlight=False)


def artifacts(
    context: typer.Context,
    run: Run = None,
    env: Env = None,
    folder: Annotated[
        Path | None, typer.Option("--out", help="Where to put them; else target/emr/<run> of the project.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch what dbt left: manifest, run results, catalog, docs (`submit -- docs generate --static`)."""
    session = open_session(context, env)
    job = find_job(session, run)
    place = folder or session.project_dir / "target" / "emr" / job.run
    files = fetch_artifacts(session, job.run, place)
    if as_json:
        print_json({"run": job.run, "files": [str(path) for path in files]})
        return
    for path in files:
        typer.echo(path)
    docs = next((path for path in files if path.name == "static_index.html"), None)
    if docs:
        typer.echo(f"the docs: open {docs} in a browser")


def ui(context: typer.Context, run: Run = None, env: Env = None, as_json: AsJson = False) -> None:
    """Print a link to Spark's own UI of a run. It needs no login and opens for one hour."""
    session = open_session(context, env)
    job = find_job(session, run)
    url = dashboard(session, job)
    until = datetime.now(timezone.utc) + timedelta(hours=1)
    if as_json:
        print_json({"run": job.run, "url": url, "valid_until": until.isoformat(timespec="seconds")})
    else:
        typer.echo(url)
        typer.echo(f"valid until {until:%H:%M} UTC", err=True)
