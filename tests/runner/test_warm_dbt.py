"""A command that is handed to the warm process is the same command: output, code, environment, signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner import warm_dbt
from runner.home import prepare_home

PROJECT = Path(__file__).resolve().parents[2]
CLIENT = (
    "import sys; from pathlib import Path; from runner.warm_dbt import hand_over; "
    "code = hand_over(Path(sys.argv[1]), sys.argv[2:]); sys.exit(99 if code is None else code)"
)

NEVER = "never.sql"  # a question that nobody writes: who reads it waits
WAITING = ("query", "duckdb", "--file", NEVER)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A lake's home with the process running beside it."""
    home = tmp_path_factory.mktemp("h")
    prepare_home(home)
    os.mkfifo(home / NEVER)
    with warm_dbt.beside(home):
        _wait(warm_dbt.socket_path(home).is_socket)
        yield home


def _wait(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


def start(home: Path, *arguments: str, **env: str) -> subprocess.Popen[str]:
    """A client, in a session of its own."""
    places = ("--project-dir", str(PROJECT), "--home", str(home))
    return subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(home), *places, *arguments],
        env={**os.environ, **env}, cwd=home, text=True, start_new_session=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def run(home: Path, *arguments: str, **env: str) -> tuple[int, str, str]:
    """What a client's command gave: exit code, output, errors."""
    client = start(home, *arguments, **env)
    out, err = client.communicate(timeout=60)
    return client.returncode, out, err


def forks(home: Path) -> list[int]:
    """The commands that wait for their input: forks of the warm process hold its name."""
    found = subprocess.run(
        ["pgrep", "-f", f"runner.warm_dbt {home}"], capture_output=True, text=True, check=False
    )
    return sorted(int(pid) for pid in found.stdout.split())


def settled_fork(home: Path, before: list[int], client: subprocess.Popen[str]) -> int:
    """The client's fork, once it has been there for a second: one that ends sooner is not meant."""
    lasting: set[int] = set()

    def lasts() -> bool:
        assert client.poll() is None, client.communicate()
        seen = set(forks(home)) - set(before)
        time.sleep(1)
        lasting.update(seen & set(forks(home)))
        return bool(lasting)

    _wait(lasts)
    [fork] = lasting
    return fork


def test_output_errors_and_exit_code_are_the_commands_own(home: Path) -> None:
    assert run(home, "--version")[:2] == (0, "medallion 0.1.0\n")
    code, _, err = run(home, "status", "--nonsense")
    assert (code, "No such option" in err) == (2, True)
    code, _, err = run(home, "query", "oracle", "select 1")
    assert (code, err.startswith("medallion: ")) == (2, True), err


def test_input_directory_and_environment_are_the_clients(home: Path) -> None:
    client = start(home, "query", "duckdb", "--format", "csv", "--file", "question.sql")
    (home / "question.sql").write_text("select 41 + 1 as answer")
    out, err = client.communicate(timeout=60)
    assert (client.returncode, out.split()) == (0, ['"answer"', "42"]), err
    code, _, err = run(home, "status", MEDALLION_SERVER_PORT="seventy")
    assert (code, "'seventy' is not a port" in err) == (2, True), err
    assert run(home, "status")[2] != err


def test_a_client_that_is_killed_takes_its_command_with_it(home: Path) -> None:
    before = forks(home)
    client = start(home, *WAITING)
    settled_fork(home, before, client)
    os.killpg(client.pid, signal.SIGKILL)
    client.communicate()
    _wait(lambda: forks(home) == before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_reach_the_command(home: Path, number: signal.Signals) -> None:
    before = forks(home)
    client = start(home, *WAITING)
    settled_fork(home, before, client)
    client.send_signal(number)
    client.communicate(timeout=30)
    assert client.returncode != 0
    _wait(lambda: forks(home) == before)


def test_another_installation_does_the_work_itself(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm_dbt, "stamp", lambda: "newer packages")
    assert warm_dbt.hand_over(home, ["--version"]) is None


def test_where_nothing_runs_the_command_runs_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert warm_dbt.hand_over(tmp_path, ["--version"]) is None
    (tmp_path / "tmp").mkdir()
    warm_dbt.socket_path(tmp_path).touch()
    assert warm_dbt.hand_over(tmp_path, ["--version"]) is None


def test_a_fork_hands_nothing_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDALLION_WARM_CHILD", "1")
    assert warm_dbt.hand_over(home, ["--version"]) is None


def test_a_command_that_is_killed_is_not_run_again(home: Path) -> None:
    before = forks(home)
    client = start(home, *WAITING)
    os.kill(settled_fork(home, before, client), signal.SIGKILL)
    client.communicate(timeout=30)
    assert client.returncode == 1
