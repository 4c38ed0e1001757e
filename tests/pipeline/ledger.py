"""What a run left behind: what the tables' own histories say of it, and what it says itself."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from lake import DbtResult, Lake, Snapshot

SILVER = ("silver.orders", "silver.orders_deleted", "silver.orders_rejected")
GOLD = ("gold.daily_sales", "gold.category_sales", "gold.shipping_mix")
TABLES = ("bronze.orders", *SILVER, *GOLD)
MODELS = tuple(name.replace(".", "_") for name in TABLES)
LONGEST_MESSAGE = 1200  # a clear error fits a screen; a stack trace does not
INPUT = {**dict.fromkeys(SILVER, "bronze_orders"), **dict.fromkeys(GOLD, "silver_orders")}


def state(lake: Lake, *names: str) -> dict[str, Any]:
    """All that a commit, a staged snapshot, a branch or an alteration would change, by table."""
    return {name: _state(lake, name) for name in names or TABLES if lake.exists(name)}


def _state(lake: Lake, name: str) -> dict[str, Any]:
    table = lake.table(name)
    return {
        "head": lake.head(name),
        "snapshots": sorted(snapshot.id for snapshot in lake.snapshots(name)),
        "refs": sorted(table.refs()),
        "columns": [(field.name, str(field.field_type), field.doc) for field in table.schema().fields],
    }


def published_state(lake: Lake, *names: str) -> dict[str, Any]:
    """What readers see: `state` without staged snapshots."""
    return {name: {**one, "snapshots": None} for name, one in state(lake, *names).items()}


def last(lake: Lake, name: str) -> Snapshot:
    """The commit that readers see."""
    return lake.published(name)[-1]


def documents(lake: Lake, name: str) -> list[dict[str, Any]]:
    """The checkpoints on the way to what readers see, oldest first."""
    return [snapshot.checkpoint for snapshot in lake.published(name) if snapshot.checkpoint]


def read_range(document: dict[str, Any], source: str) -> tuple[int | None, int | None]:
    """The range that a commit read of an input."""
    read = document["inputs"][source]
    start, end = read["from"], read["to"]
    return (int(start) if start else None, int(end) if end else None)


def assert_chained(lake: Lake) -> None:
    """Each commit starts where the one before it ended; the last one ends at the input's head."""
    for name, source in INPUT.items():
        ranges = [read_range(document, source) for document in documents(lake, name)]
        assert ranges, f"{name} carries no checkpoint"
        assert ranges[0][0] is None, name
        assert all(before[1] == after[0] for before, after in pairwise(ranges)), (name, ranges)
        assert ranges[-1][1] == lake.head(source.replace("_", ".", 1)), name
    assert all(document["inputs"] == {} for document in documents(lake, "bronze.orders"))


def assert_says(result: DbtResult, model: str, *parts: str) -> None:
    """The model failed, with one message that holds all parts and no stack trace."""
    assert result.status(model) == "error", str(result)
    message = result.message(model)
    assert [part for part in parts if part not in message] == [], message
    assert len(message) < LONGEST_MESSAGE, f"{len(message)} characters: {message[:2000]}"
