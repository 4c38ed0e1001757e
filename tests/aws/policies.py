"""IAM's answer, worked out from policy documents: pure, and only as much of IAM as the template uses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ask:
    """One request: an action on a resource, with what the conditions look at."""

    action: str
    resource: str
    context: Mapping[str, str]


def is_allowed(documents: Sequence[Mapping[str, Any]], ask: Ask) -> bool:
    """Tell whether the policies allow a request: some statement does and none denies it."""
    effects = {statement["Effect"] for statement in statements(documents) if matches(statement, ask)}
    return effects == {"Allow"}


def statements(documents: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for document in documents:
        yield from document["Statement"]


def actions(documents: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return every action that the policies name."""
    return {action for statement in statements(documents) for action in as_list(statement["Action"])}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def matches(statement: Mapping[str, Any], ask: Ask) -> bool:
    return (
        any(_like(ask.action.lower(), action.lower()) for action in as_list(statement["Action"]))
        and any(_like(ask.resource, resource) for resource in as_list(statement["Resource"]))
        and all(
            _holds(operator, ask.context.get(key), as_list(values))
            for operator, block in statement.get("Condition", {}).items()
            for key, values in block.items()
        )
    )


def _holds(operator: str, given: str | None, values: list[Any]) -> bool:
    operator, if_exists, _ = operator.partition("IfExists")
    if given is None:
        return bool(if_exists)
    if operator == "NumericLessThan":
        return float(given) < float(values[0])
    if operator in ("StringEquals", "Bool"):
        return given in [str(value) for value in values]
    assert operator in ("StringLike", "ArnLike"), operator
    return any(_like(given, value) for value in values)


def _like(text: str, pattern: str) -> bool:
    parts = (
        ".*" if part == "*" else "." if part == "?" else re.escape(part)
        for part in re.split(r"([*?])", pattern)
    )
    return re.fullmatch("".join(parts), text) is not None
