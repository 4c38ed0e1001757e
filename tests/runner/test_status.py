"""How far a table is behind, from histories alone."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from runner.build import short
from runner.dbt_args import gated
from runner.lake import Commit, History
from runner.status import input_lag, table_status


def commit(number: int, operation: str = "append", **summary: str) -> Commit:
    """Return commit `number`, as many hours ago as it is old, each on top of the one before."""
    document = {"run": f"run-{number}", "inputs": {"bronze_orders": {"from": None, "to": "2"}}}
    named = {name.replace("_", "-"): value for name, value in summary.items()}
    then = datetime.now(timezone.utc) - timedelta(hours=10 - number)
    return Commit(number, number - 1, operation, then, named, document)


def history(*commits: Commit) -> History:
    return History("bronze.orders", tuple(reversed(commits)), ())


def test_a_lag_counts_what_came_since_and_not_compaction() -> None:
    bronze = history(
        commit(1),
        commit(2),
        commit(3, added_records="5"),
        commit(4, "replace", added_records="99"),
        commit(5, added_records="2"),
    )
    lag = input_lag("bronze_orders", "2", bronze)
    assert (lag.snapshots, lag.rows, lag.head, lag.is_lost) == (2, 7, "5", False)
    assert timedelta(hours=6, minutes=59) < lag.behind < timedelta(hours=7, minutes=1)


def test_a_table_at_the_head_is_not_behind() -> None:
    lag = input_lag("bronze_orders", "2", history(commit(1), commit(2)))
    assert (lag.snapshots, lag.rows, lag.behind) == (0, 0, timedelta())


def test_a_checkpoint_that_is_not_in_the_history_is_lost() -> None:
    lag = input_lag("bronze_orders", "77", history(commit(1), commit(2, added_records="5")))
    assert (lag.is_lost, lag.snapshots, lag.rows) == (True, 0, 0)


def test_deleted_positions_are_not_live_rows() -> None:
    silver = history(commit(1, total_records="10", total_position_deletes="3", total_data_files="2"))
    status = table_status(silver, {"bronze.orders": history(commit(1), commit(2))})
    assert (status.rows, status.data_files, status.last_run) == (7, 2, "run-1")
    assert status.as_json()["inputs"][0]["behind_seconds"] == 0


def test_build_leaves_out_what_the_gate_has_run() -> None:
    assert gated(["--select", "silver"])[2:] == [
        "--exclude-resource-type",
        "test",
        "--exclude-resource-type",
        "unit_test",
    ]
    assert gated(["--resource-type", "test"]) == ["--resource-type", "test"]


def test_a_snapshot_is_shown_by_its_end() -> None:
    assert (short("1234567890"), short(None)) == ("…7890", "start")
