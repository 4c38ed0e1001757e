"""Killed inside `medallion redrive`, `replay` or `maintain`: what it did counts, and the command goes on.

The story's model judges all tables after each kill. (`make test` kills one redrive: test_any_story.py.)
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
from lake import Lake

from faults.story import Say, Story, begin
from runner.fail_points import POINTS

MakeLake = Callable[[], Lake]
DEAR = "97.07"  # refused while the rule is strict
# the points that a change of a table's rows comes to
PURGING = ("before_stage", "after_stage", "after_branch", "after_fast_forward")


def something_to_do(story: Story, command: str, number: int) -> None:
    """Rows that a redrive moves, keys that a replay must not revive, deletions that maintenance forgets."""
    key = number % 3 + 1
    if command == "redrive" and not story.world.setting.is_strict:
        story.land(rows=[Say("I", key, number % 5)])
        story.build()  # each table has judged rows by the loose rules before they are tightened
        story.change_a_rule()
    story.land(rows=[Say("I", key, number % 5, price=DEAR), Say("D", key % 3 + 1, number % 5)])
    story.build()
    if command == "redrive":
        story.change_a_rule()  # back: the dear row passes now


def kill_and_go_on(story: Story, command: str, kill: Callable[[Story], None]) -> None:
    """Kill the command, look at everything, and run it to its end."""
    kill(story)
    story.world.sound.clear()
    story.judge()
    story.start_command(command).wait().ok()
    story.world.sound.clear()
    story.judge()


@pytest.mark.long
@pytest.mark.parametrize(
    ("command", "points"),
    [
        ("redrive", [f"{point}:silver_orders" for point in POINTS]),
        ("redrive", [f"{point}:3" for point in PURGING]),  # while it notes what it moved
        ("replay", [f"{point}:silver_orders" for point in POINTS]),
        ("maintain", PURGING),
    ],
    ids=["redrive", "redrive, noting", "replay", "maintain"],
)
def test_killed_at_every_step_of_a_command(make_lake: MakeLake, command: str, points: list[str]) -> None:
    story = begin(make_lake)
    for number, point in enumerate(points):
        something_to_do(story, command, number)

        def kill(story: Story, point: str = point) -> None:
            assert story.start_command(command, point).wait().killed, f"{point} was not reached"

        kill_and_go_on(story, command, kill)
    story.teardown()


@pytest.mark.long
@pytest.mark.parametrize("command", ["redrive", "replay", "maintain"])
def test_a_command_killed_at_random_moments(make_lake: MakeLake, command: str) -> None:
    """After a random part of the time that the whole command takes."""
    story, rng = begin(make_lake), random.Random(110)
    something_to_do(story, command, 0)
    began = time.monotonic()
    story.start_command(command).wait().ok()
    whole = time.monotonic() - began
    for number in range(1, 8):
        something_to_do(story, command, number)

        def kill(story: Story) -> None:
            client = story.start_command(command)
            time.sleep(whole * rng.uniform(0.1, 1.0))
            client.kill()
            client.process.join()

        kill_and_go_on(story, command, kill)
    story.teardown()
