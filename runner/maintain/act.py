"""Carries out plans, table by table: a table whose maintenance fails keeps none of the others from theirs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from runner.errors import DataError
from runner.maintain.plan import Retention, TablePlan
from runner.maintain.statements import plan_steps
from runner.operations import run_operation
from runner.settings import Settings

_SAID = "maintained "


@dataclass(frozen=True)
class Done:
    """What came of one step: the columns that Iceberg's procedure returned, as text."""

    does: str
    result: dict[str, list[str]]

    def count(self, column: str) -> int:
        """Return a number that the procedure returned; 0 when it returned none."""
        return sum(int(float(value)) for value in self.result.get(column, []))


@dataclass(frozen=True)
class Outcome:
    """What came of one table's maintenance; `error` is one line, empty when all went well."""

    table: str
    done: tuple[Done, ...]
    error: str = ""


def carry_out(
    settings: Settings, plans: Sequence[TablePlan], retention: Retention, on_start: Callable[[str], None]
) -> list[Outcome]:
    """Maintain each table; `on_start` hears its name first."""
    outcomes = []
    for plan in plans:
        on_start(plan.table)
        steps = plan_steps(plan, retention)
        try:
            said = run_operation(settings, "maintain_table", {"steps": steps})
        except DataError as error:
            outcomes.append(Outcome(plan.table, (), error.line))
        else:
            outcomes.append(
                Outcome(plan.table, tuple(_done(line) for line in said if line.startswith(_SAID)))
            )
    return outcomes


def _done(line: str) -> Done:
    told: dict[str, Any] = json.loads(line.removeprefix(_SAID))
    return Done(told["does"], told["result"])
