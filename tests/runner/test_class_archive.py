"""The archive of Spark's classes: made when it fits no more, used only while it is there."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from runner import class_archive, settings
from runner.java import Java, find_java

JAVA = Java(Path("/usr/lib/jvm/17"), 17, "PATH")


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Each training, which writes the archive; it takes half a minute of Spark, so a file stands for it."""
    made: list[Path] = []

    def train(_: object, archive: Path) -> None:
        archive.write_bytes(b"classes")
        made.append(archive)

    monkeypatch.setattr(class_archive, "_train_apart", train)
    monkeypatch.setattr(class_archive, "_ensure_base", lambda _: None)
    monkeypatch.setattr(class_archive, "spark_jars_dir", lambda: tmp_path / "jars")
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars" / "iceberg.jar").write_bytes(b"1")
    return made


def _ensure(tmp_path: Path, java: Java = JAVA) -> bool:
    here = settings.Settings(tmp_path, tmp_path / "home", str(tmp_path / "raw"))
    return class_archive.ensure_archive(here, java, tmp_path / "share" / "spark.jsa")


def test_it_is_made_once_and_again_when_java_or_the_jars_change(tmp_path: Path, trained: list[Path]) -> None:
    assert _ensure(tmp_path)
    assert not _ensure(tmp_path)
    assert _ensure(tmp_path, replace(JAVA, home=Path("/opt/java-17")))
    (tmp_path / "jars" / "avro.jar").write_bytes(b"2")
    assert _ensure(tmp_path, replace(JAVA, home=Path("/opt/java-17")))
    assert len(trained) == 3
    assert [path.name for path in (tmp_path / "share").iterdir() if path.name.startswith(".")] == []


def test_an_old_java_has_none(tmp_path: Path, trained: list[Path]) -> None:
    assert not _ensure(tmp_path, replace(JAVA, major=11))
    assert trained == []


def test_a_failed_training_leaves_no_archive(
    tmp_path: Path, trained: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object, archive: Path) -> None:
        archive.write_bytes(b"half of the cla")
        raise subprocess.CalledProcessError(1, "train")

    monkeypatch.setattr(class_archive, "_train_apart", fail)
    with pytest.raises(subprocess.CalledProcessError):
        _ensure(tmp_path)
    assert not (tmp_path / "share" / "spark.jsa").exists()
    assert list((tmp_path / "share").iterdir()) == []


def test_java_options_name_an_archive_that_is_there(tmp_path: Path) -> None:
    archive = settings.class_archive(str(tmp_path))
    assert str(archive) not in settings.java_options(archive)
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"classes")
    assert str(archive) in settings.java_options(archive)


def test_java_starts_from_no_archive_when_it_does_not_fit(tmp_path: Path) -> None:
    archive = tmp_path / "spark.jsa"
    archive.write_bytes(b"not an archive at all")
    java = find_java(os.environ)
    if java.major < class_archive.OLDEST_JAVA:
        pytest.skip(f"Java {java.major} has no such archives")
    command = [java.executable, *settings.java_options(archive).split(), "-version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "archive" not in done.stdout + done.stderr
