"""Spark's errors in one line."""

from __future__ import annotations

import pytest

from runner.spark_errors import first_line, is_of_the_moment, may_be_one_file, root_cause, with_files

JOB = """An error occurred while calling o321.collectToPython.
: org.apache.spark.SparkException: Job aborted due to stage failure: Task 0 failed: java.io.EOFException: End
	at org.apache.spark.scheduler.DAGScheduler.failJobAndIndependentStages(DAGScheduler.scala:2856)
Driver stacktrace:
	at org.apache.spark.scheduler.DAGScheduler.abortStage(DAGScheduler.scala:2791)
Caused by: java.io.EOFException: End
	at org.apache.hadoop.io.compress.DecompressorStream.decompress(DecompressorStream.java:165)
"""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "Runtime Error\n  [PATH_NOT_FOUND] Path does not exist: file:/x.",
            "[PATH_NOT_FOUND] Path does not exist: file:/x.",
        ),
        (JOB, "Job aborted due to stage failure: Task 0 failed: java.io.EOFException: End"),
        (
            "Error running query: [A_B] org.apache.spark.AnalysisException: [A_B] No such column.\n  at x",
            "[A_B] No such column.",
        ),
        (
            "Cannot commit\n\tat y\nCaused by: java.io.IOException: disk full\n\tat z",
            "Cannot commit (caused by: disk full)",
        ),
        ("", ""),
    ],
)
def test_what_is_told(text: str, line: str) -> None:
    assert first_line(text) == line


def test_a_lost_connection_says_what_to_do() -> None:
    said = "Connection lost while polling query status after 1 attempts. This often happens with long-running"
    assert "run the same command again" in first_line(f"Runtime Error\n  {said}")
    assert "medallion up" in first_line("TTransportException: TSocket read 0 bytes")


def test_a_server_that_is_not_up_says_what_to_do() -> None:
    said = first_line(
        "Runtime Error\n  failed to connect: TTransportException: Could not connect to any of [x]"
    )
    assert said.startswith(
        "Spark's server cannot be reached (TTransportException: Could not connect to any of [x])."
    )
    assert "`medallion up`" in said


def test_a_failed_job_names_the_files_it_was_reading() -> None:
    sql = "select 1 from t where f in ('file:/raw/a.gz', 'file:/raw/b.gz')"
    told = with_files(first_line(JOB), sql)
    assert "it was reading file:/raw/a.gz, file:/raw/b.gz." in told
    assert with_files("[PARSE_SYNTAX_ERROR] no", sql) == "[PARSE_SYNTAX_ERROR] no"
    assert "and 2 more" in with_files(first_line(JOB), ",".join(f"'file:/raw/{n}'" for n in range(5)))


@pytest.mark.parametrize(
    ("trace", "is_so"),
    [
        (JOB, False),
        ("x\nCaused by: java.util.zip.ZipException: not in gzip format\n\tat a.cancelled(B.scala:1)", False),
        ("RuntimeException: file:/x.parquet is not a Parquet file. Expected magic number at tail", False),
        ("x\nCaused by: java.net.SocketTimeoutException: Read timed out", True),
        ("x\nCaused by: com.amazonaws.services.s3.model.AmazonS3Exception: Slow Down", True),
        ("java.lang.OutOfMemoryError: Java heap space", True),
        ("java.io.FileNotFoundException: /x.csv (Permission denied)", True),
    ],
)
def test_what_another_attempt_could_mend(trace: str, is_so: bool) -> None:
    assert is_of_the_moment(trace) == is_so


NO_PARQUET = "{} is not a Parquet file. Expected magic number at tail, but found [1, 2]"
NOT_THERE = "java.io.FileNotFoundException: File {} does not exist"


@pytest.mark.parametrize(
    "message", [NO_PARQUET, NOT_THERE, "Cannot read FileStatus{{path={}; isDirectory=false}}"]
)
@pytest.mark.parametrize(
    "path",
    [
        "file:/raw/cancelled_orders/1.parquet",
        "file:/raw/zoo/Job 5 cancelled, timed out.parquet",
        "s3a://lake/raw/OutOfMemoryError/SlowDown 503/x.parquet",
        "file:/raw/x (Permission denied).parquet",
        "/raw/No space left on device/Disk quota exceeded",
        "'file:/raw/Connection refused.parquet'",
    ],
)
def test_a_path_says_nothing_of_the_moment(message: str, path: str) -> None:
    trace = f"org.apache.spark.SparkException: Job aborted.\nCaused by: {message.format(path)}"
    assert (is_of_the_moment(trace), may_be_one_file(trace)) == (False, False)


def test_what_is_quoted_says_nothing_of_the_moment() -> None:
    assert not is_of_the_moment(
        "[UNRESOLVED_COLUMN] No column `timed out`; did you mean 'Connection refused'?"
    )
    assert is_of_the_moment("couldn't connect to 'x' before it timed out")


def test_what_is_said_behind_a_path_counts() -> None:
    for said in (
        "java.nio.file.FileSystemException: /mnt/timed out/temp_shuffle: Disk quota exceeded",
        "java.io.FileNotFoundException: /mnt/blockmgr-1/0c/temp (No space left on device)",
        "getFileStatus on s3a://lake/a b.csv: com.amazonaws.services.s3.model.AmazonS3Exception: Slow Down",
        "Encountered error while reading file s3a://lake/x. Details: java.net.SocketTimeoutException: Read",
    ):
        assert is_of_the_moment(said), said


@pytest.mark.parametrize(
    ("error", "may_be"),
    [
        ("java.io.IOException: Disk quota exceeded", False),
        ("java.io.IOException: Read-only file system", False),
        ("No space available in any of the local directories.", False),
        ("java.io.IOException: Failed to create local dir in /tmp/blockmgr-1/0c.", False),
        ("org.apache.spark.shuffle.FetchFailedException: Failed to connect to /10.0.0.1:7337", False),
        ("org.apache.spark.shuffle.MetadataFetchFailedException: Missing an output location", False),
        ("S3Exception: Reduce your request rate. (Service: S3, Status Code: 503, Request ID: /a)", False),
        ("AmazonS3Exception: Slow Down (Status Code: 503; Error Code: SlowDown)", False),
        ("Job 12 cancelled part of cancelled job group 7", False),
        ("Job 3 cancelled because SparkContext was shut down", False),
        ("java.util.concurrent.TimeoutException: Futures timed out after [300 seconds]", False),
        ("org.apache.hadoop.hdfs.BlockMissingException: Could not obtain block", True),
        ("java.io.IOException: Input/output error", True),
        ("java.io.IOException: Stale file handle", True),
        ("java.io.FileNotFoundException: /x.csv (Permission denied)", True),
        ("java.lang.OutOfMemoryError: Java heap space", True),
        ("AmazonS3Exception: Forbidden (Service: Amazon S3; Status Code: 403; Error Code: 403)", True),
    ],
)  # fmt: skip
def test_of_the_moment_and_whether_it_may_be_one_files_fault(error: str, may_be: bool) -> None:
    trace = f"org.apache.spark.SparkException: Job aborted.\n\tat x.Y(Z.scala:1)\nCaused by: {error}\n\tat z"
    assert (is_of_the_moment(trace), may_be_one_file(trace)) == (True, may_be)


def test_a_cause_says_nothing_of_jobs_and_tasks() -> None:
    job = "Job aborted due to stage failure: Task 0 in stage 7.0 failed 1 times, most recent failure: "
    task = "Lost task 0.0 in stage 7.0 (TID 7) (h.x executor driver): java.io.EOFException: End\n\tat x"
    assert root_cause(f"org.apache.spark.SparkException: {job}{task}") == "End"
    assert root_cause("java.lang.RuntimeException: /x is not a Parquet file.") == "/x is not a Parquet file."
