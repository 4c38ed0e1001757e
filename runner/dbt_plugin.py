"""Lets plain dbt find what it needs: dbt itself calls this before it opens Spark.

`make setup` makes it known to dbt, as the module `dbt_medallion`. It does for plain `dbt run` what the
runner does for its own commands: an empty home becomes a lake, and Spark finds its Java, activated or not.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from dbt.adapters.events.logging import AdapterLogger
from dbt.adapters.spark.connections import SparkConnectionManager
from dbt.flags import get_flags
from dbt.parser.unit_tests import UnitTestManifestLoader
from dbt.plugins.manager import dbtPlugin
from dbt_common.exceptions import DbtRuntimeError

from runner.backoff import offer_backoff
from runner.fail_points import offer_fail_points
from runner.home import prepare_home
from runner.java import bundled_home
from runner.lost_connection import let_lost_connections_close
from runner.spark_errors import first_line, with_files
from runner.try_statement import let_macros_try

LOCAL_TARGETS = ("local", "server")


class MedallionPlugin(dbtPlugin):
    """Prepares this machine for targets that keep their lake on it."""

    def initialize(self) -> None:
        """Make the home ready, point Spark to the Java that setup chose, let unit tests see the graph."""
        share_graph_with_unit_tests()
        shorten_spark_errors()
        let_lost_connections_close()
        let_macros_try()
        offer_backoff()
        offer_fail_points()
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


def share_graph_with_unit_tests() -> None:
    """Give a unit test the same `graph` that its model has.

    dbt compiles a unit test against a manifest of its own and leaves that one's graph empty, but the row
    checks find their types and rules in the graph.
    """
    plain = UnitTestManifestLoader.__init__
    if getattr(plain, "shares_graph", False):
        return

    def init(self: Any, manifest: Any, *rest: Any) -> None:
        plain(self, manifest, *rest)
        self.unit_test_manifest.flat_graph = manifest.flat_graph

    init.shares_graph = True  # type: ignore[attr-defined]
    UnitTestManifestLoader.__init__ = init  # type: ignore[assignment, method-assign]


def shorten_spark_errors() -> None:
    """Let dbt show the line of a Spark error that says what happened; its log keeps the whole trace."""
    plain = SparkConnectionManager.execute
    if getattr(plain, "shortens", False):
        return

    def execute(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return plain(self, *args, **kwargs)
        except Exception as error:
            AdapterLogger("Spark").debug(str(error))
            sql = str(kwargs.get("sql") or args[0])
            raise DbtRuntimeError(with_files(first_line(str(error)), sql)) from None

    execute.shortens = True  # type: ignore[attr-defined]
    SparkConnectionManager.execute = execute  # type: ignore[method-assign]


plugins = [MedallionPlugin]
