"""Trino's files and its installation, without starting it."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from runner.errors import BadSetting, TrinoUnavailable, UsageError
from runner.location import Location, locate_lake
from runner.settings import Settings
from runner.trino import server
from runner.trino.config import command, config_files
from runner.trino.install import Installed, unpack

AWS = Location("glue", "s3://b/warehouse", region="eu-west-1")
EMULATED = Location("glue", "s3://b/warehouse", region="us-east-1", endpoint="http://127.0.0.1:5000")


def settings(home: Path, **given: str) -> Settings:
    return Settings(project_dir=home, home=home, raw_root=str(home / "raw"), from_file=given)


def test_it_listens_on_this_machine_only_and_reads_only() -> None:
    files = config_files(AWS, 10017, Path("/h/trino"))
    assert "node.bind-ip=127.0.0.1\n" in files["config.properties"]
    assert "http-server.http.port=10017\n" in files["config.properties"]
    catalog = files["catalog/lake.properties"]
    assert "iceberg.security=READ_ONLY\n" in catalog
    assert "endpoint" not in catalog
    assert not [line for line in catalog.splitlines() if "key" in line.partition("=")[0]]


def test_an_emulator_is_reached_by_path() -> None:
    catalog = config_files(EMULATED, 1, Path("/h"))["catalog/lake.properties"]
    assert "s3.endpoint=http://127.0.0.1:5000\n" in catalog
    assert "hive.metastore.glue.endpoint-url=http://127.0.0.1:5000\n" in catalog
    assert "s3.path-style-access=true\n" in catalog


def test_the_command_names_what_was_installed() -> None:
    told = command(Installed(Path("/c/trino"), Path("/c/java")), Path("/h/trino"))
    assert told[0] == "/c/java"
    assert "-Dplugin.dir=/c/trino/plugin" in told
    assert told[-2:] == ["/c/trino/lib/*", "io.trino.server.TrinoServer"]


def test_a_lake_that_trino_cannot_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="MEDALLION_CATALOG=glue"):
        server.start(settings(tmp_path), Location("sql", "/h/warehouse"), 0, print)


@pytest.mark.parametrize(
    ("given", "warehouse"),
    [
        ({"MEDALLION_BUCKET": "b"}, "s3://b/warehouse"),
        ({"MEDALLION_BUCKET": "s3://b/"}, "s3://b/warehouse"),
        ({"MEDALLION_BUCKET": "b", "MEDALLION_WAREHOUSE": "s3://c/d/"}, "s3://c/d"),
    ],
)
def test_where_a_lake_in_glue_is(given: dict[str, str], warehouse: str, tmp_path: Path) -> None:
    found = locate_lake(settings(tmp_path), {"MEDALLION_CATALOG": "glue", "AWS_REGION": "eu-west-1", **given})
    assert (found.warehouse, found.region, found.endpoint) == (warehouse, "eu-west-1", "")
    assert found.bucket == warehouse.split("/")[2]


def test_where_a_lake_is_not(tmp_path: Path) -> None:
    assert locate_lake(settings(tmp_path), {}) == Location("sql", str(tmp_path / "warehouse"))
    with pytest.raises(BadSetting, match="MEDALLION_BUCKET"):
        locate_lake(settings(tmp_path), {"MEDALLION_CATALOG": "glue"})
    with pytest.raises(BadSetting, match="hive"):
        locate_lake(settings(tmp_path, MEDALLION_CATALOG="hive"), {})


def archive(path: Path, files: dict[str, bytes], links: dict[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as packed:
        for name, content in files.items():
            member = tarfile.TarInfo(f"trino-server/{name}")
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
        for name, target in links.items():
            member = tarfile.TarInfo(f"trino-server/{name}")
            member.type, member.linkname = tarfile.LNKTYPE, f"trino-server/{target}"
            packed.addfile(member)
    return path


def test_only_what_is_wanted_is_unpacked(tmp_path: Path) -> None:
    packed = archive(
        tmp_path / "t.tar.gz",
        {"lib/a.jar": b"a", "plugin/delta/b.jar": b"b", "plugin/delta/c.jar": b"c", "bin/launcher": b"x"},
        {"plugin/iceberg/a.jar": "lib/a.jar", "plugin/iceberg/b.jar": "plugin/delta/b.jar",
         "plugin/iceberg/again/b.jar": "plugin/delta/b.jar", "plugin/kafka/a.jar": "lib/a.jar"},
    )  # fmt: skip
    home = tmp_path / "home"
    home.mkdir()
    unpack(packed, home, ("lib/", "plugin/iceberg/"))
    found = {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert found == {
        "lib/a.jar": b"a", "plugin/iceberg/a.jar": b"a",
        "plugin/iceberg/b.jar": b"b", "plugin/iceberg/again/b.jar": b"b",
    }  # fmt: skip


@pytest.mark.parametrize("size", [0, 60])
def test_a_torn_archive(size: int, tmp_path: Path) -> None:
    packed = archive(tmp_path / "t.tar.gz", {"lib/a.jar": b"a" * 5000}, {})
    packed.write_bytes(packed.read_bytes()[:size])
    with pytest.raises(TrinoUnavailable):
        unpack(packed, tmp_path, ("lib/",))
