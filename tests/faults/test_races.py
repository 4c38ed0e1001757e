"""Two at once: exactly one publishes, the other goes on from there, and nothing is lost or doubled.

Interleavings are not left to chance: one process is held at a step of the protocol, another passes.
"""

from __future__ import annotations

import pytest
from lake import Lake
from pipeline.ledger import documents, read_range
from pipeline.test_protocol import compact
from pyhive.exc import OperationalError

from faults.clients import held, run_and_die, start
from faults.promise import broken_promises
from faults.test_crashes import assert_recovered, landings

TO_SILVER = ("run", "--select", "bronze", "silver")
INGEST = ("run", "--select", "bronze")
MERGE = ("run", "--select", "silver_orders")
STEPS = landings(seed=60)
LONG = pytest.mark.long  # the same, met a step earlier or later


def land(lake: Lake) -> None:
    """Something new."""
    lake.land_step(next(STEPS))


def assert_sound(lake: Lake) -> None:
    """Each table is what its checkpoint says; no branch is left."""
    assert broken_promises(lake) == {}
    for name in ("bronze.orders", "silver.orders"):
        assert [ref for ref in lake.table(name).refs() if ref.startswith("publish_")] == [], name


@pytest.mark.parametrize("point", ["in_pin", pytest.param("after_gate", marks=LONG)])
def test_two_ingests_of_the_same_file_take_it_in_once(worn_lake: Lake, point: str) -> None:
    """Held when it has seen the table's head but not the files, and when all but publishing is done."""
    land(worn_lake)
    before = len(worn_lake.published("bronze.orders"))
    with held(worn_lake, f"{point}:bronze_orders", *INGEST) as late:
        start(worn_lake, *INGEST).wait().ok()
    told = late.wait().ok()
    assert told.message("bronze_orders") == "no new data"
    assert len(worn_lake.published("bronze.orders")) == before + 1
    assert_sound(worn_lake)


@pytest.mark.parametrize("point", ["after_branch", pytest.param("after_pin", marks=LONG)])
def test_of_two_builds_of_a_model_one_publishes_and_the_other_goes_on(worn_lake: Lake, point: str) -> None:
    """And what the first one reads is compacted after it pinned that, before it reads."""
    land(worn_lake)
    worn_lake.dbt(*INGEST).ok()
    pinned = worn_lake.head("bronze.orders")
    with held(worn_lake, f"{point}:silver_orders", *MERGE) as late:
        with held(worn_lake, "after_pin:silver_orders", *MERGE) as first:
            compact(worn_lake, "bronze.orders")
        first.wait().ok()
        winner = worn_lake.head("silver.orders")
        assert worn_lake.published("bronze.orders")[-1].operation == "replace"
        assert read_range(documents(worn_lake, "silver.orders")[-1], "bronze_orders")[1] == pinned
    told = late.wait().ok()
    assert told.message("silver_orders") == "no new data"
    assert worn_lake.head("silver.orders") == winner
    assert_sound(worn_lake)


def test_a_build_that_a_compaction_beats_writes_its_rows_again(worn_lake: Lake) -> None:
    land(worn_lake)
    with held(worn_lake, "after_stage:silver_orders", *TO_SILVER) as late:
        compact(worn_lake, "silver.orders")
        compacted = worn_lake.head("silver.orders")
    late.wait().ok()
    assert worn_lake.published("silver.orders")[-1].parent == compacted
    assert_sound(worn_lake)


@pytest.mark.parametrize("first", ["orphan", pytest.param("run", marks=LONG)])
def test_a_statement_that_outlives_its_client_publishes_once_or_never(worn_lake: Lake, first: str) -> None:
    """A client dies with its fast-forward on the way; the server carries it out before or after another run
    publishes the same rows."""
    land(worn_lake)
    before = len(documents(worn_lake, "silver.orders"))
    known = set(worn_lake.table("silver.orders").refs())
    run_and_die(worn_lake, "after_branch:silver_orders", *TO_SILVER)
    [branch] = set(worn_lake.table("silver.orders").refs()) - known
    orphan = f"call lake.system.fast_forward('{{p}}silver.orders', 'main', '{branch}')"

    with held(worn_lake, "after_gate:silver_orders", *TO_SILVER) as run:
        if first == "orphan":
            worn_lake.sql(orphan)
    told = run.wait().ok()
    if first == "orphan":
        assert told.message("silver_orders") == "no new data"
    else:
        with pytest.raises(OperationalError, match="not an ancestor"):
            worn_lake.sql(orphan)

    assert len(documents(worn_lake, "silver.orders")) == before + 1
    worn_lake.sql(f"alter table {{p}}silver.orders drop branch `{branch}`")
    assert_sound(worn_lake)


def test_after_all_of_it_the_lake_is_what_the_oracle_says(worn_lake: Lake) -> None:
    assert_recovered(worn_lake)


@pytest.mark.long
def test_two_machines_with_one_catalog_file(local_lake: Lake) -> None:
    """Two Sparks write to one SQLite catalog, from an empty lake on."""
    for _ in range(3):
        land(local_lake)
        racers = [start(local_lake, "run") for _ in range(2)]
        for racer in racers:
            racer.wait().ok()
        assert_sound(local_lake)
    assert_recovered(local_lake)
