"""`medallion up trino` and `medallion down trino`, without a Trino."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import command_line
import pytest
from lake import PROJECT

from runner.errors import TrinoUnavailable
from runner.location import Location
from runner.server_state import ServerState
from runner.settings import Settings
from runner.trino import cli as trino_cli
from runner.trino import server

RUNNING = ServerState(4711, 10017, "", "", "s3://b/warehouse")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    lake = {"MEDALLION_CATALOG": "glue", "MEDALLION_BUCKET": "b", "AWS_REGION": "eu-west-1"}
    return {**os.environ, **lake, "MEDALLION_HOME": str(tmp_path / "home"), "DBT_PROJECT_DIR": str(PROJECT)}


def test_it_starts_on_its_own_port(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def start(_: Settings, location: Location, port: int, __: object) -> ServerState:
        asked.append((location.warehouse, port))
        return RUNNING

    monkeypatch.setattr(server, "start", start)
    done = command_line.run(environ, "up", "trino")
    assert done.stdout.splitlines()[0] == "Trino up on http://127.0.0.1:10017, process 4711"
    assert command_line.run(environ, "up", "trino", "--port", "0").returncode == 0
    assert asked == [("s3://b/warehouse", trino_cli.DEFAULT_PORT), ("s3://b/warehouse", 0)]


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["up", "trino", "--port", "70000"], 2, "'70000' is not a port"),
        (["up", "presto"], 2, "there is no service presto"),
        (["down", "trino"], 0, "nothing to stop: Trino is not up"),
        (["query", "trino", "select 1"], 3, "medallion up trino"),
        (["query", "trino", "select 1", "--url", "http://h:abc"], 2, "h:abc is no address"),
        (["query", "starrocks", "select 1", "--url", "starrocks://h:abc"], 2, "h:abc is no address"),
    ],
)
def test_what_it_says(args: list[str], code: int, said: str, environ: dict[str, str]) -> None:
    done = command_line.run(environ, *args)
    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done


def test_the_help_knows_both_ports() -> None:
    told = " ".join(command_line.run({**os.environ, "COLUMNS": "200"}, "up", "--help").stdout.split())
    assert "else 10016; for trino else 10017" in told


def test_one_that_is_up_for_another_lake_is_refused(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "state", lambda _: RUNNING)
    assert "already up" in command_line.run(environ, "up", "trino").stdout
    done = command_line.run({**environ, "MEDALLION_BUCKET": "c"}, "up", "trino")
    assert (done.returncode, "reads s3://b/warehouse" in done.stderr) == (TrinoUnavailable.exit_code, True)


def test_it_is_stopped(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "stop", lambda _: RUNNING)
    assert "stopped process 4711" in command_line.run(environ, "down", "trino").stdout
