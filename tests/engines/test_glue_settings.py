"""Spark's settings for a lake in Glue, and the jars that they need: decided without AWS."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner import jars
from runner.cache import cache_dir
from runner.errors import EngineUnavailable
from runner.glue import glue_properties, with_glue
from runner.location import Location, locate_lake
from runner.settings import Settings, adopt_env_file

LOCAL = {
    "spark.sql.catalog.lake": "org.apache.iceberg.spark.SparkCatalog",
    "spark.sql.catalog.lake.type": "jdbc",
    "spark.sql.catalog.lake.uri": "jdbc:sqlite:/home/me/catalog.db",
    "spark.sql.catalog.lake.jdbc.schema-version": "V1",
    "spark.sql.catalog.lake.warehouse": "/home/me/warehouse",
    "spark.sql.session.timeZone": "UTC",
}
GLUE = Location("glue", "s3://b/warehouse", region="eu-west-1")


def test_a_lake_of_this_machine_changes_nothing() -> None:
    assert with_glue(LOCAL, Location("sql", "/home/me/warehouse"), ()) == LOCAL


def test_the_catalog_becomes_glue_and_nothing_else_changes() -> None:
    found = with_glue(LOCAL, GLUE, [Path("/c/a.jar"), Path("/c/b.jar")])
    assert found["spark.sql.catalog.lake.type"] == "glue"
    assert found["spark.sql.catalog.lake.warehouse"] == "s3://b/warehouse"
    assert found["spark.driver.extraClassPath"] == "/c/a.jar:/c/b.jar"
    assert found["spark.sql.session.timeZone"] == "UTC"
    assert not [value for value in found.values() if "sqlite" in value]
    assert not [name for name in found if "endpoint" in name]


def test_an_emulator_is_named_to_both_services() -> None:
    emulated = Location("glue", "s3://b/warehouse", region="us-east-1", endpoint="http://127.0.0.1:5000")
    spark, pyiceberg = with_glue(LOCAL, emulated, ()), glue_properties(emulated)
    for name in ("s3.endpoint", "glue.endpoint"):
        assert spark[f"spark.sql.catalog.lake.{name}"] == pyiceberg[name] == "http://127.0.0.1:5000"


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"MEDALLION_CACHE": "/big/disk", "XDG_CACHE_HOME": "/x"}, Path("/big/disk")),
        ({"XDG_CACHE_HOME": "/x"}, Path("/x/medallion")),
        ({}, Path.home() / ".cache" / "medallion"),
    ],
)
def test_where_downloads_are_kept(environ: dict[str, str], folder: Path) -> None:
    assert cache_dir(environ) == folder


def test_the_jars_for_aws_are_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = tmp_path / "ivy" / "aws.jar"
    fetched.parent.mkdir()
    fetched.write_text("jar")
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(jars, "resolve", lambda coordinates, _: asked.append(coordinates) or (fetched,))
    environ = {"MEDALLION_CACHE": str(tmp_path / "cache")}
    first, second = jars.ensure_aws_jars(environ), jars.ensure_aws_jars(environ)
    assert first == second
    assert [path.read_text() for path in first] == ["jar"]
    assert asked == [jars.AWS_JARS]


def test_the_region_is_the_profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    config = tmp_path / "config"
    config.write_text("[default]\nregion = eu-west-3\n[profile team]\nregion = ap-south-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    settings = Settings(project_dir=tmp_path, home=tmp_path, raw_root="")
    lake = {"MEDALLION_CATALOG": "glue", "MEDALLION_BUCKET": "b"}
    assert locate_lake(settings, lake).region == "eu-west-3"
    assert locate_lake(settings, {**lake, "AWS_PROFILE": "team"}).region == "ap-south-1"
    assert locate_lake(settings, {**lake, "AWS_REGION": "eu-west-1"}).region == "eu-west-1"
    with pytest.raises(EngineUnavailable, match="nobody"):
        locate_lake(settings, {**lake, "AWS_PROFILE": "nobody"})
    config.write_text("")
    assert locate_lake(settings, lake).region == "us-east-1"


def test_a_setting_is_the_environments_then_the_files() -> None:
    settings = Settings(Path("/p"), Path("/h"), "", from_file={"A": "file", "B": "file"})
    environ = {"A": "environment", "B": ""}
    assert [settings.get(name, "default", environ) for name in "ABC"] == ["environment", "file", "default"]


def test_the_file_fills_the_environment_where_that_says_nothing(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MEDALLION_CACHE=/big\nMEDALLION_BUCKET=b\nOTHER=x\n")
    environ = {"MEDALLION_BUCKET": "mine", "MEDALLION_CACHE": ""}
    adopt_env_file(tmp_path, environ)
    assert environ == {"MEDALLION_BUCKET": "mine", "MEDALLION_CACHE": "/big"}
    assert cache_dir(environ) == Path("/big")
