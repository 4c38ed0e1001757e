"""Says what went wrong in Spark in one line: its own messages come with 15 kB of stack trace."""

from __future__ import annotations

import re

_HEADINGS = ("Runtime Error", "Compilation Error", "Database Error", "An error occurred while calling")
_FRAME = re.compile(r"^(at |\.\.\. \d+ more|>|\+- |'|== SQL ==)")
_CLASS = re.compile(r"^(?:[a-z_]\w*\.)+[A-Z]\w*(?:Exception|Error): *")
_CODE_TWICE = re.compile(r"^(\[[A-Z_.]+\]) (?:[a-z_]\w*\.)+\w+Exception: *(?:\1)?")
_FILE = re.compile(r"(?:file|s3a?)://?\S+")


def first_line(text: str) -> str:
    """Return the line that says what happened, and the root cause and file where the trace knows more."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(_HEADINGS) and not _FRAME.match(line)]
    if not told:
        return lines[0] if lines else ""
    what = _bare(told[0])
    if what.endswith("]") and len(told) > 1:  # only the error's code; the message is on the next line
        what = told[1]
    causes = [_bare(line.removeprefix("Caused by: ")) for line in told if line.startswith("Caused by: ")]
    if causes and causes[-1] not in what:
        what = f"{what.rstrip('.')} (caused by: {causes[-1]})"
    file = next((found.group() for line in lines if (found := _FILE.search(line))), "")
    return what if not file or _FILE.search(what) or not causes else f"{what}, reading {file.rstrip('.,')}"


def with_files(message: str, sql: str) -> str:
    """Name the files that a failed job was reading, which Spark often does not: a torn gzip, for one."""
    files = sorted(set(re.findall(r"'((?:file|s3a):/[^']+)'", sql)))
    if not files or "Job aborted" not in message or _FILE.search(message):
        return message
    more = f" and {len(files) - 3} more" if len(files) > 3 else ""
    return f"{message}; it was reading {', '.join(files[:3])}{more}. Mend or move away what cannot be read"


def _bare(line: str) -> str:
    """Take off what stands before a message: the thrower's class, Hive's heading, a repeated error code."""
    before = None
    while before != line:
        before = line
        line = _CLASS.sub("", line.removeprefix(": ").removeprefix("Error running query: "))
    return _CODE_TWICE.sub(r"\1", line)
