"""The record of the running server, `server.json`, and whether it is still true."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class ServerState:
    """A server that accepts connections; `process_start` tells it from a later process with the same id."""

    pid: int
    port: int
    started_at: str
    process_start: str
    warehouse: str = ""  # where the tables are that it sees; empty in a record of an earlier version


def state_path(home: Path) -> Path:
    """Return the file that holds the record."""
    return home / "server.json"


def read_state(home: Path) -> ServerState | None:
    """Read the record; None if there is none, or none that can be read."""
    try:
        return ServerState(**json.loads(state_path(home).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def write_state(home: Path, state: ServerState) -> None:
    """Write the record at once: a reader sees all of it or none."""
    partial = home / f".server.json.{os.getpid()}"
    partial.write_text(json.dumps(asdict(state), indent=1))
    partial.replace(state_path(home))


def is_alive(state: ServerState) -> bool:
    """Tell whether the recorded process still runs, and is not another one that got its id."""
    return process_start(state.pid) == state.process_start


def process_start(pid: int) -> str | None:
    """Return when a process started, a text that no other process with its id has; None if it is gone."""
    if Path("/proc/self/stat").exists():
        try:
            # fields follow the command's closing bracket: state is the first, the start time the 20th
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] == "Z" else fields[19]
    done = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or None
