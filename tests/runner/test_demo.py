"""The demo empties a home that is new, only prepared, or its own, and no other."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from runner.demo import has_tables, reset_home
from runner.errors import UsageError
from runner.home import prepare_home


def test_a_prepared_home_is_as_good_as_new(tmp_path: Path) -> None:
    prepare_home(tmp_path)
    reset_home(tmp_path)
    assert (tmp_path / "demo.json").exists()
    reset_home(tmp_path)  # its own, a second time


def test_a_lake_with_tables_is_left_alone(tmp_path: Path) -> None:
    prepare_home(tmp_path)
    with closing(sqlite3.connect(tmp_path / "catalog.db")) as catalog, catalog:
        catalog.execute("insert into iceberg_tables values ('lake', 'silver', 'orders', 'x', null, 'TABLE')")
    (tmp_path / "raw").mkdir()
    with pytest.raises(UsageError, match="not the demo's"):
        reset_home(tmp_path)
    assert has_tables(tmp_path)
    assert (tmp_path / "raw").is_dir()
