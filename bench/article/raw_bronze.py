"""The article's first job: raw files newer than the stored time, appended to the bronze table.

Written from the article's description, for the side-by-side only. One time is the whole checkpoint, kept in
a JSON file that is written after the data.
"""

from __future__ import annotations

import json

from pyspark.sql import functions as f
from spark import BRONZE, HOME, RAW, session

CHECKPOINT = HOME / "raw_bronze.json"


def new_files(after: float) -> dict[str, float]:
    """Path and modification time of the files newer than the stored time."""
    found = {str(path): path.stat().st_mtime for path in RAW.rglob("*.tsv")}
    return {path: modified for path, modified in found.items() if modified > after}


def main() -> None:
    spark = session("raw-bronze")
    last = json.loads(CHECKPOINT.read_text())["last_processed"] if CHECKPOINT.exists() else 0.0
    files = new_files(last)
    if not files:
        print("no new files")
        return
    rows = (
        spark.read.csv(list(files), header=True, sep="\t", inferSchema=True)
        .withColumn("source_file", f.input_file_name())
        .withColumn("processing_time", f.current_timestamp())
    )
    spark.sql("create namespace if not exists lake.bronze")
    writer = rows.writeTo(BRONZE)
    if spark.catalog.tableExists(BRONZE):
        writer.append()
    else:
        writer.using("iceberg").create()
    CHECKPOINT.write_text(json.dumps({"last_processed": max(files.values())}))
    print(f"appended {len(files)} file(s)")


if __name__ == "__main__":
    main()
