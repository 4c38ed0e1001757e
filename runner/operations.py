"""Runs single macros through dbt, and reads what the project's models are, without running any."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dbt.cli.main import dbtRunner

from runner.errors import DataError, UsageError
from runner.settings import Settings
from runner.spark_errors import first_line

_FAILED = ("RunningOperationCaughtError", "RunningOperationUncaughtError")
_QUIET = ("--log-level", "none", "--log-level-file", "debug")


@dataclass(frozen=True)
class Model:
    """One model of the project: what it reads, and whether it reads files."""

    name: str
    inputs: tuple[str, ...]
    reads_files: bool


def run_operation(settings: Settings, macro: str, arguments: Mapping[str, Any]) -> list[str]:
    """Run a macro over the target's connection; return the lines that it logged.

    Raises DataError with the first line of what went wrong.
    """
    said: list[str] = []
    failed: list[str] = []

    def listen(event: Any) -> None:
        if event.info.name == "JinjaLogInfo":
            said.append(event.data.msg)
        elif event.info.name in _FAILED:
            failed.append(event.data.exc)

    _point_dbt_at(settings)
    command = [*_QUIET, "run-operation", macro, "--args", json.dumps(dict(arguments))]
    done = dbtRunner(callbacks=[listen]).invoke(command)
    if not done.success:
        raise DataError(first_line(failed[0] if failed else str(done.exception)))
    return said


def read_models(settings: Settings) -> dict[str, Model]:
    """Parse the project; return its models by name. Opens no connection."""
    _point_dbt_at(settings)
    done = dbtRunner().invoke([*_QUIET, "parse"])
    if not done.success:
        raise DataError(
            first_line(str(done.exception)), fix="Mend the project and run the same command again"
        )
    manifest: Any = done.result
    nodes = [node for node in manifest.nodes.values() if str(node.resource_type) == "model"]
    return {node.name: _model(node, manifest.nodes) for node in nodes}


def model_named(models: Mapping[str, Model], name: str) -> Model:
    """Return a model; raises UsageError when there is none of that name."""
    if name not in models:
        raise UsageError(f"no model is named {name!r}", fix=f"The models are: {', '.join(sorted(models))}")
    return models[name]


def _model(node: Any, nodes: Mapping[str, Any]) -> Model:
    ids = node.depends_on.nodes
    inputs = tuple(nodes[one].name for one in ids if one in nodes)
    return Model(node.name, inputs, any(one.startswith("source.") for one in ids))


def _point_dbt_at(settings: Settings) -> None:
    os.environ.update(settings.environ())
    os.chdir(settings.project_dir)
