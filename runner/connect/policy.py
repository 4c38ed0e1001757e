"""The IAM policies that let an engine read this lake, and nothing else. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runner.location import Location

Statement = dict[str, Any]

_GLUE_READ = ["glue:GetDatabase", "glue:GetTable", "glue:GetTables"]
_GLUE_LIST = ["glue:GetCatalog", "glue:GetDatabases"]  # Glue asks for all databases before it lists any
_ATHENA = [
    "athena:StartQueryExecution",
    "athena:StopQueryExecution",
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:GetWorkGroup",
]
_RESULTS = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]


def partition_of(region: str) -> str:
    """Return the first part of a region's ARNs."""
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def read_policy(
    location: Location, account: str, schemas: Sequence[str], actions: Sequence[str] = ("s3:GetObject",)
) -> dict[str, Any]:
    """Return what reading the tables takes: these schemas in Glue, the files under the warehouse in S3."""
    statements = [*_glue(location, account, schemas), *_files(location, actions)]
    return {"Version": "2012-10-17", "Statement": statements}


def athena_policy(
    location: Location, account: str, schemas: Sequence[str], workgroup: str, results: str
) -> dict[str, Any]:
    """Return what asking Athena takes: one workgroup, its results, and reading the tables."""
    partition = partition_of(location.region)
    arn = f"arn:{partition}:athena:{location.region}:{account}:workgroup/{workgroup}"
    ask = {"Sid": "AskInOneWorkgroup", "Effect": "Allow", "Action": _ATHENA, "Resource": arn}
    found = read_policy(location, account, schemas)
    found["Statement"] += [ask, *_results(partition, results)]
    return found


def _results(partition: str, results: str) -> list[Statement]:
    bucket, _, folder = results.removeprefix("s3://").strip("/").partition("/")
    objects = f"{folder}/*" if folder else "*"
    listed = [folder, objects] if folder else [objects]
    arn = f"arn:{partition}:s3:::{bucket}"
    return [
        {"Sid": "WriteResults", "Effect": "Allow", "Action": _RESULTS, "Resource": f"{arn}/{objects}"},
        _listing("ListResults", arn, listed),
        {"Sid": "FindResults", "Effect": "Allow", "Action": ["s3:GetBucketLocation"], "Resource": arn},
    ]


def _listing(sid: str, bucket: str, prefixes: list[str]) -> Statement:
    """Allow to list a folder of a bucket: without the condition it would be all of the bucket's names."""
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": bucket,
        "Condition": {"StringLike": {"s3:prefix": prefixes}},
    }


def assume_policy(role: str) -> dict[str, Any]:
    """Return what lets machines take a role with which to read."""
    statement = {"Sid": "TakeRole", "Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": role}
    return {"Version": "2012-10-17", "Statement": [statement]}


def trust_policy(principal: str, external_id: str = "") -> dict[str, Any]:
    """Return who may take a role; somebody else's account has to name the external id."""
    statement: Statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    if external_id:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _glue(location: Location, account: str, schemas: Sequence[str]) -> list[Statement]:
    arn = f"arn:{partition_of(location.region)}:glue:{location.region}:{account}"
    databases = [f"{arn}:database/{schema}" for schema in schemas]
    tables = [f"{arn}:table/{schema}/*" for schema in schemas]
    return [
        {
            "Sid": "ReadTables",
            "Effect": "Allow",
            "Action": _GLUE_READ,
            "Resource": [f"{arn}:catalog", *databases, *tables],
        },
        {
            "Sid": "ListSchemas",
            "Effect": "Allow",
            "Action": _GLUE_LIST,
            "Resource": [f"{arn}:catalog", f"{arn}:database/*"],
        },
    ]


def _files(location: Location, actions: Sequence[str]) -> list[Statement]:
    folder = location.warehouse.removeprefix(f"s3://{location.bucket}").strip("/")
    bucket = f"arn:{partition_of(location.region)}:s3:::{location.bucket}"
    return [
        {
            "Sid": "ReadFiles",
            "Effect": "Allow",
            "Action": list(actions),
            "Resource": f"{bucket}/{folder}/*" if folder else f"{bucket}/*",
        },
        _listing("ListFiles", bucket, [f"{folder}/*" if folder else "*"]),
        {"Sid": "FindBucket", "Effect": "Allow", "Action": ["s3:GetBucketLocation"], "Resource": bucket},
    ]
