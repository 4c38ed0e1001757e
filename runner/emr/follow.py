"""Watches a run from here: its state, dbt's events, the driver's log, as they come.

Nothing here acts on the job, so watching can stop at any moment and begin again from anywhere. AWS may be out
of reach for a while: botocore tries each call again, and the watch goes on for `PATIENCE` after that.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from runner.emr.events import Progress, fold
from runner.emr.job import Job, get_job, outcome_of
from runner.emr.logs import LogTail
from runner.emr.runs import read_events, read_result
from runner.emr.session import Session
from runner.emr.states import Outcome
from runner.errors import AccessRefused, AwsError, NotOnAws, TimedOut

PATIENCE = 300.0  # seconds that AWS may be out of reach before the watch gives up
FIRST_DELAY, LONGEST_DELAY = 1.0, 10.0


@dataclass(frozen=True)
class View:
    """What is known of a run at one moment, and what is new since the last."""

    job: Job
    progress: Progress = field(default_factory=Progress)
    log: tuple[str, ...] = ()
    trouble: str = ""  # why nothing new is known


@dataclass
class Watch:
    """How a run is watched: with which log, how long, and by which clock."""

    session: Session
    log: LogTail | None = None
    limit: float | None = None  # seconds; None: as long as the job lives
    patience: float = PATIENCE
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _last_event: str = field(default="", init=False)

    def follow(self, job: Job) -> Iterator[View]:
        """Yield what is known, whenever something of it has changed, until the job is over.

        Raises TimedOut when that takes longer than the limit, AwsError when AWS stays out of reach.
        """
        view, quiet = self._look(View(job)), 0
        yield view
        began = reached = self.clock()
        while not view.job.is_final:
            self._check_limit(view.job, began)
            self.sleep(next_delay(quiet, random.random()))
            try:
                seen = self._look(replace(view, job=get_job(self.session, job.id)))
                reached = self.clock()
            except AwsError as error:
                if is_lasting(error) or self.clock() - reached > self.patience:
                    raise
                seen = replace(view, log=(), trouble=error.what)
            seen = replace(seen, job=replace(seen.job, run=job.run))
            quiet = quiet + 1 if has_same(view, seen) else 0
            if not has_same(view, seen):
                yield seen
            view = seen
        # what the driver uploaded between the last look and its end
        if view.job.is_final:
            yield self._look(view)

    def _look(self, view: View) -> View:
        events, last = read_events(self.session, view.job.run, self._last_event)
        log = tuple(self.log.read_new()) if self.log else ()
        self._last_event = last  # only now: had the log not been reached, these events would be gone
        return View(view.job, fold(view.progress, events), log)

    def _check_limit(self, job: Job, began: float) -> None:
        if self.limit is not None and self.clock() - began > self.limit:
            raise TimedOut(
                f"run {job.run} is still {job.state} after {self.limit / 60:g} minutes; it goes on",
                fix=f"Come back: medallion emr attach {job.run}. Stop it: medallion emr cancel {job.run}",
            )


def next_delay(quiet: int, chance: float) -> float:
    """Return the seconds until the next look: longer while nothing happens, never the same twice. Pure."""
    return min(FIRST_DELAY * 1.4 ** min(quiet, 20), LONGEST_DELAY) * (0.8 + 0.4 * chance)


def is_lasting(error: AwsError) -> bool:
    """Tell whether waiting would not help: a right that is missing, a thing that is not there. Pure."""
    return isinstance(error, (AccessRefused, NotOnAws)) or "Log in again" in error.fix


def has_same(before: View, now: View) -> bool:
    """Tell whether nothing is new. Pure."""
    return not now.log and (before.job.state, before.job.attempt, before.progress, before.trouble) == (
        now.job.state,
        now.job.attempt,
        now.progress,
        now.trouble,
    )


def read_outcome(session: Session, job: Job) -> Outcome:
    """Say how a run that is over ended."""
    result = read_result(session, job.run)
    return outcome_of(job, result.exit_code if result else None, result.error if result else "")
