"""Puts the jars that Spark lacks, Iceberg above all, into the virtual environment's own Spark.

Spark's resolver downloads the pinned Maven coordinates once, from wherever Spark was told to; the files are
then linked into `pyspark/jars`. So the environment's Spark is complete, as the image of EMR Serverless is,
and no class path is set anywhere: not in the profile, not by plain dbt, not by a test. The other ways fall
short: with `spark.jars.packages` each session resolves again, and the Thrift server's own threads do not
see the classes of jars added to a running session, so it fails on the first Iceberg table.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from runner.cache import lock_cache
from runner.errors import JarsUnresolved
from runner.java import find_java

COORDINATES = (
    "org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.10.0",
    "org.xerial:sqlite-jdbc:3.50.3.0",
    # not Spark's own 3.5.6: some package indexes lack that one; the reader is the same in all 3.5 releases
    "org.apache.spark:spark-avro_2.12:3.5.5",
)

# What an image of EMR Serverless has beside Spark and Iceberg: S3 as a file system, AWS's SDK for Iceberg.
AWS_JARS = ("org.apache.hadoop:hadoop-aws:3.3.4", "org.apache.iceberg:iceberg-aws-bundle:1.10.0")

_MANIFEST = "medallion-jars.json"  # beside the jars: Spark's class path takes `*.jar` only
_TIMEOUT = 900
_JAVA_PREFIX = re.compile(r'^Exception in thread "\w+" [\w.$]+: ')

# A short session in a process of its own: Spark resolves packages when its JVM starts, and at no other time.
_RESOLVE = """
import os, sys
from pyspark.sql import SparkSession
builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
builder = builder.config("spark.sql.catalogImplementation", "in-memory")
builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
builder = builder.config("spark.jars.packages", sys.argv[1])
if os.environ.get("MEDALLION_IVY_SETTINGS"):
    builder = builder.config("spark.jars.ivySettings", os.environ["MEDALLION_IVY_SETTINGS"])
print("RESOLVED", builder.getOrCreate().sparkContext.getConf().get("spark.jars"))
"""


@dataclass(frozen=True)
class Installed:
    """What was put into Spark's folder: for which coordinates, and which files."""

    coordinates: tuple[str, ...]
    files: tuple[str, ...]


def ensure_jars(jars_dir: Path | None = None, environ: Mapping[str, str] = os.environ) -> bool:
    """Complete the environment's Spark; return False if it already was."""
    jars_dir = jars_dir or spark_jars_dir()
    if not missing_jars(jars_dir):
        return False
    before = read_manifest(jars_dir)
    resolved = resolve(COORDINATES, environ)
    for path in resolved:
        link_file(path, jars_dir / path.name)
    for stale in set(before.files) - {path.name for path in resolved}:
        (jars_dir / stale).unlink(missing_ok=True)  # two versions of one library would fight
    manifest = {"coordinates": COORDINATES, "files": [path.name for path in resolved]}
    (jars_dir / _MANIFEST).write_text(json.dumps(manifest, indent=1))
    return True


def ensure_aws_jars(environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """Return the jars for Glue and S3, from the cache; the first time they are downloaded (about 350 MB)."""
    name = f"jars-{hashlib.sha256(','.join(AWS_JARS).encode()).hexdigest()[:12]}"
    with lock_cache(name, environ) as cache:
        folder = cache / name
        if not (folder / _MANIFEST).is_file():
            folder.mkdir(exist_ok=True)
            files = resolve(AWS_JARS, environ)
            for path in files:
                link_file(path, folder / path.name)
            (folder / _MANIFEST).write_text(
                json.dumps({"coordinates": AWS_JARS, "files": [path.name for path in files]}, indent=1)
            )
        return tuple(folder / name for name in read_manifest(folder).files)


def missing_jars(jars_dir: Path) -> tuple[str, ...]:
    """Return what Spark's folder lacks: coordinates never resolved, or files that went away."""
    installed = read_manifest(jars_dir)
    if installed.coordinates != COORDINATES:
        return tuple(c for c in COORDINATES if c not in installed.coordinates) or COORDINATES
    return tuple(name for name in installed.files if not (jars_dir / name).is_file())


def read_manifest(jars_dir: Path) -> Installed:
    """Read what an earlier run installed; nothing if there was none."""
    try:
        found = json.loads((jars_dir / _MANIFEST).read_text())
        return Installed(tuple(found["coordinates"]), tuple(found["files"]))
    except (OSError, ValueError, KeyError):
        return Installed((), ())


def spark_jars_dir() -> Path:
    """Return the `jars` folder of the Spark in this environment."""
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise JarsUnresolved("pyspark is not installed in this environment", fix="Run `make setup`")
    return Path(spec.origin).parent / "jars"


def resolve(coordinates: tuple[str, ...], environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Let Spark's resolver fetch the coordinates and all they depend on; return the local files."""
    env = {
        k: v for k, v in environ.items() if k not in ("SPARK_HOME", "SPARK_CONF_DIR", "PYSPARK_SUBMIT_ARGS")
    }
    env |= {"JAVA_HOME": str(find_java(environ).home), "SPARK_LOCAL_IP": "127.0.0.1"}
    try:
        done = subprocess.run(
            [sys.executable, "-c", _RESOLVE, ",".join(coordinates)],
            env=env,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _unresolved(f"no answer in {_TIMEOUT} s") from error
    files = parse_resolved(done.stdout)
    if not files:
        raise _unresolved(explain_failure(done.stdout + done.stderr))
    return files


def parse_resolved(output: str) -> tuple[Path, ...]:
    """Read the resolved files from what the short session printed."""
    for line in output.splitlines():
        if line.startswith("RESOLVED "):
            uris = line.removeprefix("RESOLVED ").split(",")
            return tuple(Path(uri.removeprefix("file://")) for uri in uris)
    return ()


def explain_failure(output: str) -> str:
    """Pick the one line that says why the resolver failed."""
    signs = (
        "unresolved dependency",
        "not found",
        "UnknownHost",
        "Server access error",
        "download failed",
        "Exception",
    )
    lines = [line.strip(" :\t") for line in output.splitlines()]
    for sign in signs:
        for line in lines:
            if sign in line:
                return _JAVA_PREFIX.sub("", line)[:200]
    return lines[-1][:200] if lines else "the process printed nothing"


def link_file(source: Path, target: Path) -> None:
    """Hard-link a file, or copy it across file systems; never leave a half-written one behind."""
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    try:
        os.link(source.resolve(), partial)
    except OSError:
        shutil.copyfile(source, partial)
    partial.replace(target)


def _unresolved(why: str) -> JarsUnresolved:
    return JarsUnresolved(
        f"Spark could not resolve its jars: {why}",
        fix="Check the network, or name a mirror: MEDALLION_IVY_SETTINGS=<ivysettings.xml> make setup",
    )
