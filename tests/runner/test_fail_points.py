"""What arms a fail point, and that a name that does not exist is refused: it would never be reached."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from dbt_common.exceptions import DbtRuntimeError

from runner.fail_points import POINTS, VARIABLE, FailPoint, parse_fail_point, reach_fail_point

MACROS = Path(__file__).resolve().parents[2] / "macros"


@pytest.mark.parametrize(
    ("text", "armed"),
    [
        ("after_stage", FailPoint("after_stage")),
        ("after_stage:silver_orders", FailPoint("after_stage", "silver_orders")),
        ("in_gate:silver_orders:2", FailPoint("in_gate", "silver_orders", 2)),
        ("in_gate:2", FailPoint("in_gate", None, 2)),
        ("in_pin=hold:/tmp/a=b", FailPoint("in_pin", hold=Path("/tmp/a=b"))),
        ("in_pin:m:3=hold:/x", FailPoint("in_pin", "m", 3, Path("/x"))),
    ],
)
def test_what_arms_a_point(text: str, armed: FailPoint) -> None:
    assert parse_fail_point(text) == armed


@pytest.mark.parametrize("text", ["after_staging", "", "after_stage:", "after_stage:m:0", "after_stage=die"])
def test_what_is_no_point_is_refused(text: str) -> None:
    with pytest.raises(DbtRuntimeError, match=r"is no fail point; use .*before_pin, in_pin"):
        parse_fail_point(text)


def test_the_macros_have_each_point_once() -> None:
    text = "".join(path.read_text() for path in MACROS.rglob("*.sql"))
    assert sorted(re.findall(r"fail_point\('(\w+)'\)", text)) == sorted(POINTS)


def test_only_the_armed_point_in_the_armed_model_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    monkeypatch.setenv(VARIABLE, f"in_gate:silver_orders:2=hold:{gate}")
    reached = tmp_path / "gate.reached"
    for point, model in (
        ("in_gate", "bronze_orders"),
        ("in_pin", "silver_orders"),
        ("in_gate", "silver_orders"),
    ):
        reach_fail_point(None, point, model)
        assert not reached.exists()
    reach_fail_point(None, "in_gate", "silver_orders")
    assert reached.exists()


def test_the_process_dies_by_sigkill() -> None:
    program = f"import os; os.environ['{VARIABLE}'] = 'in_gate'; from runner.fail_points import *; " \
        "reach_fail_point(None, 'in_gate', 'm'); print('alive')"  # fmt: skip
    died = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (died.returncode, died.stdout) == (-9, b"")
