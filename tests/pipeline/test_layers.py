"""What bronze and silver promise, row by row: whatever files look like, in whatever order changes arrive."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import Any

import histories
from histories import CLOCK, HEADER, Key, Landing, Raw, row
from lake import Lake

from pipeline.ledger import state

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
    "with space.tsv", "it's \"quoted\".tsv", "100%25 + 1.tsv", "{braces}[0].tsv", "größe-日本.tsv",
    "a=b&c#d;e.tsv", "deep/er/nested dir/x.tsv", "back\\slash.tsv",
)  # fmt: skip


def land_as(lake: Lake, name: str, text: str, rows: list[Raw]) -> None:
    """Land a text that the oracle could not read by the file's name, telling it the rows."""
    path = histories.land_file(lake.landing / name, text.encode())
    lake.steps.append((Landing(name, histories.write(rows), path.stat().st_mtime_ns // 1_000_000),))


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
        rows = [row((200 + number, 1), CLOCK)]
        land_as(lake, f"separated{number}.txt", histories.write(rows, delimiter=separator), rows)
    lake.land_rows("packed.tsv.gz", row((210, 1), CLOCK))
    lake.land("reordered.tsv", histories.write([row((211, 1), CLOCK)], HEADER[::-1]))
    lake.land("missing.tsv", histories.write([row((212, 1), CLOCK)], HEADER[:-1]))
    lake.land("extra.csv", histories.write([row((213, 1), CLOCK)], ("Loyalty Card", *HEADER), ","))
    lake.land(
        "twice.tsv", histories.write([row((214, 1), CLOCK)], (*HEADER, "CATEGORY")).replace("\n", "\n", 1)
    )
    land_as(lake, "bom.tsv", "\ufeff" + histories.write([row((215, 1), CLOCK)]), [row((215, 1), CLOCK)])


def _check_headers(lake: Lake) -> None:
    assert {n for n, _ in live(lake)} >= {200, 201, 202, *range(210, 216)}
    assert bronze_of(lake, "reordered.tsv")[0]["referral"] == "others"
    assert bronze_of(lake, "missing.tsv")[0]["referral"] is None
    assert rescued(lake, "extra.csv") == [{"Loyalty Card": "extra"}]
    ((second,),) = [one.items() for one in rescued(lake, "twice.tsv")]  # under a name that tells it apart
    assert (second[0].startswith("category"), second[1]) == (True, "book")
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
    """A file is a version: an old one is found late, a same-second one too, an overwritten one is new."""
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
