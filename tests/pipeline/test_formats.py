"""Sources in other formats: json lines, parquet and avro are declared in yml like csv, and land by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import histories
import pyarrow as pa
import pyarrow.parquet as pq
from lake import Lake

from pipeline.projects import SOURCES_YML, Project, copy_project

COLUMNS = {"id": "string", "amount": "string", "note": "string"}
TYPED = {"id": "bigint", "amount": "double", "note": "string"}
ORIGIN = {
    "_rescued": "string", "_source_file": "string", "_source_modified_at": "timestamp",
    "_source_size": "bigint", "_source_position": "bigint",
    "_ingested_at": "timestamp", "_batch_id": "string",
}  # fmt: skip


def declare_source(project: Project, name: str, fmt: str, columns: Mapping[str, str], **meta: Any) -> None:
    """One more source and the bronze model that takes it in, as CONTRIBUTING says."""
    with project.yml(SOURCES_YML) as held:
        declared = [{"name": n, "data_type": t, "description": n} for n, t in columns.items()]
        held["sources"][0]["tables"].append({
            "name": name, "description": name, "meta": {"format": fmt, **meta}, "columns": declared,
        })  # fmt: skip
    project.write(
        f"models/bronze/bronze_{name}.sql", f"select * from {{{{ new_files(source('raw', '{name}')) }}}}\n"
    )
    project.write(f"models/bronze/bronze_{name}.yml", json.dumps(_model_yml(name, columns)))


def _model_yml(name: str, columns: Mapping[str, str]) -> dict[str, Any]:
    declared = [{"name": n, "data_type": t, "description": n} for n, t in {**columns, **ORIGIN}.items()]
    return {
        "version": 2,
        "models": [{"name": f"bronze_{name}", "description": name, "columns": declared}],
    }


def picked(lake: Lake, table: str) -> list[tuple[Any, ...]]:
    """Declared columns and what was rescued, in the order of landing."""
    rows = sorted(lake.rows(table), key=lambda r: (r["_source_modified_at"], r["_source_position"]))
    return [
        (r["id"], r["amount"], r["note"], json.loads(r["_rescued"]) if r["_rescued"] else None) for r in rows
    ]


# a json number lands as written, quoted or not
JSON_LINES = """{"id": 1, "Amount": 1.50, "note": "plain", "more": {"a": [1, 2]}}
{"note": null, "id": "2"}

{"id": 3, "amount":
"""


def test_json_lines_and_typed_formats_land_by_name(lake: Lake, tmp_path: Path) -> None:
    project = copy_project(lake, tmp_path / "copy")
    declare_source(project, "events", "json", COLUMNS)
    declare_source(project, "parcels", "parquet", TYPED)
    declare_source(project, "letters", "avro", TYPED)
    _land_text(lake.raw / "events" / "day 1.jsonl", JSON_LINES)
    _land_parquet(
        lake.raw / "parcels" / "1.parquet", {"id": [1, 2], "amount": [1.5, None], "note": ["a", "b"]}
    )
    _land_parquet(lake.raw / "parcels" / "2.parquet", {"Note": ["c"], "weight": [7], "ID": [3]})
    letters = "select 1L as id, 0.5D as amount, 'x' as note union all select 2L, null, null"
    lake.sql(f"insert overwrite directory '{lake.raw}/letters' using avro {letters}")
    select = ("--select", "bronze_events", "bronze_parcels", "bronze_letters")

    ran = project.lake.dbt("run", *select)

    assert {name: node.message for name, node in ran.nodes.items() if node.status != "success"} == {}
    assert picked(lake, "bronze.events") == [
        ("1", "1.50", "plain", {"more": '{"a":[1,2]}'}),
        ("2", None, None, None),
        (None, None, None, {"_malformed": '{"id": 3, "amount":'}),
    ]
    assert sorted(picked(lake, "bronze.parcels"), key=lambda row: row[0]) == [
        (1, 1.5, "a", None),
        (2, None, "b", None),
        (3, None, "c", {"weight": 7}),
    ]
    assert sorted(picked(lake, "bronze.letters")) == [(1, 0.5, "x", None), (2, None, None, None)]
    assert [s.operation for s in lake.published("bronze.parcels")] == ["append"]


def _land_text(path: Path, text: str) -> None:
    histories.land_file(path, text.encode())


def _land_parquet(path: Path, columns: dict[str, list[Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
