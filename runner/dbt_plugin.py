"""Lets plain dbt find what it needs: dbt itself calls this before it opens Spark.

`make setup` makes it known to dbt, as the module `dbt_medallion`. It does for plain `dbt run` what the
runner does for its own commands: an empty home becomes a lake, and Spark finds its Java, activated or not.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from dbt.flags import get_flags
from dbt.plugins.manager import dbtPlugin

from runner.home import prepare_home
from runner.java import bundled_home

LOCAL_TARGETS = ("local", "server")


class MedallionPlugin(dbtPlugin):
    """Prepares this machine for targets that keep their lake on it."""

    def initialize(self) -> None:
        """Make the home ready, and point Spark to the Java that setup chose."""
        flags = get_flags()
        target = getattr(flags, "TARGET", None) or os.environ.get("MEDALLION_TARGET") or LOCAL_TARGETS[0]
        if target not in LOCAL_TARGETS:
            return
        prepare_home(home_of(str(flags.PROFILES_DIR)))
        java = bundled_home()
        if java and is_java_linked(Path(sys.prefix)):
            os.environ["JAVA_HOME"] = str(java)


def home_of(profiles_dir: str) -> Path:
    """Return the home that `profiles.yml` names, by the same rule."""
    return Path(os.environ.get("MEDALLION_HOME", f"{profiles_dir}/.medallion"))


def is_java_linked(venv: Path) -> bool:
    """Tell whether setup gave this environment its own Java, as the machine had none that suits."""
    return (venv / "bin" / "java").is_symlink()


plugins = [MedallionPlugin]
