"""`make emulator`: EMR Serverless, S3 and Glue on this machine, until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
from pathlib import Path

from runner.emulator.job import ACCOUNT
from runner.emulator.server import Emulator
from runner.errors import MedallionError

BUCKET, APPLICATION, ROLE = "medallion-emulator", "medallion-emulator", "medallion-job"


def main() -> int:
    """Start the emulator, say how to use it, and wait for Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m runner.emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=5055, help="port on 127.0.0.1; 0 for any free one")
    parser.add_argument("--work", type=Path, help="folder for jobs and their logs; else a temporary one")
    given = parser.parse_args()
    asked_to_stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: asked_to_stop.set())
    with tempfile.TemporaryDirectory(prefix="medallion-emulator-") as scratch:
        try:
            emulator = Emulator(given.work or Path(scratch), given.port)
        except (MedallionError, OSError, SystemExit) as error:
            print(f"emulator: it cannot start on port {given.port}: {error}", file=sys.stderr)
            return 3
        emulator.create_application(BUCKET, APPLICATION, ROLE)
        print(usage(emulator), flush=True)
        asked_to_stop.wait()
        print("stopping: jobs end with it", flush=True)
        emulator.stop()
    return 0


def usage(emulator: Emulator) -> str:
    """Return the lines to paste into another shell."""
    names = emulator.environ() | {
        "MEDALLION_EMR_BUCKET": BUCKET,
        "MEDALLION_EMR_APPLICATION": APPLICATION,
        "MEDALLION_EMR_JOB_ROLE": f"arn:aws:iam::{ACCOUNT}:role/{ROLE}",
        "MEDALLION_EMR_REGION": "us-east-1",
        "MEDALLION_EMR_ARCHITECTURE": "local",  # the driver's packages are of this machine's Python
        "MEDALLION_RAW": f"s3://{BUCKET}/raw",
    }
    exports = "\n".join(f"export {name}={value}" for name, value in names.items())
    where = f"EMR Serverless, S3 and Glue are on {emulator.endpoint}, jobs in {emulator.work}."
    return f"{where} In another shell:\n\n{exports}\n"


if __name__ == "__main__":
    sys.exit(main())
