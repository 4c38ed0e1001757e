"""One maintenance of the lake: read, plan, tell, act. What is wrong with one table hinders no other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

import typer
from pyiceberg.catalog import Catalog
from rich.console import Console

from runner.errors import DataError, UsageError
from runner.lake import open_catalog, table_of_model
from runner.maintain.act import Outcome, carry_out
from runner.maintain.plan import Retention, TablePlan, plan_lake
from runner.maintain.report import as_json, outcome_table, plan_table_of
from runner.maintain.state import count_old, one_line, read_states
from runner.settings import Settings

_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Output:
    """Where and how the outcome is told, and whether there is one."""

    console: Console
    is_dry: bool = False
    as_json: bool = False


def run_maintain(
    settings: Settings, retention: Retention, models: list[str], output: Output
) -> list[TablePlan]:
    """Plan, tell and, unless it is a dry run, carry out. Raises DataError when a table was not maintained."""
    if retention.orphans < _A_DAY:
        raise UsageError(
            "--keep-orphans is less than a day", fix="A run under way writes files that no table names yet"
        )
    plans, outcomes = _plan(open_catalog(settings), retention, models)
    console = output.console
    if not output.as_json:
        console.print(plan_table_of(plans, output.is_dry), highlight=False)
    if not output.is_dry:
        with console.status("starting dbt and Spark …") as status:
            outcomes += carry_out(
                settings, plans, retention, lambda name: status.update(f"maintaining {name} …")
            )
    if output.as_json:
        typer.echo(json.dumps(as_json(plans, outcomes), indent=2))
    elif outcomes:
        console.print(outcome_table(outcomes), highlight=False)
    failed = [outcome for outcome in outcomes if outcome.error]
    if failed:
        more = f" (and {len(failed) - 1} more tables)" if len(failed) > 1 else ""
        raise DataError(f"{failed[0].table} was not maintained: {failed[0].error}{more}")
    return plans


def _plan(catalog: Catalog, retention: Retention, models: list[str]) -> tuple[list[TablePlan], list[Outcome]]:
    """Return the plans, and the outcome of each table that could not be read."""
    states = read_states(catalog)
    tables = [_table_of(one, list(states)) for one in models]
    unread = [
        Outcome(one.name, (), one.error)
        for one in states.values()
        if one.error and (not tables or one.name in tables)
    ]
    plans = plan_lake(states, retention, datetime.now(timezone.utc), tables)
    counted, uncounted = count_deletions(catalog, plans)
    return counted, unread + uncounted


def count_deletions(catalog: Catalog, plans: Sequence[TablePlan]) -> tuple[list[TablePlan], list[Outcome]]:
    """Count what each plan would forget; a table of which that cannot be said is left alone."""
    counted, failed = [], []
    for plan in plans:
        try:
            forget = count_old(catalog, plan.table, plan.forget_before) if plan.forget_before else 0
        except Exception as error:  # whatever is wrong with it, it is told of this table
            failed.append(Outcome(plan.table, (), one_line(error)))
        else:
            counted.append(replace(plan, forget=forget))
    return counted, failed


def _table_of(name: str, tables: list[str]) -> str:
    found = next((table for table in (name, table_of_model(name)) if table in tables), None)
    if found is None:
        raise UsageError(f"no table is named {name!r}", fix=f"The tables are: {', '.join(tables)}")
    return found
