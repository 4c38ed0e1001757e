"""The image that the emulated jobs run on: Spark, Java's and Python's bare selves, and what AWS adds.

It is laid out as EMR's own image, so that a job names the same paths; those in a job's settings are turned to
this folder (`inside`). Its Python has no packages: what the archive does not bring is missing, as on EMR.
"""

from __future__ import annotations

import os
import re
import shutil
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.jars import ensure_aws_jars, read_manifest, spark_jars_dir
from runner.java import find_java

ICEBERG_JAR = "usr/share/aws/iceberg/lib/iceberg-spark3-runtime.jar"
AVRO_JAR = "usr/lib/spark/connector/lib/spark-avro.jar"
_PLACES = {  # where the image keeps which of the jars
    "hadoop-aws": "usr/lib/hadoop",
    "wildfly-openssl": "usr/lib/hadoop",
    "aws-java-sdk-bundle": "usr/share/aws/aws-java-sdk",
    "iceberg-aws-bundle": "usr/share/aws/aws-java-sdk-v2",
}
_KEYS_FROM_ENVIRONMENT = "com.amazonaws.auth.EnvironmentVariableCredentialsProvider"
_IMAGE_PATH = re.compile(r"(?<![\w.])/(?=usr/(?:share/aws|lib/spark|lib/hadoop|bin/python))")
# Jobs are short here: compile quickly rather than well, and keep what is compiled: Java's room for that is
# 48 MB otherwise, which a build with several models at once fills.
_JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"
_LOGGING = """status = error
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n
"""


@dataclass(frozen=True)
class Image:
    """A folder that stands for the root of EMR's image."""

    root: Path
    java_home: Path

    @property
    def spark_home(self) -> Path:
        """Return Spark's folder."""
        return self.root / "usr" / "lib" / "spark"

    @property
    def conf_dir(self) -> Path:
        """Return the folder with the image's own Spark settings."""
        return self.root / "etc" / "spark" / "conf"

    def inside(self, text: str) -> str:
        """Turn the image's paths in a setting to this folder."""
        return _IMAGE_PATH.sub(lambda _: f"{self.root}/", text)


def build_image(root: Path, endpoint: str, environ: Mapping[str, str] = os.environ) -> Image:
    """Lay out the image; nothing is copied that a link can stand for."""
    image = Image(root, find_java(environ).home)
    packaged = spark_jars_dir()
    added = set(read_manifest(packaged).files)
    link_all(
        (path for path in packaged.glob("*.jar") if path.name not in added),
        image.spark_home / "jars",
    )
    shutil.copytree(packaged.parent / "bin", image.spark_home / "bin", dirs_exist_ok=True)
    link_all((packaged.parent / "python" / "lib").glob("*.zip"), image.spark_home / "python" / "lib")
    for name in added:
        if "iceberg-spark-runtime" in name:
            link_file_at(packaged / name, root / ICEBERG_JAR)
        if "spark-avro" in name:
            link_file_at(packaged / name, root / AVRO_JAR)
    for jar in ensure_aws_jars(environ):
        place = next((place for part, place in _PLACES.items() if part in jar.name), None)
        if place:
            link_file_at(jar, root / place / jar.name)
    venv.create(root / "usr", symlinks=True, with_pip=False)
    python = root / "usr" / "bin" / "python3.11"  # the name that EMR's image has it under
    if not python.exists():
        python.symlink_to("python3")
    image.conf_dir.mkdir(parents=True, exist_ok=True)
    (image.conf_dir / "log4j2.properties").write_text(_LOGGING)
    (image.conf_dir / "spark-defaults.conf").write_text(spark_defaults(image, endpoint))
    return image


def spark_defaults(image: Image, endpoint: str) -> str:
    """Return the image's own settings: AWS on the class path, and this machine's S3 for the region's."""
    aws = [f"{image.root}/{place}/*" for place in dict.fromkeys(_PLACES.values())]
    defaults = {
        "spark.master": "local[2]",
        "spark.driver.extraClassPath": ":".join(aws),
        "spark.executor.extraClassPath": ":".join(aws),
        "spark.driver.extraJavaOptions": _JAVA_OPTIONS,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.s3a.endpoint": endpoint,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
        "spark.hadoop.fs.s3a.aws.credentials.provider": _KEYS_FROM_ENVIRONMENT,
        "spark.sql.catalog.lake.s3.endpoint": endpoint,
        "spark.sql.catalog.lake.s3.path-style-access": "true",
        "spark.sql.catalog.lake.glue.endpoint": endpoint,
    }
    return "".join(f"{name} {value}\n" for name, value in defaults.items())


def link_all(files: object, folder: Path) -> None:
    """Link files into a folder under their own names."""
    for path in files:  # type: ignore[attr-defined]
        link_file_at(path, folder / path.name)


def link_file_at(path: Path, link: Path) -> None:
    """Make a symbolic link, and the folders that lead to it."""
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(path)
