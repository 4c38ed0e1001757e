"""Killed anywhere, at every step of the protocol and at random moments: nothing lost, nothing doubled."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator
from dataclasses import replace

import histories
import pytest
from histories import HOUR_MS, Landing, Size
from lake import Lake
from pipeline.ledger import MODELS, TABLES, assert_chained

from faults.clients import run_and_die, start
from faults.promise import broken_promises
from runner.fail_points import POINTS

# where a run is killed: one model of each kind of write, an append, merges, recomputed groups
SWEPT = ("bronze_orders", "silver_orders", "silver_orders_rejected", "gold_daily_sales")
YEAR_MS = 365 * 24 * HOUR_MS


def landings(seed: int) -> Iterator[histories.Step]:
    """An endless history, with rows in each step, in which no file is overwritten: a version that nobody has
    read yet would be gone for good."""
    for number in itertools.count():
        size = Size(steps=40, events=5, base_ms=histories.BASE_MS + (seed + number) * YEAR_MS)
        for place, step in enumerate(histories.history(seed + number, size)):
            if any(file.text.count("\n") > 1 for file in step):
                yield tuple(_named(f"{seed}_{number}_{place:02d}", file) for file in step)


def _named(prefix: str, file: Landing) -> Landing:
    return replace(file, name=f"{prefix}_{file.name.replace('/', '_')}")


def assert_recovered(lake: Lake) -> None:
    """One more run of everything gives what the oracle says, whatever the killed ones left behind."""
    lake.dbt("run").ok()
    assert lake.differences() == {}
    assert broken_promises(lake) == {}
    assert_chained(lake)
    heads = {name: lake.head(name) for name in TABLES}
    lake.dbt("run").ok()
    assert {name: lake.head(name) for name in TABLES} == heads, "nothing is new, so nothing is committed"


def test_killed_at_every_step_of_the_protocol(worn_lake: Lake) -> None:
    """A kill at each point in turn, a bit more landing before each, and no clean-up in between."""
    steps = landings(seed=20)
    for point, model in zip(POINTS, itertools.cycle(SWEPT), strict=False):
        worn_lake.land_step(next(steps))
        run_and_die(worn_lake, f"{point}:{model}", "run", "--select", f"+{model}")
        assert broken_promises(worn_lake) == {}, f"killed {point} in {model}"
    assert [one for name in TABLES for one in _staged(worn_lake, name)], "nothing was left staged"
    assert_recovered(worn_lake)


def _staged(lake: Lake, name: str) -> list[int]:
    """Snapshots of a table that no reader sees."""
    seen = {snapshot.id for snapshot in lake.published(name)}
    return [snapshot.id for snapshot in lake.snapshots(name) if snapshot.id not in seen]


def test_killed_on_local_with_spark_in_the_process(local_lake: Lake) -> None:
    """Python and Java die together, with the batch staged; the next run takes over."""
    local_lake.land_step(next(landings(seed=21)))
    run_and_die(local_lake, "after_stage:bronze_orders", "run", "--select", "bronze")
    assert _staged(local_lake, "bronze.orders") and not local_lake.published("bronze.orders")
    local_lake.dbt("run", "--select", "bronze").ok()
    assert len(local_lake.published("bronze.orders")) == 1
    assert len(local_lake.rows("bronze.orders")) == len(local_lake.expected().bronze)


@pytest.mark.long
@pytest.mark.parametrize("model", MODELS)
def test_killed_at_every_step_of_each_model(lake: Lake, model: str) -> None:
    _kill_at_every_step(lake, model)


@pytest.mark.long
@pytest.mark.parametrize("model", SWEPT)
def test_killed_at_every_step_on_local(local_lake: Lake, model: str) -> None:
    _kill_at_every_step(local_lake, model)


def _kill_at_every_step(lake: Lake, model: str) -> None:
    steps = landings(seed=30)
    for point in POINTS:
        lake.land_step(next(steps))
        run_and_die(lake, f"{point}:{model}", "run", "--select", f"+{model}")
        assert broken_promises(lake) == {}, f"killed {point} in {model}"
    assert_recovered(lake)


@pytest.mark.long
@pytest.mark.parametrize("seed", [40, 50])
def test_killed_at_random_moments(any_lake: Lake, seed: int) -> None:
    """Runs are killed after a random part of the time that a whole run takes."""
    steps, rng = landings(seed), random.Random(seed)
    any_lake.land_step(next(steps))
    began = time.monotonic()
    start(any_lake, "run").wait().ok()
    whole = time.monotonic() - began
    for number in range(10):
        any_lake.land_step(next(steps))
        client = start(any_lake, "run")
        time.sleep(whole * rng.uniform(0.2, 1.0))
        client.kill()
        client.process.join()
        assert broken_promises(any_lake) == {}, f"seed {seed}, kill {number}"
    assert_recovered(any_lake)
