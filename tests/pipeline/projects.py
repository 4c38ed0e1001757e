"""Project copies: models and macros are a test's own to edit, everything else is the real thing by links."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from lake import PROJECT, Lake

LINKS = ("profiles", "profiles.yml")
ORDERS_YML = "models/silver/silver_orders.yml"
SOURCES_YML = "models/bronze/_sources.yml"


@dataclass(frozen=True)
class Project:
    """A copy of the project, and the lake that dbt runs it on."""

    path: Path
    lake: Lake

    def write(self, name: str, text: str) -> None:
        """Write a file of the copy."""
        (self.path / name).write_text(text)

    def replace(self, name: str, old: str, new: str) -> None:
        """Replace text in a file of the copy."""
        text = (self.path / name).read_text()
        assert old in text, f"{name} no longer says {old!r}: adapt this test"
        self.write(name, text.replace(old, new))

    @contextmanager
    def yml(self, name: str) -> Iterator[dict[str, Any]]:
        """Edit a yml of the copy as what it holds."""
        held = yaml.safe_load((self.path / name).read_text())
        yield held
        self.write(name, yaml.safe_dump(held, sort_keys=False))

    @contextmanager
    def column(self, yml: str, name: str) -> Iterator[dict[str, Any]]:
        """Edit a column of a model's yml."""
        with self.yml(yml) as held:
            yield next(column for column in held["models"][0]["columns"] if column["name"] == name)


def copy_project(lake: Lake, directory: Path) -> Project:
    """A copy that runs on the same tables as `lake`; what lands in one lands in the other."""
    path = directory / "project"
    shutil.copytree(PROJECT / "models", path / "models")
    shutil.copy(PROJECT / "dbt_project.yml", path)
    shutil.copytree(PROJECT / "macros", path / "macros")  # dbt does not follow links here
    for name in LINKS:
        (path / name).symlink_to(PROJECT / name)
    return Project(path, replace(lake, project=path, work=directory / "work"))
