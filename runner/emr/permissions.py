"""Every IAM action that the project needs on AWS, who needs it and what for.

Five principals: `submit` runs and watches jobs, `job` is the role of a job itself, `deploy` also makes,
changes and removes the application, `erase` removes all data and has no policy in the template, `read` asks
by Athena: its policy, which `medallion connect athena` prints, has also what Athena does in the asker's name.
The tests compare this list with the calls in the code, with the policies in deploy/medallion.yaml and of
`connect`, and with docs/emr-permissions.md.
"""

from __future__ import annotations

from dataclasses import dataclass

# What a call of the SDK is named, where that is not the name of its permission
S3_PERMISSIONS = {
    "HeadObject": "GetObject",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "DeleteObjects": "DeleteObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
}


@dataclass(frozen=True)
class Permission:
    """One action; `by_code` tells whether this project's Python calls it, or Spark, Iceberg or EMR do."""

    action: str
    principal: str  # submit, job, deploy, erase or read
    why: str
    by_code: bool = True


PERMISSIONS = (
    Permission("emr-serverless:ListApplications", "submit", "find the application by its name"),
    Permission("emr-serverless:GetApplication", "submit", "its state and release"),
    Permission("emr-serverless:StartJobRun", "submit", "submit a run"),
    Permission("emr-serverless:GetJobRun", "submit", "follow a run, its cost"),
    Permission("emr-serverless:ListJobRuns", "submit", "list runs"),
    Permission("emr-serverless:CancelJobRun", "submit", "cancel a run that does not stop by itself"),
    Permission("emr-serverless:GetDashboardForJobRun", "submit", "open Spark's UI"),
    Permission("iam:PassRole", "submit", "give the job its role", by_code=False),
    Permission("s3:PutObject", "submit", "upload the package, a run's request, raw files"),
    Permission("s3:GetObject", "submit", "read events, artifacts, results and logs"),
    Permission("s3:ListBucket", "submit", "find what is new under a prefix"),
    Permission("s3:AbortMultipartUpload", "submit", "leave nothing of a broken upload", by_code=False),
    Permission("s3:GetObject", "job", "read the package, raw files and tables"),
    Permission("s3:PutObject", "job", "write tables, events, artifacts, the lock and logs"),
    Permission("s3:DeleteObject", "job", "release the lock, remove files that a table no longer needs"),
    Permission("s3:ListBucket", "job", "list raw files"),
    Permission("s3:AbortMultipartUpload", "job", "leave nothing of a broken upload", by_code=False),
    Permission("glue:GetDatabase", "job", "look whether Glue answers; a layer's database"),
    Permission("glue:GetDatabases", "job", "dbt lists the schemas", by_code=False),
    Permission("glue:CreateDatabase", "job", "a layer's database that is not there yet", by_code=False),
    Permission("glue:GetTable", "job", "where a table's metadata is", by_code=False),
    Permission("glue:GetTables", "job", "dbt lists the tables", by_code=False),
    Permission("glue:CreateTable", "job", "a model's first run", by_code=False),
    Permission("glue:UpdateTable", "job", "a commit: Iceberg's compare-and-swap", by_code=False),
    Permission("glue:DeleteTable", "job", "a table that a person drops or renames", by_code=False),
    Permission("emr-serverless:CreateApplication", "deploy", "make the application"),
    Permission("emr-serverless:UpdateApplication", "deploy", "change its release or capacity"),
    Permission("emr-serverless:StopApplication", "deploy", "stop it, to change or remove it"),
    Permission("emr-serverless:DeleteApplication", "deploy", "remove it"),
    Permission("s3:DeleteObject", "deploy", "remove packages"),
    Permission("s3:DeleteObject", "erase", "remove all that the lake holds"),
    Permission("glue:GetTables", "erase", "find the tables"),
    Permission("glue:DeleteTable", "erase", "remove the tables"),
    Permission("athena:StartQueryExecution", "read", "ask a question"),
    Permission("athena:GetQueryExecution", "read", "wait for its answer, what it scanned"),
    Permission("athena:GetQueryResults", "read", "read the answer"),
    Permission("athena:StopQueryExecution", "read", "stop it, by Ctrl-C"),
)


def permission_of(service: str, operation: str) -> str:
    """Return the permission that an SDK operation needs: s3 and HeadObject give s3:GetObject."""
    return f"{service}:{S3_PERMISSIONS.get(operation, operation) if service == 's3' else operation}"


def permission_of_operation(operation: str) -> str:
    """Return the permission for an operation whose service an error does not tell."""
    known = {permission.action.partition(":")[2]: permission.action for permission in PERMISSIONS}
    return known.get(operation) or known.get(S3_PERMISSIONS.get(operation, ""), operation)
