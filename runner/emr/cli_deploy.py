"""The commands of `medallion emr` that put the project on AWS and take it away: deploy, destroy."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Annotated

import typer

from runner.emr.cli_options import AsJson, Env, console_for, open_session, print_json
from runner.emr.deploy import (
    apply_plan,
    check_typed,
    describe_plan,
    destroy,
    erase,
    is_uploaded,
    plan_deploy,
    upload,
)
from runner.emr.package import build_package
from runner.emr.session import Session
from runner.emr.spark_submit import submit_parameters
from runner.errors import UsageError
from runner.profile import spark_settings


def ensure_package(session: Session, *, may_deploy: bool, tell: Callable[[str], None]) -> str:
    """Return the name of this project's package, as it is here; upload it if it is not there yet."""
    package = build_package(session.project_dir, session.environment.architecture)
    if is_uploaded(session, package.name):
        return package.name
    if not may_deploy:
        raise UsageError(
            f"this project, as it is here, is not deployed to {session.environment.name} ({package.name})",
            fix="Deploy it (medallion emr deploy), or leave --no-deploy away",
        )
    tell(f"deploying package {package.name} …")
    upload(session, package)
    return package.name


def deploy(  # noqa: PLR0913, PLR0917 - one argument for each flag
    context: typer.Context,
    env: Env = None,
    application: Annotated[
        bool,
        typer.Option(
            "--application", help="Make or change the EMR Serverless application too, if no stack owns it."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "--plan", help="Only say what would be done.")
    ] = False,
    schedule: Annotated[
        bool, typer.Option("--schedule", help="Print the stack's parameters for runs of this on a schedule.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Upload the project and its Python packages; `submit` does so by itself when something has changed."""
    session = open_session(context, env)
    console = console_for(as_json=as_json)
    with console.status("packing the project …"):
        package = build_package(session.project_dir, session.environment.architecture)
        plan = plan_deploy(session, package, with_application=application)
        lines = describe_plan(session, plan)
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if not dry_run:
        with console.status("deploying …"):
            apply_plan(session, plan)
    said = "nothing to do" if plan.is_idle else "nothing was done: --dry-run" if dry_run else "deployed"
    if as_json:
        told = {"package": package.name, "is_idle": plan.is_idle, "is_dry_run": dry_run, "plan": lines}
        stack = {"stack": stack_parameters(session, package.name)} if schedule else {}
        print_json({"environment": session.environment.name, "outcome": said, **told, **stack})
        return
    console.print(said, highlight=False)
    for name, value in stack_parameters(session, package.name).items() if schedule else ():
        typer.echo(shlex.quote(f"{name}={value}"))


def stack_parameters(session: Session, package: str) -> dict[str, str]:
    """Return the parameters of deploy/medallion.yaml that say what its schedule runs."""
    local = spark_settings(session.project_dir, {})
    spark = submit_parameters(session.environment, package, local)
    # the template puts them into JSON as they are
    return {"SchedulePackage": package, "ScheduleSparkParameters": json.dumps(spark)[1:-1]}


def destroy_all(
    context: typer.Context,
    env: Env = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    erase_data: Annotated[
        str | None,
        typer.Option("--erase-data", metavar="BUCKET", help="Remove tables and files too: name the bucket."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Remove the packages, and the application if no stack owns it. The lake stays, unless --erase-data."""
    session = open_session(context, env)
    name = session.environment.name
    if erase_data is not None:
        check_typed(session, erase_data)  # before anything is removed
    if not yes and not typer.confirm(f"Remove the application and the packages of {name}?", err=True):
        raise UsageError("nothing was removed", fix="Say yes, or give --yes")
    done = destroy(session)
    if erase_data is not None:
        done += erase(session, erase_data, session.environment.databases)
    if as_json:
        print_json({"environment": name, "done": done})
    for line in [] if as_json else done:
        typer.echo(line)
