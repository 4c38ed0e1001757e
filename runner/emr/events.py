"""Reads dbt's own events, as the driver uploads them, and folds them into what is known of a run. Pure.

Nothing is guessed: a model is running when dbt said that it started, and done when dbt said how it ended.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from runner.dbt_result import DbtResult, NodeResult

STEP = "MedallionStep"  # the driver's own: what it does before and after dbt
_ERRORS = ("MainEncounteredError",)  # dbt itself fell; a node that failed says so when it has finished
_WARNINGS = ("JinjaLogWarning",)


@dataclass(frozen=True)
class Event:
    """One event of dbt or of the driver."""

    name: str
    message: str
    invocation: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """What is known of a run so far."""

    invocation: str = ""
    step: str = ""  # what the driver does around dbt
    total: int = 0  # how many nodes dbt runs
    running: tuple[str, ...] = ()
    nodes: tuple[NodeResult, ...] = ()
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def result(self) -> DbtResult:
        """Return what is done as dbt's result."""
        return DbtResult(self.invocation, self.nodes, self.warnings)


def parse_events(text: str) -> list[Event]:
    """Read JSON lines; a line that is no event (dbt and Spark print others too) is passed over."""
    return [event for line in text.splitlines() if (event := _parse(line))]


def _parse(line: str) -> Event | None:
    try:
        loaded = json.loads(line)
        info = loaded["info"]
        name, message = str(info["name"]), str(info.get("msg", ""))
        return Event(name, message, str(info.get("invocation_id", "")), loaded.get("data") or {})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def fold(progress: Progress, events: Iterable[Event]) -> Progress:
    """Add events to what is known."""
    for event in events:
        progress = _add(progress, event)
    return progress


def _add(known: Progress, event: Event) -> Progress:
    if event.name == "MainReportVersion":  # dbt begins, again if EMR made another attempt
        return Progress(invocation=event.invocation, step=known.step)
    if event.name == STEP:
        return replace(known, step=event.message)
    if event.name == "LogStartLine":
        return _started(known, event)
    if event.name == "NodeFinished":
        return _finished(known, event)
    return _told(known, event)


def _told(known: Progress, event: Event) -> Progress:
    if event.name in _ERRORS:
        told = str(event.data.get("exc") or event.message)
        return replace(known, errors=(*known.errors, told))
    if event.name in _WARNINGS:
        return replace(known, warnings=(*known.warnings, str(event.data.get("msg", event.message))))
    return known


def _started(known: Progress, event: Event) -> Progress:
    name = str(event.data["node_info"]["node_name"])
    total = int(event.data.get("total") or known.total)
    return replace(known, total=total, running=(*known.running, name))


def _finished(known: Progress, event: Event) -> Progress:
    info, result = event.data["node_info"], event.data["run_result"]
    if info["resource_type"] == "exposure":  # dbt lists them as nodes; nothing runs for them
        return known
    node = NodeResult(
        name=str(info["node_name"]),
        kind=str(info["resource_type"]),
        status=str(result["status"]),
        message=str(result.get("message") or ""),
        seconds=float(result.get("execution_time") or 0),
    )
    running = tuple(name for name in known.running if name != node.name)
    return replace(known, running=running, nodes=(*known.nodes, node))
