"""Flag, then environment, then `.env`, then default."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import BadSetting, ProjectNotFound
from runner.settings import DEFAULT_PORT, find_project, load_settings, parse_port


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "dbt_project.yml").touch()
    return tmp_path


def test_defaults(project: Path) -> None:
    settings = load_settings(project_dir=project, environ={})
    assert settings.home == project / ".medallion"
    assert settings.raw_root == f"{project}/.medallion/raw"
    assert settings.catalog == project / ".medallion/catalog.db"
    assert settings.warehouse == project / ".medallion/warehouse"
    assert (settings.server_port, settings.target) == (DEFAULT_PORT, "local")


def test_each_source_overrides_the_one_before(project: Path) -> None:
    (project / ".env").write_text("# mine\nexport MEDALLION_HOME='/file'\nMEDALLION_SERVER_PORT=1\nOTHER=x\n")
    assert load_settings(project_dir=project, environ={}).home == Path("/file")
    env = {"MEDALLION_HOME": "/env", "MEDALLION_TARGET": ""}
    settings = load_settings(project_dir=project, environ=env)
    assert (settings.home, settings.server_port, settings.target) == (Path("/env"), 1, "local")
    assert load_settings(project_dir=project, home=Path("/flag"), environ=env).home == Path("/flag")


def test_raw_may_be_a_bucket(project: Path) -> None:
    settings = load_settings(project_dir=project, environ={"MEDALLION_RAW": "s3://bucket/raw"})
    assert (settings.raw_root, settings.is_raw_local) == ("s3://bucket/raw", False)


def test_a_relative_home_is_made_absolute(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    assert load_settings(environ={"MEDALLION_HOME": "lake"}).home == project / "lake"


def test_a_relative_path_in_the_file_is_refused(project: Path) -> None:
    (project / ".env").write_text("MEDALLION_HOME=lake\n")
    with pytest.raises(BadSetting, match=r"MEDALLION_HOME=lake .* relative"):
        load_settings(project_dir=project, environ={})


@pytest.mark.parametrize("text", ["x", "", "-1", "65536", "1.5"])
def test_what_is_no_port(text: str) -> None:
    with pytest.raises(BadSetting, match="not a port"):
        parse_port(text)


def test_the_project_is_found_from_a_folder_inside_it(project: Path) -> None:
    inside = project / "models" / "silver"
    inside.mkdir(parents=True)
    assert find_project(inside) == project


def test_outside_a_project(tmp_path: Path) -> None:
    with pytest.raises(ProjectNotFound, match="--project-dir"):
        find_project(tmp_path)


def test_child_processes_see_the_same_settings_and_no_other_spark(project: Path) -> None:
    (project / ".env").write_text("MEDALLION_DRIVER_MEMORY=2g\n")
    settings = load_settings(project_dir=project, environ={"MEDALLION_TARGET": "server"})
    env = settings.environ({"PATH": "/usr/bin:/bin", "SPARK_HOME": "/opt/spark", "LANG": "C"})
    assert env["MEDALLION_HOME"] == str(settings.home)
    assert (env["MEDALLION_TARGET"], env["MEDALLION_DRIVER_MEMORY"], env["LANG"]) == ("server", "2g", "C")
    assert (Path(env["JAVA_HOME"]) / "bin" / "java").exists()
    assert "SPARK_HOME" not in env
