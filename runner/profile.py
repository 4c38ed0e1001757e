"""Reads `profiles/profiles.yml` the way dbt does: the only place where Python learns Spark's settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import yaml

from runner.errors import BadSetting, InfrastructureError

SPARK_TARGET = "local"  # holds every Spark setting; the other targets add only what differs


def spark_settings(project_dir: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the Spark settings of the `local` target, rendered for an environment."""
    output = read_output(project_dir, SPARK_TARGET, environ)
    return {key: str(value) for key, value in output["server_side_parameters"].items()}


def read_output(project_dir: Path, target: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return one target of the project's profile, with its Jinja rendered."""
    path = project_dir / "profiles" / "profiles.yml"
    try:
        profile = yaml.safe_load(path.read_text())
        output: dict[str, Any] = next(iter(profile.values()))["outputs"][target]
    except (OSError, yaml.YAMLError, KeyError, AttributeError) as error:
        raise InfrastructureError(
            f"target {target!r} cannot be read from {path}: {error!r}", fix="Restore the file from git"
        ) from error
    return _render(output, _environment(project_dir, environ))


def _environment(project_dir: Path, environ: Mapping[str, str]) -> jinja2.Environment:
    def env_var(name: str, default: str | None = None) -> str:
        value = environ.get(name, default)
        if value is None:
            raise BadSetting(
                f"profiles.yml needs the variable {name}, which is not set", fix=f"export {name}=…"
            )
        return value

    jinja = jinja2.Environment(undefined=jinja2.StrictUndefined)
    jinja.globals.update(env_var=env_var, flags=SimpleNamespace(PROFILES_DIR=str(project_dir)))
    # dbt's markers for values that are not text; everything stays text here
    jinja.filters.update(dict.fromkeys(("as_number", "as_bool", "as_native", "as_text"), str))
    return jinja


def _render(value: Any, jinja: jinja2.Environment) -> Any:
    if isinstance(value, dict):
        return {key: _render(item, jinja) for key, item in value.items()}
    if isinstance(value, list):
        return [_render(item, jinja) for item in value]
    return jinja.from_string(value).render() if isinstance(value, str) else value
