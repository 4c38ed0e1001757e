"""One environment and the AWS clients that speak for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from runner.emr.aws_errors import aws_errors
from runner.emr.environment import Environment
from runner.emr.objects import read_object
from runner.errors import NotOnAws, UsageError

# throttling, 5xx and lost connections are tried again by botocore itself, with backoff; refusals are not
CALLS = Config(retries={"mode": "standard", "total_max_attempts": 6}, connect_timeout=10, read_timeout=60)


@dataclass
class Session:
    """An environment, the project whose it is, and the clients of its AWS."""

    project_dir: Path
    environment: Environment

    @cached_property
    def emr(self) -> Any:
        """Return the client of EMR Serverless."""
        return self._client("emr-serverless")

    @cached_property
    def s3(self) -> Any:
        """Return the client of S3."""
        return self._client("s3")

    @cached_property
    def glue(self) -> Any:
        """Return the client of the Glue catalog."""
        return self._client("glue")

    def _client(self, service: str) -> Any:
        region = self.environment.region
        endpoint = self.environment.endpoint_url or None  # None: AWS, or what AWS_ENDPOINT_URL says
        with aws_errors(f"connect to AWS in {region}"):
            return boto3.client(service, region_name=region, endpoint_url=endpoint, config=CALLS)

    @property
    def bucket(self) -> str:
        """Return the environment's bucket."""
        return self.environment.bucket

    @cached_property
    def application(self) -> str:
        """Return EMR's id of the application; raises NotOnAws or UsageError when it is not just one."""
        name, where = self.environment.application, self.environment.region
        with aws_errors("list the applications of EMR Serverless"):
            pages = self.emr.get_paginator("list_applications").paginate()
            living = [one for page in pages for one in page["applications"] if one["state"] != "TERMINATED"]
        found = [str(one["id"]) for one in living if name in (one.get("name"), one["id"])]
        if len(found) > 1:  # EMR lets names repeat, and the wrong one may be of another release, or another's
            raise UsageError(
                f"{len(found)} applications in {where} are named {name}: {', '.join(found)}",
                fix="Write the id of one as `application` in profiles/emr.yml, or delete the others",
            )
        if not found:
            raise NotOnAws(
                f"there is no application {name} in {where}",
                fix=f"Make it: medallion emr deploy --application --env {self.environment.name}",
            )
        return found[0]

    # objects

    def read(self, key: str) -> bytes | None:
        """Return what an object holds; None when it is not there."""
        with aws_errors(f"read s3://{self.bucket}/{key}"):
            return read_object(self.s3, self.bucket, key)

    def read_json(self, key: str) -> dict[str, Any] | None:
        """Return the JSON object that an object holds; None when it is not there, or not that."""
        try:
            loaded = json.loads(self.read(key) or b"null")
        except ValueError:
            return None
        return loaded if isinstance(loaded, dict) else None

    def write_json(self, key: str, content: dict[str, Any], *, is_new: bool = False) -> bool:
        """Write an object; with `is_new` only if it is not there, else return False."""
        only = {"IfNoneMatch": "*"} if is_new else {}
        with aws_errors(f"write s3://{self.bucket}/{key}"):
            try:
                body = json.dumps(content, indent=1).encode()
                self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, **only)
            except ClientError as error:
                # 409: somebody else writes it at this moment
                if is_new and error.response["Error"]["Code"] in (
                    "PreconditionFailed",
                    "ConditionalRequestConflict",
                ):
                    return False
                raise
        return True

    def list_keys(self, prefix: str, after: str = "") -> list[tuple[str, str]]:
        """Return key and ETag of all objects under a prefix, in order; only those after a key."""
        found: list[tuple[str, str]] = []
        with aws_errors(f"list s3://{self.bucket}/{prefix}"):
            pages = self.s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=prefix, **({"StartAfter": after} if after else {})
            )
            for page in pages:
                found += [(one["Key"], one["ETag"]) for one in page.get("Contents", [])]
        return found
