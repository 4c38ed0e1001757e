"""What a job tells `spark-submit`: the settings of `local`, less what EMR brings, plus what it needs. Pure.

`spark:` in `profiles/emr.yml` says both: `drop` names settings of `local` that have no place there, `set`
those that EMR adds. In a value of `set`, {bucket}, {region} and {name} stand for the environment's own.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from runner.emr import layout
from runner.emr.environment import Environment

UNPACKED = "medallion"  # the folder that the archive is unpacked to, beside the driver
_DRIVER_ENV = "spark.emr-serverless.driverEnv."


def submit_parameters(environment: Environment, package: str, local: Mapping[str, str]) -> str:
    """Return a job's `sparkSubmitParameters`."""
    settings = spark_conf(environment, package, local)
    return " ".join(f"--conf {shlex.quote(f'{name}={value}')}" for name, value in settings.items())


def spark_conf(environment: Environment, package: str, local: Mapping[str, str]) -> dict[str, str]:
    """Return a job's Spark settings; the environment's sizes win over the file's."""
    dropped = set(environment.spark.get("drop") or ())
    kept = {name: value for name, value in local.items() if name not in dropped}
    added = {name: _fill(value, environment) for name, value in (environment.spark.get("set") or {}).items()}
    return kept | added | _sizes(environment) | _package(environment, package) | _driver_env(environment)


def _fill(value: Any, environment: Environment) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    for name in ("bucket", "region", "name"):
        text = text.replace(f"{{{name}}}", str(getattr(environment, name)))
    return text


def _sizes(environment: Environment) -> dict[str, str]:
    driver, executor = environment.driver, environment.executor
    return {
        "spark.driver.cores": str(driver.cores),
        "spark.driver.memory": driver.memory,
        "spark.executor.cores": str(executor.cores),
        "spark.executor.memory": executor.memory,
        "spark.dynamicAllocation.maxExecutors": str(executor.max),
    }


def _package(environment: Environment, package: str) -> dict[str, str]:
    archive = layout.uri(environment.bucket, layout.package_archive(package))
    return {"spark.archives": f"{archive}#{UNPACKED}"}


def _driver_env(environment: Environment) -> dict[str, str]:
    variables = {
        "PYTHONPATH": f"./{UNPACKED}/site:./{UNPACKED}/project",
        # EMR sets AWS_REGION alone, which boto3 does not read
        "AWS_REGION": environment.region,
        "AWS_DEFAULT_REGION": environment.region,
        "MEDALLION_EMR_ENV": environment.name,
        "MEDALLION_RAW": layout.uri(environment.bucket, layout.RAW.rstrip("/")),
        "MEDALLION_SCHEMA_PREFIX": environment.schema_prefix,
    }
    if environment.endpoint_url:
        variables["AWS_ENDPOINT_URL"] = environment.endpoint_url
    return {f"{_DRIVER_ENV}{name}": value for name, value in variables.items() if value}
