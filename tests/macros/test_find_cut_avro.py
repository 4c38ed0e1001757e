"""Avro files that end within a block are found by their ends."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from harness import Connection, Node, Project, table_node

sys.path.append(str(Path(__file__).resolve().parents[1]))
from pipeline.avro_file import avro

MARK = bytes(range(16)).hex().upper()
READ = Node(node=table_node("letters", "source"), view="v")
WHOLE = avro({"id": "long", "note": "string"}, (7, "x" * 300))
EMPTY = avro({"id": "long"})
LONG = avro({f"column_{n}": "string" for n in range(200)}, ["x"] * 200)  # a header over 4096 bytes


def mark(data: bytes) -> str | None:
    found: str | None = Project().avro_mark(data.hex().upper())
    return found


@pytest.mark.parametrize("data", [WHOLE, EMPTY, LONG, WHOLE[:-20]])
def test_the_mark_is_at_the_end_of_the_header(data: bytes) -> None:
    assert mark(data) == MARK


def test_pairs_may_come_in_blocks_that_say_their_size() -> None:
    """A count below zero is followed by the size of the block in bytes."""
    pairs = bytes([0x01, 0x0A, 0x02, 0x61, 0x04, 0x62, 0x63])  # one pair, 5 bytes: a = bc
    assert mark(b"Obj\x01" + pairs + pairs + b"\0" + bytes.fromhex(MARK)) == MARK


@pytest.mark.parametrize("length", [0, 3, 4, 5, 20, 60, len(EMPTY) - 1])
def test_a_header_that_is_not_all_there_has_no_mark(length: int) -> None:
    assert mark(EMPTY[:length]) is None


def find(*contents: bytes, size: int | None = None) -> tuple[str, int]:
    """The files a, b, … that are found, and how many queries it took."""
    paths = [f"file:/{name}" for name, _ in zip("abc", contents, strict=False)]
    by_length = [
        (f"1, {length})", [
            Node(path=path, head=data[:length].hex().upper(), tail=data[-16:].hex().upper())
            for path, data in zip(paths, contents, strict=True)
        ])
        for length in (4096, 1048576)
    ]  # fmt: skip
    project = Project(connection=Connection(by_length))
    files = [Node(path=path, size=size or len(data)) for path, data in zip(paths, contents, strict=True)]
    found = project.find_cut_avro(READ, files)
    asked = [sql for sql in project.connection.ran if sql.startswith("select")]
    return "".join(one["file"]["path"][-1] for one in found), len(asked)


def test_a_file_that_does_not_end_with_its_mark_is_cut() -> None:
    assert find(WHOLE, WHOLE[:-1], EMPTY) == ("b", 1)
    assert find(WHOLE[: len(WHOLE) // 2], EMPTY) == ("a", 1)


def test_a_long_header_is_asked_for_once_more() -> None:
    assert find(WHOLE, LONG, LONG[:-20]) == ("c", 2)


def test_what_is_too_big_to_be_read_whole_is_not_asked_for() -> None:
    assert find(WHOLE[:-1], size=300 * 2**20) == ("", 0)
