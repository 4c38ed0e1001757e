"""Fail points: named places in the commit protocol where a test may end a run, or hold it.

`MEDALLION_FAIL_POINT` arms one of them: `after_stage`, `after_stage:silver_orders` (in that model only) or
`after_stage:silver_orders:2` (the second time it is reached), and what happens there: nothing more said, the
process dies by SIGKILL, and its whole group when it leads one; with `=hold:PATH`, it makes PATH.reached and
goes on when PATH exists. Nothing is armed by default; the macro `fail_point` then does not call Python.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbt.adapters.spark.impl import SparkAdapter
from dbt_common.exceptions import DbtRuntimeError

VARIABLE = "MEDALLION_FAIL_POINT"
# in the order of the protocol
POINTS = (
    "before_pin", "in_pin", "after_pin", "before_stage", "after_stage", "in_gate", "after_gate",
    "after_branch", "after_fast_forward", "after_publish",
)  # fmt: skip
LONGEST_HOLD = 300  # seconds
_ARMED = re.compile(
    r"(?P<point>[a-z_]+)(:(?P<model>[a-z][a-z0-9_]*))?(:(?P<number>[1-9]\d*))?(=hold:(?P<hold>.+))?"
)
_reached: Counter[str] = Counter()


@dataclass(frozen=True)
class FailPoint:
    """An armed point: where, the how-manieth time there, and the file to wait for (none: die)."""

    point: str
    model: str | None = None
    number: int = 1
    hold: Path | None = None


def parse_fail_point(text: str) -> FailPoint:
    """Read what the variable says; raises for a point that does not exist, for it would never be reached."""
    match = _ARMED.fullmatch(text)
    if not match or match["point"] not in POINTS:
        raise DbtRuntimeError(
            f"{VARIABLE} is '{text}', which is no fail point; "
            f"use POINT[:MODEL[:NUMBER]][=hold:PATH] with one of {', '.join(POINTS)}"
        )
    hold = Path(match["hold"]) if match["hold"] else None
    return FailPoint(match["point"], match["model"], int(match["number"] or 1), hold)


def reach_fail_point(adapter: Any, point: str, model: str) -> None:
    """Die or wait here, if this is the point that is armed."""
    armed = parse_fail_point(os.environ[VARIABLE])
    if point != armed.point or model != (armed.model or model):
        return
    _reached[f"{armed}"] += 1
    if _reached[f"{armed}"] != armed.number:
        return
    if armed.hold is None:
        die()
    else:
        wait_for(armed.hold)


def die() -> None:
    """End this process as a crash would, and Spark with it where this process leads their group."""
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def wait_for(path: Path) -> None:
    """Say that the point is reached, then wait until `path` exists."""
    path.with_name(f"{path.name}.reached").touch()
    until = time.monotonic() + LONGEST_HOLD
    while not path.exists():
        if time.monotonic() > until:
            raise DbtRuntimeError(f"{VARIABLE}: {path} did not appear in {LONGEST_HOLD} seconds")
        time.sleep(0.02)


def offer_fail_points() -> None:
    """Give the adapter that macros see this method; while dbt only parses it does nothing."""
    name = reach_fail_point.__name__
    setattr(SparkAdapter, name, reach_fail_point)
    SparkAdapter._available_ |= {name}
    SparkAdapter._parse_replacements_ |= {name: lambda *_: None}
