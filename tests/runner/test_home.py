"""A lake's home, made ready."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from pyiceberg.catalog.sql import SqlCatalog

from runner.errors import InfrastructureError
from runner.home import prepare_home


def test_an_empty_home_becomes_a_lake_that_pyiceberg_opens(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    prepare_home(home)
    catalog = SqlCatalog(
        "lake",
        uri=f"sqlite:///{home}/catalog.db",
        warehouse=f"file://{home}/warehouse",
        init_catalog_tables="false",
    )
    catalog.create_namespace("silver")
    assert catalog.list_namespaces() == [("silver",)]


def test_what_is_there_stays(tmp_path: Path) -> None:
    prepare_home(tmp_path)
    with sqlite3.connect(tmp_path / "catalog.db") as db:
        db.execute("insert into iceberg_namespace_properties values ('lake', 'silver', 'exists', 'true')")
    prepare_home(tmp_path)
    with sqlite3.connect(tmp_path / "catalog.db") as db:
        assert db.execute("select count(*) from iceberg_namespace_properties").fetchone() == (1,)


@pytest.mark.parametrize(
    "damage", [lambda home: home.touch(), lambda home: (home / "catalog.db").mkdir(parents=True)]
)
def test_a_home_that_cannot_be_one_says_so(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    damage(tmp_path / "home")
    with pytest.raises(InfrastructureError, match=r"home cannot be made ready.*MEDALLION_HOME"):
        prepare_home(tmp_path / "home")
