"""The machine fails: its disk is full, the lake is read-only, the warm server dies during a merge."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from lake import PROJECT, Lake
from pipeline.ledger import TABLES, assert_says

from faults.clients import Client, held, start
from faults.promise import broken_promises
from faults.test_crashes import landings
from runner import server as warm
from runner.server_state import is_alive
from runner.settings import Settings

TO_SILVER = ("run", "--select", "bronze", "silver")
SIZE = "48m"  # of the disk that the lake lives on


@dataclass
class Machine:
    """A lake on a small disk of its own, with a warm server of its own."""

    lake: Lake
    settings: Settings

    def start(self) -> None:
        """Start the server, on whatever port is free."""
        self.lake.port = warm.start(self.settings, port=0).port

    def kill(self) -> None:
        """End the server, Python and Java, as the machine's loss would."""
        running = warm.state(self.settings)
        assert running
        os.killpg(running.pid, signal.SIGKILL)
        os.waitpid(running.pid, 0)
        assert not is_alive(running)

    @contextmanager
    def full(self) -> Iterator[None]:
        """Not a byte is free."""
        filler = self.lake.home / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16) if _free(self.lake.home) > 1 << 16 else b"0")
            except OSError:
                pass
        yield
        filler.unlink()

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Nothing can be written to the tables."""
        tables = str(self.lake.home / "warehouse")
        mount("--bind", tables, tables)
        mount("-o", "remount,bind,ro", tables)
        yield
        subprocess.run(["umount", tables], check=True)


def _free(path: Path) -> int:
    found = os.statvfs(path)
    return found.f_bavail * found.f_bsize


def mount(*args: str) -> None:
    """Run mount(8)."""
    subprocess.run(["mount", *args], check=True, capture_output=True, text=True)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine of a test's own."""
    home = tmp_path / "home"
    home.mkdir()
    try:
        mount("-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(home))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a small disk needs the right to mount one")
    settings = Settings(
        project_dir=PROJECT, home=home, raw_root=str(tmp_path / "raw"), server_port=0, target="server"
    )
    made = Machine(Lake(home, tmp_path / "raw", tmp_path, "server"), settings)
    try:
        made.start()
        yield made
    finally:
        if warm.state(settings):
            made.kill()
        subprocess.run(["umount", "--lazy", str(home)], check=True)


@pytest.mark.spark
def test_what_a_failing_machine_leaves_is_whole(machine: Machine) -> None:
    lake, steps = machine.lake, landings(seed=80)
    lake.land_step(next(steps))
    lake.dbt(*TO_SILVER).ok()
    lake.land_step(next(steps))
    before = {name: lake.head(name) for name in TABLES}
    for fault, said in ((machine.full, "No space left"), (machine.read_only, "Read-only file system")):
        with fault():
            failed = start(lake, *TO_SILVER).wait().result
            assert {name: lake.head(name) for name in TABLES} == before
        assert_says(failed, "bronze_orders", said)
    lake.dbt(*TO_SILVER).ok()
    assert lake.differences(with_gold=False) == {}

    lake.land_step(next(steps))
    with held(lake, "before_stage:silver_orders", *TO_SILVER) as client:
        pass
    time.sleep(0.3)  # the merge is on its way
    _lose_the_server(machine, client)
    lake.dbt(*TO_SILVER).ok()
    assert lake.differences(with_gold=False) == {}


@pytest.mark.long
@pytest.mark.spark
@pytest.mark.parametrize("point", ["before_pin", "in_gate", "after_branch"])
def test_a_server_that_is_lost_at_any_step(machine: Machine, point: str) -> None:
    lake, steps = machine.lake, landings(seed=90)
    for _ in range(2):
        lake.land_step(next(steps))
        with held(lake, f"{point}:silver_orders", *TO_SILVER) as client:
            machine.kill()
        _lose_the_server(machine, client)
        lake.dbt(*TO_SILVER).ok()
        assert lake.differences(with_gold=False) == {}


def _lose_the_server(machine: Machine, client: Client) -> None:
    """The server dies, if it has not yet, and the client says so; then there is a new one."""
    if warm.state(machine.settings):
        machine.kill()
    outcome = client.wait().result
    failed = [node.message for node in outcome.nodes.values() if node.status == "error"]
    lost = ("the connection to Spark was lost", "Spark's server cannot be reached")  # or was not yet made
    assert any(words in said for said in failed for words in lost), failed
    assert broken_promises(machine.lake) == {}
    machine.start()
