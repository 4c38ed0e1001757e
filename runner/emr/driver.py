"""The entry point of a job: `driver.py --bucket B --run R`, with the archive unpacked beside it.

It is started by the image's Python, perhaps an old one, and uploaded beside the archive: so it needs no more
than the standard library of Python 3.7, and imports the rest only when it has looked whether it is there.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib.util import find_spec
from pathlib import Path

ARCHIVE = "medallion"  # the folder that spark.archives unpacks the archive to
NEEDED = ("boto3", "dbt.cli.main", "dbt.adapters.spark", "pyhive.hive", "yaml", "jinja2", "dbt_medallion")
INFRASTRUCTURE = 3


def main() -> int:
    """Run dbt inside this job; return the exit code."""
    given = parse(sys.argv[1:])
    project = add_archive(Path.cwd())
    missing = find_missing(project)
    if missing:
        line = "; ".join(missing)
        print(f"driver: {line}", file=sys.stderr, flush=True)
        report(given, line)
        return INFRASTRUCTURE
    from runner.emr.driver_run import run  # noqa: PLC0415

    try:
        return run(given.bucket, given.run, project, force=given.force_lock)
    except Exception as error:  # not even the result could be written: that is no failure of the data
        print(f"driver: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return INFRASTRUCTURE


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the arguments; dbt's own are in the run's request.json."""
    parser = argparse.ArgumentParser(prog="driver.py")
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--force-lock", action="store_true")
    return parser.parse_args(arguments)


def add_archive(folder: Path) -> Path:
    """Put the archive's packages and project where Python looks, here and in child processes."""
    site, project = (folder / ARCHIVE / part for part in ("site", "project"))
    parts = [str(site), str(project)]
    given = [
        str(Path(part).absolute()) for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part
    ]
    sys.path[:0] = [part for part in parts if part not in sys.path]
    os.environ["PYTHONPATH"] = os.pathsep.join([*parts, *(part for part in given if part not in parts)])
    return project


def find_missing(project: Path) -> list[str]:
    """Return what the image or the archive lacks for the rest of the driver to run, each with the fix."""
    missing: list[str] = []
    if sys.version_info < (3, 10):  # noqa: UP036 - the image's default is 3.9
        version = ".".join(map(str, sys.version_info[:2]))
        fix = "set spark.emr-serverless.driverEnv.PYSPARK_PYTHON in profiles/emr.yml to python3.11"
        missing.append(f"Python {version} is too old for dbt: {fix}")
    if not (project / "dbt_project.yml").is_file():
        return [*missing, f"the archive is not unpacked in ./{ARCHIVE}: spark.archives has to name it"]
    absent = ", ".join(name for name in NEEDED if not is_importable(name))
    if absent:
        missing.append(f"the archive lacks the Python packages {absent}: run `medallion emr deploy` again")
    return missing


def is_importable(name: str) -> bool:
    """Tell whether Python finds a module."""
    try:
        return find_spec(name) is not None
    except ImportError:
        return False


def report(given: argparse.Namespace, line: str) -> None:
    """Leave the reason in the bucket too, if boto3 is there to do it."""
    try:
        from runner.emr.driver_store import RunStore  # noqa: PLC0415

        RunStore.open(given.bucket, given.run).write_failure(line, INFRASTRUCTURE)
    except Exception as error:  # the line is in the log; there is no other place
        print(f"driver: result.json was not written: {error}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
