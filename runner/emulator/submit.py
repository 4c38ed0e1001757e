"""What `spark-submit` is told for a job, and what its process sees: pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from runner.emulator.image import Image

_DRIVER_ENV = "spark.emr-serverless.driverEnv."
_OURS = (
    "spark.master",
    "spark.archives",
    "spark.driver.memory",
    "spark.driver.cores",
)  # this machine's to say
_SMALL = ("--conf", "spark.ui.enabled=false", "--conf", "spark.sql.shuffle.partitions=4")
_SHORT = {"--archives": "spark.archives", "--jars": "spark.jars", "--py-files": "spark.submit.pyFiles"}


@dataclass(frozen=True)
class Submitted:
    """A job's `sparkSubmitParameters`, understood."""

    settings: Mapping[str, str]
    others: tuple[str, ...]  # flags other than --conf, like --class

    @property
    def archives(self) -> dict[str, str]:
        """Return which archive is to be unpacked under which name."""
        listed = [one for one in self.settings.get("spark.archives", "").split(",") if one]
        return {name: uri for uri, _, name in (one.partition("#") for one in listed)}

    @property
    def driver_env(self) -> dict[str, str]:
        """Return the variables that the driver's process gets."""
        return {
            name.removeprefix(_DRIVER_ENV): value
            for name, value in self.settings.items()
            if name.startswith(_DRIVER_ENV)
        }


def parse_parameters(text: str) -> Submitted:
    """Read `sparkSubmitParameters`; raise ValueError for one that makes no sense."""
    words = shlex.split(text)
    settings: dict[str, str] = {}
    others: list[str] = []
    while words:
        flag = words.pop(0)
        if not flag.startswith("--"):
            raise ValueError(f"not a flag: {flag}")
        flag, has_value, value = flag.partition("=")
        if not has_value:
            if not words:
                raise ValueError(f"{flag} lacks its value")
            value = words.pop(0)
        if flag == "--conf":
            name, is_set, value = value.partition("=")
            if not is_set:
                raise ValueError(f"not a setting: {name}")
            settings[name] = value
        elif flag in _SHORT:
            settings[_SHORT[flag]] = value
        else:
            others += [flag, value]
    return Submitted(settings, tuple(others))


def submit_command(image: Image, submitted: Submitted, entry: list[str]) -> list[str]:
    """Return the command line of an attempt."""
    command = ["bash", str(image.spark_home / "bin" / "spark-submit"), *submitted.others]
    for name, value in submitted.settings.items():
        if name not in _OURS and not name.startswith("spark.emr-serverless."):
            command += ["--conf", f"{name}={image.inside(value)}"]
    # a driver of EMR's size would not fit here, nor are there the cores for its partitions
    return [*command, "--driver-memory", "1500m", *_SMALL, *entry]


def submit_environ(image: Image, submitted: Submitted, home: str, aws: Mapping[str, str]) -> dict[str, str]:
    """Return all that an attempt's process sees of the world: the image, AWS, and what the job asks for."""
    return {
        "PATH": f"{image.root}/usr/bin:{image.java_home}/bin:/usr/bin:/bin",
        "HOME": home,
        "TMPDIR": f"{home}/tmp",
        "LANG": "C.UTF-8",
        "JAVA_HOME": str(image.java_home),
        "SPARK_HOME": str(image.spark_home),
        "SPARK_CONF_DIR": str(image.conf_dir),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": f"{home}/tmp",
        **aws,
        **{name: image.inside(value) for name, value in submitted.driver_env.items()},
    }
