"""Writes a tar.gz that is the same bytes for the same files, wherever and whenever it is made.

Entries are sorted; owner, time and mode are fixed; gzip's header has neither name nor time. The archive has
two parts, the first of which hardly ever changes: `compress_part` compresses it once, to be kept, and
`write_archive` puts the second behind it, in one gzip stream. For that the first part ends at a byte,
and the second refers to nothing in it.
"""

from __future__ import annotations

import hashlib
import struct
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

_HEADER = b"\x1f\x8b\x08\x00" + struct.pack("<L", 0) + b"\x00\xff"  # deflate, no time, no name, no system
_BLOCK = 512
_END = bytes(2 * _BLOCK)
_LEVEL = 6


@dataclass(frozen=True, order=True)
class Entry:
    """One file of the archive."""

    name: str
    content: bytes

    @property
    def line(self) -> str:
        """Return what identifies it in a digest."""
        return f"{hashlib.sha256(self.content).hexdigest()} {self.name}\n"


@dataclass(frozen=True)
class Part:
    """A compressed first part, and what it takes to go on behind it."""

    deflated: bytes
    size: int  # bytes, uncompressed
    crc: int
    digest: str  # of names and contents
    files: int


def digest_of(entries: Iterable[Entry]) -> str:
    """Return a digest of the files' names and contents, whatever compresses them."""
    return hashlib.sha256("".join(entry.line for entry in sorted(entries)).encode()).hexdigest()


def compress_part(entries: list[Entry]) -> Part:
    """Compress the first part of an archive."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    size = crc = 0
    deflated = bytearray()
    for block in _tar_blocks(entries):
        deflated += packer.compress(block)
        crc = zlib.crc32(block, crc)
        size += len(block)
    deflated += packer.flush(zlib.Z_FULL_FLUSH)
    return Part(bytes(deflated), size, crc, digest_of(entries), len(entries))


def write_archive(first: Part, entries: list[Entry], sink: BinaryIO) -> None:
    """Write an archive of a compressed part and more files behind it."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    size, crc = first.size, first.crc
    sink.write(_HEADER)
    sink.write(first.deflated)
    for block in (*_tar_blocks(entries), _END):
        sink.write(packer.compress(block))
        crc = zlib.crc32(block, crc)
        size += len(block)
    sink.write(packer.flush(zlib.Z_FINISH))
    sink.write(struct.pack("<LL", crc, size & 0xFFFFFFFF))


def _tar_blocks(entries: list[Entry]) -> Iterator[bytes]:
    for entry in sorted(entries):
        header = tarfile.TarInfo(entry.name)  # root's, of 1970
        header.size, header.mode = len(entry.content), 0o644
        yield header.tobuf(format=tarfile.GNU_FORMAT)
        yield entry.content
        yield bytes(-len(entry.content) % _BLOCK)
