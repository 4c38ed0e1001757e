"""What boto3 raises becomes one line that says what to do, and names the permission that is missing."""

from __future__ import annotations

import socket
from pathlib import Path

import boto3
import pytest
from botocore import exceptions
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws

from runner.emr.aws_errors import aws_errors, explain
from runner.errors import AccessRefused, AwsError, MedallionError, NotOnAws


def answer(code: str, operation: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


TOLD = (
    "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: emr-serverless:StartJobRun "
    "on resource: arn:aws:emr-serverless:us-east-1:123456789012:/applications/00f because no policy allows it"
)


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (answer("AccessDeniedException", "StartJobRun", TOLD), AccessRefused, "emr-serverless:StartJobRun"),
        (answer("AccessDeniedException", "StartJobRun", TOLD), AccessRefused, "/applications/00f"),
        (answer("AccessDenied", "PutObject", "Access Denied"), AccessRefused, "permission s3:PutObject"),
        (
            answer("403", "HeadObject", "Forbidden"),
            AccessRefused,
            "s3:GetObject is missing (or s3:ListBucket",
        ),
        (answer("AccessDenied", "ListObjectsV2"), AccessRefused, "permission s3:ListBucket"),
        (answer("AccessDenied", "UploadPart"), AccessRefused, "permission s3:PutObject"),
        (answer("AccessDeniedException", "GetTables"), AccessRefused, "permission glue:GetTables"),
        (answer("AccessDeniedException", "StopJobs"), AccessRefused, "permission StopJobs"),
        (answer("ExpiredTokenException", "GetJobRun"), AwsError, "expired. Log in again"),
        (answer("UnrecognizedClientException", "GetJobRun"), AwsError, "does not know these credentials"),
        (answer("NoSuchBucket", "PutObject"), NotOnAws, "the bucket does not exist"),
        (answer("404", "HeadObject"), NotOnAws, "no such object"),
        (answer("ResourceNotFoundException", "GetJobRun", "00x"), NotOnAws, "does not exist (00x)"),
        (answer("PermanentRedirect", "PutObject"), AwsError, "another region"),
        (answer("ThrottlingException", "GetJobRun"), AwsError, "go slower"),
        (answer("SlowDown", "PutObject"), AwsError, "go slower"),
        (answer("ServiceQuotaExceededException", "StartJobRun", "vCPU"), AwsError, "quota"),
        (answer("ValidationException", "StartJobRun", "bad arn"), AwsError, "(bad arn)"),
        (answer("ConflictException", "StopApplication", "jobs run"), AwsError, "(jobs run)"),
        (answer("InternalServerException", "GetJobRun"), AwsError, "error of its own"),
        (answer("Surprise", "GetJobRun", "what\nnow"), AwsError, "Surprise: what now"),
        (exceptions.NoCredentialsError(), AwsError, "no AWS credentials"),
        (exceptions.ProfileNotFound(profile="x"), AwsError, "AWS_PROFILE"),
        (exceptions.UnauthorizedSSOTokenError(), AwsError, "login has expired"),
        (exceptions.NoRegionError(), AwsError, "`region`"),
        (exceptions.ReadTimeoutError(endpoint_url="scheme://x"), AwsError, "AWS is not reached"),
        (exceptions.ParamValidationError(report="Name: too long"), AwsError, "Name: too long"),
        (exceptions.UnknownServiceError(service_name="x", known_service_names="y"), AwsError, "--debug"),
    ],
)
def test_each_error_is_one_line_with_a_fix(error: Exception, kind: type[MedallionError], said: str) -> None:
    with pytest.raises(kind) as raised, aws_errors("start the run"):
        raise error
    assert type(raised.value) is kind
    assert raised.value.exit_code == 3
    assert raised.value.line.startswith("cannot start the run: ")
    assert said in raised.value.line
    assert raised.value.fix
    assert "\n" not in raised.value.line


def test_what_is_no_error_of_aws_passes() -> None:
    with pytest.raises(KeyError), aws_errors("count"):
        raise KeyError("x")


def test_a_long_answer_is_cut() -> None:
    assert len(explain(answer("ValidationException", "StartJobRun", "x" * 5000), "start").line) < 500


@mock_aws
def test_an_upload_that_fails_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotOnAws, match="the bucket does not exist"), aws_errors("upload the package"):
        boto3.client("s3", region_name="us-east-1").upload_file(str(tmp_path / "file"), "nowhere", "file")


def test_a_closed_port_is_not_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with socket.socket() as taken:  # bound, never listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        once = Config(retries={"total_max_attempts": 1})
        s3 = boto3.client("s3", region_name="us-east-1", endpoint_url=endpoint, config=once)
        with pytest.raises(AwsError, match=r"AWS is not reached .*127\.0\.0\.1"), aws_errors("list"):
            s3.list_buckets()
