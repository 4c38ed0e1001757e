"""Says what AWS refused in one line: boto3 makes its errors at run time, a class for each fault."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from runner.errors import AccessRefused, DataError, EngineUnavailable, MedallionError, UsageError

_LOG_IN = "Log in (aws sso login), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
# Kinds of botocore's own errors, and codes of AWS's answers, that another login mends
_NOT_LOGGED_IN = (
    *("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "ProfileNotFound"),
    *("TokenRetrievalError", "SSOTokenLoadError", "UnauthorizedSSOTokenError", "SSOError"),
)
_UNKNOWN_LOGIN = (
    *("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired", "InvalidToken"),
    *("UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId"),
    *("SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure"),
)
_REFUSED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403")


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


def _explain_aws(service: str, error: Exception) -> MedallionError | None:
    if not type(error).__module__.startswith(("botocore", "boto3")):
        return None
    kind = type(error).__name__
    if kind in _NOT_LOGGED_IN:
        return EngineUnavailable(f"{service} lets nobody in without AWS credentials: {error}", fix=_LOG_IN)
    answer = getattr(error, "response", None)
    if answer:
        return _explain_answer(service, error, answer.get("Error", {}))
    if "Endpoint" in kind or "Connect" in kind:
        return EngineUnavailable(
            f"{service} does not answer: {error}", fix="Check the network, AWS_REGION and AWS_ENDPOINT_URL"
        )
    return EngineUnavailable(f"{service}: {error}", fix="--debug shows the trace")


def _explain_answer(service: str, error: Exception, answer: dict[str, Any]) -> MedallionError:
    code, message = str(answer.get("Code", "")), str(answer.get("Message", ""))
    if code in _UNKNOWN_LOGIN:
        return EngineUnavailable(
            f"{service} does not take these AWS credentials: {message or code}", fix=_LOG_IN
        )
    if code in _REFUSED:
        from runner.emr.aws_errors import missing_permission  # noqa: PLC0415 - boto3 is slow to import

        fix = "medallion connect athena prints the policy that reading takes"
        return AccessRefused(f"{service}: {missing_permission(error)}", fix=fix)
    if code == "InvalidRequestException":
        return _explain_request(service, message)
    return EngineUnavailable(f"{service}: {message or error}", fix="--debug shows the trace")


def _explain_request(service: str, message: str) -> MedallionError:
    """Tell Athena's refusals apart: they have one code, for a question and for where it was asked."""
    said = f"{service}: {message}"
    if "output location" in message.lower() or "output bucket" in message.lower():
        return UsageError(said, fix="Say where results go: --results s3://…, or MEDALLION_ATHENA_RESULTS")
    if "workgroup" in message.lower():
        return UsageError(said, fix="Name another: --workgroup, or MEDALLION_ATHENA_WORKGROUP")
    return DataError(said, fix="Mend the question")
