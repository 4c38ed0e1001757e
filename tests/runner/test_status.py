"""How far a table is behind, from histories alone."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table
from rich.console import Console

from runner.build import short
from runner.dbt_args import gated
from runner.lake import Commit, History, read_history
from runner.settings import Settings
from runner.status import input_lag, once_current, read_status, status_table, table_status


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


# -- what lies beside main, and what was rejected: on real tables, without Spark -----------------------------

ROWS = pa.schema([("id", pa.int64()), ("_redriven_at", pa.timestamp("us", tz="UTC"))])


@pytest.fixture
def catalog(tmp_path: Path) -> SqlCatalog:
    made = SqlCatalog("lake", uri=f"sqlite:///{tmp_path}/catalog.db", warehouse=f"file://{tmp_path}/lake")
    made.create_namespace("silver")
    return made


def append(table: Table, *redriven: bool, branch: str = "main") -> int:
    """Add rows, redriven or not, in a commit with a checkpoint; return its snapshot."""
    at = datetime(2026, 1, 1, tzinfo=timezone.utc)
    rows = [{"id": number, "_redriven_at": at if one else None} for number, one in enumerate(redriven)]
    document = {"medallion": 1, "run": "r", "inputs": {}}
    table.append(pa.Table.from_pylist(rows, ROWS), {"wap.id": json.dumps(document)}, branch=branch)
    return table.refs()[branch].snapshot_id


def test_a_commit_that_was_rolled_back_is_none_that_was_never_published(catalog: SqlCatalog) -> None:
    table = catalog.create_table("silver.orders", ROWS)
    first = append(table, False)
    table.manage_snapshots().create_branch(first, "publish").commit()
    staged = append(table, False, branch="publish")
    table.manage_snapshots().remove_branch("publish").commit()
    seen = [append(table, False), append(table, False)]
    table.manage_snapshots().rollback_to_snapshot(first).commit()

    history, was_current = read_history(table), once_current(table)
    assert {commit.id for commit in history.staged} == {staged, *seen}
    assert was_current == {first, *seen}
    status = table_status(history, {history.table: history}, was_current)
    assert (status.staged, status.rolled_back) == (1, 2)
    said = io.StringIO()
    Console(file=said, width=200).print(status_table([status]))
    assert "1 staged and not published; 2 rolled back" in said.getvalue()


def test_status_counts_the_rows_that_are_still_rejected(
    catalog: SqlCatalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("orders", "orders_rejected", "returns", "returns_rejected", "stock"):
        table = catalog.create_table(f"silver.{name}", ROWS)
        if name == "orders_rejected":
            append(table, False, False, False)
            append(table, False, True)
            append(table, True, True)
    monkeypatch.setattr("runner.status.open_catalog", lambda _: catalog)
    monkeypatch.setattr("runner.status.source_locations", lambda _: {})
    found = read_status(Settings(tmp_path, tmp_path, str(tmp_path)))
    assert {one.table: one.rejected for one in found} == {
        "silver.orders": 4,
        "silver.orders_rejected": None,
        "silver.returns": 0,
        "silver.returns_rejected": None,
        "silver.stock": None,
    }
    told: dict[str, Any] = {one["table"]: one for one in (one.as_json() for one in found)}
    assert (told["silver.orders"]["rejected"], told["silver.orders"]["rolled_back"]) == (4, 0)
    said = io.StringIO()
    Console(file=said, width=200).print(status_table(found[:1]))
    assert "rejected" in said.getvalue() and " 4 " in said.getvalue()


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
