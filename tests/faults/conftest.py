"""A lake that is not spared: the tests of this folder wear it down one after another, as the days do."""

from __future__ import annotations

import pytest
from conftest import Warm
from lake import Lake

from runner import demo_files as files


@pytest.fixture(scope="session")
def worn_lake(server: Warm, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A built lake on the warm server, which all these tests share."""
    work = tmp_path_factory.mktemp("worn")
    lake = Lake(server.home, work / "raw", work, "server", "worn_", server.port)
    lake.land("first.tsv", files.FIRST)
    lake.dbt("run").ok()
    return lake
