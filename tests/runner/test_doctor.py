"""What the doctor makes of what it finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner import doctor
from runner.home import prepare_home
from runner.server_state import ServerState
from runner.settings import Settings

UP = ServerState(pid=1, port=10016, started_at="", process_start="")


@pytest.mark.parametrize(
    ("check", "status"),
    [
        (doctor.judge_python((3, 10)), "ok"),
        (doctor.judge_python((3, 12)), "ok"),
        (doctor.judge_python((3, 13)), "fail"),
        (doctor.judge_python((3, 9)), "fail"),
        (doctor.judge_package("dbt-core", "1.11", "1.11.16"), "ok"),
        (doctor.judge_package("dbt-core", "1.11", "1.12.0"), "fail"),
        (doctor.judge_package("dbt-core", "1.1", "1.11.16"), "fail"),
        (doctor.judge_package("dbt-core", "1.11", None), "fail"),
        (doctor.judge_spark_home(None), "ok"),
        (doctor.judge_spark_home("/opt/spark"), "warn"),
        (doctor.judge_writable(Path("/lake"), True), "ok"),
        (doctor.judge_writable(Path("/lake"), False), "fail"),
        (doctor.judge_disk(50), "ok"),
        (doctor.judge_disk(3), "warn"),
        (doctor.judge_disk(0.5), "fail"),
        (doctor.judge_raw("/lake/raw", True), "ok"),
        (doctor.judge_raw("/lake/raw", False), "warn"),
        (doctor.judge_raw("s3://bucket/raw", False), "ok"),
        (doctor.judge_server(UP, 10016, True), "ok"),
        (doctor.judge_server(None, 10016, False), "ok"),
        (doctor.judge_server(None, 10016, True), "warn"),
    ],
)
def test_judgements(check: doctor.Check, status: str) -> None:
    assert check.status == status
    assert bool(check.fix) is (status != "ok")


def checks_of(home: Path) -> dict[str, doctor.Check]:
    settings = Settings(project_dir=home, home=home, raw_root=str(home / "raw"), server_port=0)
    return {check.name: check for check in doctor.run_checks(settings)}


def test_this_machine_is_well(tmp_path: Path) -> None:
    prepare_home(tmp_path)
    checks = checks_of(tmp_path)
    assert checks["catalog"].found.endswith("0 tables")
    assert {check.status for check in checks.values()} <= {"ok", "warn"}


def test_a_damaged_catalog_is_found(tmp_path: Path) -> None:
    (tmp_path / "catalog.db").write_text("this is no database, and long enough to tell so")
    assert checks_of(tmp_path)["catalog"].status == "fail"


def test_looking_changes_nothing(tmp_path: Path) -> None:
    checks_of(tmp_path / "home")
    assert list(tmp_path.iterdir()) == []
