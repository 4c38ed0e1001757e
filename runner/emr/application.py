"""The EMR Serverless application: what an environment wants of it, what is there, and what to change.

An application that a CloudFormation stack made is the stack's: it is looked at here, and never changed.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.emr.aws_errors import aws_errors
from runner.emr.environment import Environment
from runner.emr.session import Session
from runner.errors import NotOnAws, TimedOut, UsageError

_DISK_GB = 20  # of each worker, EMR's default
_QUEUE_MINUTES = 360  # EMR's default too; deploy/medallion.yaml has the same
_STACK_TAG = "aws:cloudformation:stack-name"
_RESTING = ("CREATED", "STOPPED")
_MADE = (*_RESTING, "STARTING", "STARTED", "STOPPING")
_PATIENCE, _PAUSE = 300, 2  # seconds


@dataclass(frozen=True)
class Change:
    """What is to be done to an application: `none`, `create` or `update`, and each setting that differs."""

    kind: str
    id: str = ""
    differences: tuple[str, ...] = ()  # "release: emr-7.12.0 → emr-7.13.0"


def wanted_settings(environment: Environment) -> dict[str, Any]:
    """Return what the application should be, in the words of EMR's API.

    Its capacity is that of one run at its largest, as the lock lets an environment run one at a time. A
    second one is queued: its driver would take of that capacity what the first one's executors need.
    """
    driver, executor = environment.driver, environment.executor
    workers = 1 + executor.max
    return {
        "releaseLabel": environment.release,
        "architecture": "ARM64" if environment.architecture == "arm64" else "X86_64",
        "autoStartConfiguration": {"enabled": True},
        "autoStopConfiguration": {"enabled": True, "idleTimeoutMinutes": environment.idle_minutes},
        "maximumCapacity": {
            "cpu": f"{driver.cores + executor.cores * executor.max} vCPU",
            "memory": f"{driver.gigabytes + executor.gigabytes * executor.max} GB",
            "disk": f"{_DISK_GB * workers} GB",
        },
        "schedulerConfiguration": {"maxConcurrentRuns": 1, "queueTimeoutMinutes": _QUEUE_MINUTES},
    }


def decide_change(found: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> Change:
    """Compare an application with what is wanted; raises UsageError when a stack owns it and it differs."""
    if found is None:
        return Change("create")
    before, after = _flat(found), _flat(wanted)
    differences = tuple(
        f"{name}: {before.get(name, 'not set')} → {value}"
        for name, value in after.items()
        if _plain(before.get(name)) != _plain(value)
    )
    if not differences:
        return Change("none", found["applicationId"])
    refuse_if_of_stack(found, f"differs from profiles/emr.yml ({'; '.join(differences)})")
    return Change("update", found["applicationId"], differences)


def refuse_if_of_stack(found: Mapping[str, Any], what: str) -> None:
    """Raise UsageError for an application that a stack made: a change behind its back would be undone."""
    stack = stack_of(found)
    if stack:
        raise UsageError(
            f"the application {found['name']} is part of the stack {stack} and {what}",
            fix="Change the stack: aws cloudformation deploy --template-file deploy/medallion.yaml"
            f" --stack-name {stack}",
        )


def stack_of(found: Mapping[str, Any]) -> str:
    """Return the CloudFormation stack that an application belongs to; empty for none."""
    return str(found.get("tags", {}).get(_STACK_TAG) or "")


def find_application(session: Session) -> dict[str, Any] | None:
    """Return the environment's application as EMR tells of it; None when there is none."""
    try:
        identifier = session.application
    except NotOnAws:
        return None
    with aws_errors(f"look at the application {session.environment.application}"):
        return dict(session.emr.get_application(applicationId=identifier)["application"])


def change_application(session: Session, change: Change) -> None:
    """Create or update the application; an update stops it first, which EMR refuses while a job runs."""
    environment = session.environment
    wanted = wanted_settings(environment)
    if change.kind == "create":
        with aws_errors(f"create the application {environment.application}"):
            made = session.emr.create_application(
                name=environment.application,
                type="SPARK",
                tags={"medallion": environment.application},
                clientToken=creation_token(environment.application, int(time.time())),
                **wanted,
            )
        _wait_until(session, made["applicationId"], _MADE)
    elif change.kind == "update":
        stop_application(session, change.id)
        with aws_errors(f"update the application {environment.application}"):
            session.emr.update_application(
                applicationId=change.id, clientToken=f"{change.id}-{int(time.time())}"[:64], **wanted
            )


def creation_token(application: str, now: int) -> str:
    """Return a token of the characters that EMR takes: a name may hold others, like / and #. Pure."""
    return f"{hashlib.sha256(application.encode()).hexdigest()[:32]}-{now}"


def stop_application(session: Session, identifier: str) -> None:
    """Stop an application and wait until it is; EMR refuses while a job runs."""
    with aws_errors(f"stop the application {session.environment.application}"):
        if _state(session, identifier) not in _RESTING:
            session.emr.stop_application(applicationId=identifier)
    _wait_until(session, identifier, _RESTING)


def _wait_until(session: Session, identifier: str, states: Sequence[str]) -> None:
    name = session.environment.application
    deadline = time.monotonic() + _PATIENCE
    with aws_errors(f"look at the application {name}"):
        while (state := _state(session, identifier)) not in states:
            if time.monotonic() > deadline:
                raise TimedOut(
                    f"the application {name} is still {state} after {_PATIENCE} s",
                    fix="See what runs: medallion emr list; then run it again",
                )
            time.sleep(_PAUSE)


def delete_application(session: Session, found: Mapping[str, Any]) -> None:
    """Stop and delete an application; raises UsageError when a stack owns it."""
    refuse_if_of_stack(found, "goes with it")
    stop_application(session, found["applicationId"])
    with aws_errors(f"delete the application {found['name']}"):
        session.emr.delete_application(applicationId=found["applicationId"])


def _state(session: Session, identifier: str) -> str:
    return str(session.emr.get_application(applicationId=identifier)["application"]["state"])


def _flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "release": settings.get("releaseLabel"),
        "architecture": settings.get("architecture", "X86_64"),  # EMR's default
        "auto start": settings.get("autoStartConfiguration", {}).get("enabled"),
        "auto stop": settings.get("autoStopConfiguration", {}).get("enabled"),
        "idle minutes": settings.get("autoStopConfiguration", {}).get("idleTimeoutMinutes"),
        "runs at once": settings.get("schedulerConfiguration", {}).get("maxConcurrentRuns"),
        "queue minutes": settings.get("schedulerConfiguration", {}).get("queueTimeoutMinutes"),
        **{key: settings.get("maximumCapacity", {}).get(key) for key in ("cpu", "memory", "disk")},
    }


def _plain(value: Any) -> str:
    """Let "44 vCPU", "44vcpu" and "44.0 vCPU" be one."""
    return re.sub(r"\.0+(?=\D|$)", "", re.sub(r"\s", "", str(value))).lower()
