"""A process beside the warm server that has dbt imported, and forks one for each `medallion build`.

Importing dbt is most of what an idle build takes. A fork has it done, and is otherwise what the command
itself would be: the client's arguments, environment, directory and open files, its signals, its exit code.
It imports this project's own code anew, so an edit counts at once. It ends when its client does. Should
anything not fit (another environment of Python, no answer), the client does the work itself.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

_PRELOADED = ("dbt.cli.main", "dbt.task.build", "dbt.adapters.spark", "rich.console", "rich.table", "typer")
_CHILD = "MEDALLION_WARM_CHILD"  # set in a fork, which must not hand its work on again
_LIMIT = 1 << 20  # bytes of a request: arguments and environment
_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def socket_path(home: Path) -> Path:
    """Return where the process listens; the name is short, for a socket's path may not be long."""
    return home / "tmp" / "dbt.sock"


def stamp(prefix: str = sys.prefix) -> str:
    """Return what tells two installations apart: the interpreter, and when its packages were installed."""
    installed = Path(prefix) / ".packages-installed"
    changed = installed.stat().st_mtime_ns if installed.exists() else 0
    return f"{sys.executable} {sys.version} {changed}"


# -- the client ----------------------------------------------------------------------------------------------


def hand_over(home: Path, arguments: Sequence[str]) -> int | None:
    """Let the warm process run `medallion` with these arguments; return the exit code, None if it can not."""
    path = socket_path(home)
    if _CHILD in os.environ or not path.is_socket():
        return None
    try:
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(str(path))
            request = {
                "stamp": stamp(),
                "arguments": [*arguments],
                "cwd": str(Path.cwd()),
                "env": {**os.environ},
            }
            body = json.dumps(request).encode() + b"\n"
            sys.stdout.flush()
            socket.send_fds(peer, [body[:1]], [0, 1, 2])
            peer.sendall(body[1:])
            answers = peer.makefile()
            started = answers.readline().split()
            return _attend(int(started[1]), answers) if started[:1] == ["started"] else None
    except (OSError, ValueError):  # before it has started: what has is never begun a second time
        return None


def _attend(pid: int, answers: TextIO) -> int:
    """Pass signals on to the fork until it ends; one that is killed has no exit code to tell."""

    def forward(number: int, _: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    before = {number: signal.signal(number, forward) for number in _FORWARDED}
    try:
        line = answers.readline()
    except OSError:
        line = ""
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return int(line) if line.strip() else 1


# -- the process ---------------------------------------------------------------------------------------------


@contextlib.contextmanager
def beside(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the process for as long as this lasts; it ends when its parent does, however that ends."""
    command = [sys.executable, "-m", "runner.warm_dbt", str(home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()
            socket_path(home).unlink(missing_ok=True)


def serve(home: Path) -> None:
    """Fork for each client, until the pipe from the parent closes."""
    for name in _PRELOADED:
        importlib.import_module(name)
    path = socket_path(home)
    path.unlink(missing_ok=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks but their clients
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen()
        _accept(listener)


def _accept(listener: socket.socket) -> None:
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:  # nothing is ever written there: the parent is gone
            return
        peer, _ = listener.accept()
        with peer:
            if os.fork() == 0:
                listener.close()
                _serve_one(peer)


def _serve_one(peer: socket.socket) -> None:
    """Be the client's command: never returns."""
    code = 1
    try:
        request, files = _receive(peer)
        if request["stamp"] != stamp():
            peer.sendall(b"other\n")
            os._exit(0)
        _become(request, files)
        peer.sendall(f"started {os.getpid()}\n".encode())
        threading.Thread(target=_end_with, args=(peer,), daemon=True).start()
        from runner.cli import run  # noqa: PLC0415  not before the fork: an edit of it counts

        code = run(request["arguments"], is_debug="--debug" in request["arguments"])
    finally:
        atexit._run_exitfuncs()  # dbt's locks are given back before the client goes on
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush(), sys.stderr.flush()
            peer.sendall(f"{code}\n".encode())
        os._exit(code)


def _receive(peer: socket.socket) -> tuple[Mapping[str, Any], list[int]]:
    body, files, _, _ = socket.recv_fds(peer, 1, 3)
    while not body.endswith(b"\n") and len(body) < _LIMIT:
        more = peer.recv(1 << 16)
        if not more:
            break
        body += more
    return json.loads(body), files


def _become(request: Mapping[str, Any], files: Sequence[int]) -> None:
    """Take over the client's files, directory and environment."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
    os.chdir(str(request["cwd"]))
    os.environ.clear()
    os.environ.update(request["env"])
    os.environ[_CHILD] = "1"
    os.setsid()
    for number in (*_FORWARDED, signal.SIGCHLD):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def _end_with(peer: socket.socket) -> None:
    """End at once when the client is gone, as it would have."""
    with contextlib.suppress(OSError):
        peer.recv(1)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
