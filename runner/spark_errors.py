"""Says what went wrong in Spark in one line: its own messages come with 15 kB of stack trace."""

from __future__ import annotations

import re

_HEADINGS = ("Runtime Error", "Compilation Error", "Database Error", "An error occurred while calling")
_FRAME = re.compile(r"^(at |\.\.\. \d+ more|>|\+- |'|== SQL ==)")
_CLASS = re.compile(r"^(?:[a-z_]\w*\.)+[A-Z]\w*(?:Exception|Error): *")
_CODE_TWICE = re.compile(r"^(\[[A-Z_.]+\]) (?:[a-z_]\w*\.)+\w+Exception: *(?:\1)?")
_FILE = re.compile(r"(?:file|s3a?)://?\S+")
_TASK = re.compile(r"^Job aborted due to stage failure: .*?\(TID \d+\) \([^)]*\): ")
_LOST = re.compile(r"Connection lost while polling|TSocket read 0 bytes|Errno 32\] Broken pipe")
_UNREACHED = re.compile(r"^\s*failed to connect: (.*)", re.MULTILINE)  # dbt-spark's words
# what a message quotes is data. Where a path ends is told by what Spark, Hadoop, Java or the system says next
_QUOTED = re.compile(r"(?<!\w)(['\"`])(?:(?!\1).){0,300}\1(?!\w)")
_PATH = re.compile(
    r"(?:\b[a-z][a-z0-9]*:|(?<![^\s=(\[{]))/.*?"
    r"(?= is not a | does not exist|\.? Details:|; isDirectory|: (?:[a-z]\w*\.)+[A-Z]\w*(?:Exception|Error)\b"
    r"| \([A-Z][^()]*\)$|: (?:No space|Disk quota|Read-only|Too many|Input/output|Stale|Permission)[\w ]*$|$)"
)
# of the machine, the network or a service, by the class Java gives it or by its words
_OF_THE_PLACE = re.compile(
    r"No space left|No space available|Disk quota exceeded|Read-only file system|Failed to create \w+ dir"
    r"|Too many open files|SparkContext was shut ?down|(?:Job|Stage) \S+ (?:was )?cancell?ed|FetchFailed"
    r"|\b(?:Socket|Connect|NoRouteToHost|UnknownHost|SSL|TTransport|InterruptedIO|NoHttpResponse|Timeout)"
    r"\w*(?:Exception|Error)|(?:AWS|Amazon|Sdk)\w*Exception|\bS3Exception|Slow ?Down|Status Code: 5\d\d"
    r"|Service Unavailable|Connection (?:refused|reset|closed)|Premature end of|timed out"
)
# of the place too, unless it is one file's: its permissions, its size, the disk or the store it is on
_MAY_BE_ONE_FILE = re.compile(
    r"OutOfMemoryError|ExecutorLost|Permission denied|Access ?Denied|AccessControlException|Status Code: 403"
    r"|InvalidObjectState|Input/output error|Stale file handle|BlockMissing"
)


def first_line(text: str) -> str:
    """Return the line that says what happened, and the root cause and file where the trace knows more."""
    if _LOST.search(text):
        return (
            "the connection to Spark was lost, and what was asked may still run there. Nothing is lost: "
            "see that the server is up (`medallion up`), then run the same command again"
        )
    if unreached := _UNREACHED.search(text):
        return (
            f"Spark's server cannot be reached ({unreached[1].strip()}). Nothing is lost: "
            "see that it is up (`medallion up`), then run the same command again"
        )
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
    files = sorted(set(re.findall(r"'((?:file|s3a?):/[^']+)'", sql)))
    if not files or "Job aborted" not in message or _FILE.search(message):
        return message
    more = f" and {len(files) - 3} more" if len(files) > 3 else ""
    return f"{message}; it was reading {', '.join(files[:3])}{more}. Mend or move away what cannot be read"


def root_cause(trace: str) -> str:
    """Return what happened without where: no job, no stage, no list of files."""
    return _bare(_TASK.sub("", first_line(trace)))[:300]


def is_of_the_moment(trace: str) -> bool:
    """Tell an error that says nothing of the file that was read: the next attempt may well succeed."""
    words = _words(trace)
    return bool(_OF_THE_PLACE.search(words) or _MAY_BE_ONE_FILE.search(words))


def may_be_one_file(trace: str) -> bool:
    """Tell an error that is of the moment, and yet may be of one file alone while others can be read."""
    return bool(_MAY_BE_ONE_FILE.search(_words(trace)))


def _words(trace: str) -> str:
    """Return what a trace says without what it quotes: no frame, no quoted name, no path.

    Names are data: a file that is called `timed out` says nothing of the network.
    """
    told = (line for line in map(str.strip, trace.splitlines()) if not _FRAME.match(line))
    return "\n".join(_PATH.sub("", _QUOTED.sub("", line)) for line in told)


def _bare(line: str) -> str:
    """Take off what stands before a message: the thrower's class, Hive's heading, a repeated error code."""
    before = None
    while before != line:
        before = line
        line = _CLASS.sub("", line.removeprefix(": ").removeprefix("Error running query: "))
    return _CODE_TWICE.sub(r"\1", line)
