"""What the code calls on AWS, the list of permissions and its page agree; test_template has the policies.

The calls are read from the code itself: every method of a client, every paginator, every managed transfer.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest

from runner.emr.permissions import PERMISSIONS, permission_of, permission_of_operation

PROJECT = Path(__file__).resolve().parents[2]
RUNNER = PROJECT / "runner"
SERVICES = {"s3": "s3", "glue": "glue", "emr": "emr-serverless"}  # by the name that a client has in the code
NO_CLIENTS = {"socket"}  # whose methods happen to have a name that a client knows
TRANSFERS = {"upload_fileobj": "put_object", "upload_file": "put_object", "download_file": "get_object"}


@cache
def methods(service: str) -> dict[str, str]:
    client = boto3.client(service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    return dict(client.meta.method_to_api_mapping)


def calls(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the name of the client and of the method of each call to AWS in a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        method = TRANSFERS.get(node.func.attr, node.func.attr)
        if method == "get_paginator":
            assert isinstance(node.args[0], ast.Constant)
            method = str(node.args[0].value)
        receiver = ast.unparse(node.func.value)
        if receiver not in NO_CLIENTS and any(method in methods(one) for one in SERVICES.values()):
            yield receiver, method


def client_of(receiver: str, path: Path) -> str:
    """Return the service that a call goes to, by the last name before the dot."""
    if match := re.fullmatch(r"boto3\.client\('(\S+)'\)", receiver):
        return match[1]
    name = receiver.rpartition(".")[2].strip("_")
    assert name in SERVICES, f"{path.name}: whose client is {receiver}? Name it s3, glue or emr"
    return SERVICES[name]


def called(paths: list[Path]) -> set[str]:
    """Return the permissions that the calls in these files need."""
    found = set()
    for path in paths:
        for receiver, method in calls(path):
            service = client_of(receiver, path)
            found.add(permission_of(service, methods(service)[method]))
    return found


def files() -> dict[str, list[Path]]:
    """Return the files of the runner by where they run; the emulator never speaks to AWS."""
    of_job = [path for path in (RUNNER / "emr").glob("*.py") if path.name.startswith(("driver", "run_lock"))]
    everything = [path for path in RUNNER.rglob("*.py") if "emulator" not in path.parts]
    return {"job": of_job, "client": [path for path in everything if path not in of_job]}


def listed(*principals: str) -> set[str]:
    return {one.action for one in PERMISSIONS if one.principal in principals and one.by_code}


def test_the_list_is_what_the_client_calls() -> None:
    assert called(files()["client"]) == listed("submit", "deploy", "erase")


def test_who_only_submits_needs_only_what_is_listed_for_that() -> None:
    both = {RUNNER / "emr" / name for name in ("application.py", "deploy.py")}
    assert called([path for path in files()["client"] if path not in both]) <= listed("submit")


def test_the_list_is_what_the_driver_calls() -> None:
    assert called(files()["job"]) == listed("job")


def test_the_page_lists_them_all() -> None:
    page = (PROJECT / "docs" / "emr-permissions.md").read_text()
    told = set(re.findall(r"(?m)^\| `([a-z0-9-]+:\w+)` \| (\w+) \| ([^|]+) \|$", page))
    assert told == {(one.action, one.principal, one.why) for one in PERMISSIONS}


def test_nothing_is_listed_twice() -> None:
    pairs = [(one.action, one.principal) for one in PERMISSIONS]
    assert len(pairs) == len(set(pairs))


@pytest.mark.parametrize(
    ("service", "operation", "permission"),
    [
        ("s3", "HeadObject", "s3:GetObject"),
        ("s3", "ListObjectsV2", "s3:ListBucket"),
        ("s3", "DeleteObjects", "s3:DeleteObject"),
        ("emr-serverless", "StartJobRun", "emr-serverless:StartJobRun"),
    ],
)
def test_an_operation_is_named_by_its_permission(service: str, operation: str, permission: str) -> None:
    assert permission_of(service, operation) == permission
    assert permission_of_operation(operation) == permission


def test_every_listed_operation_is_one_of_aws() -> None:
    known: dict[str, Any] = {service: set(methods(service).values()) for service in SERVICES.values()}
    known["iam"] = {"PassRole"}
    for one in PERMISSIONS:
        service, _, operation = one.action.partition(":")
        assert operation in known[service] | {"ListBucket"}, one.action
