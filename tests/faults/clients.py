"""Commands in processes of their own, which may be killed: started at once from one that has dbt loaded.

dbt's, or the runner's: `start(lake, "medallion", "redrive")`.

A client leads its own process group, as a command of an interactive shell does. A fail point ends or holds it
(runner/fail_points.py).
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.process import BaseProcess

from lake import DbtResult, Lake, read_nodes

LONGEST_RUN = 180  # seconds
PARSED = "partial_parse.msgpack"
_numbers = itertools.count(1)
_spawner = multiprocessing.get_context("forkserver")
_spawner.set_forkserver_preload(["dbt.cli.main", "dbt.adapters.spark.impl", "pyhive.hive"])


@dataclass(frozen=True)
class Outcome:
    """What became of a client: killed, or what dbt made of it."""

    killed: bool
    result: DbtResult

    def ok(self) -> DbtResult:
        """The result of a run that has succeeded."""
        assert not self.killed, f"killed: {self.result}"
        return self.result.ok()


@dataclass
class Client:
    """A process that runs dbt on a lake, with target and log directories of its own."""

    origin: Lake
    lake: Lake
    args: tuple[str, ...]
    process: BaseProcess
    started: float = field(default_factory=time.monotonic)

    def kill(self) -> None:
        """End it and all it started, as `kill -9` would; nothing happens when it has ended."""
        if self.process.is_alive() and self.process.pid:
            os.killpg(self.process.pid, signal.SIGKILL)

    def wait(self) -> Outcome:
        """Wait until it ends."""
        self.process.join(LONGEST_RUN)
        self._share_parsed()
        assert not self.process.is_alive(), f"still running: {self.args}\n{self._said()}"
        code = self.process.exitcode
        nodes = read_nodes(self.lake.work / "target" / "run_results.json")
        return Outcome(code == -signal.SIGKILL, DbtResult(self.args, code == 0, nodes, self._said()))

    def _share_parsed(self) -> None:
        """Let the next client begin with the project as this one has parsed it, which takes seconds."""
        parsed, shared = (work / "target" / PARSED for work in (self.lake.work, self.origin.work))
        if parsed.exists() and not shared.exists():
            shared.parent.mkdir(exist_ok=True)
            shutil.copy(parsed, shared)

    def _said(self) -> str:
        return (self.lake.work / "said").read_text()


def start(lake: Lake, *args: str, fail_point: str = "") -> Client:
    """Start `dbt <args>`, or `medallion …`, on a lake, with a fail point armed."""
    work = lake.work / f"client{next(_numbers)}"
    (work / "target").mkdir(parents=True)
    parsed = lake.work / "target" / PARSED
    if parsed.exists():
        shutil.copy(parsed, work / "target")
    own = replace(lake, work=work)
    environ = own.environ() | {"MEDALLION_FAIL_POINT": fail_point}
    process = _spawner.Process(target=_run, args=(args, environ, str(own.project), str(work / "said")))
    process.start()
    return Client(lake, own, args, process)


def run_and_die(lake: Lake, fail_point: str, *args: str) -> Outcome:
    """Run dbt until it reaches the fail point, where it has to die."""
    outcome = start(lake, *(args or ("run",)), fail_point=fail_point).wait()
    assert outcome.killed, f"{fail_point} was not reached: {outcome.result}"
    return outcome


@contextmanager
def held(lake: Lake, point: str, *args: str) -> Iterator[Client]:
    """A client that waits at a fail point while the block runs, and goes on after it."""
    gate = lake.work / f"gate{next(_numbers)}"
    client = start(lake, *args, fail_point=f"{point}=hold:{gate}")
    reached = gate.with_name(f"{gate.name}.reached")
    try:
        until = time.monotonic() + LONGEST_RUN
        while not reached.exists():
            assert client.process.is_alive(), f"{point} was not reached: {client.wait().result}"
            assert time.monotonic() < until, f"{point} was not reached in {LONGEST_RUN} seconds"
            time.sleep(0.02)
        yield client
    finally:
        gate.touch()


def _run(args: tuple[str, ...], environ: Mapping[str, str], project: str, said: str) -> None:
    """In the new process: run the command, its output in a file."""
    os.setsid()
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(project)
    output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    raise SystemExit(_run_medallion(args[1:]) if args[0] == "medallion" else _run_dbt(args))


def _run_medallion(args: tuple[str, ...]) -> int:
    from runner.cli import run

    return run(list(args))


def _run_dbt(args: tuple[str, ...]) -> int:
    from dbt.cli.main import dbtRunner

    result = dbtRunner().invoke(list(args))
    if result.exception:
        print(result.exception, flush=True)
    return 0 if result.success else 1
