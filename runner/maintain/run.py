"""One maintenance of the lake: read, plan, tell, act."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import typer
from rich.console import Console

from runner.errors import DataError, UsageError
from runner.lake import open_catalog, table_of_model
from runner.maintain.act import Outcome, carry_out
from runner.maintain.plan import Retention, TablePlan, plan_lake
from runner.maintain.report import as_json, outcome_table, plan_table_of
from runner.maintain.state import read_states
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
    now = datetime.now(timezone.utc)
    states = read_states(open_catalog(settings), now - retention.deletions)
    plans = plan_lake(states, retention, now, [_table_of(one, list(states)) for one in models])
    console = output.console
    if not output.as_json:
        console.print(plan_table_of(plans, output.is_dry), highlight=False)
    outcomes: list[Outcome] = []
    if not output.is_dry:
        with console.status("starting dbt and Spark …") as status:
            outcomes = carry_out(
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


def _table_of(name: str, tables: list[str]) -> str:
    found = next((table for table in (name, table_of_model(name)) if table in tables), None)
    if found is None:
        raise UsageError(f"no table is named {name!r}", fix=f"The tables are: {', '.join(tables)}")
    return found
