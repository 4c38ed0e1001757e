"""Puts together what a job runs: the project and its Python packages, named by their content.

    site/…      the driver's Python packages (site_packages.py)
    project/…   this project, by an allow-list: what is not named below stays here

Nothing is compressed or sent to find the name, so an unchanged project is known to be deployed in a second.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePath

from runner.emr.archive import Entry, Part, digest_of, write_archive
from runner.emr.site_packages import Platform, cache_dir, site_part
from runner.errors import UsageError
from runner.provision import PLUGIN, PLUGIN_FILE

# Folder -> the files of it that belong to the project. Hidden files never do, nor do links to anything else.
ALLOWED: dict[str, tuple[str, ...]] = {
    "models": (".sql", ".yml", ".yaml", ".md"),
    "macros": (".sql", ".yml", ".yaml", ".md"),
    "tests/singular": (".sql", ".yml", ".yaml"),
    "seeds": (".csv", ".yml", ".yaml"),
    "snapshots": (".sql", ".yml", ".yaml"),
    "analyses": (".sql", ".yml", ".yaml"),
    "dbt_packages": (".sql", ".yml", ".yaml", ".csv"),
    "profiles": (".yml", ".properties", ".xml"),
    "runner": (".py",),
}
ALLOWED_FILES = ("dbt_project.yml", "profiles.yml", "packages.yml", "dependencies.yml", "package-lock.yml")
DRIVER = Path("runner/emr/driver.py")
_NAME_LENGTH = 16
# Keys of AWS and of others: a mistake that a deploy would spread
_SECRET = re.compile(rb"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----")


@dataclass(frozen=True)
class Package:
    """What one deploy uploads, named by a digest of all its files."""

    name: str
    site: Part
    project: tuple[Entry, ...]
    driver: bytes

    def pack(self) -> bytes:
        """Return the archive; the same bytes each time."""
        archive = BytesIO()
        write_archive(self.site, list(self.project), archive)
        return archive.getvalue()


def build_package(project_dir: Path, architecture: str, cache: Path | None = None) -> Package:
    """Collect the project and its packages for an environment's architecture."""
    site = site_part(project_dir, Platform.of(architecture), cache or cache_dir())
    project = tuple(project_entries(project_dir))
    driver = (project_dir / DRIVER).read_bytes()
    digest = f"{site.digest}\n{digest_of(project)}\n{hashlib.sha256(driver).hexdigest()}"
    return Package(hashlib.sha256(digest.encode()).hexdigest()[:_NAME_LENGTH], site, project, driver)


def project_entries(project_dir: Path) -> Iterator[Entry]:
    """Read the project's files that a job needs, and what makes dbt find the project's plugin."""
    for path in project_files(project_dir):
        content = path.read_bytes()
        name = path.relative_to(project_dir).as_posix()
        if _SECRET.search(content):
            raise UsageError(
                f"{name} holds what looks like a secret key, and would be uploaded",
                fix="Take it out of the file, and out of git's history, and replace the key",
            )
        yield Entry(f"project/{name}", content)
    yield Entry(f"site/{PLUGIN_FILE}", PLUGIN.encode())


def project_files(project_dir: Path) -> list[Path]:
    """Return the files of the allow-list that are there."""
    single = [project_dir / name for name in ALLOWED_FILES]
    in_folders = (path for folder in ALLOWED for path in _walk(project_dir / folder))
    root = project_dir.resolve()
    return sorted(
        path
        for path in (*single, *in_folders)
        if path.is_file() and is_allowed(path.relative_to(project_dir)) and _is_meant(path, root)
    )


def is_allowed(name: PurePath) -> bool:
    """Tell whether the allow-list has a file, by its name in the project. Pure."""
    if any(part.startswith((".", "__pycache__")) for part in name.parts):
        return False
    of_folder = (suffixes for folder, suffixes in ALLOWED.items() if name.is_relative_to(folder))
    return str(name) in ALLOWED_FILES or any(name.suffix in suffixes for suffixes in of_folder)


def _is_meant(path: Path, root: Path) -> bool:
    """Tell whether a link leads to what is allowed too: one to .env would be read by another name."""
    real = path.resolve()
    return real.is_relative_to(root) and is_allowed(real.relative_to(root))


def _walk(folder: Path) -> Iterator[Path]:
    for where, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "__pycache__"))]
        yield from (Path(where) / name for name in files)
