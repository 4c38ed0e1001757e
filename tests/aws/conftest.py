"""AWS for these tests. Everything is real but AWS itself.

An emulator for each module: its state is in this process, where `mock_aws` of another module would clear it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto.core.base_backend import BackendDict

from runner.emulator.job import ACCOUNT
from runner.emulator.server import Emulator

BUCKET = "medallion-tests"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/medallion-job"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """S3, Glue, IAM, CloudFormation and EMR Serverless on 127.0.0.1, with a bucket and Glue's `default`."""
    running = Emulator(tmp_path_factory.mktemp("emulator"))
    running.application = running.create_application(BUCKET, "medallion-tests", "medallion-job")  # type: ignore[attr-defined]
    yield running
    running.stop()
    BackendDict.reset()


@pytest.fixture
def aws(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """The emulator, with this process's AWS clients pointed at it; faults and options end with the test."""
    from runner.emulator.attempt import Options

    for name, value in emulator.environ().items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    yield emulator
    emulator.app.faults.clear()
    emulator.jobs.options = Options()
