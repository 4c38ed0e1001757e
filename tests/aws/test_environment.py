"""One environment of profiles/emr.yml, and what is said about a wrong one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.emr.environment import Worker, load_environment
from runner.errors import BadSetting

PROJECT = Path(__file__).resolve().parents[2]
GOOD: dict[str, Any] = {
    "region": "eu-west-1",
    "bucket": "my-lake",
    "application": "medallion-dev",
    "job_role": "arn:aws:iam::123456789012:role/lake-job",
}


def written(folder: Path, **environments: Any) -> Path:
    (folder / "profiles").mkdir(exist_ok=True)
    (folder / "profiles" / "emr.yml").write_text(yaml.safe_dump({"environments": environments}))
    return folder


def test_defaults_are_those_of_the_documentation(tmp_path: Path) -> None:
    found = load_environment(written(tmp_path, dev=GOOD), environ={})
    assert (found.name, found.release, found.architecture) == ("dev", "emr-7.13.0", "x86_64")
    assert (found.driver, found.executor) == (Worker(4, "14g"), Worker(4, "14g", 10))
    assert (found.timeout_minutes, found.idle_minutes, found.schema_prefix) == (60, 15, "")
    assert found.databases == ("bronze", "silver", "gold")
    assert not found.is_emulated


def test_the_shipped_file_needs_only_what_the_stack_prints() -> None:
    own = {"MEDALLION_EMR_BUCKET": "my-lake", "MEDALLION_EMR_JOB_ROLE": GOOD["job_role"]}
    found = load_environment(PROJECT, environ=own)
    assert (found.bucket, found.job_role) == ("my-lake", GOOD["job_role"])


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    environ = {"MEDALLION_EMR_RELEASE": "emr-7.9.0", "MEDALLION_EMR_TIMEOUT_MINUTES": "5"}
    found = load_environment(written(tmp_path, dev=GOOD), environ=environ)
    assert (found.release, found.timeout_minutes) == ("emr-7.9.0", 5)


@pytest.mark.parametrize(("name", "environ"), [("prod", {}), (None, {"MEDALLION_EMR_ENV": "prod"})])
def test_one_of_several_is_chosen(tmp_path: Path, name: str | None, environ: dict[str, str]) -> None:
    project = written(tmp_path, dev=GOOD, prod=GOOD | {"bucket": "the-lake"})
    assert load_environment(project, name, environ).bucket == "the-lake"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"bucket": ""}, ["dev.bucket is not set", "MEDALLION_EMR_BUCKET"]),
        ({"bucket": "My_Lake"}, ["dev.bucket is 'My_Lake'", "my-lake"]),
        ({"job_role": "lake-job"}, ["dev.job_role", "arn:aws:iam::"]),
        ({"region": "mars"}, ["dev.region is 'mars'", "us-east-1"]),
        ({"release": "7.13"}, ["dev.release is '7.13'", "emr-7.13.0"]),
        ({"schema_prefix": "Dev-"}, ["dev.schema_prefix"]),
        ({"architecture": "sparc"}, ["dev.architecture is 'sparc'", "x86_64, arm64, local"]),
        ({"buckets": "x"}, ["dev.buckets is unknown", "bucket"]),
        ({"driver": {"cores": 3}}, ["dev.driver.cores is 3", "1, 2, 4, 8, 16"]),
        ({"driver": {"cores": 4, "memory": "40g"}}, ["takes 44 GB", "8 to 30 GB"]),
        ({"executor": {"memory": "14GB"}}, ["dev.executor.memory is '14GB'", "14g"]),
        ({"executor": {"max": 0}}, ["dev.executor.max is 0"]),
        ({"executor": {"count": 3}}, ["dev.executor is", "max"]),
        ({"timeout_minutes": "soon"}, ["dev.timeout_minutes is 'soon'"]),
        ({"endpoint_url": "localhost"}, ["dev.endpoint_url", "http://"]),
    ],
)
def test_a_wrong_value_is_named_with_file_key_and_fix(
    tmp_path: Path, wrong: dict[str, Any], said: list[str]
) -> None:
    with pytest.raises(BadSetting) as refused:
        load_environment(written(tmp_path, dev=GOOD | wrong), environ={})
    assert "profiles/emr.yml" in refused.value.line
    assert [part for part in said if part not in refused.value.line] == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "does not exist"),
        ("environments: [", "cannot be read"),
        ("dev: {}", "has no `environments:`"),
        ("environments: {dev: }", "dev has no settings"),
        ("environments: {}", "several environments: none"),
        ("environments: {dev: {}, prod: {}}", "dev, prod. Choose one with --env"),
    ],
)
def test_a_wrong_file(tmp_path: Path, content: str | None, said: str) -> None:
    (tmp_path / "profiles").mkdir()
    if content is not None:
        (tmp_path / "profiles" / "emr.yml").write_text(content)
    with pytest.raises(BadSetting, match=said.replace("(", "\\(")):
        load_environment(tmp_path, environ={})


def test_an_unknown_environment_lists_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"no environment 'prod'.*It has: dev"):
        load_environment(written(tmp_path, dev=GOOD), "prod", {})


@pytest.mark.parametrize(
    ("cores", "memory", "gigabytes"), [(4, "14g", 16), (1, "1g", 2), (4, "20g", 22), (4, "27g", 30)]
)
def test_a_worker_is_a_tenth_larger_than_its_heap(cores: int, memory: str, gigabytes: int) -> None:
    assert Worker(cores, memory).gigabytes == gigabytes
