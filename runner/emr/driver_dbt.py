"""dbt inside the driver: a child process, whose events are passed on while it runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, SimpleQueue

from runner.spark_errors import first_line

_KEPT = frozenset(  # of the events that are not warnings or errors: what tells how far a run is
    {
        *("MainReportVersion", "FoundStats", "ConcurrencyLine", "NothingToDo"),
        *("LogStartLine", "LogModelResult", "LogTestResult", "NodeFinished"),
        *("EndOfRunSummary", "StatsLine", "FinishedRunningStats", "CommandCompleted"),
    }
)
_LOUD = ("warn", "error")
STOP_SECONDS = 30.0


def dbt_environ(port: int, project: Path, work: Path) -> dict[str, str]:
    """Return what dbt sees: the Thrift server's port, and where the project is and its files go."""
    return {
        **os.environ,
        "MEDALLION_SERVER_PORT": str(port),
        "MEDALLION_TARGET": "emr",
        "DBT_PROFILES_DIR": str(project),
        "DBT_PROJECT_DIR": str(project),
        "DBT_TARGET_PATH": str(work / "target"),
        "DBT_LOG_PATH": str(work / "logs"),
        "DBT_USE_COLORS": "false",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def keep_event(line: str) -> tuple[str, str]:
    """Return an event if it is worth passing on, and its message if it is worth a line of the log. Pure."""
    try:
        info = json.loads(line)["info"]
        name, level, message = info["name"], info["level"], info.get("msg", "")
    except (ValueError, KeyError, TypeError):
        return "", line  # not an event: Python's or Spark's own words
    kept = line if name in _KEPT or level in _LOUD else ""
    return kept, message if level != "debug" else ""


class DbtProcess:
    """dbt, running; `drain` gives the events that have come since the last call."""

    def __init__(self, arguments: Sequence[str], environ: dict[str, str], folder: Path) -> None:
        # dbt reads the order of its flags: those for all commands come first
        logging = ["--log-format", "json", "--log-level", "debug", "--log-format-file", "text"]
        command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", *logging, *arguments]
        self._events: SimpleQueue[str] = SimpleQueue()
        self.has_begun = False  # False for ever when it cannot even be imported
        self.last_error = ""
        self.last_words = ""  # of Python, not of dbt
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait(self, seconds: float) -> int | None:
        """Wait for a while; return the exit code, None while it runs."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self._reader.join(5)
        return code

    def drain(self) -> list[str]:
        """Return the events that have come since the last call."""
        lines: list[str] = []
        while True:
            try:
                lines.append(self._events.get_nowait())
            except Empty:
                return lines

    def stop(self) -> None:
        """Let dbt cancel its statements and end; then make it."""
        self._process.send_signal(signal.SIGINT)
        if self.wait(STOP_SECONDS) is None:
            self._process.kill()
            self.wait(STOP_SECONDS)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            kept, told = keep_event(line.rstrip("\n"))
            if kept:
                self.has_begun = True
                self._events.put(kept)
                if '"level": "error"' in kept:
                    self.last_error = first_line(told.removeprefix("Encountered an error:"))
            elif told.strip() and not told.startswith(" "):
                self.last_words = told
            if told:
                print(told, flush=True)
