"""Where large downloads are kept, outside of any checkout: each is fetched once per machine and person."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


def cache_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder: MEDALLION_CACHE, else `medallion` in XDG_CACHE_HOME, else in ~/.cache."""
    if environ.get("MEDALLION_CACHE"):
        return Path(environ["MEDALLION_CACHE"]).expanduser().absolute()
    base = environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "medallion"


@contextmanager
def lock_cache(name: str, environ: Mapping[str, str] = os.environ) -> Iterator[Path]:
    """Hold one entry of the cache for this process; yield the folder it belongs into."""
    folder = cache_dir(environ)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two that want it at once download it once
        yield folder
