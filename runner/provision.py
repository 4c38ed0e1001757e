"""What `make setup` does once the packages are there: Java, jars, the shell's activation, dbt's plugin."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from runner.class_archive import ensure_archive
from runner.errors import MedallionError
from runner.home import prepare_home
from runner.jars import ensure_jars
from runner.java import Java, bundled_home, find_java
from runner.settings import JAVA_OPTIONS, Settings, class_archive, java_options, load_settings

# what makes dbt find the project's plugin, wherever it lies on Python's path
PLUGIN_FILE, PLUGIN = "dbt_medallion.py", "from runner.dbt_plugin import plugins  # noqa: F401\n"

_BEGIN, _END = "# >>> medallion >>>", "# <<< medallion <<<"


def main() -> int:
    """Complete the environment this runs in; safe to repeat."""
    try:
        java = find_java(os.environ)
        print(f"      Java {java.major} from {java.source}: {java.home}", flush=True)
        project = load_settings().project_dir
        link_java(Path(sys.prefix), java)
        register_plugin(Path(sysconfig.get_path("purelib")))
        print("      Spark's jars …", flush=True)
        print("      downloaded" if ensure_jars() else "      there already", flush=True)
        settings = load_settings()
        prepare_home(settings.home)
        archive_classes(settings, java)
        activate(Path(sys.prefix) / "bin" / "activate", activation_block(project, java, os.environ))
    except MedallionError as error:
        print(f"setup: {error.line}", file=sys.stderr)
        return error.exit_code
    return 0


def archive_classes(settings: Settings, java: Java) -> None:
    """Make the archive of classes from which Spark starts faster; everything works without it."""
    print("      Java's archive of Spark's classes (half a minute, once) …", flush=True)
    try:
        is_new = ensure_archive(settings, java, class_archive())
        print("      made" if is_new else "      there already", flush=True)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"      not made, so each Spark starts some seconds slower: {error}", flush=True)


def link_java(venv: Path, java: Java) -> None:
    """Put `java` beside `python` if the machine has none that suits Spark; else take the link away."""
    link = venv / "bin" / "java"
    link.unlink(missing_ok=True)
    if java.home == bundled_home():
        link.symlink_to(java.executable)


def activation_block(project: Path, java: Java, environ: Mapping[str, str]) -> str:
    """Return the lines that the activated shell needs: the settings file, Spark's Java, no other Spark."""
    lines = [_BEGIN, f'if [ -f "{project}/.env" ]; then set -a; . "{project}/.env"; set +a; fi']
    has_unsuitable_home = bool(environ.get("JAVA_HOME")) and java.source != "JAVA_HOME"
    if java.home == bundled_home() or has_unsuitable_home:
        lines.append(f'export JAVA_HOME="{java.home}"')
    lines.append(f'export {JAVA_OPTIONS}="{java_options(class_archive())}"')
    return "\n".join([*lines, "unset SPARK_HOME SPARK_CONF_DIR", _END, ""])


def activate(script: Path, block: str) -> None:
    """Write the block at the end of the activation script, in place of an earlier one."""
    text = script.read_text()
    before, _, rest = text.partition(_BEGIN)
    after = rest.partition(f"{_END}\n")[2]
    script.write_text(f"{before}{after}{block}")


def register_plugin(site_packages: Path) -> None:
    """Make dbt load the project's plugin: dbt looks for modules whose name starts with `dbt_`."""
    (site_packages / PLUGIN_FILE).write_text(PLUGIN)


if __name__ == "__main__":
    sys.exit(main())
