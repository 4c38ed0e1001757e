"""Starts and stops Trino: `medallion up trino`, `medallion down trino`."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from contextlib import closing
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

from runner.errors import TrinoUnavailable, UsageError
from runner.location import Location
from runner.server import ensure_port_free, last_line, wait_for
from runner.server_state import ServerState, is_alive, process_start
from runner.settings import Settings
from runner.trino.config import command, config_files
from runner.trino.install import Progress, ensure_trino

START_TIMEOUT = 180.0  # seconds; about 15 on a free machine
STOP_TIMEOUT = 30.0


def state(settings: Settings) -> ServerState | None:
    """Return the running Trino of this home, or None."""
    try:
        found = ServerState(**json.loads(_state_path(settings).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return found if is_alive(found) else None


def start(settings: Settings, location: Location, port: int, progress: Progress) -> ServerState:
    """Start Trino on a port of 127.0.0.1, 0 for any free one; return the one that is up already.

    Raises UsageError for a lake that is not in Glue, TrinoUnavailable when it does not come up.
    """
    running = state(settings)
    if running:
        ensure_same_lake(running, location)
        return running
    if not location.is_glue:
        raise UsageError(
            f"Trino has no reader for the SQLite catalog of {settings.home}",
            fix="Point it to a lake in Glue and S3: MEDALLION_CATALOG=glue MEDALLION_BUCKET=… "
            "(and AWS_ENDPOINT_URL for an emulator)",
        )
    ensure_port_free(port)
    installed = ensure_trino(progress, {**settings.from_file, **os.environ})
    port = port or _free_port()
    data = settings.home / "trino"
    _write_files(data / "etc", config_files(location, port, data))
    settings.logs.mkdir(parents=True, exist_ok=True)
    log = settings.logs / "trino.log"
    process = _spawn(command(installed, data), data, log)
    progress(f"starting Trino (process {process.pid}, log {log})")
    try:
        _wait_until_up(process, port, log)
        return _record(settings, process.pid, port, location.warehouse)
    except BaseException:  # Ctrl-C too: nobody would know of a server that comes up later
        process.kill()
        raise


def ensure_same_lake(running: ServerState, location: Location) -> None:
    """Refuse a Trino that was started for another lake: its answers would be about that one."""
    if running.warehouse != location.warehouse:
        raise TrinoUnavailable(
            f"the Trino that is up reads {running.warehouse}, not {location.warehouse}",
            fix="medallion down trino, then medallion up trino",
        )


def stop(settings: Settings) -> ServerState | None:
    """Stop Trino; return the one that was stopped, None if none ran."""
    running = state(settings)
    if running is None:
        return None
    os.kill(running.pid, signal.SIGTERM)
    if not wait_for(lambda: not is_alive(running), STOP_TIMEOUT):
        os.kill(running.pid, signal.SIGKILL)
    _state_path(settings).unlink(missing_ok=True)
    return running


def _state_path(settings: Settings) -> Path:
    return settings.home / "trino.json"


def _record(settings: Settings, pid: int, port: int, warehouse: str) -> ServerState:
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    found = ServerState(pid, port, now, process_start(pid) or "", warehouse)
    _state_path(settings).write_text(json.dumps(asdict(found), indent=1))
    return found


def _write_files(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _spawn(arguments: list[str], data: Path, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            arguments,
            cwd=data,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that it outlives this terminal and its Ctrl-C
        )


def _wait_until_up(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    def settled() -> bool:
        return process.poll() is not None or is_ready(port)

    settled_in_time = wait_for(settled, START_TIMEOUT)
    if process.poll() is not None:
        raise TrinoUnavailable(f"Trino ended as it started: {last_line(log)}", fix=f"The whole log is {log}")
    if not settled_in_time:
        raise TrinoUnavailable(f"Trino was not ready within {START_TIMEOUT:.0f} s", fix=f"See {log}")


def is_ready(port: int) -> bool:
    """Tell whether Trino on this port answers: just after its start it knows no node to run a question on."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/info", timeout=5) as answer:
            return json.load(answer).get("starting") is False and _active_nodes(port) > 0
    except (OSError, ValueError, urllib.error.URLError):
        return False


def _active_nodes(port: int) -> int:
    import trino  # noqa: PLC0415 - slow to import, and only a start needs it

    try:
        with closing(trino.dbapi.connect(host="127.0.0.1", port=port, user="medallion")) as connection:
            cursor = connection.cursor()
            cursor.execute("select count(*) from system.runtime.nodes where state = 'active'")
            return int(cursor.fetchone()[0])
    except trino.exceptions.Error:
        return 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
