"""What a build costs per model: SQL statements from dbt's log, Spark jobs from Spark's event log."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_STATEMENT = re.compile(r"On model\.\w+\.(\w+): (?!Close|ROLLBACK|COMMIT)")


@dataclass(frozen=True)
class Cost:
    """One model's share of a build."""

    model: str
    seconds: float
    statements: int
    jobs: int


def costs(target: Path, log: Path, events: Path) -> list[Cost]:
    """What each model of one run cost; the run must have had one thread, as jobs are told apart by time."""
    statements = Counter(_STATEMENT.findall(log.read_text(errors="replace")))
    started = sorted(_job_times(events))
    return [
        Cost(model, seconds, statements[model], sum(start <= at < end for at in started))
        for model, seconds, start, end in _models(target / "run_results.json")
    ]


def model_seconds(target: Path, prefix: str) -> float:
    """The time that the models of one layer took in the last run."""
    return sum(
        seconds for model, seconds, _, _ in _models(target / "run_results.json") if model.startswith(prefix)
    )


def _models(run_results: Path) -> Iterable[tuple[str, float, float, float]]:
    for result in json.loads(run_results.read_text())["results"]:
        kind, _, name = result["unique_id"].split(".")[:3]
        times = [_epoch(timing[key]) for timing in result["timing"] for key in ("started_at", "completed_at")]
        if kind == "model" and times:
            yield name, result["execution_time"], min(times), max(times)


def _job_times(events: Path) -> Iterable[float]:
    for path in (path for path in events.rglob("*") if path.is_file()):
        for line in path.read_text(errors="replace").splitlines():
            if '"SparkListenerJobStart"' in line:
                yield json.loads(line)["Submission Time"] / 1000


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
