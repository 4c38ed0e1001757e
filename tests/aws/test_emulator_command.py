"""`make emulator`: what it prints works in another shell, and Ctrl-C ends its jobs with it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import boto3

SLEEP = b"import time\ntime.sleep(120)\n"


def ask(url: str, body: dict[str, Any] | None = None) -> Any:
    request = urllib.request.Request(url, data=json.dumps(body).encode() if body else None)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def test_its_exports_work_and_ctrl_c_ends_its_jobs(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "runner.emulator", "--port", "0", "--work", str(tmp_path)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    try:
        exports: dict[str, str] = {}
        while "MEDALLION_RAW" not in exports:
            line = running.stdout.readline()
            assert line, "it ended"
            exports.update(re.findall(r"^export (\w+)=(\S+)", line))
        pid = start_sleeper(exports)
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 0
        assert not Path(f"/proc/{pid}").exists()
    finally:
        running.kill()
        running.wait()


def start_sleeper(exports: dict[str, str]) -> int:
    """Start a job that sleeps, as a client that knows nothing but the exports; return its process id."""
    endpoint = exports["AWS_ENDPOINT_URL"]
    keys = {"aws_access_key_id": exports["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": "emulator"}
    session = boto3.Session(region_name=exports["AWS_DEFAULT_REGION"], **keys)
    session.client("s3", endpoint_url=endpoint).put_object(
        Bucket=exports["MEDALLION_EMR_BUCKET"], Key="sleep.py", Body=SLEEP
    )
    ask(f"{endpoint}/emulator/options", {"has_spark": False})
    emr = session.client("emr-serverless", endpoint_url=endpoint)
    name = exports["MEDALLION_EMR_APPLICATION"]
    applications = emr.list_applications()["applications"]
    application = next(one["id"] for one in applications if name in (one["id"], one["name"]))
    job = emr.start_job_run(
        applicationId=application,
        clientToken="sleep",
        executionRoleArn=exports["MEDALLION_EMR_JOB_ROLE"],
        jobDriver={"sparkSubmit": {"entryPoint": f"s3://{exports['MEDALLION_EMR_BUCKET']}/sleep.py"}},
    )["jobRunId"]
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        tries = ask(f"{endpoint}/emulator/jobs/{job}")
        if tries and tries[0]["pid"]:
            os.kill(tries[0]["pid"], 0)
            return int(tries[0]["pid"])
        time.sleep(0.1)
    raise AssertionError("the job did not start")
