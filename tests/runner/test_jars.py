"""Spark's folder is completed once, and by whole files only."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from runner import jars
from runner.jars import COORDINATES, ensure_jars, explain_failure, link_file, missing_jars, parse_resolved


def record(folder: Path, coordinates: tuple[str, ...], *files: str) -> None:
    (folder / "medallion-jars.json").write_text(json.dumps({"coordinates": coordinates, "files": files}))


def test_everything_is_missing_at_first(tmp_path: Path) -> None:
    assert missing_jars(tmp_path) == COORDINATES


def test_nothing_is_missing_when_all_files_are_there(tmp_path: Path) -> None:
    (tmp_path / "a.jar").touch()
    record(tmp_path, COORDINATES, "a.jar")
    assert missing_jars(tmp_path) == ()
    assert ensure_jars(tmp_path, {}) is False


def test_a_file_that_went_away_is_missing(tmp_path: Path) -> None:
    record(tmp_path, COORDINATES, "a.jar")
    assert missing_jars(tmp_path) == ("a.jar",)


def test_a_new_coordinate_is_missing(tmp_path: Path) -> None:
    record(tmp_path, COORDINATES[:-1])
    assert missing_jars(tmp_path) == COORDINATES[-1:]


def test_a_damaged_record_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "medallion-jars.json").write_text("{")
    assert missing_jars(tmp_path) == COORDINATES


def test_a_version_that_is_no_longer_wanted_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spark, cache = tmp_path / "spark", tmp_path / "cache"
    for folder in (spark, cache):
        folder.mkdir()
    (spark / "iceberg-1.9.jar").touch()
    (spark / "spark-core.jar").touch()
    (cache / "iceberg-1.10.jar").write_text("new")
    record(spark, ("org:iceberg:1.9",), "iceberg-1.9.jar")
    monkeypatch.setattr(jars, "resolve", lambda *_: (cache / "iceberg-1.10.jar",))
    assert ensure_jars(spark, {}) is True
    assert sorted(path.name for path in spark.glob("*.jar")) == ["iceberg-1.10.jar", "spark-core.jar"]
    assert missing_jars(spark) == ()


def test_linking_replaces_a_broken_link(tmp_path: Path) -> None:
    source, target = tmp_path / "a.jar", tmp_path / "spark" / "a.jar"
    source.write_text("jar")
    target.parent.mkdir()
    target.symlink_to(tmp_path / "gone.jar")
    link_file(source, target)
    assert target.read_text() == "jar"
    assert not target.is_symlink()
    assert os.listdir(target.parent) == ["a.jar"]  # noqa: PTH208


def test_resolved_files_are_read_from_the_session() -> None:
    output = "some banner\nRESOLVED file:///i/a.jar,file:///i/b.jar\n"
    assert parse_resolved(output) == (Path("/i/a.jar"), Path("/i/b.jar"))
    assert parse_resolved("nothing") == ()


def test_the_reason_is_one_line() -> None:
    output = "::::\n\t\tmodule not found: org.x#y;1\nException in thread main\n\tat a.b.c\nlast"
    assert explain_failure(output) == "module not found: org.x#y;1"
    java = (
        'Exception in thread "main" java.lang.RuntimeException: [unresolved dependency: org.x#y;1: not found]'
    )
    assert explain_failure(java) == "[unresolved dependency: org.x#y;1: not found]"
    assert explain_failure("") == "the process printed nothing"
