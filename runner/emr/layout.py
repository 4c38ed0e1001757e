"""Where everything lies in the bucket: the one home of its keys, for the client and for the driver alike.

    packages/<hash>/project.tar.gz, driver.py     what a job runs
    raw/<source>/…  warehouse/…                   files that land, tables
    runs/<run>/request.json                       what was asked for; written before the job is started
    runs/<run>/job.json                           EMR's ids of the job; written when it is started
    runs/<run>/events/<000001>.jsonl              dbt's events, as the driver uploads them
    runs/<run>/artifacts/…                        manifest.json, run_results.json, …
    runs/<run>/result.json                        how it ended; no exit code while an attempt runs
    runs/<run>/cancel                             if it appears, the driver stops dbt
    locks/<environment>.json                      who runs dbt on this environment now
    logs/applications/<app>/jobs/<job>/…          EMR's own logs

Pure, and of the standard library only: the driver imports it before anything else is there.
"""

from __future__ import annotations

PACKAGES = "packages/"
RUNS = "runs/"
LOGS = "logs/"
RAW = "raw/"
WAREHOUSE = "warehouse/"
LOCKS = "locks/"


def uri(bucket: str, key: str) -> str:
    """Return a key's address."""
    return f"s3://{bucket}/{key}"


def package_archive(package: str) -> str:
    """Return the key of the archive with the project and its Python packages."""
    return f"{PACKAGES}{package}/project.tar.gz"


def package_driver(package: str) -> str:
    """Return the key of the entry point."""
    return f"{PACKAGES}{package}/driver.py"


def run_prefix(run: str) -> str:
    """Return the prefix of all that belongs to a run."""
    return f"{RUNS}{run}/"


def request(run: str) -> str:
    """Return the key of what was asked for."""
    return f"{RUNS}{run}/request.json"


def job(run: str) -> str:
    """Return the key of EMR's ids of the run's job."""
    return f"{RUNS}{run}/job.json"


def events(run: str, number: int | None = None) -> str:
    """Return the key of a file of events, counted from 1; without a number, the prefix of all."""
    return f"{RUNS}{run}/events/" + (f"{number:06d}.jsonl" if number is not None else "")


def artifacts(run: str, name: str = "") -> str:
    """Return the key of an artifact; without a name, the prefix of all."""
    return f"{RUNS}{run}/artifacts/{name}"


def result(run: str) -> str:
    """Return the key of how the run ended."""
    return f"{RUNS}{run}/result.json"


def cancel(run: str) -> str:
    """Return the key whose appearance stops the run."""
    return f"{RUNS}{run}/cancel"


def lock(environment: str) -> str:
    """Return the key of an environment's lock."""
    return f"{LOCKS}{environment}.json"


def job_logs(application: str, job_run: str) -> str:
    """Return the prefix of EMR's logs of a job, of all its attempts."""
    return f"{LOGS}applications/{application}/jobs/{job_run}/"
