"""Turns what boto3 raises into one line: what could not be done, why, and what to do about it.

A refused call names the permission that is missing, also where AWS itself only says "Access Denied".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from boto3.exceptions import Boto3Error
from botocore import exceptions as botocore
from botocore.exceptions import BotoCoreError, ClientError

from runner.emr.permissions import permission_of_operation
from runner.errors import AccessRefused, AwsError, NotOnAws

_NEW_LOGIN = "Log in again: aws sso login, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and what belongs to it"
_PERMISSIONS = (
    "Attach the policy that the stack of deploy/medallion.yaml makes; docs/emr-permissions.md lists all"
)

# Codes of AWS's answers -> the error, why it happened, what to do
_CODES: tuple[tuple[tuple[str, ...], type[AwsError], str, str], ...] = (
    (
        ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"),
        AwsError,
        "the AWS credentials have expired",
        _NEW_LOGIN,
    ),
    (
        (
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "SignatureDoesNotMatch",
            "InvalidSignatureException",
            "AuthFailure",
            "InvalidToken",
        ),
        AwsError,
        "AWS does not know these credentials",
        _NEW_LOGIN,
    ),
    (
        ("NoSuchBucket",),
        NotOnAws,
        "the bucket does not exist",
        "Check `bucket` in profiles/emr.yml, or make it with deploy/medallion.yaml",
    ),
    (("NoSuchKey", "NotFound", "404"), NotOnAws, "there is no such object", "Check bucket and name"),
    (
        ("ResourceNotFoundException", "EntityNotFoundException"),
        NotOnAws,
        "it does not exist ({message})",
        "Check region, application and run id; `medallion emr list` shows the runs",
    ),
    (
        ("PermanentRedirect", "301", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"),
        AwsError,
        "the bucket is in another region",
        "Set `region` in profiles/emr.yml to the bucket's",
    ),
    (
        (
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "TooManyRequestsException",
            "RequestLimitExceeded",
            "SlowDown",
        ),
        AwsError,
        "AWS asks to go slower, after several attempts ({code})",
        "Wait a minute and run it again",
    ),
    (
        ("ServiceQuotaExceededException", "LimitExceededException"),
        AwsError,
        "a quota of the account is used up ({message})",
        "Wait for other runs to end, lower executor.max, or ask AWS for more",
    ),
    (
        ("ValidationException", "InvalidRequest", "InvalidArgument", "InvalidBucketName"),
        AwsError,
        "AWS refuses the request as it is ({message})",
        "Check profiles/emr.yml against the message",
    ),
    (
        ("ConflictException", "ResourceInUseException", "OperationAborted"),
        AwsError,
        "something else is changing it ({message})",
        "Wait until that is done and run it again",
    ),
    (
        ("InternalServerException", "InternalError", "ServiceUnavailable", "500", "503"),
        AwsError,
        "AWS had an error of its own ({code})",
        "Run it again",
    ),
)
_REFUSED = {"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "UnauthorizedOperation", "403"}
_ACTION = re.compile(r"perform: ([\w-]+:\w+)")
_RESOURCE = re.compile(r"on resource: (\S+)")

# Errors of the SDK itself, before or instead of an answer
_SDK: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    (
        (botocore.NoCredentialsError, botocore.PartialCredentialsError, botocore.CredentialRetrievalError),
        "there are no AWS credentials",
        _NEW_LOGIN,
    ),
    (
        (botocore.TokenRetrievalError, botocore.SSOError, botocore.UnauthorizedSSOTokenError),
        "the AWS login has expired",
        _NEW_LOGIN,
    ),
    (
        (botocore.ProfileNotFound,),
        "{message}",
        "Set AWS_PROFILE to one that ~/.aws/config has, or unset it",
    ),
    ((botocore.NoRegionError,), "no region is set", "Set `region` in profiles/emr.yml"),
    (
        (botocore.ProxyConnectionError, botocore.SSLError),
        "the connection is refused on the way ({message})",
        "Check HTTPS_PROXY, AWS_CA_BUNDLE and the network",
    ),
    (
        (botocore.HTTPClientError, botocore.EndpointConnectionError),  # timeouts and closed connections too
        "AWS is not reached ({message})",
        "Check the network and `region`; for the emulator, endpoint_url and that it is up",
    ),
    (
        (botocore.ParamValidationError,),
        "a value has the wrong form ({message})",
        "Check profiles/emr.yml and the command's arguments",
    ),
)


@contextmanager
def aws_errors(doing: str) -> Iterator[None]:
    """Let calls of boto3 inside fail with one line; `doing` completes "cannot …", like "start the run"."""
    try:
        yield
    except (ClientError, BotoCoreError, Boto3Error) as error:
        raise explain(error, doing) from error


def explain(error: Exception, doing: str) -> AwsError:
    """Return the project's error for one of boto3's."""
    cause = error if isinstance(error, ClientError) else error.__cause__ or error.__context__
    if isinstance(cause, ClientError):  # an upload's error wraps the answer that stopped it
        return _explain_answer(cause, doing)
    for kinds, why, fix in _SDK:
        if isinstance(error, kinds):
            return AwsError(f"cannot {doing}: {why.format(message=_short(str(error)))}", fix=fix)
    return AwsError(f"cannot {doing}: {_short(str(error))}", fix="--debug shows the trace")


def _explain_answer(error: ClientError, doing: str) -> AwsError:
    answer = error.response.get("Error", {})
    code, message = answer.get("Code", ""), answer.get("Message", "")
    if code in _REFUSED:
        return AccessRefused(f"cannot {doing}: {missing_permission(error)}", fix=_PERMISSIONS)
    for codes, kind, why, fix in _CODES:
        if code in codes:
            return kind(f"cannot {doing}: {why.format(code=code, message=_short(message))}", fix=fix)
    return AwsError(f"cannot {doing}: {code}: {_short(message)}", fix="--debug shows the trace")


def missing_permission(error: ClientError) -> str:
    """Name the permission that a refused call lacked: AWS's own words, else from the operation's name."""
    message = error.response.get("Error", {}).get("Message", "")
    told, where = _ACTION.search(message), _RESOURCE.search(message)
    action = told[1] if told else permission_of_operation(error.operation_name)
    on = f" on {where[1].rstrip('.,')}" if where else ""
    # S3 answers 403 for an object that is not there, to callers that may not list the bucket
    unseen = " (or s3:ListBucket, if the object is not there)" if error.operation_name == "HeadObject" else ""
    return f"the permission {action} is missing{on}{unseen}"


def _short(message: str) -> str:
    text = " ".join(message.split())
    return text if len(text) <= 300 else f"{text[:300]}…"
