"""One attempt of a job: a real `spark-submit` in a clean process and a folder of its own, its logs on S3."""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import signal
import subprocess
import tarfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from runner.emulator.image import Image
from runner.emulator.job import Ended, Job
from runner.emulator.submit import Submitted, parse_parameters, submit_command, submit_environ

JOB_KEY = "ASIAJOBROLE"  # what a job signs with: its role's keys
_TICK = 0.05


@dataclass
class Options:
    """What a test may turn: everything else is as on EMR."""

    step_seconds: float = 0.05  # how long a job is SUBMITTED, PENDING and SCHEDULED, each
    queue_seconds: float = 0.0  # how long it is QUEUED, for lack of capacity
    seconds_per_minute: float = 60.0  # of an execution timeout
    log_seconds: float = 2.0  # logs are uploaded this often, and once more when the attempt has ended
    late_log_seconds: float = 0.0  # how long after the end that is
    grace_seconds: float = 5.0  # from the polite to the impolite signal
    has_spark: bool = True  # else Python alone runs the entry point: no JVM for a job that needs none


@dataclass
class Attempt:
    """One try of a job, and where it happens."""

    job: Job
    image: Image
    s3: Any
    folder: Path
    options: Options
    should_stop: threading.Event
    process: subprocess.Popen[bytes] | None = None

    def run(self, aws: Mapping[str, str], on_start: Callable[[], None]) -> Ended:
        """Run it to its end; `on_start` is called when its process is there."""
        self.folder.mkdir(parents=True)
        try:
            command, environ = self._prepare(aws)
        except (
            Exception
        ) as error:  # what EMR too only finds out when the job starts: no such archive, no access
            self._write_log("stderr", f"{type(error).__name__}: {error}\n")
            self.upload_logs()
            return Ended(1, last_words=f"{type(error).__name__}: {error}"[:120])
        with (self.folder / "stdout").open("wb") as out, (self.folder / "stderr").open("wb") as err:
            self.process = subprocess.Popen(
                command,
                cwd=self.folder / "work",
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,  # a process group of its own: it ends as a whole, as a container does
            )
        began = time.monotonic()
        on_start()
        ended = self._wait(self.process)
        ended = replace(ended, seconds=time.monotonic() - began, at=time.time())
        self._finish()  # its logs are of a later moment than its end, as on EMR
        return ended

    def _finish(self) -> None:
        shutil.rmtree(self.folder / "work", ignore_errors=True)
        if self.options.late_log_seconds:
            threading.Timer(self.options.late_log_seconds, self.upload_logs).start()
        else:
            self.upload_logs()

    def _prepare(self, aws: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
        spark = self.job.request["jobDriver"]["sparkSubmit"]
        submitted = parse_parameters(spark.get("sparkSubmitParameters", ""))
        work = self.folder / "work"
        for folder in (work, self.folder / "home" / "tmp"):
            folder.mkdir(parents=True)
        entry = work / Path(spark["entryPoint"]).name
        self._download(spark["entryPoint"], entry)
        self._unpack(submitted, work)
        environ = submit_environ(self.image, submitted, str(self.folder / "home"), aws)
        command = [str(entry), *spark.get("entryPointArguments", [])]
        if self.options.has_spark:
            return submit_command(self.image, submitted, command), environ
        return [str(self.image.root / "usr" / "bin" / "python3.11"), *command], environ

    def _unpack(self, submitted: Submitted, work: Path) -> None:
        for name, uri in submitted.archives.items():
            packed = self.folder / Path(uri).name
            self._download(uri, packed)
            with tarfile.open(packed) as archive:
                archive.extractall(work / name, filter="data")
            packed.unlink()

    def _download(self, uri: str, path: Path) -> None:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        self.s3.download_file(bucket, key, str(path))

    def _wait(self, process: subprocess.Popen[bytes]) -> Ended:
        minutes = self.job.timeout_minutes
        deadline = time.monotonic() + minutes * self.options.seconds_per_minute if minutes else float("inf")
        next_upload = time.monotonic() + self.options.log_seconds
        while process.poll() is None and not self.should_stop.is_set() and time.monotonic() < deadline:
            time.sleep(_TICK)
            if time.monotonic() >= next_upload:
                self.upload_logs()
                next_upload = time.monotonic() + self.options.log_seconds
        is_running = process.poll() is None
        code = end_group(process, self.options.grace_seconds)
        if is_running:
            return Ended(
                code, is_cancelled=self.should_stop.is_set(), is_timed_out=not self.should_stop.is_set()
            )
        return Ended(code if code >= 0 else 128 - code, last_words=self._last_words())

    def upload_logs(self) -> None:
        """Put what the driver has said so far where the job wants its logs."""
        if not self.job.log_uri:
            return
        bucket, _, prefix = self.job.log_uri.removeprefix("s3://").partition("/")
        prefix = prefix.rstrip("/") + "/" if prefix else ""
        at = f"{prefix}applications/{self.job.application}/jobs/{self.job.id}/"
        if self.job.max_attempts > 1:
            at += f"attempts/{self.job.attempt}/"
        for name in ("stdout", "stderr"):
            log = self.folder / name
            if log.is_file():
                body = gzip.compress(log.read_bytes())
                self.s3.put_object(Bucket=bucket, Key=f"{at}SPARK_DRIVER/{name}.gz", Body=body)

    def _write_log(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def _last_words(self) -> str:
        lines = (self.folder / "stderr").read_text(errors="replace").splitlines()
        told = [line.strip() for line in lines if line.strip() and not line.startswith(("\tat ", " "))]
        return told[-1][:120] if told else ""


def end_group(process: subprocess.Popen[bytes], grace: float) -> int:
    """End a process and all that it started, politely first; return its exit code."""
    if process.poll() is None:
        _signal_group(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace)
    _signal_group(process, signal.SIGKILL)  # what outlived its leader
    return process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(
        ProcessLookupError
    ):  # the group has its leader's id, and lives as long as anyone in it
        os.killpg(process.pid, number)
