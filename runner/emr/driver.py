"""The entry point of a job: `driver.py --bucket B --run R`, with the archive unpacked beside it.

It is started by the image's Python, perhaps an old one, and uploaded beside the archive: so it needs no more
than the standard library of Python 3.7, and imports the rest only when it has looked whether it is there.
Looking is not importing: to import dbt with a Python that is too old is a syntax error.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

ARCHIVE = "medallion"  # the folder that spark.archives unpacks the archive to
NEEDED = (
    *("boto3", "botocore", "dbt.cli.main", "dbt.adapters.spark", "yaml", "jinja2", "agate", "dbt_medallion"),
    # what dbt-spark speaks to the Thrift server with: it would only say in mid-run what is missing
    *("pyhive.hive", "TCLIService", "thrift", "thrift_sasl", "puresasl", "sqlparams"),
)
INFRASTRUCTURE = 3


def main() -> int:
    """Run dbt inside this job; return the exit code."""
    given = parse(sys.argv[1:])
    project = add_archive(Path.cwd())
    missing = find_missing(project)
    if missing:
        return fail(given, "; ".join(missing))
    try:
        from runner.emr.driver_run import run  # noqa: PLC0415
    except Exception as error:  # of another platform, or torn: what looking cannot see
        return fail(
            given, f"the archive cannot be imported: {one_line(error)}; run `medallion emr deploy` again"
        )
    try:
        return run(given.bucket, given.run, project, force=given.force_lock, is_scheduled=given.scheduled)
    except Exception as error:  # not even the result could be written: that is no failure of the data
        print(f"driver: {one_line(error)}", file=sys.stderr, flush=True)
        return INFRASTRUCTURE


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the arguments; dbt's own are in the run's request.json."""
    parser = argparse.ArgumentParser(prog="driver.py")
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--force-lock", action="store_true")
    parser.add_argument(
        "--scheduled", action="store_true", help="nobody submitted it: there is no request.json"
    )
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
    if sys.version_info < (3, 10):  # noqa: UP036 - the image's default is 3.9
        version = ".".join(map(str, sys.version_info[:2]))
        fix = "set spark.emr-serverless.driverEnv.PYSPARK_PYTHON in profiles/emr.yml to python3.11"
        return [f"Python {version} is too old for dbt: {fix}"]
    if not (project / "dbt_project.yml").is_file():
        return [f"the archive is not unpacked in ./{ARCHIVE}: spark.archives has to name it"]
    absent = ", ".join(name for name in NEEDED if not is_there(name))
    if absent:
        return [f"the archive lacks the Python packages {absent}: run `medallion emr deploy` again"]
    return []


def is_there(name: str) -> bool:
    """Tell whether a module lies where Python looks, without importing anything of it."""
    file = name.replace(".", "/")
    places = [Path(place) for place in sys.path]
    return any(
        (place / f"{file}.py").is_file() or (place / file / "__init__.py").is_file() for place in places
    )


def one_line(error: Exception) -> str:
    """Return an error's kind and what it says, on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"


def fail(given: argparse.Namespace, line: str) -> int:
    """Say why dbt was not begun, in the log and in the bucket; return the exit code."""
    print(f"driver: {line}", file=sys.stderr, flush=True)
    report(given, line)
    return INFRASTRUCTURE


def report(given: argparse.Namespace, line: str) -> None:
    """Leave the reason in the bucket too, if boto3 is there to do it."""
    try:
        from runner.emr.driver_store import RunStore  # noqa: PLC0415

        RunStore.open(given.bucket, given.run).write_failure(line, INFRASTRUCTURE)
    except Exception as error:  # the line is in the log; there is no other place
        print(f"driver: result.json was not written: {error}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
