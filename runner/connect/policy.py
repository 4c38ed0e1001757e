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


def partition_of(region: str) -> str:
    """Return the first part of a region's ARNs."""
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def read_policy(location: Location, account: str, schemas: Sequence[str]) -> dict[str, Any]:
    """Return what reading the tables takes: these schemas in Glue, the files under the warehouse in S3."""
    return {"Version": "2012-10-17", "Statement": [*_glue(location, account, schemas), *_files(location)]}


def athena_policy(
    location: Location, account: str, schemas: Sequence[str], workgroup: str, results: str
) -> dict[str, Any]:
    """Return what asking Athena takes: one workgroup, its results, and reading the tables."""
    partition = partition_of(location.region)
    bucket, _, folder = results.removeprefix("s3://").strip("/").partition("/")
    found = read_policy(location, account, schemas)
    found["Statement"] += [
        {
            "Sid": "AskInOneWorkgroup",
            "Effect": "Allow",
            "Action": _ATHENA,
            "Resource": f"arn:{partition}:athena:{location.region}:{account}:workgroup/{workgroup}",
        },
        {
            "Sid": "WriteResults",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
            "Resource": f"arn:{partition}:s3:::{'/'.join(part for part in (bucket, folder, '*') if part)}",
        },
        {
            "Sid": "FindResults",
            "Effect": "Allow",
            "Action": ["s3:GetBucketLocation", "s3:ListBucket"],
            "Resource": f"arn:{partition}:s3:::{bucket}",
        },
    ]
    return found


def trust_policy(principal: str, external_id: str) -> dict[str, Any]:
    """Return who may take a role that somebody else's account reads with."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": principal},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
            }
        ],
    }


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


def _files(location: Location) -> list[Statement]:
    folder = location.warehouse.removeprefix(f"s3://{location.bucket}").strip("/")
    bucket = f"arn:{partition_of(location.region)}:s3:::{location.bucket}"
    return [
        {
            "Sid": "ReadFiles",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": f"{bucket}/{folder}/*" if folder else f"{bucket}/*",
        },
        {
            "Sid": "ListFiles",
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": bucket,
            "Condition": {"StringLike": {"s3:prefix": [f"{folder}/*" if folder else "*"]}},
        },
        {"Sid": "FindBucket", "Effect": "Allow", "Action": ["s3:GetBucketLocation"], "Resource": bucket},
    ]
