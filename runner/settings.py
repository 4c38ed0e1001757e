"""Where things are and what they are called: flag, then environment, then `.env`, then default.

The file is `.env` beside `dbt_project.yml`, with the same names as the environment, since plain dbt knows
nothing but the environment: the activated shell reads the same file. Its paths must be absolute, as dbt reads
them from wherever it was started.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path

from runner.errors import BadSetting, ProjectNotFound
from runner.java import find_java

DEFAULT_PORT = 10016
JAVA_OPTIONS = "MEDALLION_JAVA_OPTIONS"  # what the profile adds to Spark's Java options
# Java's thresholds for its quick compiler by five, for loops by a half; for its thorough one by ten
_COMPILE_LESS = (
    "-XX:Tier3InvocationThreshold=1000 -XX:Tier3MinInvocationThreshold=500 "
    "-XX:Tier3CompileThreshold=10000 -XX:Tier3BackEdgeThreshold=30000 "
    "-XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=6000 "
    "-XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000 "
    "-XX:MaxInlineLevel=9 -XX:FreqInlineSize=150"
)
LAYERS = ("bronze", "silver", "gold")  # the schemas, without their prefix
_PATHS = ("MEDALLION_HOME", "MEDALLION_RAW")


@dataclass(frozen=True)
class Settings:
    """One run's settings; every other local path follows from `home`."""

    project_dir: Path
    home: Path
    raw_root: str  # a directory or an s3:// prefix
    server_port: int = DEFAULT_PORT
    target: str = "local"
    from_file: Mapping[str, str] = field(default_factory=dict)

    @property
    def catalog(self) -> Path:
        """Return the SQLite file that is the Iceberg catalog."""
        return self.home / "catalog.db"

    @property
    def warehouse(self) -> Path:
        """Return the folder that holds all table files."""
        return self.home / "warehouse"

    @property
    def logs(self) -> Path:
        """Return the folder for logs of the runner's own processes."""
        return self.home / "logs"

    @property
    def profiles_dir(self) -> Path:
        """Return the folder with `profiles.yml`."""
        return self.project_dir / "profiles"

    @property
    def is_raw_local(self) -> bool:
        """Tell whether raw files land in a directory of this machine."""
        return "://" not in self.raw_root

    def get(self, name: str, default: str = "", environ: Mapping[str, str] = os.environ) -> str:
        """Return a setting: from the environment, else from `.env`; an empty one is none."""
        return environ.get(name) or self.from_file.get(name) or default

    def environ(self, base: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Return the environment that dbt and Spark child processes need to see the same settings."""
        java = find_java(base)
        env = dict(self.from_file) | dict(base)
        # a Spark of another version on this machine must not shadow the one that the project pins
        for name in ("SPARK_HOME", "SPARK_CONF_DIR", "PYSPARK_SUBMIT_ARGS"):
            env.pop(name, None)
        return env | {
            "MEDALLION_HOME": str(self.home),
            "MEDALLION_RAW": self.raw_root,
            "MEDALLION_SERVER_PORT": str(self.server_port),
            "MEDALLION_TARGET": self.target,
            "DBT_PROFILES_DIR": str(
                self.project_dir
            ),  # the root's link: the profile takes its folder for the project's
            "DBT_PROJECT_DIR": str(self.project_dir),
            JAVA_OPTIONS: env.get(JAVA_OPTIONS) or java_options(class_archive()),
            "JAVA_HOME": str(java.home),
            "PATH": os.pathsep.join([str(java.home / "bin"), base.get("PATH", os.defpath)]),
        }


def load_settings(
    *,
    project_dir: Path | None = None,
    home: Path | None = None,
    raw: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Settings:
    """Read the settings that hold here and now."""
    project = project_dir.resolve() if project_dir else find_project(Path.cwd())
    from_file = read_env_file(project / ".env")
    given = from_file | {k: v for k, v in environ.items() if v}
    resolved_home = _absolute(
        str(home) if home else given.get("MEDALLION_HOME") or str(project / ".medallion")
    )
    raw_root = raw or given.get("MEDALLION_RAW") or f"{resolved_home}/raw"
    return Settings(
        project_dir=project,
        home=Path(resolved_home),
        raw_root=_absolute(raw_root),
        server_port=parse_port(given.get("MEDALLION_SERVER_PORT", str(DEFAULT_PORT))),
        target=given.get("MEDALLION_TARGET", "local"),
        from_file=from_file,
    )


def adopt_env_file(project_dir: Path | None, environ: MutableMapping[str, str] = os.environ) -> None:
    """Put what `.env` says into the environment where that says nothing: some code has no settings."""
    try:
        project = project_dir or find_project(Path.cwd())
    except ProjectNotFound:
        return  # a command that needs one says so
    for name, value in read_env_file(project / ".env").items():
        if not environ.get(name):
            environ[name] = value


def class_archive(prefix: str = sys.prefix) -> Path:
    """Return where the environment's archive of Spark's classes is, if setup made one."""
    return Path(prefix) / "share" / "medallion" / "spark.jsa"


def java_options(archive: Path, compiling: str = _COMPILE_LESS) -> str:
    """Return Java's options for short runs: an archive of classes to start from, and less to compile.

    An archive that does not fit is passed over. Compiling what is merely warm took a third of the processor
    time of a first load, and more of a delta's (docs/decisions/0013-cold-start.md).
    """
    archived = f" -XX:SharedArchiveFile={archive} -Xlog:disable -Xlog:all=error:stderr"
    return compiling + (archived if archive.is_file() else "")


def find_project(start: Path) -> Path:
    """Walk up from a folder to the one that holds `dbt_project.yml`."""
    for folder in (start, *start.parents):
        if (folder / "dbt_project.yml").is_file():
            return folder.resolve()
    raise ProjectNotFound(
        f"no dbt_project.yml in {start} or a folder above it",
        fix="Go to the project's folder, or name it with --project-dir",
    )


def read_env_file(path: Path) -> dict[str, str]:
    """Read `NAME=value` lines; only the project's own names count, comments and quotes as in a shell."""
    if not path.is_file():
        return {}
    lines = (line.strip().removeprefix("export ") for line in path.read_text().splitlines())
    pairs = (line.partition("=") for line in lines if line.startswith("MEDALLION_"))
    values = {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
    for name in _PATHS:
        value = values.get(name)
        if value and "://" not in value and not Path(value).is_absolute():
            raise BadSetting(f"{name}={value} in {path} is a relative path", fix="Write an absolute one")
    return values


def parse_port(text: str) -> int:
    """Read a port number; 0 means any free port."""
    try:
        port = int(text)
    except ValueError:
        port = -1
    if not 0 <= port <= 65535:
        raise BadSetting(
            f"{text!r} is not a port", fix="Set MEDALLION_SERVER_PORT to a number from 0 to 65535"
        )
    return port


def _absolute(location: str) -> str:
    return location if "://" in location else str(Path(location).expanduser().absolute())
