"""Spark's errors in one line."""

from __future__ import annotations

import pytest

from runner.spark_errors import first_line, with_files

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


def test_a_failed_job_names_the_files_it_was_reading() -> None:
    sql = "select 1 from t where f in ('file:/raw/a.gz', 'file:/raw/b.gz')"
    told = with_files(first_line(JOB), sql)
    assert "it was reading file:/raw/a.gz, file:/raw/b.gz." in told
    assert with_files("[PARSE_SYNTAX_ERROR] no", sql) == "[PARSE_SYNTAX_ERROR] no"
    assert "and 2 more" in with_files(first_line(JOB), ",".join(f"'file:/raw/{n}'" for n in range(5)))
