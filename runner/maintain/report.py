"""How maintenance is told: as a table for people, as plain values for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table

from runner.build import short
from runner.maintain.act import Done, Outcome
from runner.maintain.plan import TablePlan


def as_json(plans: Sequence[TablePlan], outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Return plans and what came of them with plain values; snapshot ids as text: JSON loses 64 bits."""
    by_table = {outcome.table: outcome for outcome in outcomes}
    told = []
    for plan in plans:
        one = asdict(plan)
        one |= {name: [str(id) for id in one[name]] for name in ("expire", "leftovers")}
        one |= {
            name: one[name].isoformat()
            for name in ("forget_before", "orphans_before")
            if one[name] is not None
        }
        one["reasons"] = [
            reason | {"oldest": str(reason["oldest"]), "committed_at": reason["committed_at"].isoformat()}
            for reason in one["reasons"]
        ]
        outcome = by_table.get(plan.table)
        told.append(one | {"outcome": asdict(outcome) if outcome else None})
    planned = {plan.table for plan in plans}
    told += [{"table": one.table, "outcome": asdict(one)} for one in outcomes if one.table not in planned]
    return told


def plan_table_of(plans: Sequence[TablePlan], is_dry: bool) -> Table:
    """Lay the plans out: what goes, what stays, and why it stays."""
    title = "would do (nothing was changed; files without a table are looked for in the real run)"
    table = Table(
        box=None, header_style="dim", pad_edge=False, title=title if is_dry else None, title_justify="left"
    )
    for name in ("table", "to do", "snapshots kept", "kept though old"):
        table.add_column(name, no_wrap=name == "table")
    for plan in plans:
        reasons = [
            f"{one.why}: {one.snapshots} from {short(str(one.oldest))} ({one.committed_at:%Y-%m-%d %H:%M})"
            for one in plan.reasons
        ]
        table.add_row(plan.table, "; ".join(_to_do(plan)) or "nothing", str(plan.kept), "\n".join(reasons))
    return table


def _to_do(plan: TablePlan) -> list[str]:
    return [
        text
        for is_due, text in (
            (plan.expire, f"expire {len(plan.expire)} snapshots"),
            (plan.leftovers, f"remove {len(plan.leftovers)} left snapshots"),
            (plan.branches, f"drop {len(plan.branches)} left branches"),
            (plan.forget, f"forget {plan.forget:,} deletions"),
            (plan.compact, f"compact {plan.compact}"),
            (plan.merge_manifests, "merge manifests"),
        )
        if is_due
    ]


def outcome_table(outcomes: Sequence[Outcome]) -> Table:
    """Lay out what came of each table."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    for name in ("table", "did"):
        table.add_column(name, no_wrap=name == "table")
    for outcome in outcomes:
        told = "; ".join(filter(None, map(_did, outcome.done))) or "nothing to do"
        table.add_row(outcome.table, f"[red]{outcome.error}[/]" if outcome.error else told)
    return table


def _did(done: Done) -> str:
    if done.does == "expire":
        files = sum(done.count(column) for column in done.result if column.startswith("deleted_"))
        return f"expired, {files} files deleted"
    if done.does == "compact":
        before, after = done.count("rewritten_data_files_count"), done.count("added_data_files_count")
        return f"{before} data files into {after}" if before else ""
    if done.does == "compact deletes":
        before, after = done.count("rewritten_delete_files_count"), done.count("added_delete_files_count")
        return f"{before} delete files into {after}" if before else ""
    if done.does == "orphans":
        found = len(done.result.get("orphan_file_location", []))
        return f"{found} files without a table deleted" if found else ""
    return done.does
