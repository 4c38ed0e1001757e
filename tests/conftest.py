"""Fixtures: one warm Spark server per session, and a lake of its own for each test."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from lake import PROJECT, Lake

from runner.settings import JAVA_OPTIONS, class_archive, java_options

SPARK_FIXTURES = {"server", "lake", "local_lake", "any_lake"}
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Warm:
    """The warm server: the home that its catalog lives in, and its port."""

    home: Path
    port: int


def pytest_configure() -> None:
    """Whatever lake the developer's shell points at, no test touches it."""
    for name in [name for name in os.environ if name.startswith(("MEDALLION_", "DBT_"))]:
        del os.environ[name]
    # Spark starts from its archive of classes; runs are short here, so it compiles quickly rather than well,
    # and keeps what it compiled: the room for that is small by default where nothing is compiled well
    quickly = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"
    os.environ[JAVA_OPTIONS] = java_options(class_archive(), quickly)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test that asks for a lake needs Spark; a long one runs only when it is asked for."""
    for item in items:
        if SPARK_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.spark)
    if "long" not in config.option.markexpr:
        long = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    """The warm server that all tests of this session share."""
    from runner import server as warm
    from runner.settings import Settings

    home = tmp_path_factory.mktemp("server")
    settings = Settings(
        project_dir=PROJECT, home=home, raw_root=str(home / "raw"), server_port=0, target="server"
    )
    state = warm.start(settings, port=0)
    yield Warm(home, state.port)
    warm.stop(settings)


@pytest.fixture
def lake(server: Warm, tmp_path: Path) -> Lake:
    """An empty lake on the warm server."""
    return Lake(server.home, tmp_path / "raw", tmp_path, "server", f"t{next(_numbers)}_", server.port)


@pytest.fixture
def local_lake(tmp_path: Path) -> Lake:
    """An empty lake with a home of its own, for Spark inside the dbt process."""
    return Lake(tmp_path / "home", tmp_path / "raw", tmp_path, "local")


@pytest.fixture(params=["server", "local"])
def any_lake(request: pytest.FixtureRequest) -> Lake:
    """The same test on both targets."""
    wanted: Lake = request.getfixturevalue("lake" if request.param == "server" else "local_lake")
    return wanted
