"""Shows a run to its end: its progress, the summary of each model, and the error that it ended with."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from types import FrameType
from typing import Any

from rich.console import Console

from runner.emr import layout
from runner.emr.cli_options import print_json
from runner.emr.driver_commits import FILE
from runner.emr.events import Progress, fold
from runner.emr.follow import View, Watch, read_outcome
from runner.emr.job import Job
from runner.emr.runs import read_events
from runner.emr.session import Session
from runner.emr.summary import Screen, error_of, run_json
from runner.errors import Cancelled
from runner.lake import Commit, History, document_of


def watch_run(watch: Watch, job: Job, console: Console, *, as_json: bool) -> None:
    """Show a run to its end; raise the error that it ended with.

    Ctrl-C ends the watch and not the run: Cancelled says how to come back.
    """
    view = View(job)
    try:
        with heeding_interrupts(watch), console.status(f"{job.state.lower()} …") as status:
            screen = Screen(console, status)
            for view in watch.follow(job):
                screen.show(view)
    except KeyboardInterrupt:
        raise detached(job.run) from None
    finish(watch.session, view, console, as_json=as_json)


@contextmanager
def heeding_interrupts(watch: Watch) -> Iterator[None]:
    """Let no Ctrl-C be lost: one that comes where a library swallows it counts at the next pause."""
    pressed = threading.Event()
    pause = watch.sleep

    def note(number: int, frame: FrameType | None) -> None:
        pressed.set()
        signal.default_int_handler(number, frame)

    def heed(seconds: float) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pause(seconds)

    is_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, note) if is_main else None
    watch.sleep = heed
    try:
        yield
    finally:
        watch.sleep = pause
        if is_main:
            signal.signal(signal.SIGINT, before)


def detached(run: str) -> Cancelled:
    """Return what is said to someone who stops watching."""
    return Cancelled(
        f"detached from run {run}, which goes on",
        fix=f"Come back: medallion emr attach {run}. Stop it: medallion emr cancel {run}",
    )


def finish(session: Session, view: View, console: Console, *, as_json: bool) -> None:
    """Print what became of a run that is over; raise its error."""
    job, progress = view.job, view.progress
    outcome = read_outcome(session, job)
    if as_json:
        print_json(run_json(job, progress, outcome))
    else:
        print_summary(session, job.run, progress, console)
    error = error_of(job, progress, outcome)
    if error:
        raise error
    console.print(f"run {job.run} {outcome.word} in {job.seconds / 60:.1f} minutes", highlight=False)


def print_summary(session: Session, run: str, progress: Progress, console: Console) -> None:
    """Print the table of what went through each model, and dbt's warnings."""
    from runner.build import summarize, summary_table  # noqa: PLC0415 - slow to import, and needed at the end only

    summaries = summarize(read_histories(session, run), progress.result)
    if summaries:
        console.print(summary_table(summaries, progress.result))
    for warning in progress.warnings:
        told = f"warning: {warning}"
        console.print(told, style="yellow", markup=False, highlight=False, soft_wrap=True)


def read_histories(session: Session, run: str) -> dict[str, History]:
    """Return the commits of each table as the driver noted them at the end; none when it noted none."""
    noted = session.read_json(layout.artifacts(run, FILE)) or {}
    return {table: _history(table, commits) for table, commits in noted.items()}


def _history(table: str, commits: list[Mapping[str, Any]]) -> History:
    """Read a table's ancestors, newest first."""
    return History(table, tuple(map(_commit, commits)), ())


def _commit(noted: Mapping[str, Any]) -> Commit:
    summary = {str(name): str(value) for name, value in noted["summary"].items()}
    return Commit(
        id=int(noted["id"]),
        parent=int(noted["parent"]) if noted.get("parent") else None,
        operation=str(noted["operation"]),
        committed_at=datetime.fromtimestamp(noted["committed_at"], timezone.utc),
        summary=summary,
        document=document_of(summary.get("wap.id", "")),
    )


def read_view(session: Session, job: Job) -> View:
    """Return what is known of a run now, without waiting."""
    events, _ = read_events(session, job.run)
    return View(job, fold(Progress(), events))
