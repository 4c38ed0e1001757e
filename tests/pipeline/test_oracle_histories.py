"""Random histories, step by step: whatever happened, every table is what the oracle makes of all files."""

from __future__ import annotations

import histories
import oracle
import pytest
from histories import Size, Step
from lake import Lake

from pipeline.ledger import assert_chained, state

SERVER_SEEDS = (11,)
LOCAL_SEED = 7
STEPS = 4
Origin = tuple[str, object]


@pytest.mark.parametrize("seed", SERVER_SEEDS)
def test_every_step_ends_where_the_oracle_does(lake: Lake, seed: int) -> None:
    steps = histories.history(seed, Size(steps=STEPS, folders=True))
    for number, step in enumerate(steps, start=1):
        lake.land_step(step)
        lake.dbt("run").ok()
        assert lake.differences() == {}, f"seed {seed}, step {number}"
        assert account(lake) == expected_account(steps[:number]), f"seed {seed}, step {number}"
    assert_chained(lake)
    _rebuilt_from_bronze(lake)


def _rebuilt_from_bronze(lake: Lake) -> None:
    """A full refresh of silver and gold gives the same tables; bronze is not touched."""
    bronze = state(lake, "bronze.orders")
    lake.dbt("run", "--full-refresh", "--select", "silver", "gold").ok()
    assert lake.differences() == {}
    assert state(lake, "bronze.orders") == bronze


def test_a_history_on_local_is_the_same(local_lake: Lake) -> None:
    for step in histories.history(LOCAL_SEED, Size(steps=1, folders=True)):
        local_lake.land_step(step)
        local_lake.dbt("run").ok()
        assert local_lake.differences() == {}


# -- bronze rows = applied + superseded + rejected ----------------------------------------------------------


def expected_account(steps: list[Step]) -> oracle.Account:
    """Where the rows of the last step must go; each step is one build."""
    return oracle.account(_builds(steps))[-1]


def _builds(steps: list[Step]) -> list[list[oracle.Version]]:
    versions = iter(histories.versions(steps))
    return [[next(versions) for _ in step] for step in steps]


def account(lake: Lake) -> oracle.Account:
    """Where the rows of the newest bronze batch went, by where they are now.

    A row was applied if silver holds it, or if it is the deletion that keeps its key out of silver.
    """
    bronze = lake.rows("bronze.orders")
    newest = max(row["_ingested_at"] for row in bronze)
    silver, deleted, rejected = (
        [row for row in lake.rows(f"silver.{name}") if row["_ingested_at"] == newest]
        for name in ("orders", "orders_deleted", "orders_rejected")
    )
    live = {(row["invoice_id"], row["item_id"]) for row in lake.rows("silver.orders")}
    applied = len(silver) + sum((row["invoice_id"], row["item_id"]) not in live for row in deleted)
    read = sum(row["_ingested_at"] == newest for row in bronze)
    return oracle.Account(read, applied, read - applied - len(rejected), len(rejected))
