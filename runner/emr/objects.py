"""One object of the bucket, as the client and the driver both read it."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError


def read_object(s3: Any, bucket: str, key: str) -> bytes | None:
    """Return what an object holds; None when it is not there. Raises botocore's errors."""
    try:
        return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise
