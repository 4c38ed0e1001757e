"""What to read of an append-only input, decided from its history and the checkpoint."""

from __future__ import annotations

from typing import Any

import pytest
from harness import Node, Project, snapshot

APPEND, REPLACE, OVERWRITE, DELETE = "append", "replace", "overwrite", "delete"


def _newest_first(text: str) -> list[Node]:
    """Snapshots from 'A B:replace C', oldest first as one writes them."""
    parts = (part.partition(":") for part in text.split())
    return [snapshot(id, operation or APPEND) for id, _, operation in parts][::-1]


@pytest.mark.parametrize(
    ("history", "start", "kind", "ends"),
    [
        # an input without a commit
        ("", None, "nothing", (None, None)),
        # a model without a checkpoint
        ("A", None, "all", (None, "A")),
        ("A B C", None, "all", (None, "C")),
        ("A B:overwrite", None, "all", (None, "B")),
        # a checkpoint at the head
        ("A B C", "C", "nothing", ("C", "C")),
        ("A B:overwrite", "B", "nothing", ("B", "B")),
        # a checkpoint behind the head
        ("A B C", "A", "range", ("A", "C")),
        ("A B C", "B", "range", ("B", "C")),
        # a compaction changes no rows
        ("A B:replace", "A", "nothing", ("A", "B")),
        ("A B:replace C", "A", "range", ("A", "C")),
        ("A B C:replace", "A", "range", ("A", "C")),
        # what was rewritten before the checkpoint does not matter
        ("A:overwrite B C", "B", "range", ("B", "C")),
        ("A B:delete C", "B", "range", ("B", "C")),
    ],
)
def test_the_range(history: str, start: str | None, kind: str, ends: tuple[Any, Any]) -> None:
    decision = Project().decide_range(_newest_first(history), start)
    assert (decision["kind"], (decision["from"], decision["to"])) == (kind, ends)


@pytest.mark.parametrize(
    ("history", "start", "said"),
    [
        (
            "",
            "A",
            "snapshot A, which was consumed last, is no longer in its history",
        ),  # dropped and made anew
        ("A B", "X", "snapshot X, which was consumed last, is no longer in its history"),
        ("A B:overwrite", "A", "snapshot B (overwrite) changed rows that were consumed already"),
        ("A B:delete", "A", "snapshot B (delete) changed rows"),
        ("A B C:overwrite", "A", "snapshot C (overwrite)"),
        ("A B:overwrite C", "A", "snapshot B (overwrite)"),
        ("A B:overwrite C:replace", "A", "snapshot B (overwrite)"),
        ("A B:overwrite C:delete D", "A", "snapshot C (delete)"),  # the newest is named
    ],
)
def test_what_an_incremental_read_would_skip_is_refused(history: str, start: str, said: str) -> None:
    decision = Project().decide_range(_newest_first(history), start)
    assert decision["kind"] == "refused"
    assert said in decision["reason"]


@pytest.mark.parametrize(
    ("history", "start", "newer"),
    [
        ("", "A", []),
        ("A B C", "C", []),
        ("A B C", "B", ["C"]),
        ("A B C", "A", ["C", "B"]),
        ("A B C", None, ["C", "B", "A"]),
        ("A B C", "X", ["C", "B", "A"]),  # lost: everything is newer
    ],
)
def test_snapshots_since(history: str, start: str | None, newer: list[str]) -> None:
    assert [one.id for one in Project().snapshots_since(_newest_first(history), start)] == newer
