"""A frontend that speaks MySQL's protocol as StarRocks does, with one answer to every question."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from pymysql.constants import COMMAND, FIELD_TYPE

OK = b"\x00\x00\x00\x02\x00\x00\x00"
END = b"\xfe\x00\x00\x02\x00"
Column = tuple[str, int, int, int]  # name, type, length, digits after the point

BOOLEAN = (FIELD_TYPE.TINY, 1, 0)  # as StarRocks sends them
TINYINT = (FIELD_TYPE.TINY, 4, 0)
BIGINT = (FIELD_TYPE.LONGLONG, 20, 0)
VARCHAR = (FIELD_TYPE.VAR_STRING, 400, 0)
DATETIME = (FIELD_TYPE.DATETIME, 19, 0)
DECIMAL = (FIELD_TYPE.NEWDECIMAL, 40, 4)


@dataclass
class Frontend:
    """What it answers with, and what it was told."""

    port: int = 0
    columns: Sequence[Column] = ()
    rows: Iterable[Sequence[str | None]] = ()
    error: str = ""  # instead of rows
    error_after: str = ""  # after them
    told: list[str] = field(default_factory=list)
    sent: int = 0


class _Talk(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self.number = 0
        flags = struct.pack("<HBHHB", 0x8201, 33, 2, 0x0008, 21) + bytes(10)
        salt = b"8bytes__\x00" + flags + b"12bytes_____\x00"
        self.send(b"\x0a8.0.33\x00" + struct.pack("<I", 1) + salt + b"mysql_native_password\x00")
        self.receive()
        self.send(OK)
        try:
            while (request := self.receive()) and request[0] == COMMAND.COM_QUERY:
                self.answer(request[1:].decode())
        except OSError:
            return  # whoever asked has left

    def answer(self, sql: str) -> None:
        frontend = self.server.frontend
        frontend.told.append(sql)
        if sql.lower().startswith("set "):
            self.send(OK)
        elif frontend.error:
            self.refuse(frontend.error)
        else:
            self.send(bytes([len(frontend.columns)]))
            for name, kind, length, digits in frontend.columns:
                names = b"".join(map(_text, ("def", "", "", "", name, "")))
                self.send(names + b"\x0c" + struct.pack("<HIBHBH", 33, length, kind, 0, digits, 0))
            self.send(END)
            for row in frontend.rows:
                self.send(b"".join(b"\xfb" if value is None else _text(value) for value in row))
                frontend.sent += 1
            self.refuse(frontend.error_after) if frontend.error_after else self.send(END)

    def refuse(self, message: str) -> None:
        self.send(b"\xff" + struct.pack("<H", 1064) + b"#HY000" + message.encode())

    def send(self, payload: bytes) -> None:
        self.wfile.write(struct.pack("<I", len(payload))[:3] + bytes([self.number % 256]) + payload)
        self.number += 1

    def receive(self) -> bytes:
        head = self.rfile.read(4)
        if len(head) < 4:
            return b""
        self.number = head[3] + 1
        return self.rfile.read(int.from_bytes(head[:3], "little"))


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    frontend: Frontend


def _text(value: str) -> bytes:
    encoded = value.encode()
    assert len(encoded) < 251, "longer text has a longer head"
    return bytes([len(encoded)]) + encoded


@contextmanager
def running() -> Iterator[Frontend]:
    """Run a frontend on a free port of 127.0.0.1."""
    with _Server(("127.0.0.1", 0), _Talk) as server:
        server.frontend = Frontend(server.server_address[1])
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield server.frontend
        finally:
            server.shutdown()
