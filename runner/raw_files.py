"""Lists the files that have landed, in a directory or in a bucket, by the rule by which Spark reads them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from runner.errors import UsageError

Version = tuple[str, int, int]  # plain path, modification time in milliseconds, size in bytes


def list_files(location: str) -> tuple[set[Version], list[str]]:
    """Return the versions of the files below a directory or an s3:// prefix, and the paths that Spark hides.

    A path in a bucket is `bucket/key`, see `plain_path`. Raises AwsError when the bucket cannot be listed.
    """
    found = list(_in_bucket(location) if "://" in location else _in_directory(Path(location)))
    hidden = sorted(version[0] for name, version in found if is_skipped(name))
    return {version for name, version in found if not is_skipped(name)}, hidden


def is_skipped(name: str) -> bool:
    """Tell whether Spark leaves a file out of every listing, by its name or that of a directory above."""
    return any(
        part.startswith(".")
        or part.endswith("._COPYING_")
        or (
            part.startswith("_")
            and "=" not in part
            and not part.startswith(("_metadata", "_common_metadata"))
        )
        for part in name.split("/")
    )


def plain_path(path: str) -> str:
    """Take the scheme off a path: Spark's file:/a, s3a://bucket/b and s3://bucket/b are /a and bucket/b."""
    scheme, separator, rest = path.partition("://")
    if separator:
        return rest if scheme != "file" else f"/{rest.lstrip('/')}"
    return path.removeprefix("file:")


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and prefix of an s3:// address; raises UsageError for any other."""
    scheme, _, rest = uri.partition("://")
    bucket, _, prefix = rest.partition("/")
    if scheme not in ("s3", "s3a") or not bucket:
        raise UsageError(f"{uri!r} is no place for files", fix="Name a folder, or s3://bucket/prefix")
    return bucket, prefix.strip("/")


def _in_directory(folder: Path) -> Iterator[tuple[str, Version]]:
    for path in folder.rglob("*"):
        if path.is_file():
            found = path.stat()
            version = str(path), found.st_mtime_ns // 1_000_000, found.st_size
            yield path.relative_to(folder).as_posix(), version


def _in_bucket(location: str) -> Iterator[tuple[str, Version]]:
    import boto3  # noqa: PLC0415 - slow to import, and only a bucket needs it

    from runner.emr.aws_errors import aws_errors  # noqa: PLC0415 - imports boto3

    bucket, prefix = split_uri(location)
    with aws_errors(f"list s3://{bucket}/{prefix}"):
        s3 = boto3.client("s3")
        for page in s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=f"{prefix}/".lstrip("/")
        ):
            for one in page.get("Contents", []):
                key, modified_at = one["Key"], round(one["LastModified"].timestamp() * 1000)
                name = key[len(prefix) :].lstrip("/")
                yield name, (f"{bucket}/{key}", modified_at, one["Size"])
