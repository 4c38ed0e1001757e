"""Builds the driver's packages for its Python and its processor, by the hashes in requirements/driver.lock.

EMR Serverless installs nothing at run time. So uv picks the wheels of the driver's platform; the few packages
that come as source only are pure Python and are built here, without a compiler, to run on any platform. What
the driver never opens is left out. The result is kept, compressed, outside of the checkout, under a name made
of the lock and the platform: only a changed lock builds again.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from runner.emr.archive import Entry, Part, compress_part
from runner.errors import InfrastructureError

LOCK = Path("requirements/driver.lock")
SOURCE_ONLY = ("pure-sasl", "pyhive", "thrift")
_PLATFORMS = {
    "x86_64": "x86_64-manylinux_2_28",
    "arm64": "aarch64-manylinux_2_28",
}  # the image has glibc 2.34
# the driver speaks with these services; the models of all of them are 25 MB
_SERVICES = ("s3", "glue", "sts")
_UV = (sys.executable, "-m", "uv", "pip", "install", "-q", "--no-deps", "--require-hashes")
_LEFT_OUT = re.compile(
    r"^(bin/|\.lock$)|(^|/)__pycache__/|\.pyc$"
    # how and from where it was installed: differs from machine to machine
    r"|\.dist-info/(RECORD|INSTALLER|REQUESTED|direct_url\.json|uv_cache\.json)$"
    rf"|^botocore/data/(?!(?:{'|'.join(_SERVICES)})/)[^/]+/"
    r"|^babel/locale-data/(?!(?:root|en|en_\w+)\.dat$)"
    r"|^networkx/(.*/)?tests/"
)


@dataclass(frozen=True)
class Platform:
    """What the driver runs on; `tag` is uv's name of it, empty for this machine."""

    python: str  # 3.11
    tag: str

    @classmethod
    def of(cls, architecture: str) -> Platform:
        """Return the platform of an environment's architecture; `local` is this machine."""
        if architecture == "local":
            return cls(".".join(platform.python_version_tuple()[:2]), "")
        return cls("3.11", _PLATFORMS[architecture])


def cache_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for what is worth keeping between checkouts."""
    base = environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(environ.get("MEDALLION_CACHE") or f"{base}/medallion")


def site_part(project_dir: Path, wanted: Platform, cache: Path) -> Part:
    """Return the packages as the first part of an archive, built now or earlier."""
    lock = (project_dir / LOCK).read_text()
    machine = wanted.tag or f"{platform.system()}-{platform.machine()}"
    rules = Path(__file__).read_text()  # what other rules built is not used
    key = hashlib.sha256("\0".join((rules, wanted.python, machine, lock)).encode()).hexdigest()[:16]
    kept = cache / f"driver-{key}"
    return _read(kept) or _keep(compress_part(build_site(project_dir, wanted, lock)), kept)


def build_site(project_dir: Path, wanted: Platform, lock: str) -> list[Entry]:
    """Install the locked packages for a platform; return their files, below `site/`."""
    wheels, sources = split_lock(lock)
    with tempfile.TemporaryDirectory(prefix="medallion-site-") as work:
        folder = Path(work)
        (folder / "wheels.txt").write_text(wheels)
        (folder / "sources.txt").write_text(sources)
        environ = _uv_environ(project_dir)
        _install(wheels_command(folder, wanted), environ)
        # no compiler: thrift then leaves its optional extension out, which would only run on this machine
        _install(sources_command(folder), environ | {"CC": "false", "CXX": "false"})
        site = folder / "site"
        found = (path for path in site.rglob("*") if path.is_file())
        return [
            Entry(f"site/{name}", (site / name).read_bytes())
            for name in (path.relative_to(site).as_posix() for path in found)
            if is_needed(name)
        ]


def split_lock(lock: str) -> tuple[str, str]:
    """Split a lock in what comes as wheels and what comes as source only."""
    blocks = re.split(r"(?m)^(?=[a-z0-9])", lock)
    is_source = [re.split(r"[\[=;]", block, maxsplit=1)[0].strip() in SOURCE_ONLY for block in blocks]
    chosen = list(zip(blocks, is_source, strict=True))
    return "".join(b for b, source in chosen if not source), "".join(b for b, source in chosen if source)


def is_needed(name: str) -> bool:
    """Tell whether the driver may need a file of the installed packages."""
    return not _LEFT_OUT.search(str(PurePosixPath(name)))


def wheels_command(folder: Path, wanted: Platform) -> list[str]:
    """Return the command that installs the wheels of a platform."""
    tag = ["--python-platform", wanted.tag] if wanted.tag else []
    of_platform = ["--only-binary", ":all:", "--python-version", wanted.python, *tag]
    return [*_UV, *of_platform, "--target", str(folder / "site"), "-r", str(folder / "wheels.txt")]


def sources_command(folder: Path) -> list[str]:
    """Return the command that builds what comes as source, and takes no wheel of an earlier build."""
    built = ["--no-binary", ":all:", "--no-build-isolation", "--no-cache", "--python", sys.executable]
    return [*_UV, *built, "--target", str(folder / "site"), "-r", str(folder / "sources.txt")]


def _uv_environ(project_dir: Path) -> dict[str, str]:
    """Hand pip's settings on to uv, as `make setup` does."""
    config = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    translate = runpy.run_path(str(project_dir / "requirements" / "install.py"))["uv_settings"]
    return dict(os.environ) | translate(config, os.environ)


def _install(command: list[str], environ: Mapping[str, str]) -> None:
    done = subprocess.run(command, env=dict(environ), capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        said = next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "no word")
        more = next((line for line in lines if line.startswith(("cause:", "Caused by:"))), "")
        raise InfrastructureError(
            f"the driver's packages could not be installed, uv says: {said} {more}"[:600],
            fix="Check the network and pip's index settings (pip config list), then run it again",
        )


def _read(kept: Path) -> Part | None:
    try:
        about = json.loads((kept / "part.json").read_text())
        deflated = (kept / "part.deflate").read_bytes()
        is_whole = about.pop("sha256") == hashlib.sha256(deflated).hexdigest()
        return Part(deflated=deflated, **about) if is_whole else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _keep(part: Part, kept: Path) -> Part:
    """Put a part into the cache in one step: two deploys at once do not disturb each other."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".driver-", dir=kept.parent) as work:
        folder = Path(work) / "part"
        folder.mkdir()
        about = asdict(part) | {"sha256": hashlib.sha256(part.deflated).hexdigest()}
        (folder / "part.deflate").write_bytes(about.pop("deflated"))
        (folder / "part.json").write_text(json.dumps(about))
        if _read(kept) is None:  # not there, or damaged
            shutil.rmtree(kept, ignore_errors=True)
        with suppress(OSError):  # another one was quicker, with the same bytes
            folder.rename(kept)
    return part
