"""`medallion emr deploy` and `destroy`: what would be done, and doing it.

A plan is made by looking only; applying it does what it says. A package is uploaded archive first, entry
point last: where the entry point is, the package is whole, and nothing of it is ever written again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from botocore.exceptions import ClientError

from runner.emr import layout
from runner.emr.application import (
    Change,
    change_application,
    decide_change,
    delete_application,
    find_application,
    stack_of,
    wanted_settings,
)
from runner.emr.aws_errors import aws_errors
from runner.emr.package import Package
from runner.emr.session import Session
from runner.errors import UsageError

_BATCH = 1000  # keys that S3 deletes in one request


@dataclass(frozen=True)
class Plan:
    """What a deploy does: nothing that is done already."""

    package: Package
    is_uploaded: bool
    application: Change | None  # None: it was not asked for

    @property
    def is_idle(self) -> bool:
        """Tell whether there is nothing to do."""
        return self.is_uploaded and (self.application is None or self.application.kind == "none")


def plan_deploy(session: Session, package: Package, *, with_application: bool = False) -> Plan:
    """Look what is there already; changes nothing."""
    change = None
    if with_application:
        change = decide_change(find_application(session), wanted_settings(session.environment))
    return Plan(package, is_uploaded(session, package.name), change)


def describe_plan(session: Session, plan: Plan) -> list[str]:
    """Return the plan in lines for a person: what is done, where, and its sizes."""
    environment, package = session.environment, plan.package
    where = layout.uri(environment.bucket, layout.PACKAGES + package.name)
    files = package.site.files + len(package.project)
    size = "is there" if plan.is_uploaded else f"upload {files} files, {len(package.pack()) / 1e6:.1f} MB"
    lines = [f"package {package.name}: {size} ({where}/)"]
    change = plan.application
    if change is not None:
        told = {"none": "is as it should be", "create": f"create, {environment.release}", "update": "update"}
        lines.append(f"application {environment.application}: {told[change.kind]}")
        lines += [f"  {difference}" for difference in change.differences]
    return lines


def apply_plan(session: Session, plan: Plan) -> None:
    """Do what a plan says; safe to repeat."""
    if not plan.is_uploaded:
        upload(session, plan.package)
    if plan.application is not None:
        change_application(session, plan.application)


def is_uploaded(session: Session, name: str) -> bool:
    """Tell whether a package is in the bucket, as a whole."""
    key = layout.package_driver(name)
    with aws_errors(f"look for {layout.uri(session.bucket, key)}"):
        try:
            session.s3.head_object(Bucket=session.bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
                return False
            raise
    return True


def upload(session: Session, package: Package) -> None:
    """Upload a package: nobody sees it before all of it is there."""
    archive, driver = layout.package_archive(package.name), layout.package_driver(package.name)
    with aws_errors(f"upload {layout.uri(session.bucket, archive)}"):
        session.s3.upload_fileobj(BytesIO(package.pack()), session.bucket, archive)
        session.s3.put_object(Bucket=session.bucket, Key=driver, Body=package.driver)


def destroy(session: Session) -> list[str]:
    """Remove the application, unless a stack owns it, and the packages; tables, files and runs stay.

    Return what was done, and what is left to do.
    """
    found = find_application(session)
    done = [] if found is None else [_remove(session, found)]
    count = delete_objects(session, [layout.PACKAGES])
    return [*done, f"{layout.uri(session.bucket, layout.PACKAGES)}: {count} objects deleted"]


def _remove(session: Session, found: Mapping[str, Any]) -> str:
    named, stack = f"application {found['name']} ({found['applicationId']})", stack_of(found)
    if stack:
        command = (
            f"aws cloudformation delete-stack --stack-name {stack} --region {session.environment.region}"
        )
        return f"{named}: belongs to the stack {stack} and goes with it: {command}"
    delete_application(session, found)
    return f"{named}: deleted"


def erase(session: Session, typed: str, databases: Sequence[str]) -> list[str]:
    """Remove tables, landed files, runs and logs, all that is in the bucket; `typed` has to be its name.

    The bucket keeps versions: until its lifecycle removes them, objects can be brought back.
    """
    check_typed(session, typed)
    tables = [(database, table) for database in databases for table in _tables(session, database)]
    for database, table in tables:
        with aws_errors(f"delete the table {database}.{table}"):
            session.glue.delete_table(DatabaseName=database, Name=table)
    prefixes = [layout.WAREHOUSE, layout.RAW, layout.RUNS, layout.LOCKS, layout.LOGS, layout.PACKAGES]
    count = delete_objects(session, prefixes)
    return [f"{len(tables)} tables deleted", f"s3://{session.bucket}: {count} objects deleted"]


def check_typed(session: Session, typed: str) -> None:
    """Raise UsageError when the bucket whose data would be lost is not the one that a person typed."""
    if typed != session.bucket:
        raise UsageError(
            f"{typed!r} is not the name of the bucket whose data would be lost", fix="Nothing was removed"
        )


def _tables(session: Session, database: str) -> list[str]:
    with aws_errors(f"list the tables of {database}"):
        try:
            pages = session.glue.get_paginator("get_tables").paginate(DatabaseName=database)
            return [table["Name"] for page in pages for table in page["TableList"]]
        except session.glue.exceptions.EntityNotFoundException:
            return []


def delete_objects(session: Session, prefixes: Sequence[str]) -> int:
    """Delete all objects under prefixes; return how many."""
    keys = [key for prefix in prefixes for key, _ in session.list_keys(prefix)]
    for start in range(0, len(keys), _BATCH):
        batch = [{"Key": key} for key in keys[start : start + _BATCH]]
        with aws_errors(f"delete {batch[0]['Key']} and others from s3://{session.bucket}"):
            answer = session.s3.delete_objects(
                Bucket=session.bucket, Delete={"Objects": batch, "Quiet": True}
            )
            for refused in answer.get("Errors", [])[:1]:
                raise ClientError({"Error": refused}, "DeleteObjects")
    return len(keys)
