"""The steps that carry out a plan: SQL for Iceberg's procedures. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from runner.lake import model_of_table
from runner.maintain.plan import Retention, TablePlan

Step = dict[str, Any]  # {'does', 'sql'} or {'does', 'model', 'before'}

# Iceberg expires by age too, by default after five days: with this age it expires what is named, no more
_NEVER = "timestamp '1970-01-01'"


def plan_steps(plan: TablePlan, retention: Retention) -> list[Step]:
    """Return the steps in their order: first what frees, then what rewrites, then what is left on disk."""
    steps: list[Step] = [
        {"does": "drop branch", "sql": f"alter table {plan.table} drop branch `{name}`"}
        for name in plan.branches
    ]
    if plan.expire or plan.leftovers:
        ids = ", ".join(f"{one}L" for one in (*plan.expire, *plan.leftovers))
        expire = _call(plan, "expire_snapshots", f"older_than => {_NEVER}", f"snapshot_ids => array({ids})")
        steps.append({"does": "expire", "sql": expire})
    if plan.forget and plan.forget_before:
        before = _timestamp(plan.forget_before)
        steps.append({"does": "forget", "model": model_of_table(plan.table), "before": before})
    steps += _rewrites(plan, retention.files)
    orphans = _call(
        plan, "remove_orphan_files", f"older_than => timestamp '{_timestamp(plan.orphans_before)}'"
    )
    steps.append({"does": "orphans", "sql": orphans})
    return steps


def _rewrites(plan: TablePlan, files: int) -> Iterable[Step]:
    """Sorted tables are sorted again, else a merge could not skip row groups any more."""
    few = f"'min-input-files', '{files}'"
    if plan.compact:
        options = f"map({few}, 'delete-file-threshold', '{files}', 'remove-dangling-deletes', 'true')"
        strategy = "sort" if plan.is_sorted else "binpack"
        compact = _call(plan, "rewrite_data_files", f"strategy => '{strategy}'", f"options => {options}")
        yield {"does": "compact", "sql": compact}
    if plan.has_deletes:
        deletes = _call(plan, "rewrite_position_delete_files", f"options => map({few})")
        yield {"does": "compact deletes", "sql": deletes}
    if plan.merge_manifests:
        yield {"does": "merge manifests", "sql": _call(plan, "rewrite_manifests")}


def _call(plan: TablePlan, procedure: str, *arguments: str) -> str:
    listed = ", ".join([f"table => '{plan.table}'", *arguments])
    return f"call lake.system.{procedure}({listed})"


def _timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")
