"""A lake that is not spared: the tests of this folder wear it down one after another, as the days do."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Warm
from lake import Lake

from runner import demo_files as files

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def worn_lake(server: Warm, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A built lake on the warm server, which all these tests share."""
    work = tmp_path_factory.mktemp("worn")
    lake = Lake(server.home, work / "raw", work, "server", "worn_", server.port)
    lake.land("first.tsv", files.FIRST)
    lake.dbt("run").ok()
    return lake


@pytest.fixture
def make_lake(server: Warm, tmp_path: Path) -> Callable[[], Lake]:
    """Makes lakes on the warm server, one for each story."""

    def make() -> Lake:
        work = Path(tempfile.mkdtemp(dir=tmp_path))
        return Lake(server.home, work / "raw", work, "server", f"story{next(_numbers)}_", server.port)

    return make
