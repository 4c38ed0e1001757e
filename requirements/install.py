"""Installs the locked packages into this environment, every file checked against its hash.

uv does it in a third of pip's time, but does not read pip's settings: an index of one's own, a folder of
wheels, a certificate. So pip installs uv, its settings are handed on, and where uv still fails, pip itself
does the work. Uses nothing but the standard library, as nothing else is there yet.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
}
HEARTBEAT = 15  # seconds between signs of life


def uv_settings(pip_config: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Translate what `pip config list` prints to variables that uv reads; those already set stay."""
    found = {}
    for line in pip_config.splitlines():
        name, _, value = line.partition("=")
        variable = PIP_TO_UV.get(name.rpartition(".")[2])
        value = value.strip("'\"").replace("\\n", " ").strip()
        # pip prints the environment first, and the environment wins
        if variable and value and variable not in environ:
            found.setdefault(variable, " ".join(value.split()))
    return {"UV_SYSTEM_CERTS": "true", "UV_LINK_MODE": "copy", **found}


def run(command: list[str], environ: Mapping[str, str]) -> int:
    """Run a command quietly, with a sign of life now and then."""
    started = time.monotonic()
    with subprocess.Popen(command, env=dict(environ)) as process:
        while True:
            try:
                return process.wait(timeout=HEARTBEAT)
            except subprocess.TimeoutExpired:
                print(f"      … {time.monotonic() - started:.0f} s", flush=True)


def main() -> int:
    """Install everything; return the exit code."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    config = subprocess.run([*pip[:3], "config", "list"], capture_output=True, text=True, check=False).stdout
    environ = dict(os.environ) | uv_settings(config, os.environ)
    locked = ["--require-hashes", "-r", str(HERE / "requirements.lock")]
    if run([*pip, "install", "--require-hashes", "-r", str(HERE / "setup.lock")], os.environ) == 0:
        uv = [sys.executable, "-m", "uv", "pip", "install", "-q", "--python", sys.executable]
        # as pip does: where Python may not write its bytecode, each start of dbt would take 2 s longer
        uv.append("--compile-bytecode")
        if run([*uv, *locked], environ) == 0:
            return 0
        print("      uv could not; pip tries", flush=True)
    return run([*pip, "install", *locked], os.environ)


if __name__ == "__main__":
    sys.exit(main())
