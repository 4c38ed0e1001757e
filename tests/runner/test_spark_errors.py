"""Spark's errors in one line."""

from __future__ import annotations

import pytest

from runner.spark_errors import first_line, is_of_the_moment, root_cause, with_files

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


def test_a_cause_says_nothing_of_jobs_and_tasks() -> None:
    job = "Job aborted due to stage failure: Task 0 in stage 7.0 failed 1 times, most recent failure: "
    task = "Lost task 0.0 in stage 7.0 (TID 7) (h.x executor driver): java.io.EOFException: End\n\tat x"
    assert root_cause(f"org.apache.spark.SparkException: {job}{task}") == "End"
    assert root_cause("java.lang.RuntimeException: /x is not a Parquet file.") == "/x is not a Parquet file."
