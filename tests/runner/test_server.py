"""The warm server: one per lake, found again, and never somebody else's process."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pyhive import hive

from runner import server
from runner.errors import PortTaken, ServerDied
from runner.server import ensure_port_free, last_line
from runner.server_state import ServerState, is_alive, process_start, read_state, write_state
from runner.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]
OURS = ServerState(os.getpid(), 1, "now", process_start(os.getpid()) or "")


def settings_for(home: Path, project: Path = PROJECT) -> Settings:
    return Settings(project_dir=project, home=home, raw_root=str(home / "raw"), server_port=0)


def test_the_record_is_read_back(tmp_path: Path) -> None:
    write_state(tmp_path, OURS)
    assert read_state(tmp_path) == OURS
    assert [path.name for path in tmp_path.iterdir()] == ["server.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"pid": 1, "other": 2}'])
def test_a_damaged_record_is_no_server(tmp_path: Path, text: str) -> None:
    (tmp_path / "server.json").write_text(text)
    assert read_state(tmp_path) is None


def test_a_later_process_with_the_same_id_is_not_the_server(tmp_path: Path) -> None:
    assert is_alive(OURS)
    reused = replace(OURS, process_start="long ago")
    assert not is_alive(reused)
    write_state(tmp_path, reused)
    assert server.stop(settings_for(tmp_path)) is None  # and this process lives on


def test_a_process_that_ended_is_not_alive() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    time.sleep(0.1)
    assert process_start(pid) is None  # it is a zombie until somebody waits for it
    os.waitpid(pid, 0)
    assert process_start(pid) is None


def test_a_port_in_use_is_refused() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(PortTaken, match="--port"):
            ensure_port_free(other.getsockname()[1])
    ensure_port_free(0)


def test_the_last_line_of_a_log_is_not_a_stack_frame(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    assert last_line(log) == "no log was written"
    log.write_text("start\njava.lang.Bad: no memory\n\tat a.b(C.java)\n\t... 3 more\n\n")
    assert last_line(log) == "java.lang.Bad: no memory"


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").touch()  # a project without a profile
    with pytest.raises(ServerDied, match=r"profiles\.yml"):
        server.start(settings_for(tmp_path / "home", project=tmp_path), port=0)
    assert server.state(settings_for(tmp_path / "home")) is None


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, ServerState]]:
    settings = settings_for(tmp_path_factory.mktemp("warm"))
    yield settings, server.start(settings, port=0)
    server.stop(settings)


def execute(port: int, *statements: str) -> None:
    with hive.connect("127.0.0.1", port=port) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def query(port: int, statement: str) -> list[tuple[object, ...]]:
    with hive.connect("127.0.0.1", port=port) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        rows: list[tuple[object, ...]] = cursor.fetchall()
        return rows


@pytest.mark.spark
def test_sessions_write_side_by_side(running: tuple[Settings, ServerState]) -> None:
    port = running[1].port
    # each session opens the catalog file anew; none may leave it locked for the next one
    for number in range(3):
        execute(port, "use default", f"create table default.t{number} (a int) using iceberg")
    execute(port, "insert into default.t0 values (1)")
    assert query(port, "select count(*) from default.t0") == [(1,)]


@pytest.mark.spark
def test_starting_again_finds_the_same_server(running: tuple[Settings, ServerState]) -> None:
    settings, up = running
    assert server.start(settings, port=0) == up
    assert server.state(settings) == up


@pytest.mark.spark
def test_it_listens_on_this_machine_only(running: tuple[Settings, ServerState]) -> None:
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    hosts = {
        fields[1].split(":")[0] for fields in listening if int(fields[1].split(":")[1], 16) == running[1].port
    }
    tcp6 = Path("/proc/net/tcp6")
    for line in tcp6.read_text().splitlines()[1:] if tcp6.exists() else []:
        host, port = line.split()[1].split(":")
        if int(port, 16) == running[1].port:
            hosts.add(host)
    assert hosts <= {"0100007F", "0000000000000000FFFF00000100007F"}


@pytest.mark.spark
def test_a_killed_server_is_noticed_and_replaced(running: tuple[Settings, ServerState]) -> None:
    settings, up = running
    os.kill(up.pid, signal.SIGKILL)
    assert server.wait_for(lambda: server.state(settings) is None, 20)
    again = server.start(settings, port=0)
    assert again.pid != up.pid
    assert server.stop(settings) == again
    assert server.stop(settings) is None
    assert not (settings.home / "server.json").exists()
