"""Deploy does what its plan says and nothing twice; destroy leaves the lake's data."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.emrserverless.models import Application

from runner.emr import application, deploy, layout
from runner.emr.application import Change, decide_change, find_application, wanted_settings
from runner.emr.archive import Entry, compress_part
from runner.emr.deploy import apply_plan, describe_plan, destroy, erase, is_uploaded, plan_deploy
from runner.emr.environment import Environment, Worker
from runner.emr.package import Package
from runner.emr.session import Session
from runner.errors import NotOnAws, UsageError

ENVIRONMENT = Environment(
    name="dev",
    region="eu-west-1",
    bucket="my-lake",
    application="medallion-dev",
    job_role="arn:aws:iam::123456789012:role/lake-job",
    release="emr-7.13.0",
    architecture="x86_64",
    schema_prefix="dev_",
    driver=Worker(4, "14g"),
    executor=Worker(4, "14g", 10),
    timeout_minutes=60,
    idle_minutes=15,
)
DATA = ("warehouse/dev_bronze.db/orders/data/a.parquet", "raw/orders/a.csv", "runs/r1/result.json")


def small_package(text: str = "select 1") -> Package:
    """A real package of two files: how it is made does not matter here."""
    site = compress_part([Entry("site/six.py", b"")])
    project = (Entry("project/models/a.sql", text.encode()),)
    return Package(hashlib.sha256(text.encode()).hexdigest()[:16], site, project, b"print()")


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session with an empty AWS but for the bucket."""
    with mock_aws():
        where = {"LocationConstraint": ENVIRONMENT.region}
        # moto forgets what it is told of the queue; EMR tells it again
        queue = wanted_settings(ENVIRONMENT)["schedulerConfiguration"]
        monkeypatch.setattr(Application, "scheduler_configuration", queue, raising=False)
        boto3.client("s3", region_name=ENVIRONMENT.region).create_bucket(
            Bucket=ENVIRONMENT.bucket, CreateBucketConfiguration=where
        )
        yield Session(Path(), ENVIRONMENT)


def keys(session: Session) -> list[str]:
    return [key for key, _ in session.list_keys("")]


def test_a_package_is_uploaded_once(session: Session) -> None:
    package = small_package()
    plan = plan_deploy(session, package)
    assert (plan.is_uploaded, plan.is_idle, plan.application) == (False, False, None)
    assert keys(session) == []  # a plan only looks
    apply_plan(session, plan)
    assert keys(session) == [layout.package_driver(package.name), layout.package_archive(package.name)]
    assert session.read(layout.package_archive(package.name)) == package.pack()
    written = dict(session.list_keys(""))
    again = plan_deploy(session, package)
    assert again.is_idle
    apply_plan(session, again)
    assert dict(session.list_keys("")) == written


def test_a_half_uploaded_package_is_uploaded_anew(session: Session) -> None:
    package = small_package()
    session.s3.put_object(Bucket=session.bucket, Key=layout.package_archive(package.name), Body=b"torn")
    plan = plan_deploy(session, package)
    assert not plan.is_uploaded
    apply_plan(session, plan)
    assert session.read(layout.package_archive(package.name)) == package.pack()


def test_a_plan_says_what_where_and_how_large(session: Session) -> None:
    package = small_package()
    said = describe_plan(session, plan_deploy(session, package, with_application=True))
    assert said == [
        f"package {package.name}: upload 2 files, 0.0 MB (s3://my-lake/packages/{package.name}/)",
        "application medallion-dev: create, emr-7.13.0",
    ]


def test_a_missing_bucket_is_named(session: Session) -> None:
    other = Session(Path(), replace(ENVIRONMENT, bucket="nowhere"))
    with pytest.raises(NotOnAws, match=r"s3://nowhere/packages/.*bucket does not exist"):
        apply_plan(other, plan_deploy(other, small_package()))
    assert not is_uploaded(session, small_package().name)


def test_the_application_is_created_then_updated_then_left_alone(session: Session) -> None:
    def deployed(wanted: Environment) -> Change | None:
        one = Session(Path(), wanted)
        plan = plan_deploy(one, small_package(), with_application=True)
        apply_plan(one, plan)
        return plan.application

    first = deployed(ENVIRONMENT)
    assert first is not None
    assert first.kind == "create"
    found = find_application(Session(Path(), ENVIRONMENT))
    assert found is not None
    assert found["releaseLabel"] == "emr-7.13.0"
    assert found["maximumCapacity"] == {"cpu": "44 vCPU", "memory": "176 GB", "disk": "220 GB"}
    assert found["autoStopConfiguration"] == {"enabled": True, "idleTimeoutMinutes": 15}
    assert found["tags"] == {"medallion": "medallion-dev"}
    assert deployed(ENVIRONMENT) == Change("none", found["applicationId"])

    session.emr.start_application(applicationId=found["applicationId"])
    larger = deployed(replace(ENVIRONMENT, executor=Worker(4, "14g", 20), idle_minutes=5))
    assert larger is not None
    assert larger.kind == "update"
    assert larger.differences == (
        "idle minutes: 15 → 5",
        "cpu: 44 vCPU → 84 vCPU",
        "memory: 176 GB → 336 GB",
        "disk: 220 GB → 420 GB",
    )
    changed = find_application(Session(Path(), ENVIRONMENT))
    assert changed is not None
    assert (changed["applicationId"], changed["maximumCapacity"]["cpu"]) == (
        found["applicationId"],
        "84 vCPU",
    )
    assert changed["state"] == "STOPPED"


FOUND: dict[str, Any] = {"applicationId": "00f", "name": "medallion-dev", **wanted_settings(ENVIRONMENT)}


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (None, "create"),
        (FOUND, "none"),
        (FOUND | {"maximumCapacity": {"cpu": "44vcpu", "memory": "176.0 GB", "disk": "220GB"}}, "none"),
        (FOUND | {"releaseLabel": "emr-7.12.0"}, "update"),
        (FOUND | {"maximumCapacity": {}}, "update"),
        (FOUND | {"architecture": "ARM64"}, "update"),
        (FOUND | {"schedulerConfiguration": {"maxConcurrentRuns": 15, "queueTimeoutMinutes": 360}}, "update"),
        ({name: value for name, value in FOUND.items() if name != "schedulerConfiguration"}, "update"),
        (FOUND | {"tags": {"aws:cloudformation:stack-name": "lake"}}, "none"),
    ],
)
def test_what_a_change_is(found: dict[str, Any] | None, kind: str) -> None:
    assert decide_change(found, wanted_settings(ENVIRONMENT)).kind == kind


def test_a_stacks_application_is_the_stacks_to_change() -> None:
    owned = FOUND | {"releaseLabel": "emr-7.12.0", "tags": {"aws:cloudformation:stack-name": "lake"}}
    with pytest.raises(UsageError, match=r"stack lake and differs .*release: emr-7\.12\.0 → emr-7\.13\.0"):
        decide_change(owned, wanted_settings(ENVIRONMENT))


def test_capacity_is_one_run_at_its_largest() -> None:
    small = replace(ENVIRONMENT, driver=Worker(2, "6g"), executor=Worker(8, "27g", 3), architecture="arm64")
    assert wanted_settings(small)["maximumCapacity"] == {"cpu": "26 vCPU", "memory": "97 GB", "disk": "80 GB"}
    assert wanted_settings(small)["architecture"] == "ARM64"


def test_destroy_leaves_the_lake(session: Session) -> None:
    for key in DATA:
        session.s3.put_object(Bucket=session.bucket, Key=key, Body=b"x")
    apply_plan(session, plan_deploy(session, small_package(), with_application=True))
    said = destroy(session)
    assert "application medallion-dev" in said[0]
    assert said[1] == "s3://my-lake/packages/: 2 objects deleted"
    assert sorted(keys(session)) == sorted(DATA)
    again = Session(Path(), ENVIRONMENT)
    assert find_application(again) is None
    assert destroy(again) == ["s3://my-lake/packages/: 0 objects deleted"]


def test_destroy_leaves_a_stack_what_it_owns(session: Session) -> None:
    tags = {"aws:cloudformation:stack-name": "lake"}
    create_application(session, "t", tags=tags)
    apply_plan(session, plan_deploy(session, small_package()))
    said = destroy(session)
    assert "belongs to the stack lake" in said[0]
    assert said[0].endswith("aws cloudformation delete-stack --stack-name lake --region eu-west-1")
    assert said[1] == "s3://my-lake/packages/: 2 objects deleted"
    assert keys(session) == []
    found = find_application(session)
    assert found is not None
    with pytest.raises(UsageError, match="stack lake"):
        application.delete_application(session, found)


def create_application(session: Session, token: str, **more: Any) -> str:
    wanted = {"name": "medallion-dev", "type": "SPARK", "releaseLabel": "emr-7.13.0", "clientToken": token}
    return str(session.emr.create_application(**wanted, **more)["applicationId"])


def test_two_applications_of_one_name_are_not_guessed_between(session: Session) -> None:
    first, second = (create_application(session, token) for token in "ab")
    with pytest.raises(
        UsageError, match=f"2 applications in eu-west-1 are named medallion-dev: {first}, {second}"
    ):
        find_application(session)
    by_id = Session(Path(), replace(ENVIRONMENT, application=second))
    assert by_id.application == second
    session.emr.stop_application(applicationId=first)
    session.emr.delete_application(applicationId=first)
    assert Session(Path(), ENVIRONMENT).application == second


@pytest.mark.parametrize("name", ["medallion-dev", "team/lake#1", "x" * 64])
def test_a_token_to_create_with_is_one_that_emr_takes(name: str) -> None:
    token = application.creation_token(name, 1_790_000_000)
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", token)
    assert token != application.creation_token(f"{name[1:]}-", 1_790_000_000)


def test_data_is_erased_only_by_its_name(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deploy, "_BATCH", 3)
    for n in range(10):  # more than are deleted at once
        session.s3.put_object(Bucket=session.bucket, Key=f"warehouse/{n}", Body=b"")
    session.s3.put_object(Bucket=session.bucket, Key="mine/a.txt", Body=b"x")
    session.glue.create_database(DatabaseInput={"Name": "dev_gold"})
    session.glue.create_table(DatabaseName="dev_gold", TableInput={"Name": "daily_sales"})
    with pytest.raises(UsageError, match="'yes' is not the name of the bucket"):
        erase(session, "yes", ["dev_gold"])
    assert len(keys(session)) == 11
    assert erase(session, "my-lake", ["dev_gold", "dev_none"]) == [
        "1 tables deleted",
        "s3://my-lake: 10 objects deleted",
    ]
    assert keys(session) == ["mine/a.txt"]  # what is not the project's


def test_an_application_that_does_not_stop(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    apply_plan(session, plan_deploy(session, small_package(), with_application=True))
    identifier = session.application
    session.emr.start_application(applicationId=identifier)
    monkeypatch.setattr(application, "_PATIENCE", -1)
    monkeypatch.setattr(application, "_RESTING", ())
    with pytest.raises(application.TimedOut, match="is still STOPPED"):
        application.stop_application(session, identifier)
