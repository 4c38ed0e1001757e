"""Runs dbt in this process and tells what happened, node by node, as it happens."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

from runner.dbt_result import IDLE, DbtResult, NodeResult
from runner.early_spark import start_early
from runner.errors import DataError, InfrastructureError, UsageError
from runner.settings import Settings
from runner.spark_errors import first_line


def run_dbt(
    settings: Settings,
    arguments: Sequence[str],
    on_start: Callable[[str], None],
    on_commit: Callable[[], object] = lambda: None,
) -> DbtResult:
    """Run dbt with the settings' environment.

    `on_start` hears each node's name as it starts, `on_commit` of each model that was not idle.

    Raises UsageError for arguments that dbt does not take, DataError when the project itself does not stand.
    """
    os.environ.update(settings.environ())
    os.chdir(settings.project_dir)
    start_early(settings, arguments)
    from dbt.cli.main import dbtRunner  # noqa: PLC0415  takes seconds; Spark starts meanwhile

    warnings: list[str] = []

    def listen(event: Any) -> None:
        if event.info.name == "LogStartLine":
            on_start(event.data.node_info.node_name)
        elif event.info.name == "LogModelResult" and event.data.status != IDLE:
            on_commit()
        elif event.info.name == "JinjaLogWarning":
            warnings.append(event.data.msg)

    logging = ["--log-level", "none", "--log-level-file", "debug"]
    done = dbtRunner(callbacks=[listen]).invoke([*logging, *arguments])
    if done.exception:
        raise _understood(done.exception)
    nodes = tuple(_node(result) for result in getattr(done.result, "results", ()))
    return DbtResult(_invocation(settings), nodes, tuple(warnings))


def _node(result: Any) -> NodeResult:
    return NodeResult(
        name=result.node.name,
        kind=str(result.node.resource_type),
        status=str(result.status),
        message=result.message or "",
        seconds=result.execution_time,
    )


def _invocation(settings: Settings) -> str:
    path = settings.project_dir / os.environ.get("DBT_TARGET_PATH", "target") / "run_results.json"
    try:
        return str(json.loads(path.read_text())["metadata"]["invocation_id"])
    except (OSError, ValueError, KeyError):
        return ""


def _understood(error: BaseException) -> Exception:
    text = str(error)
    if type(error).__name__ == "DbtUsageException" or "No such option" in text:
        return UsageError(text, fix="See dbt build --help")
    if "JAVA_GATEWAY_EXITED" in text or "Could not connect" in text:
        return InfrastructureError(first_line(text), fix="medallion doctor says what is missing")
    return DataError(first_line(text), fix="Mend it and run the same command again")
