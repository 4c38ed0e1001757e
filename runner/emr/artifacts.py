"""Fetches what dbt left of a run: manifest, run results, catalog, docs."""

from __future__ import annotations

from pathlib import Path

from runner.emr import layout
from runner.emr.aws_errors import aws_errors
from runner.emr.session import Session
from runner.errors import InfrastructureError, NotOnAws


def list_artifacts(session: Session, run: str) -> list[str]:
    """Return the names of a run's artifacts."""
    prefix = layout.artifacts(run)
    return [key.removeprefix(prefix) for key, _ in session.list_keys(prefix)]


def fetch_artifacts(session: Session, run: str, folder: Path) -> list[Path]:
    """Download a run's artifacts; return the files. Raises NotOnAws when there are none."""
    names = [name for name in list_artifacts(session, run) if is_inside(name)]
    if not names:
        raise NotOnAws(
            f"run {run} has left no artifacts (yet)",
            fix="They come when dbt has ended; `medallion emr status` and `logs` tell how far it came",
        )
    return [_fetch(session, layout.artifacts(run, name), folder / name) for name in names]


def is_inside(name: str) -> bool:
    """Tell whether a name stays in the folder that it is put in."""
    path = Path(name)
    return bool(name) and not name.endswith("/") and not path.is_absolute() and ".." not in path.parts


def _fetch(session: Session, key: str, path: Path) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aws_errors(f"read s3://{session.bucket}/{key}"):
            session.s3.download_file(session.bucket, key, str(path))
    except OSError as error:
        raise InfrastructureError(f"{path} cannot be written: {error}", fix="Choose another --out") from error
    return path
