"""The entry point of jobs in tests of the client: it leaves what a driver leaves, on cue and without Spark.

The scene is the last of dbt's arguments. All that it writes goes through the driver's own RunStore.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3

from runner.emr import layout
from runner.emr.driver_store import RunStore

BUILD = (Path(os.environ["TESTS"]) / "data" / "build.jsonl").read_text().splitlines()


def main(bucket: str, run: str) -> int:
    """Play the run's scene; return the exit code."""
    store = RunStore.open(bucket, run)
    scene = store.read_json(layout.request(run))["args"][-1]
    store.continue_run()
    print("the driver speaks", flush=True)
    boto3.client("glue")  # as the real driver does: it takes a region, which EMR gives under another name
    store.tell("starting Spark")
    if scene == "die" or (scene == "fall" and store.attempt == 2):
        return 137
    if scene == "fall":
        leave_artifacts(store)
        store.write_result(1, False)
        return 1
    if scene == "twice" and store.attempt == 1:
        store.write_events(BUILD[:6])
        store.write_result(3, None, "Spark ended while dbt ran")
        return 3
    store.write_events(BUILD[:6])
    while scene in ("wait", "stubborn") and not (scene == "wait" and store.is_cancelled()):
        time.sleep(0.2)
    if scene == "wait":
        leave_artifacts(store)
        store.write_result(4, None, f"run {run} was cancelled")
        return 4
    rest = BUILD[6:] if scene != "refused" else [line.replace('"success"', '"error"') for line in BUILD[6:]]
    store.write_events(rest)
    leave_artifacts(store)
    code = 1 if scene == "refused" else 0
    store.write_result(code, code == 0)
    return code


def leave_artifacts(store: RunStore) -> None:
    """Upload what dbt would have left."""
    with TemporaryDirectory() as folder:
        for name in ("manifest.json", "run_results.json", "static_index.html"):
            (Path(folder) / name).write_text("{}")
        store.upload(Path(folder).iterdir())


if __name__ == "__main__":
    given = sys.argv[sys.argv.index("--bucket") :]
    code = main(given[1], given[3])
    print("the driver leaves", flush=True)
    sys.exit(code)
