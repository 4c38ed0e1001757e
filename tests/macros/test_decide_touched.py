"""Which keys of a keyed input may have changed, decided from what its commits say they read."""
# ruff: noqa: E501 - a case is a line

from __future__ import annotations

from typing import Any

import pytest
from harness import Node, Project, checkpoint, snapshot

Ranges = dict[str, list[tuple[str, str]]]


def commit(id: str, mode: str = "range", **inputs: Any) -> Node:
    return snapshot(id, "overwrite", checkpoint(mode=mode, **inputs))


FIRST = commit("S1", "first", bronze=(None, "A"))
SECOND = commit("S2", bronze=("A", "B"))
THIRD = commit("S3", bronze=("B", "C"))
COMPACTED = snapshot("S9", "replace")
FOREIGN = snapshot("S8", "append")


@pytest.mark.parametrize(
    ("history", "start", "ranges"),
    [
        ([FIRST, SECOND], "S1", {"bronze": [("A", "B")]}),
        # neighbouring ranges become one
        ([FIRST, SECOND, THIRD], "S1", {"bronze": [("A", "C")]}),
        ([FIRST, SECOND, THIRD], "S2", {"bronze": [("B", "C")]}),
        # a gap (someone read what lies between by other means) stays a gap
        ([FIRST, SECOND, commit("S3", bronze=("C", "D"))], "S1", {"bronze": [("A", "B"), ("C", "D")]}),
        # a compaction says nothing and changes nothing
        ([FIRST, SECOND, COMPACTED, THIRD], "S1", {"bronze": [("A", "C")]}),
        # several inputs, of which one did not move
        (
            [FIRST, commit("S2", bronze=("A", "B"), returns=("X", "X")), commit("S3", bronze=("B", "B"), returns=("X", "Y"))],
            "S1",
            {"bronze": [("A", "B")], "returns": [("X", "Y")]},
        ),
        # what came before the start does not matter
        ([FOREIGN, commit("S2", "full", bronze=(None, "B")), THIRD], "S2", {"bronze": [("B", "C")]}),
    ],
)  # fmt: skip
def test_the_ranges_bound_the_change(history: list[Node], start: str, ranges: Ranges) -> None:
    decision = Project().decide_touched(history[::-1], start)
    assert decision["kind"] == "range"
    assert (decision["from"], decision["to"]) == (start, history[-1].id)
    found = {name: [(one["from"], one["to"]) for one in those] for name, those in decision["ranges"].items()}
    assert found == ranges


@pytest.mark.parametrize(
    ("history", "start"),
    [
        ([], None),
        ([FIRST], "S1"),
        ([FIRST, COMPACTED], "S9"),
        ([FIRST, COMPACTED], "S1"),
    ],
)
def test_nothing_changed(history: list[Node], start: str | None) -> None:
    assert Project().decide_touched(history[::-1], start)["kind"] == "nothing"


@pytest.mark.parametrize(
    ("history", "start"),
    [
        pytest.param([], "S1", id="dropped and made anew"),
        pytest.param([FIRST, SECOND], None, id="no checkpoint"),
        pytest.param([FIRST, SECOND], "S7", id="rolled back or expired"),
        pytest.param([FIRST, FOREIGN], "S1", id="another tool wrote last"),
        pytest.param([FIRST, FOREIGN, SECOND], "S1", id="another tool wrote in between"),
        pytest.param([FIRST, commit("S2", "full", bronze=(None, "B"))], "S1", id="full refresh"),
        pytest.param([FIRST, commit("S2", "full", bronze=(None, "B")), THIRD], "S1", id="full refresh before a range"),
        pytest.param([FIRST, commit("S2", bronze=(None, "B"))], "S1", id="an input read from its beginning"),
        pytest.param([FIRST, commit("S2")], "S1", id="a commit that names no input: it read files"),
        pytest.param([FIRST, commit("S2"), THIRD], "S1", id="files read before a range"),
    ],
)  # fmt: skip
def test_whatever_has_no_bounds_means_everything(history: list[Node], start: str | None) -> None:
    decision = Project().decide_touched(history[::-1], start)
    assert decision == {"kind": "all", "from": None, "to": history[-1].id if history else None}
