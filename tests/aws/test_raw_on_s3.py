"""Raw files in a bucket: landed whole or not at all, and found again by status."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pytest
from botocore.exceptions import ConnectionClosedError
from moto import mock_aws

from runner import cli
from runner.errors import AwsError, NotOnAws, UsageError
from runner.generate import OrdersSpec, orders
from runner.landing import Landing, land
from runner.raw_files import list_files, plain_path, split_uri
from runner.settings import load_settings
from runner.sources import source_locations

PROJECT = Path(__file__).resolve().parents[2]
SEEN = ["a.csv", "day=1/b.csv", "empty.csv"]
LANDED = "s3://the-lake/raw/orders"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="the-lake")
        yield client


def keys(s3: Any) -> list[str]:
    return [one["Key"] for one in s3.list_objects_v2(Bucket="the-lake").get("Contents", [])]


@pytest.mark.parametrize("form", ["tsv", "jsonl", "parquet"])
def test_a_bucket_gets_the_same_bytes_as_a_directory(s3: Any, tmp_path: Path, form: str) -> None:
    table = orders(OrdersSpec(rows=200, seed=3))
    here = list(land(table, Landing(str(tmp_path), "orders-3", form, files=2)))
    there = list(land(table, Landing(f"{LANDED}/", "orders-3", form, files=2)))
    assert there == [f"{LANDED}/{Path(path).name}" for path in here]
    for path in here:
        body = s3.get_object(Bucket="the-lake", Key=f"raw/orders/{Path(path).name}")["Body"]
        assert body.read() == Path(path).read_bytes()


def large() -> pa.Table:
    """Rows for more than the 8 MB from which a file is sent in parts."""
    return orders(OrdersSpec(rows=150_000, seed=3))


def test_a_large_file_is_one_object(s3: Any) -> None:
    list(land(large(), Landing(LANDED, "orders-3")))
    (one,) = s3.list_objects_v2(Bucket="the-lake")["Contents"]
    assert one["ETag"].strip('"').endswith("-2")  # S3's mark of an object of two parts
    assert one["Size"] > 8 * 2**20


def test_an_upload_that_breaks_off_leaves_nothing(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_off(params: dict[str, Any], **_: Any) -> None:
        if params["query_string"].get("partNumber") == 2:
            raise ConnectionClosedError(endpoint_url="scheme://s3")

    breaking = boto3.client("s3")
    breaking.meta.events.register("before-call.s3.UploadPart", break_off)
    monkeypatch.setattr(boto3, "client", lambda *_: breaking)
    with pytest.raises(AwsError, match=r"cannot write s3://the-lake/raw/orders/orders-3-00001\.tsv"):
        list(land(large(), Landing(LANDED, "orders-3")))
    assert keys(s3) == []
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="the-lake")


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_is_not_there() -> None:
    with pytest.raises(NotOnAws, match=r"cannot write s3://nowhere/o-00001\.tsv: the bucket does not exist"):
        list(land(orders(OrdersSpec(rows=1)), Landing("s3://nowhere", "o")))


def test_generate_lands_where_raw_files_land(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MEDALLION_HOME", str(tmp_path))
    monkeypatch.setenv("MEDALLION_RAW", "s3://the-lake/raw")
    monkeypatch.chdir(PROJECT)
    assert cli.run(["generate", "orders", "--rows", "10"]) == 0
    assert f"{LANDED}/orders-1-00001.tsv" in capsys.readouterr().out
    assert keys(s3) == ["raw/orders/orders-1-00001.tsv"]
    assert cli.run(["generate", "orders", "--rows", "10", "--out", "s3://nowhere/x"]) == 3
    said = capsys.readouterr().err
    assert said.startswith(
        "medallion: cannot write s3://nowhere/x/orders-1-00001.tsv: the bucket does not exist"
    )
    assert len(said.splitlines()) == 1


def test_a_bucket_is_listed_like_a_directory(s3: Any, tmp_path: Path) -> None:
    names = ("a.csv", "day=1/b.csv", ".c.csv", "_d.csv", "_old/e.csv", "empty.csv", "over/.git/f.csv")
    for name in names:
        content = "" if name == "empty.csv" else "x,y"
        s3.put_object(Bucket="the-lake", Key=f"raw/orders/{name}", Body=content)
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    s3.put_object(Bucket="the-lake", Key="raw/orders_2/z.csv", Body="another source")
    hidden = [".c.csv", "_d.csv", "_old/e.csv", "over/.git/f.csv"]
    for location, root in ((LANDED, "the-lake/raw/orders"), (str(tmp_path), str(tmp_path))):
        assert seen(location) == ([f"{root}/{name}" for name in SEEN], [f"{root}/{name}" for name in hidden])
    assert list_files(str(tmp_path / "none")) == list_files("s3a://the-lake/none") == (set(), [])


def seen(location: str) -> tuple[list[str], list[str]]:
    versions, hidden = list_files(location)
    now = datetime.now(timezone.utc).timestamp() * 1000
    assert all(now - 60_000 < modified_at <= now + 1000 for _, modified_at, _ in versions)
    assert all(size == (0 if "empty" in path else 3) for path, _, size in versions)
    return sorted(path for path, _, _ in versions), hidden


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        ("file:/lake/raw/a.csv", "/lake/raw/a.csv"),
        ("file:///lake/raw/a.csv", "/lake/raw/a.csv"),
        ("/lake/raw/a.csv", "/lake/raw/a.csv"),
        ("s3a://the-lake/raw/a.csv", "the-lake/raw/a.csv"),
        ("s3://the-lake/raw/a.csv", "the-lake/raw/a.csv"),
    ],
)
def test_a_path_without_its_scheme(path: str, plain: str) -> None:
    assert plain_path(path) == plain


def test_an_address() -> None:
    assert split_uri("s3://the-lake/raw/orders/") == ("the-lake", "raw/orders")
    assert split_uri("s3a://the-lake") == ("the-lake", "")
    for wrong in ("gs://the-lake/raw", "s3:///raw"):
        with pytest.raises(UsageError, match="no place for files"):
            split_uri(wrong)


def test_a_sources_place_follows_the_raw_root(tmp_path: Path) -> None:
    settings = load_settings(project_dir=PROJECT, home=tmp_path, raw="s3://the-lake/raw", environ={})
    assert source_locations(settings)["orders"] == LANDED
