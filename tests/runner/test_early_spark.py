"""Spark is started early only when dbt will use one of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from runner import early_spark
from runner.settings import Settings


@pytest.mark.parametrize(
    ("target", "arguments", "starts"),
    [
        ("local", ["build", "--select", "silver"], True),
        ("server", ["build"], False),
        ("local", ["build", "--target", "server"], False),
        ("local", ["build", "--target=server"], False),
        ("local", ["build", "-t", "server"], False),
        ("local", ["build", "--profiles-dir", "/elsewhere"], False),
    ],
)
def test_when_spark_starts_early(
    target: str, arguments: list[str], starts: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Settings] = []
    monkeypatch.setattr(early_spark, "_start", begun.append)
    monkeypatch.delitem(sys.modules, "dbt.cli.main", raising=False)
    monkeypatch.setattr("os.environ", dict(early_spark.os.environ))
    here = Settings(tmp_path, tmp_path / "home", str(tmp_path / "raw"), target=target)
    thread = early_spark.start_early(here, arguments)
    if thread:
        thread.join()
    assert bool(begun) is starts
