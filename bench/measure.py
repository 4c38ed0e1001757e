"""Times a process and watches the memory of the Java below it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.1


class StepFailed(Exception):
    """A measured process ended with an error; its output says why."""


@dataclass(frozen=True)
class Measured:
    """What a process took: wall time, and the most memory that a Java below it ever held."""

    seconds: float
    peak_mib: int


def run(command: Sequence[str], env: Mapping[str, str], cwd: Path, log: Path) -> Measured:
    """Run a process to its end; a failure shows the end of its output."""
    peak = 0
    start = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=dict(env), cwd=cwd, stdout=output, stderr=subprocess.STDOUT)
        while process.poll() is None:
            peak = max(peak, java_peak_mib(process.pid))
            time.sleep(POLL_SECONDS)
    seconds = time.perf_counter() - start
    if process.returncode != 0:
        tail = log.read_text(errors="replace")[-3000:]
        raise StepFailed(f"{' '.join(command)} ended with {process.returncode}\n{tail}")
    return Measured(seconds, peak)


def java_peak_mib(pid: int) -> int:
    """The largest peak (VmHWM) among the Java processes below a process, as long as they live."""
    return max((_peak_mib(child) for child in descendants(pid) if _name(child) == "java"), default=0)


def descendants(pid: int) -> list[int]:
    """The process itself and all below it."""
    try:
        text = " ".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))
    except OSError:
        return [pid]
    return [pid, *(found for child in text.split() for found in descendants(int(child)))]


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _peak_mib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)
