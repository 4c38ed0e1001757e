"""Who is timed: the article's two jobs, and ours cold (Spark in the process) or warm (`medallion up`)."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench import measure
from bench.measure import Measured
from runner.settings import Settings

PROJECT = Path(__file__).resolve().parent.parent
ARTICLE = Path(__file__).resolve().parent / "article"
MEDALLION = (sys.executable, "-m", "runner")
TO_SILVER = ("build", "--select", "bronze", "silver")
GOLD = ("build", "--select", "gold")


@dataclass(frozen=True)
class Article:
    """The article's jobs: each a process of its own, one after the other."""

    home: Path

    @property
    def landing(self) -> Path:
        """Where its raw files land."""
        return self.home / "raw"

    def to_silver(self) -> Measured:
        """Raw files to silver, once."""
        env = _settings(self.home, "local").environ() | {
            "ARTICLE_HOME": str(self.home),
            "ARTICLE_RAW": str(self.landing),
        }
        jobs = [
            measure.run((sys.executable, str(ARTICLE / job)), env, PROJECT, self.home / f"{job}.log")
            for job in ("raw_bronze.py", "bronze_silver.py")
        ]
        return Measured(sum(job.seconds for job in jobs), max(job.peak_mib for job in jobs))


@dataclass(frozen=True)
class Ours:
    """This project in a home of its own; with a port, on the warm server there."""

    home: Path
    port: int = 0
    server_pid: int = 0
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def landing(self) -> Path:
        """Where its raw files land."""
        return self.home / "raw" / "orders"

    @property
    def target(self) -> Path:
        """dbt's target directory."""
        return self.home / "target"

    @property
    def log(self) -> Path:
        """dbt's own log."""
        return self.home / "logs" / "dbt" / "dbt.log"

    def environ(self) -> dict[str, str]:
        """The environment of its commands."""
        kind = "server" if self.port else "local"
        dirs = {"DBT_TARGET_PATH": str(self.target), "DBT_LOG_PATH": str(self.log.parent)}
        return _settings(self.home, kind, self.port).environ() | dirs | self.extra

    def warm(self) -> Ours:
        """Itself with its warm server up."""
        log = self.home / "up.log"
        measure.run((*MEDALLION, "up", "--port", "0"), self.environ(), PROJECT, log)
        state = json.loads((self.home / "server.json").read_text())
        return replace(self, port=state["port"], server_pid=state["pid"])

    def down(self) -> None:
        """Stop the warm server."""
        measure.run((*MEDALLION, "down"), self.environ(), PROJECT, self.home / "down.log")

    def to_silver(self) -> Measured:
        """Raw files to silver with all gates, once."""
        return self._medallion(*TO_SILVER)

    def gold(self) -> Measured:
        """Silver to gold, once."""
        return self._medallion(*GOLD)

    def profiled(self, events: Path) -> Measured:
        """A plain `dbt build` whose Spark writes its events: what each model costs."""
        events.mkdir(parents=True, exist_ok=True)
        conf = f"--conf spark.eventLog.enabled=true --conf spark.eventLog.dir={events.as_uri()} pyspark-shell"
        self.log.unlink(missing_ok=True)
        command = (sys.executable, "-c", "from dbt.cli.main import cli; cli()", "build")
        env = self.environ() | {"PYSPARK_SUBMIT_ARGS": conf}
        return measure.run(command, env, PROJECT, self.home / "profiled.log")

    def _medallion(self, *args: str) -> Measured:
        done = measure.run((*MEDALLION, *args), self.environ(), PROJECT, self.home / "build.log")
        served = measure.java_peak_mib(self.server_pid) if self.server_pid else 0
        return Measured(done.seconds, max(done.peak_mib, served))


def _settings(home: Path, target: str, port: int = 0) -> Settings:
    home.mkdir(parents=True, exist_ok=True)
    return Settings(PROJECT, home, str(home / "raw"), server_port=port, target=target)


def clean_environment() -> None:
    """Forget whatever lake the shell points at."""
    for name in [name for name in os.environ if name.startswith(("MEDALLION_", "DBT_"))]:
        del os.environ[name]
