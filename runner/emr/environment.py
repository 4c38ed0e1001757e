"""Reads one environment of `profiles/emr.yml`: where the project runs on AWS, and how much it may take.

A value is taken from the variable MEDALLION_EMR_<KEY>, else from the file, else from the default; `driver`,
`executor` and `spark:` are of several parts, and stand in the file only. Nothing here is secret: credentials
come from the AWS SDK's own chain.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from runner.errors import BadSetting
from runner.settings import LAYERS

FILE = Path("profiles/emr.yml")
ARCHITECTURES = ("x86_64", "arm64", "local")
MEMORY_GB = {1: (2, 8), 2: (4, 16), 4: (8, 30), 8: (16, 60), 16: (32, 120)}  # of a worker, by its cores
OVERHEAD = 1.1  # Spark asks for a tenth more than its heap

_FORMS = {
    "region": (r"[a-z]{2}(-[a-z]+)+-\d", "us-east-1"),
    "bucket": (r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "my-lake"),
    "application": (r"[A-Za-z0-9._/#-]{1,64}", "medallion-dev"),
    "job_role": (r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+", "arn:aws:iam::123456789012:role/lake-job"),
    "release": (r"emr-(spark-)?\d+\.\d+\.\d+(-latest)?", "emr-7.13.0"),
    "schema_prefix": (r"([a-z][a-z0-9_]*)?", "dev_"),
    "endpoint_url": (r"(https?://\S+)?", "http://127.0.0.1:5000"),
}
_DEFAULTS: dict[str, str] = {"release": "emr-7.13.0", "schema_prefix": "", "endpoint_url": ""}
_MINUTES = {"timeout_minutes": 60, "idle_minutes": 15}
_WORKERS = {"driver": {"cores": 4, "memory": "14g"}, "executor": {"cores": 4, "memory": "14g", "max": 10}}
KEYS = (*_FORMS, *_MINUTES, *_WORKERS, "architecture")


@dataclass(frozen=True)
class Worker:
    """The size of the driver, or of the executors and how many there may be at once."""

    cores: int
    memory: str  # Spark's heap, such as 14g
    max: int = 1

    @property
    def gigabytes(self) -> int:
        """Return the memory of the whole worker, heap and overhead, in GB."""
        return -(-int(int(self.memory.removesuffix("g")) * OVERHEAD * 10) // 10)


@dataclass(frozen=True)
class Environment:
    """One place to run in; all of it may be printed."""

    name: str
    region: str
    bucket: str
    application: str  # its name; EMR's id is looked up
    job_role: str
    release: str
    architecture: str
    schema_prefix: str
    driver: Worker
    executor: Worker
    timeout_minutes: int
    idle_minutes: int
    endpoint_url: str = ""  # of an emulator; empty on AWS
    spark: Mapping[str, Any] = field(default_factory=dict)  # the file's `spark:` as it stands

    @property
    def databases(self) -> tuple[str, ...]:
        """Return the names of Glue's databases, one for each layer."""
        return tuple(f"{self.schema_prefix}{layer}" for layer in LAYERS)

    @property
    def is_emulated(self) -> bool:
        """Tell whether AWS is an emulator."""
        return bool(self.endpoint_url)


def load_environment(
    project_dir: Path, name: str | None = None, environ: Mapping[str, str] = os.environ
) -> Environment:
    """Read and check one environment; raises BadSetting, which names the file, the key and a right value."""
    path = project_dir / FILE
    content = _read(path)
    environments = content["environments"]
    chosen = _choose(path, list(environments), name or environ.get("MEDALLION_EMR_ENV"))
    entry = environments[chosen]
    if not isinstance(entry, dict):
        raise BadSetting(
            f"{path}: {chosen} has no settings", fix="It needs region, bucket, application, job_role"
        )
    unknown = sorted(set(entry) - set(KEYS))
    if unknown:
        raise BadSetting(f"{path}: {chosen}.{unknown[0]} is unknown", fix=f"Known are {', '.join(KEYS)}")
    found = _Values(path, chosen, entry, environ)
    values: dict[str, Any] = {key: found.text(key) for key in _FORMS}
    values |= {key: found.whole(key, default) for key, default in _MINUTES.items()}
    values |= {role: found.worker(role) for role in _WORKERS}
    values["architecture"] = found.choice("architecture", ARCHITECTURES)
    return Environment(name=chosen, **values, spark=content.get("spark") or {})


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text())
    except FileNotFoundError as error:
        raise BadSetting(f"{path} does not exist", fix="Restore it from git") from error
    except (OSError, yaml.YAMLError) as error:
        raise BadSetting(f"{path} cannot be read: {error}", fix="Mend its YAML") from error
    if not isinstance(content, dict) or not isinstance(content.get("environments"), dict):
        raise BadSetting(f"{path} has no `environments:`", fix="Restore it from git")
    return content


def _choose(path: Path, names: list[str], wanted: str | None) -> str:
    if wanted in names:
        return str(wanted)
    listed = ", ".join(names) or "none"
    if wanted:
        raise BadSetting(f"{path} has no environment {wanted!r}", fix=f"It has: {listed}")
    if len(names) != 1:
        raise BadSetting(f"{path} has several environments: {listed}", fix="Choose one with --env")
    return names[0]


@dataclass(frozen=True)
class _Values:
    """Looks a key up where it may stand, and checks it there."""

    path: Path
    name: str
    entry: Mapping[str, Any]
    environ: Mapping[str, str]

    def raw(self, key: str) -> tuple[Any, str]:
        """Return a value and where it was found."""
        variable = f"MEDALLION_EMR_{key.upper()}"
        if self.environ.get(variable):
            return self.environ[variable], variable
        return self.entry.get(key), f"{self.path}: {self.name}.{key}"

    def text(self, key: str) -> str:
        form, example = _FORMS[key]
        value, where = self.raw(key)
        value = str(_DEFAULTS.get(key, "") if value is None else value)
        if re.fullmatch(form, value):
            return value
        if value:
            raise BadSetting(f"{where} is {value!r}, which is no {key}", fix=f"Write it like {example}")
        fix = f"Set it there or as MEDALLION_EMR_{key.upper()}; the stack of deploy/medallion.yaml prints it"
        raise BadSetting(f"{where} is not set", fix=fix)

    def choice(self, key: str, allowed: tuple[str, ...]) -> str:
        value, where = self.raw(key)
        if value is None:
            return allowed[0]
        if value not in allowed:
            raise BadSetting(f"{where} is {value!r}", fix=f"Choose one of {', '.join(allowed)}")
        return str(value)

    def whole(self, key: str, default: int) -> int:
        value, where = self.raw(key)
        return default if value is None else _positive(value, where)

    def worker(self, role: str) -> Worker:
        where = f"{self.path}: {self.name}.{role}"
        given = self.entry.get(role) or {}
        allowed = _WORKERS[role]
        if not isinstance(given, dict) or set(given) - set(allowed):
            raise BadSetting(f"{where} is {given!r}", fix=f"Write it like {allowed}")
        values = allowed | given
        memory = str(values["memory"])
        if not re.fullmatch(r"[1-9]\d*g", memory):
            raise BadSetting(f"{where}.memory is {memory!r}", fix="Write it in whole gigabytes, like 14g")
        cores = _positive(values["cores"], f"{where}.cores")
        worker = Worker(cores, memory, _positive(values.get("max", 1), f"{where}.max"))
        return _fitting(worker, where)


def _positive(value: Any, where: str) -> int:
    if not re.fullmatch(r"[1-9]\d*", str(value)):
        raise BadSetting(f"{where} is {value!r}", fix="Write a whole number above zero")
    return int(value)


def _fitting(worker: Worker, where: str) -> Worker:
    """Refuse a size that EMR Serverless does not have, here and not after minutes of waiting there."""
    if worker.cores not in MEMORY_GB:
        raise BadSetting(f"{where}.cores is {worker.cores}", fix=f"EMR has {', '.join(map(str, MEMORY_GB))}")
    least, most = MEMORY_GB[worker.cores]
    if not least <= worker.gigabytes <= most:
        raise BadSetting(
            f"{where}.memory {worker.memory} takes {worker.gigabytes} GB with Spark's overhead",
            fix=f"A worker of {worker.cores} cores has {least} to {most} GB",
        )
    return worker
