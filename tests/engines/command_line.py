"""`medallion`, run in this process as a person runs it; what it prints is caught as bytes, as by a pipe."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from unittest import mock

from runner import cli


@dataclass(frozen=True)
class Done:
    """What a command said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


class Typed(io.StringIO):
    """What a person types at a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def run(environ: Mapping[str, str], *args: str, stdin: str | io.StringIO = "") -> Done:
    """Run one command in an environment of its own."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    typed = io.StringIO(stdin) if isinstance(stdin, str) else stdin
    with (
        mock.patch.dict(os.environ, environ, clear=True),
        mock.patch.multiple(sys, stdout=out, stderr=err, stdin=typed),
    ):
        code = cli.run(list(args))
    return Done(code, *(one.buffer.getvalue().decode() for one in (out, err)))  # type: ignore[attr-defined]
