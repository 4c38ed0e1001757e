"""The warm Spark server: a Thrift server in a process of its own, so that a rerun does not start Spark again.

`start`, `stop` and `state` are what the command line calls; `runner.server_process` is the process itself.
It listens on 127.0.0.1 only, since it asks nobody for a password.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from runner.errors import PortTaken, ServerDied, ServerError, TimedOut, UsageError
from runner.location import locate_lake
from runner.server_state import ServerState, is_alive, read_state, state_path
from runner.settings import Settings

START_TIMEOUT = 120.0
STOP_TIMEOUT = 20.0

Progress = Callable[[str], None]


def state(settings: Settings) -> ServerState | None:
    """Return the running server, or None."""
    found = read_state(settings.home)
    return found if found and is_alive(found) else None


def prefer_running(settings: Settings) -> Settings:
    """Return settings that use the warm server when one is up and nobody has named a target.

    Raises UsageError when it sees another lake than the settings name, or only it could see that one.
    """
    running = None if "MEDALLION_TARGET" in {**settings.from_file, **os.environ} else state(settings)
    location = locate_lake(settings)
    if running and running.warehouse not in ("", location.warehouse):
        raise UsageError(
            f"the warm server writes to {running.warehouse}, not {location.warehouse}",
            fix="medallion down, then medallion up",
        )
    if location.is_glue and not running and settings.target == "local":
        raise UsageError(
            f"target local does not write to {location.warehouse}", fix="Start the warm server: medallion up"
        )
    return replace(settings, target="server", server_port=running.port) if running else settings


def start(settings: Settings, port: int, progress: Progress = lambda _: None) -> ServerState:
    """Start the server, or return the one that is up already."""
    settings.logs.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(settings.home):
        running = state(settings)
        if running:
            return running
        ensure_port_free(port)
        log = log_path(settings)
        process = _spawn(settings, port, log)
        progress(f"starting Spark (process {process.pid}, log {log})")
        try:
            return _wait_until_up(settings, process, log)
        except BaseException:  # Ctrl-C too: nobody would know of a server that comes up later
            process.kill()
            raise


def stop(settings: Settings) -> ServerState | None:
    """Stop the server; return the one that was stopped, None if none ran."""
    running = state(settings)
    if running is None:
        return None
    os.kill(running.pid, signal.SIGTERM)
    if not wait_for(lambda: not is_alive(running), STOP_TIMEOUT):
        os.kill(running.pid, signal.SIGKILL)  # its JVM ends by itself when the pipe from Python closes
        if not wait_for(lambda: not is_alive(running), STOP_TIMEOUT):
            raise ServerError(
                f"process {running.pid} of the Spark server does not end", fix=f"kill -9 {running.pid}"
            )
    state_path(settings.home).unlink(missing_ok=True)
    return running


def log_path(settings: Settings) -> Path:
    """Return the file that the server writes to."""
    return settings.logs / "server.log"


def ensure_port_free(port: int) -> None:
    """Refuse a port that another process listens on; 0, any free one, always passes."""
    if port and is_listening(port):
        raise PortTaken(
            f"port {port} on 127.0.0.1 is taken by another process",
            fix="Choose another with `medallion up --port N` (0: any free one) or MEDALLION_SERVER_PORT",
        )


def is_listening(port: int) -> bool:
    """Tell whether something accepts connections on a port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def last_line(log: Path) -> str:
    """Return the last line of a log that says something; a Java stack trace's frames do not."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return "no log was written"
    told = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith(("at ", "..."))]
    return told[-1][:300] if told else "the log is empty"


def _spawn(settings: Settings, port: int, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "runner.server_process", str(port)],
            cwd=settings.project_dir,
            env=settings.environ(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that it outlives this terminal and its Ctrl-C
        )


def _wait_until_up(settings: Settings, process: subprocess.Popen[bytes], log: Path) -> ServerState:
    def settled() -> bool:
        found = read_state(settings.home)
        return process.poll() is not None or (found is not None and found.pid == process.pid)

    settled_in_time = wait_for(settled, START_TIMEOUT)
    if process.poll() is not None:
        raise ServerDied(
            f"the Spark server ended as it started: {last_line(log)}", fix=f"The whole log is {log}"
        )
    found = read_state(settings.home)
    if not settled_in_time or found is None:
        raise TimedOut(
            f"the Spark server accepted no connection within {START_TIMEOUT:.0f} s",
            fix=f"See {log}, and `medallion doctor`",
        )
    return found


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until a condition holds, for so many seconds at most; tell whether it does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return condition()


@contextmanager
def _one_at_a_time(home: Path) -> Iterator[None]:
    """Let two `medallion up` at once start one server, not two."""
    with (home / "server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
