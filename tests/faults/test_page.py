"""docs/reliability.md names the tests that prove a promise, and says how much they try: is it so?"""

from __future__ import annotations

import re

import pytest
from lake import PROJECT
from pipeline.ledger import MODELS

from faults.test_any_story import EVERY_STEP
from faults.test_crashes import SWEPT
from runner.fail_points import POINTS

PAGE = (PROJECT / "docs" / "reliability.md").read_text()
TESTS = PROJECT / "tests"


def test_each_test_that_proves_a_promise_is_there() -> None:
    named = set(re.findall(r"`((?:\w+/)?test_\w+\.py)`", PAGE))
    missing = [
        name for name in named if not any((TESTS / folder / name).exists() for folder in ("", "faults"))
    ]
    assert named and missing == []
    untold = {path.name for path in (TESTS / "faults").glob("test_*.py")} - named - {"test_page.py"}
    assert untold == set(), "they prove something that the page does not promise"


@pytest.mark.parametrize(
    ("row", "short", "long"),
    [
        ("fail points", f"{len(POINTS)}", ""),
        ("stories × steps", f"1 × {len(EVERY_STEP)}", "12 × 25"),
        ("… on `local`", "1", f"{len(POINTS) * len(SWEPT)}"),
        ("kills at fail points, on `server`", None, f"{len(POINTS) * len(MODELS)} of builds, 28 of commands"),
    ],
)
def test_the_figures_are_those_of_the_tests(row: str, short: str | None, long: str) -> None:
    [(told, more)] = re.findall(rf"^\| {re.escape(row)} \| (.*?) \| (.*?) ?\|$", PAGE, re.MULTILINE)
    assert (short or told, long) == (told, more)


def test_every_fail_point_is_named_in_the_order_of_the_protocol() -> None:
    listed = re.findall(r"`(\w+)`", PAGE.partition("protocol: ")[2])
    assert tuple(listed[: len(POINTS)]) == POINTS
