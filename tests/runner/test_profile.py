"""Python's view of `profiles.yml` is dbt's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner.errors import BadSetting, InfrastructureError
from runner.profile import read_output, spark_settings

PROJECT = Path(__file__).resolve().parents[2]

# dbt's own reading of the file, without the parse of a whole project
_ASK_DBT = """
import json, os, sys
from argparse import Namespace
import yaml
from dbt import flags
from dbt.config.profile import Profile
from dbt.config.renderer import ProfileRenderer
from dbt_common.context import set_invocation_context

set_invocation_context(dict(os.environ))
given = dict.fromkeys(("TARGET", "THREADS", "USE_COLORS", "LOG_CACHE_EVENTS"))
flags.set_flags(Namespace(PROFILES_DIR=sys.argv[1], **given))
raw = yaml.safe_load(open(sys.argv[1] + "/profiles.yml"))["medallion"]
profile = Profile.from_raw_profile_info(raw, "medallion", ProfileRenderer({}), target_override="local")
print("SEEN", json.dumps(profile.credentials.server_side_parameters))
"""


def test_the_same_as_dbt_reads(tmp_path: Path) -> None:
    env = {**os.environ, "MEDALLION_HOME": str(tmp_path / "home"), "MEDALLION_DRIVER_MEMORY": "2g"}
    command = [sys.executable, "-c", _ASK_DBT, str(PROJECT)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.partition("SEEN ")[2])
    ansi = seen.pop("spark.sql.ansi.enabled")  # dbt-spark adds it
    assert ansi == "false"
    assert spark_settings(PROJECT, env) == seen


def test_the_home_defaults_to_the_project() -> None:
    assert (
        spark_settings(PROJECT, {})["spark.sql.catalog.lake.warehouse"] == f"{PROJECT}/.medallion/warehouse"
    )


def test_the_server_target_speaks_to_this_machine_only() -> None:
    output = read_output(PROJECT, "server", {"MEDALLION_SERVER_PORT": "12345"})
    assert (output["method"], output["host"], output["port"]) == ("thrift", "127.0.0.1", "12345")
    assert output["query_retries"] == 0


def test_a_variable_without_default_must_be_set(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    profile = "m: {outputs: {local: {server_side_parameters: {a: \"{{ env_var('NOPE') }}\"}}}}"
    (tmp_path / "profiles" / "profiles.yml").write_text(profile)
    with pytest.raises(BadSetting, match="NOPE"):
        spark_settings(tmp_path, {})


def test_an_unknown_target(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="'mars'"):
        read_output(PROJECT, "mars", {})
