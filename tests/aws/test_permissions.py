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

from aws.policies import actions
from runner.connect.policy import athena_policy
from runner.emr.permissions import PERMISSIONS, permission_of, permission_of_operation
from runner.location import Location

PROJECT = Path(__file__).resolve().parents[2]
RUNNER = PROJECT / "runner"
SERVICES = {"s3": "s3", "glue": "glue", "emr": "emr-serverless"}  # by the name that a client has in the code
KNOWN = (
    *SERVICES.values(),
    "athena",
    "sts",
)  # a client of another service has to be listed first, with its actions
FREE = {"sts:GetCallerIdentity"}  # everyone may call it, and no policy can say otherwise
NO_CLIENTS = {"socket"}  # whose methods happen to have a name that a client knows
MAKERS = ("client", "_client", "resource")
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
        if receiver not in NO_CLIENTS and any(method in methods(one) for one in KNOWN):
            yield receiver, method


def made(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each client that a file makes: the name that it is given, empty for none, and its service."""
    tree = ast.parse(path.read_text())
    named = {node.value: node.targets[0] for node in ast.walk(tree) if isinstance(node, ast.Assign)}
    for node in ast.walk(tree):
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if is_call and node.func.attr in MAKERS and node.args:
            yield ast.unparse(named[node]) if node in named else "", ast.unparse(node.args[0]).strip("'")


def client_of(receiver: str, path: Path) -> str:
    """Return the service that a call goes to: of the client that the file makes, or by the client's name."""
    if match := re.fullmatch(r"boto3\.client\('(\S+)'\)", receiver):
        return match[1]
    here = {service for name, service in made(path) if name == receiver}
    assert len(here) < 2, f"{path.name}: {receiver} is a client of {here}: give them names of their own"
    if here:
        return here.pop()
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


def test_no_client_is_of_a_service_that_is_not_listed() -> None:
    services = {
        (path.name, service) for paths in files().values() for path in paths for _, service in made(path)
    }
    assert {(name, service) for name, service in services if service not in KNOWN} == {
        ("session.py", "service")
    }
    assert {service for _, service in services} >= set(KNOWN)


def test_the_list_is_what_the_client_calls() -> None:
    assert called(files()["client"]) - FREE == listed("submit", "deploy", "erase", "read")


def test_readers_have_the_policy_that_connect_prints() -> None:
    location = Location("glue", "s3://my-lake/warehouse", region="eu-west-1")
    policy = athena_policy(location, "123456789012", ["gold"], "primary", "s3://my-lake/athena-results/")
    assert actions([policy]) >= {one.action for one in PERMISSIONS if one.principal == "read"}


def test_who_only_submits_needs_only_what_is_listed_for_that() -> None:
    both = {RUNNER / "emr" / name for name in ("application.py", "deploy.py")}
    rest = called([path for path in files()["client"] if path not in both])
    assert rest - FREE <= listed("submit") | listed("read")
    of_readers = [path for path in files()["client"] if "query" in path.parts]
    assert called(of_readers) == listed("read")


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
    known: dict[str, Any] = {service: set(methods(service).values()) for service in KNOWN}
    known["iam"] = {"PassRole"}
    for one in PERMISSIONS:
        service, _, operation = one.action.partition(":")
        assert operation in known[service] | {"ListBucket"}, one.action
