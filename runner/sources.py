"""The raw sources that the project declares, read from models/bronze/_sources.yml, their only home."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from runner.errors import UsageError
from runner.settings import Settings

_DECLARATIONS = Path("models/bronze/_sources.yml")


def source_tables(project_dir: Path) -> list[dict[str, Any]]:
    """Return the declared source tables as the file has them."""
    path = project_dir / _DECLARATIONS
    try:
        declared = yaml.safe_load(path.read_text())["sources"]
        return [table for source in declared for table in source["tables"]]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise UsageError(f"{path} declares no readable sources: {error!r}", fix="Restore its form") from error


def source_locations(settings: Settings) -> dict[str, str]:
    """Return where each source's files land: a directory, or an s3:// prefix."""
    return {
        table["name"]: str(table.get("meta", {}).get("path") or f"{settings.raw_root}/{table['name']}")
        for table in source_tables(settings.project_dir)
    }


def source_lookback(settings: Settings, name: str) -> int | None:
    """Return how many days back a source's files are looked at; None for any."""
    [meta] = [table.get("meta", {}) for table in source_tables(settings.project_dir) if table["name"] == name]
    return meta.get("lookback_days")


def source_directories(settings: Settings) -> list[Path]:
    """Return the local directories where the sources' files land; none when raw is elsewhere."""
    return [Path(location) for location in source_locations(settings).values() if "://" not in location]
