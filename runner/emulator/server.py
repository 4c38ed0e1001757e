"""Starts the emulator on 127.0.0.1: S3, Glue, IAM and CloudFormation by moto, EMR Serverless that runs."""

from __future__ import annotations

import logging
import threading
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from runner.emulator.app import App
from runner.emulator.image import Image, build_image
from runner.emulator.jobs import Jobs

REGION = "us-east-1"
KEY = "AKIAEMULATOR"


class Emulator:
    """A running emulator. `work` holds its image and its jobs' folders."""

    def __init__(self, work: Path, port: int = 0) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # not a line per request
        self.work = work.resolve()
        self._image_lock = threading.Lock()
        self._server = make_server("127.0.0.1", port, self._wsgi, True, request_handler=MotoRequestHandler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        s3 = self.client("s3")
        self.jobs = Jobs(self._built_image, s3, self.endpoint, self.work)
        self.app = App(DomainDispatcherApplication(create_backend_app), self.jobs)
        self._thread = threading.Thread(target=self._server.serve_forever, name="emulator", daemon=True)
        self._thread.start()

    def environ(self) -> dict[str, str]:
        """Return the variables that point AWS's clients at it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": "emulator",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str, key: str = KEY) -> Any:
        """Return a client of one of its services, signing with a key; it tries once."""
        given = {"aws_access_key_id": key, "aws_secret_access_key": "emulator", "region_name": REGION}
        retries = Config(retries={"total_max_attempts": 1})
        return boto3.client(service, endpoint_url=self.endpoint, config=retries, **given)

    def create_application(self, bucket: str, name: str, role: str, release: str = "emr-7.13.0") -> str:
        """Create what a deployment has: bucket, role, Glue's `default`; return the application's id."""
        self.client("s3").create_bucket(Bucket=bucket)
        self.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument="{}")
        self.client("glue").create_database(DatabaseInput={"Name": "default"})
        made = self.client("emr-serverless").create_application(
            name=name, releaseLabel=release, type="SPARK", clientToken=name
        )
        return str(made["applicationId"])

    def stop(self) -> None:
        """End the jobs, by their own process ids, and then the server."""
        self.jobs.stop()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _wsgi(self, environ: dict[str, Any], start_response: Any) -> Any:
        return self.app(environ, start_response)

    def _built_image(self) -> Image:
        with self._image_lock:  # laid out when the first job needs it
            return self._image

    @cached_property
    def _image(self) -> Image:
        return build_image(self.work / "image", self.endpoint)
