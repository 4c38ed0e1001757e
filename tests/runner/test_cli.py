"""The command line: exit codes, one-line errors, and help that is enough."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from runner import cli, errors

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MEDALLION_HOME", str(tmp_path))
    monkeypatch.chdir(PROJECT)
    return tmp_path


def test_exit_codes() -> None:
    codes = {
        errors.DataError: 1,
        errors.UsageError: 2,
        errors.InfrastructureError: 3,
        errors.Cancelled: 4,
        errors.TimedOut: 5,
    }
    assert {kind: kind("x").exit_code for kind in codes} == codes


def test_an_error_is_one_line() -> None:
    error = errors.DataError("the file\n  a.csv is torn.", fix="Land it\nagain")
    assert error.line == "the file a.csv is torn. Land it again"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--version"], 0, "medallion 0.1.0"),
        (["--help"], 0, "generate"),
        (["frobnicate"], 2, "frobnicate"),
        (["generate", "orders", "--rows", "-1"], 2, "--rows"),
        (["generate", "orders", "--delta", "1"], 2, "--base-rows"),
        (["generate", "orders", "--format", "xml"], 2, "xml"),
        (["generate", "orders", "--rows", "1", "--out", "/proc/nowhere"], 3, "/proc/nowhere"),
        (["--project-dir", "/", "up", "--port", "99999"], 2, "not a port"),
        (["down"], 0, "nothing to stop"),
    ],
)
@pytest.mark.usefixtures("home")
def test_answers(arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(arguments) == code
    printed = capsys.readouterr()
    assert said in printed.out + printed.err


@pytest.mark.parametrize("command", ["up", "down", "doctor", "generate orders"])
def test_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([*command.split(), "--help"]) == 0
    assert f"medallion {command}" in capsys.readouterr().out.partition("Example")[2]


def test_generate_lands_where_raw_files_land(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["generate", "orders", "--rows", "10", "--seed", "4"]) == 0
    landed = home / "raw" / "orders" / "orders-4-00001.tsv"
    assert str(landed) in capsys.readouterr().out
    assert len(landed.read_text().splitlines()) == 11


@pytest.mark.usefixtures("home")
def test_doctor_speaks_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["doctor", "--json"]) == 0
    checks = json.loads(capsys.readouterr().out)
    assert {"python", "java", "jars", "dbt-core", "dbt-spark", "home", "disk", "catalog", "server"} <= {
        check["name"] for check in checks
    }


@pytest.mark.parametrize(("debug", "has_trace"), [([], False), (["--debug"], True)])
def test_the_trace_is_shown_only_when_asked_for(debug: list[str], has_trace: bool) -> None:
    command = [
        sys.executable,
        "-m",
        "runner",
        *debug,
        "--project-dir",
        "/",
        "generate",
        "orders",
        "--delta",
        "1",
    ]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert ("Traceback" in done.stderr) is has_trace
    assert done.stderr.splitlines()[-1].startswith("medallion: ")
