"""An archive of two parts: any tar reads it, and the same files are the same bytes."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from runner.emr.archive import Entry, compress_part, digest_of, write_archive

names = st.text("abcdefghij/._-", min_size=1, max_size=180).map(lambda text: f"site/{text.strip('/')}x")
files = st.dictionaries(names, st.binary(max_size=3000), max_size=8)


def packed(first: dict[str, bytes], second: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    part = compress_part([Entry(name, content) for name, content in first.items()])
    write_archive(part, [Entry(name, content) for name, content in second.items()], sink)
    return sink.getvalue()


@settings(max_examples=60, deadline=None)
@given(first=files, second=files)
def test_what_goes_in_comes_out(first: dict[str, bytes], second: dict[str, bytes]) -> None:
    with tarfile.open(fileobj=io.BytesIO(packed(first, second)), mode="r:gz") as archive:
        out = [(member.name, archive.extractfile(member).read()) for member in archive]  # type: ignore[union-attr]
        assert {(m.mtime, m.uid, m.gid, m.mode, m.uname) for m in archive} <= {(0, 0, 0, 0o644, "")}
    assert out == [*sorted(first.items()), *sorted(second.items())]


@settings(max_examples=30, deadline=None)
@given(first=files, second=files)
def test_order_does_not_matter(first: dict[str, bytes], second: dict[str, bytes]) -> None:
    def turned(some: dict[str, bytes]) -> dict[str, bytes]:
        return dict(reversed(some.items()))

    assert packed(first, second) == packed(turned(first), turned(second))


def test_gzip_and_tar_themselves_accept_it(tmp_path: Path) -> None:
    content = {f"site/{n}": os.urandom(70_000) for n in range(5)}
    (tmp_path / "a.tar.gz").write_bytes(packed(content, {"project/" + "deep/" * 40 + "x.sql": b"select 1"}))
    subprocess.run(["gzip", "-t", "a.tar.gz"], cwd=tmp_path, check=True)
    subprocess.run(["tar", "-xzf", "a.tar.gz"], cwd=tmp_path, check=True)
    assert (tmp_path / "site/3").read_bytes() == content["site/3"]
    assert (tmp_path / "project" / ("deep/" * 40) / "x.sql").read_text() == "select 1"


def test_a_digest_tells_names_and_contents_apart() -> None:
    variants = [[("a", b"1")], [("a", b"2")], [("b", b"1")], [("a", b"1"), ("b", b"")]]
    digests = [digest_of(Entry(*entry) for entry in entries) for entries in variants]
    assert len(set(digests)) == len(variants)
    one, other = Entry("a", b"1"), Entry("b", b"2")
    assert digest_of([one, other]) == digest_of([other, one])
