"""AWS for these tests: moto's server in a process of its own, on a free port of 127.0.0.1."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest

BUCKET = "lake"


@contextmanager
def running() -> Iterator[dict[str, str]]:
    """Run the emulator; yield the environment that points every client to it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(server, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        environ = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "MEDALLION_CATALOG": "glue",
            "MEDALLION_BUCKET": BUCKET,
        }
        client(environ, "s3").create_bucket(Bucket=BUCKET)
        yield environ
    finally:
        process.terminate()
        process.wait(timeout=20)


def client(environ: dict[str, str], service: str) -> object:
    """A boto3 client of the emulator, whatever the environment says."""
    return boto3.client(
        service,
        endpoint_url=environ["AWS_ENDPOINT_URL"],
        region_name=environ["AWS_REGION"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the emulator accepts connections."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the emulator did not start")


@pytest.fixture(scope="module")
def emulator() -> Iterator[dict[str, str]]:
    """The environment that points to an emulator of the module's own."""
    with running() as environ:
        yield environ
