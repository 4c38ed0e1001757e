"""Stories (story.py): one that takes every step, and random ones.

A random story that breaks shrinks to its shortest form and is printed as the steps that break it. `make
test-long` tells many long ones; the seed is printed, and SEED=… tells the same ones again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from lake import Lake

from faults.story import TOLD, Say, Story, begin


def tell(make_lake: Callable[[], Lake], number: int, examples: int, steps: int) -> None:
    """Tell random stories; a seed always tells the same ones."""
    print(f"stories of seed {number}: SEED={number} make test-long")
    story = seed(number)(type("Story", (Story,), {"make_lake": staticmethod(make_lake)}))
    TOLD.clear()
    run_state_machine_as_test(
        story,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        ),
    )
    print(f"told {sum(TOLD.values())} steps: " + ", ".join(f"{n} {name}" for name, n in TOLD.most_common()))


# one story that takes every step at least once
EVERY_STEP: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("land", {"rows": [Say("I", 1, 0), Say("I", 2, 0), Say("I", 3, 1, price="97.07"), Say("X", 1, 2)]}),
    ("build", {}),
    ("land", {"rows": [Say("D", 1, 3), Say("U", 2, 2, state="CT")]}),
    ("build_and_die", {"point": "after_stage", "model": "silver_orders"}),
    ("compact", {"table": "bronze.orders"}),  # the siblings' checkpoints are on both sides of it
    ("build", {}),
    ("change_a_rule", {}),
    ("land_again", {"file": "f0.tsv"}),  # its dear row is refused now
    ("build", {}),
    ("change_a_rule", {}),
    ("command_and_die", {"command": "redrive", "point": "after_publish", "number": 2}),
    ("redrive", {}),
    ("add_a_column", {}),
    ("overwrite", {"file": "f1.tsv", "rows": [Say("U", 2, 4), Say("U", 1, 1), Say("D", 3, 4)]}),
    ("build_only", {"layer": "bronze"}),
    ("roll_back", {"table": "silver.orders"}),
    ("maintain", {}),  # while silver lags
    ("full_refresh", {"models": ("silver", "gold")}),
    ("forget", {}),
    ("land", {"rows": [Say("U", 1, 2), Say("I", 3, 0, state="")]}),  # both are revived
    ("build", {}),
    ("replay", {"model": "silver_orders"}),  # which finds the deletions in bronze
    ("roll_back_bronze", {}),
)


def test_one_story_of_every_step(make_lake: Callable[[], Lake]) -> None:
    TOLD.clear()
    story = begin(make_lake)
    for number, (step, arguments) in enumerate(EVERY_STEP):
        print(f"{number}: {step} {dict(arguments)}")
        getattr(story, step)(**arguments)
        story.judge()
    story.teardown()
    assert {one.function.__name__ for one in story.rules} == set(TOLD)


@pytest.mark.long
def test_long_stories(make_lake: Callable[[], Lake]) -> None:
    tell(make_lake, int(os.environ.get("SEED", "1")), examples=int(os.environ.get("STORIES", "12")), steps=25)
