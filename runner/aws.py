"""Says what AWS refused in one line: boto3 makes its errors at run time, a class for each fault."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from runner.errors import EngineUnavailable


@contextmanager
def aws_in_one_line(service: str) -> Iterator[None]:
    """Turn what boto3 raises into the command's one line."""
    try:
        yield
    except Exception as error:
        said = _explain_aws(service, error)
        if said is None:
            raise
        raise said from error


def _explain_aws(service: str, error: Exception) -> EngineUnavailable | None:
    if not type(error).__module__.startswith(("botocore", "boto3")):
        return None
    kind = type(error).__name__
    if kind in ("NoCredentialsError", "PartialCredentialsError", "TokenRetrievalError", "SSOTokenLoadError"):
        return EngineUnavailable(
            f"{service} lets nobody in without AWS credentials: {error}",
            fix="Log in (aws sso login), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        )
    if "Endpoint" in kind or "Connect" in kind:
        return EngineUnavailable(
            f"{service} does not answer: {error}", fix="Check the network, AWS_REGION and AWS_ENDPOINT_URL"
        )
    return EngineUnavailable(f"{service}: {error}", fix="Check the permissions: medallion connect athena")
