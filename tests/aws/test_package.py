"""The package: what is in it, and what never is. That it runs with nothing beside it is in test_emr_story."""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
import tarfile
from pathlib import Path

import pytest

from runner.emr.package import Package, build_package, project_entries, project_files
from runner.emr.site_packages import LOCK, SOURCE_ONLY, Platform, cache_dir, is_needed, site_part, split_lock
from runner.errors import InfrastructureError, UsageError

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def package() -> Package:
    """This project for this machine's Python; its dependencies are built once for a lock, then kept."""
    return build_package(PROJECT, "local")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project with everything around it that must stay behind."""
    wanted = ("dbt_project.yml", "models/silver/a.sql", "macros/deep/er/m.sql", "runner/emr/driver.py")
    unwanted = (
        *(".env", "models/.env", "models/.secret.sql", "target/manifest.json", ".git/config", "logs/dbt.log"),
        *(
            ".medallion/catalog.db",
            ".venv/bin/python",
            "runner/__pycache__/x.py",
            "runner/x.pyc",
            "models/key.pem",
        ),
        *(
            ".aws/credentials",
            "profiles/credentials",
            "tests/aws/test_package.py",
            "README.md",
            "deploy/m.yaml",
        ),
        "models/.hidden/b.sql",
    )
    for name in (*wanted, *unwanted):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("select 1")
    return tmp_path


def members(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]


def test_only_what_is_allowed_is_packed(project: Path) -> None:
    found = {path.relative_to(project).as_posix() for path in project_files(project)}
    assert found == {"dbt_project.yml", "models/silver/a.sql", "macros/deep/er/m.sql", "runner/emr/driver.py"}


def test_a_link_out_of_the_project_is_not_followed(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "mine.sql").write_text("select 'secret'")
    (project / "models" / "linked.sql").symlink_to(outside / "mine.sql")
    (project / "models" / "folder").symlink_to(outside)
    assert not [path for path in project_files(project) if "linked" in path.name or "mine" in path.name]


def test_a_link_to_what_stays_behind_is_not_followed(project: Path) -> None:
    """Inside the project, and of an allowed name: what counts is the file that is meant."""
    (project / "models" / "settings.yml").symlink_to(project / ".env")
    (project / "models" / "config.md").symlink_to(project / ".git" / "config")
    (project / "macros" / "same.sql").symlink_to(project / "models" / "silver" / "a.sql")
    names = {path.name for path in project_files(project)}
    assert not names & {"settings.yml", "config.md"}
    assert "same.sql" in names, "a link to what is packed anyway is fine"


@pytest.mark.parametrize("secret", ["AKIA" + "IOSFODNN7EXAMPLE", "-----BEGIN RSA " + "PRIVATE KEY-----"])
def test_a_secret_key_stops_the_deploy(project: Path, secret: str) -> None:
    (project / "models" / "silver" / "a.sql").write_text(f"select '{secret}'")
    with pytest.raises(UsageError, match=r"models/silver/a\.sql holds what looks like a secret key"):
        list(project_entries(project))


def test_this_project_has_all_that_dbt_needs(package: Package) -> None:
    names = {entry.name for entry in package.project}
    assert {
        "project/dbt_project.yml",
        "project/profiles.yml",
        "project/profiles/profiles.yml",
        "project/models/bronze/_sources.yml",
        "project/macros/commit/incremental.sql",
        "project/runner/dbt_plugin.py",
        "site/dbt_medallion.py",
    } <= names
    kinds = {Path(name).suffix for name in names}
    assert kinds <= {".sql", ".yml", ".py", ".md", ".properties", ".xml"}


def test_dependencies_are_trimmed_and_of_no_machine(package: Package) -> None:
    site = [name for name in members(package.pack()) if name.startswith("site/")]
    assert {"site/dbt/cli/main.py", "site/botocore/data/s3/2006-03-01/service-2.json.gz"} <= set(site)
    wrong = r"pyspark/|pyiceberg/|pyarrow/|\.pyc$|/RECORD$|^site/bin/|/direct_url\.json$|botocore/data/ec2/"
    assert [name for name in site if re.search(wrong, name)] == []
    assert [name for name in site if re.search(r"thrift/.*\.so$", name)] == []  # built without a compiler


def test_the_same_project_is_the_same_package_and_a_changed_one_is_not(
    package: Package, tmp_path: Path
) -> None:
    for path in [*project_files(PROJECT), PROJECT / LOCK, PROJECT / "requirements/install.py"]:
        copy = tmp_path / path.relative_to(PROJECT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
        os.utime(copy, (0, 0))
    again = build_package(tmp_path, "local")
    assert (again.name, again.pack()) == (package.name, package.pack())
    (tmp_path / "models/gold/gold_daily_sales.sql").write_text("select 2")
    assert build_package(tmp_path, "local").name != package.name


def test_two_builds_of_the_dependencies_are_the_same_bytes(package: Package, tmp_path: Path) -> None:
    assert site_part(PROJECT, Platform.of("local"), tmp_path) == package.site
    assert len(list(tmp_path.iterdir())) == 1
    (kept,) = tmp_path.iterdir()
    (kept / "part.deflate").write_bytes(b"torn")
    shutil.copytree(kept, tmp_path / "damaged")
    from runner.emr.site_packages import _read

    assert _read(tmp_path / "damaged") is None


def test_a_lock_is_split_by_how_a_package_comes() -> None:
    wheels, sources = split_lock((PROJECT / LOCK).read_text())
    named = [set(re.findall(r"(?m)^([a-z0-9-]+)(?:\[.*\])?==", text)) for text in (wheels, sources)]
    assert named[1] == set(SOURCE_ONLY)
    assert {"dbt-core", "dbt-spark", "boto3"} <= named[0]
    assert not {"pyspark", "pyiceberg", "pyarrow"} & named[0]


def test_the_drivers_versions_are_the_projects() -> None:
    def versions(path: str) -> set[tuple[str, str]]:
        text = (PROJECT / path).read_text()
        return set(re.findall(r"(?m)^([a-z0-9-]+)(?:\[.*\])?==(\S+)", text))

    assert versions("requirements/driver.lock") <= versions("requirements/requirements.lock")


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("dbt/cli/main.py", True),
        ("dbt/task/docs/index.html", True),
        ("dbt_core-1.11.16.dist-info/METADATA", True),
        ("dbt_core-1.11.16.dist-info/entry_points.txt", True),
        ("dbt_core-1.11.16.dist-info/RECORD", False),
        ("dbt/cli/__pycache__/main.cpython-311.pyc", False),
        ("bin/dbt", False),
        ("package/bin/data.py", True),
        ("botocore/data/s3/2006-03-01/service-2.json.gz", True),
        ("botocore/data/endpoints.json", True),
        ("botocore/data/ec2/2016-11-15/service-2.json.gz", False),
        ("babel/locale-data/en_US.dat", True),
        ("babel/locale-data/fr.dat", False),
        ("networkx/algorithms/tests/test_dag.py", False),
        ("dbt/tests/fixtures.py", True),
    ],
)
def test_what_the_driver_needs(name: str, needed: bool) -> None:
    assert is_needed(name) is needed


def test_platforms() -> None:
    assert Platform.of("x86_64") == Platform("3.11", "x86_64-manylinux_2_28")
    assert Platform.of("arm64") == Platform("3.11", "aarch64-manylinux_2_28")
    assert Platform.of("local") == Platform(".".join(map(str, sys.version_info[:2])), "")


def test_the_cache_is_outside_of_the_checkout() -> None:
    assert cache_dir({"XDG_CACHE_HOME": "/c"}) == Path("/c/medallion")
    assert cache_dir({"MEDALLION_CACHE": "/m", "XDG_CACHE_HOME": "/c"}) == Path("/m")
    assert PROJECT not in cache_dir({}).parents


def test_a_package_that_cannot_be_installed_is_named(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    shutil.copy(PROJECT / "requirements/install.py", tmp_path / "requirements")
    (tmp_path / LOCK).write_text("six==1.17.0 --hash=sha256:" + "0" * 64 + "\n")
    with pytest.raises(
        InfrastructureError, match=r"packages could not be installed, uv says: .*six"
    ) as failed:
        site_part(tmp_path, Platform.of("x86_64"), tmp_path / "cache")
    assert "pip config list" in failed.value.fix
    assert not (tmp_path / "cache").exists()
