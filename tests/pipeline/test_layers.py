"""What bronze and silver promise, row by row: whatever a file looks like, whatever order changes arrive in."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import histories
import pyarrow as pa
import pyarrow.parquet as pq
from histories import CLOCK, HEADER, Key, Landing, Raw, row
from lake import Lake
from pipeline.ledger import state
from pipeline.projects import SOURCES_YML, Project, copy_project

TO_SILVER = ("--select", "bronze", "silver")
LATE, AFTER, LAST = (CLOCK + timedelta(hours=hours) for hours in (-1, 1, 2))


def live(lake: Lake) -> dict[Key, str | None]:
    """The category of every live key."""
    return {(r["invoice_id"], r["item_id"]): r["category"] for r in lake.rows("silver.orders")}


def deleted(lake: Lake) -> set[Key]:
    """The keys that are remembered as deleted."""
    return {(r["invoice_id"], r["item_id"]) for r in lake.rows("silver.orders_deleted")}


# -- silver: latest wins, deletions are remembered ----------------------------------------------------------


def test_the_latest_version_wins_whatever_the_order_of_arrival(lake: Lake) -> None:
    lake.land_rows("a.tsv", *_first_versions())
    lake.dbt("run", *TO_SILVER).ok()
    assert live(lake) == {(1, 1): "last of a tie", (2, 1): "book", (3, 1): "book", (4, 1): "never timed"}
    assert deleted(lake) == {(5, 1)}

    lake.land_rows("b.tsv", *_later_arrivals())
    lake.dbt("run", *TO_SILVER).ok()
    assert live(lake) == {(1, 1): "tie of a later file", (2, 1): "book", (3, 1): "moved", (4, 1): "timed"}
    assert lake.differences(with_gold=False) == {}


def _first_versions() -> list[Raw]:
    return [
        row((1, 1), CLOCK),
        row((1, 1), CLOCK, category="first of a tie"),
        row((1, 1), CLOCK, "U", category="last of a tie"),
        row((2, 1), CLOCK),
        row((2, 1), LATE, category="older, though further down"),
        row((3, 1), CLOCK),
        row((3, 1), CLOCK),
        row((4, 1), None, category="never timed"),
        # a deletion needs its key and its time only
        row((5, 1), CLOCK),
        row((5, 1), AFTER, "D", price="-1", quantity="x", orderdate="never", category=""),
        # null keys are kept as rejected, never matched with one another
        {**row((6, 1), CLOCK), "invoiceid": ""},
        {**row((6, 1), CLOCK), "invoiceid": " "},
        {**row((6, 1), CLOCK), "itemid": ""},
        {**row((6, 1), AFTER, "D"), "itemid": ""},
    ]


def _later_arrivals() -> list[Raw]:
    return [
        row((1, 1), CLOCK, "U", category="tie of a later file"),
        row((2, 1), LATE, "U", category="late"),
        row((3, 1), AFTER, "U", category="moved"),
        row((4, 1), LATE, "U", category="timed"),
        row((5, 1), CLOCK, "U", category="revived?"),
        row((2, 1), LATE, "D"),  # older than what is there
    ]


def test_a_deleted_key_stays_deleted_whichever_models_run(lake: Lake) -> None:
    lake.land_rows("a.tsv", *(row((n, 1), CLOCK) for n in (1, 2, 3)))
    lake.dbt("run", *TO_SILVER).ok()

    # silver_orders alone sees the deletion, then alone the late update
    lake.land_rows("b.tsv", row((1, 1), AFTER, "D"))
    lake.dbt("run", "--select", "bronze", "silver_orders").ok()
    assert (set(live(lake)), deleted(lake)) == ({(2, 1), (3, 1)}, set())
    lake.land_rows("c.tsv", row((1, 1), LATE, "U"), row((2, 1), AFTER, "D"))

    # silver_orders_deleted alone goes ahead, and silver_orders reads deletion and late update at once
    lake.dbt("run", "--select", "bronze", "silver_orders_deleted").ok()
    assert (set(live(lake)), deleted(lake)) == ({(2, 1), (3, 1)}, {(1, 1), (2, 1)})
    lake.land_rows("d.tsv", row((2, 1), LATE, "U"))
    lake.dbt("run", "--select", "bronze", "silver_orders").ok()
    assert set(live(lake)) == {(3, 1)}

    # the deletion is only in bronze when its late update comes, then both models catch up
    lake.land_rows("e.tsv", row((3, 1), AFTER, "D"))
    lake.dbt("run", "--select", "bronze", "silver_orders").ok()
    lake.land_rows("f.tsv", row((3, 1), CLOCK, "U"), row((1, 1), LAST, category="again"))
    lake.dbt("run", "--select", "bronze", "silver_orders").ok()
    assert live(lake) == {(1, 1): "again"}
    lake.dbt("run", "--select", "silver").ok()
    assert lake.differences(with_gold=False) == {}


# -- bronze: every file, every row, by its own header -------------------------------------------------------

NAMES = (
    "with space.tsv", "it's \"quoted\".tsv", "100%25 + 1.tsv", "{braces}[0].tsv", "größe-日本.tsv", "a=b&c#d;e.tsv",
    "deep/er/nested dir/x.tsv", "back\\slash.tsv",
)  # fmt: skip


def land_delimited(lake: Lake, name: str, rows: list[Raw], delimiter: str) -> None:
    """Land rows with a separator that the file's name does not promise; the oracle reads them with a tab."""
    path = histories.land_file(lake.landing / name, histories.write(rows, delimiter=delimiter).encode())
    stamp = path.stat().st_mtime_ns // 1_000_000
    lake.steps.append((Landing(name, histories.write(rows), stamp),))


def bronze_of(lake: Lake, name: str) -> list[dict[str, Any]]:
    """The rows of one file, in their order."""
    rows = [r for r in lake.rows("bronze.orders") if r["_source_file"].endswith(f"/{name}")]
    return sorted(rows, key=lambda r: r["_source_position"])


def rescued(lake: Lake, name: str) -> list[Any]:
    """What the rows of a file had beyond the declared columns."""
    return [json.loads(r["_rescued"]) if r["_rescued"] else None for r in bronze_of(lake, name)]


def test_every_file_lands_whole_whatever_it_looks_like(lake: Lake) -> None:
    _land_names(lake)
    _land_headers(lake)
    _land_odd_lines(lake)
    lake.dbt("run", *TO_SILVER).ok()
    assert lake.differences(with_gold=False) == {}
    _check_names(lake)
    _check_headers(lake)
    _check_odd_lines(lake)
    _later_versions(lake)


def _land_names(lake: Lake) -> None:
    for number, name in enumerate(NAMES):
        lake.land_rows(name, row((100 + number, 1), CLOCK))
    (lake.landing / "_hidden.tsv").write_text("not seen\n")
    (lake.landing / ".part.tsv").write_text("not seen\n")


def _check_names(lake: Lake) -> None:
    found = {r["_source_file"].partition("/raw/orders/")[2] for r in lake.rows("bronze.orders")}
    assert set(NAMES) <= found
    assert {n for n, _ in live(lake)} >= {100 + n for n in range(len(NAMES))}
    assert not any("hidden" in name or "part" in name for name in found)


def _land_headers(lake: Lake) -> None:
    """Columns by name: reordered, missing, extra and repeated ones; any separator; gzip."""
    for number, separator in enumerate(",;|"):
        land_delimited(lake, f"separated{number}.txt", [row((200 + number, 1), CLOCK)], separator)
    lake.land_rows("packed.tsv.gz", row((210, 1), CLOCK))
    lake.land("reordered.tsv", histories.write([row((211, 1), CLOCK)], HEADER[::-1]))
    lake.land("missing.tsv", histories.write([row((212, 1), CLOCK)], HEADER[:-1]))
    lake.land("extra.csv", histories.write([row((213, 1), CLOCK)], ("Loyalty Card", *HEADER), ","))
    lake.land(
        "twice.tsv", histories.write([row((214, 1), CLOCK)], (*HEADER, "CATEGORY")).replace("\n", "\n", 1)
    )
    lake.land("bom.tsv", "\ufeff" + histories.write([row((215, 1), CLOCK)]))


def _check_headers(lake: Lake) -> None:
    assert {n for n, _ in live(lake)} >= {200, 201, 202, 210, 211, 212, 213, 214}
    assert bronze_of(lake, "reordered.tsv")[0]["referral"] == "others"
    assert bronze_of(lake, "missing.tsv")[0]["referral"] is None
    assert rescued(lake, "extra.csv") == [{"Loyalty Card": "extra"}]
    assert rescued(lake, "twice.tsv") == [{"category": "book"}]
    assert rescued(lake, "reordered.tsv") == rescued(lake, "missing.tsv") == [None]


def _land_odd_lines(lake: Lake) -> None:
    torn = "I\t2024-01-01 00:00:00\t300"
    lines = histories.write([row((300, 1), CLOCK), row((301, 1), CLOCK)]).splitlines()
    lake.land("torn.tsv", "\n".join([lines[0], lines[1], torn, "", lines[2] + "\ttoo\tmany"]) + "\n")
    quoted = row((302, 1), CLOCK, category='a "quoted" tab\there')
    lake.land_rows("quoted.tsv", quoted)
    lake.land("no_newline.tsv", histories.write([row((303, 1), CLOCK)]).rstrip("\n"))
    lake.land("header_only.tsv", "\t".join(HEADER) + "\n")
    lake.land("empty.tsv", "")


def _check_odd_lines(lake: Lake) -> None:
    good, torn, long = bronze_of(lake, "torn.tsv")
    assert good["_rescued"] is None
    assert json.loads(torn["_rescued"]) == {"_malformed": "I\t2024-01-01 00:00:00\t300"}
    assert json.loads(long["_rescued"])["_malformed"].endswith("others\ttoo\tmany")
    assert {torn["invoiceid"], long["invoiceid"]} == {None}
    refused = [r for r in lake.rows("silver.orders_rejected") if r["_source_file"].endswith("torn.tsv")]
    assert [r["reasons"] for r in refused] == [["line_well_formed"]] * 2
    assert live(lake)[302, 1] == 'a "quoted" tab\there'
    assert (303, 1) in live(lake)
    assert bronze_of(lake, "header_only.tsv") == bronze_of(lake, "empty.tsv") == []


def _later_versions(lake: Lake) -> None:
    """A file is a version: an old one is found late, an overwritten one is new, even of the same size and second."""
    kept = len(lake.rows("bronze.orders"))
    second = max(path.stat().st_mtime_ns for path in lake.landing.rglob("*.tsv")) // 10**9 * 1000
    lake.land_rows("old.tsv", row((400, 1), CLOCK), modified_ms=946_684_800_000)
    lake.land_rows("same_second.tsv", row((401, 1), CLOCK), modified_ms=second)
    lake.land_rows("reordered.tsv", row((402, 1), CLOCK))  # in place, another header
    before = (lake.landing / "no_newline.tsv").stat()
    os.utime(lake.landing / "header_only.tsv", ns=(before.st_mtime_ns, before.st_mtime_ns + 5 * 10**9))
    lake.dbt("run", *TO_SILVER).ok()
    assert lake.differences(with_gold=False) == {}
    assert len(lake.rows("bronze.orders")) == kept + 3
    assert {(400, 1), (401, 1), (402, 1), (211, 1)} <= set(live(lake))
    again = state(lake)
    lake.dbt("run", *TO_SILVER).ok()
    assert state(lake) == again


# -- other formats: a source is declared, never programmed --------------------------------------------------

COLUMNS = {"id": "string", "amount": "string", "note": "string"}
TYPED = {"id": "bigint", "amount": "double", "note": "string"}
ORIGIN = {
    "_rescued": "string", "_source_file": "string", "_source_modified_at": "timestamp", "_source_size": "bigint",
    "_source_position": "bigint", "_ingested_at": "timestamp", "_batch_id": "string",
}  # fmt: skip


def declare_source(project: Project, name: str, fmt: str, columns: Mapping[str, str]) -> None:
    """One more source and the bronze model that takes it in, as CONTRIBUTING says."""
    with project.yml(SOURCES_YML) as held:
        declared = [{"name": n, "data_type": t, "description": n} for n, t in columns.items()]
        held["sources"][0]["tables"].append({
            "name": name, "description": name, "meta": {"format": fmt}, "columns": declared,
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
    assert picked(lake, "bronze.parcels") == [
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
