"""How a run is shown: its progress line by line, and what became of it."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.status import Status
from rich.table import Table

from runner.dbt_result import NodeResult
from runner.emr.events import Progress
from runner.emr.follow import View
from runner.emr.job import Job
from runner.emr.states import CANCELLED, DATA, OK, TIMED_OUT, USAGE, Outcome
from runner.errors import Cancelled, DataError, InfrastructureError, MedallionError, TimedOut, UsageError
from runner.spark_errors import first_line

_COLOURS = {"success": "green", "pass": "green", "warn": "yellow", "skipped": "dim", "no-op": "dim"}


class Screen:
    """Prints what is new of a run; what happens now is in the spinner."""

    def __init__(self, console: Console, status: Status) -> None:
        self._console, self._status = console, status
        self._shown = 0
        self._state, self._step, self._trouble = "", "", ""

    def show(self, view: View) -> None:
        """Print what one view has and the last had not."""
        self._show_state(view)
        for line in view.log:
            self._tell(line, "dim")
        nodes = view.progress.nodes
        if len(nodes) < self._shown:  # EMR began another attempt: dbt begins again
            self._shown = 0
        for node in nodes[self._shown :]:
            self._console.print(node_line(node), highlight=False, soft_wrap=True)
        self._shown = len(nodes)
        self._status.update(doing(view))

    def _show_state(self, view: View) -> None:
        state = view.job.state + (f", attempt {view.job.attempt}" if view.job.attempt > 1 else "")
        if state != self._state:
            self._console.print(state, style="dim", highlight=False)
        if view.progress.step not in ("", self._step):
            self._tell(view.progress.step, "dim")
        if view.trouble not in ("", self._trouble):
            self._tell(f"{view.trouble}; still trying", "yellow")
        self._state, self._step, self._trouble = state, view.progress.step, view.trouble

    def _tell(self, line: str, style: str) -> None:
        self._console.print(line, style=style, markup=False, highlight=False, soft_wrap=True)


def node_line(node: NodeResult) -> str:
    """Return the line of a model or test that has ended."""
    colour = "red" if node.is_bad else _COLOURS.get(node.status, "default")
    told = first_line(node.message).replace("[", r"\[") if node.message else ""
    return f"[{colour}]{node.status:8}[/] {node.name:32} {node.seconds:6.1f} s  {told}".rstrip()


def doing(view: View) -> str:
    """Return what happens now, in a line."""
    progress = view.progress
    if progress.running:
        return f"building {', '.join(progress.running)} ({len(progress.nodes)} of {progress.total} done) …"
    return f"{view.job.state.lower()}{': ' + progress.step if progress.step else ''} …"


def error_of(job: Job, progress: Progress, outcome: Outcome) -> MedallionError | None:
    """Return the error that a run's end is, in one line; None when it is none."""
    if outcome.exit_code == OK:
        return None
    bad = progress.result.failures
    if outcome.exit_code == DATA:
        more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
        return DataError(
            f"{_first_failure(progress) or outcome.message or 'dbt failed'}{more}",
            fix=f"Mend it, then go on where it stopped: medallion emr retry {job.run}",
        )
    if outcome.exit_code == CANCELLED:
        fix = "Nothing half-done is visible; submit it again, and it goes on where this one stopped"
        return Cancelled(f"run {job.run} was cancelled", fix=fix)
    if outcome.exit_code == TIMED_OUT:
        return TimedOut(
            f"run {job.run} took longer than its {job.timeout_minutes} minutes, and EMR ended it",
            fix="Give it more: --timeout MINUTES, or timeout_minutes in profiles/emr.yml",
        )
    if outcome.exit_code == USAGE:
        return UsageError(f"run {job.run} was refused by its driver: {outcome.message}")
    return InfrastructureError(
        f"run {job.run} broke off: {outcome.message or job.state}",
        fix=f"The driver's log tells more: medallion emr logs {job.run} --wait",
    )


def _first_failure(progress: Progress) -> str:
    if progress.result.failures:
        first = progress.result.failures[0]
        message = first_line(first.message)
        return message if first.name in message else f"{first.name}: {message}"
    return first_line(progress.errors[0]) if progress.errors else ""


def run_json(job: Job, progress: Progress, outcome: Outcome | None) -> dict[str, Any]:
    """Return all that is known of a run, with plain values."""
    nodes = [
        {"name": n.name, "kind": n.kind, "status": n.status, "message": n.message, "seconds": n.seconds}
        for n in progress.nodes
    ]
    ended = {"outcome": outcome.word, "exit_code": outcome.exit_code} if outcome else {}
    error = error_of(job, progress, outcome) if outcome else None
    return {
        **job.as_json(),
        "outcome": None,
        "exit_code": None,
        **ended,
        "error": error.line if error else None,
        "dbt_invocation": progress.invocation or None,
        "running": list(progress.running),
        "total": progress.total,
        "nodes": nodes,
        "warnings": list(progress.warnings),
    }


def jobs_table(jobs: list[Job]) -> Table:
    """Lay jobs out as a table."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    for name in ("run", "state", "submitted (UTC)", "minutes", "EMR's id"):
        table.add_column(name, justify="right" if name == "minutes" else "left", no_wrap=True)
    colours = {"SUCCESS": "green", "FAILED": "red", "CANCELLED": "yellow"}
    for job in jobs:
        state = f"[{colours.get(job.state, 'default')}]{job.state}[/]"
        table.add_row(job.run, state, f"{job.created_at:%m-%d %H:%M:%S}", _minutes(job), job.id)
    return table


def _minutes(job: Job) -> str:
    seconds = job.seconds or ((job.ended_at - job.created_at).total_seconds() if job.ended_at else 0)
    return f"{seconds / 60:.1f}" if seconds else ""
