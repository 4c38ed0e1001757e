"""The oracle against expectations written by hand, and the histories against what they promise."""

from __future__ import annotations

import random
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path

import histories
import oracle
import pytest
from histories import HEADER, Landing, row, write
from oracle import Account, Version

T1 = datetime(2024, 6, 27, 14, 36, 25, 103244, tzinfo=timezone.utc)
T2 = datetime(2024, 6, 28, tzinfo=timezone.utc)
T3 = datetime(2024, 6, 29, tzinfo=timezone.utc)
A, B = (40994, 67), (83597, 37)
OP, CAST, NULL, LOW = (
    oracle.REASON_OP,
    oracle.REASON_UNCASTABLE,
    oracle.REASON_NULL_KEY,
    oracle.REASON_NOT_POSITIVE,
)


def landed(*files: list[dict[str, str]], modified_ms: int = 0) -> list[Version]:
    """Files of rows, landed one after the other, with the same modification time unless told."""
    steps = [(Landing(f"{n}.tsv", write(rows), modified_ms),) for n, rows in enumerate(files)]
    return histories.versions(steps)


def categories(versions: list[Version]) -> dict[oracle.Key, str]:
    return {(r["invoice_id"], r["item_id"]): r["category"] for r in oracle.expect(versions).silver}


# -- reading and casting


def test_cells_are_matched_by_header_whatever_its_case_and_empty_is_null() -> None:
    assert oracle.parse('ITEMID,Op\n7,"a,b"\n\n,U\n', ",") == (
        {"itemid": "7", "op": "a,b"},
        {"itemid": None, "op": "U"},
    )


def test_a_line_of_another_length_is_kept_whole_and_a_repeated_column_keeps_its_first_value() -> None:
    assert oracle.parse("a\tb\ta\n1\t2\t3\n1\t2\n", "\t") == ({"a": "1", "b": "2"}, {"_malformed": "1\t2"})


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("item_id", " 12 ", 12),
        ("item_id", "12.7", None),
        ("item_id", "1_000", None),
        ("item_id", "9223372036854775808", None),
        ("quantity", "2147483647", 2147483647),
        ("quantity", "2147483648", None),
        ("price", "1e2", 100.0),
        ("price", "12,5", None),
        ("price", "$5", None),
        ("order_date", "2024-4-9", date(2024, 4, 9)),
        ("order_date", "2023-02-30", None),
        ("order_date", "29/03/2023", None),
        ("replicated_at", "2024-06-27 14:36:25.103244", T1),
        ("replicated_at", "2024-06-27T16:36:25.1032449+02:00", T1),
        ("replicated_at", "yesterday", None),
    ],
)
def test_casts_are_strict(column: str, text: str, value: object) -> None:
    cast = next(c for c in oracle.COLUMNS if c.name == column).cast
    assert cast is not None
    assert cast(text.strip()) == value


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({}, ()),
        ({"Op": "X"}, (OP,)),
        ({"Op": ""}, (OP,)),
        ({"invoiceid": ""}, (NULL["invoice_id"],)),
        ({"price": "0"}, (LOW["price"],)),
        ({"price": ""}, (LOW["price"],)),
        ({"price": "Infinity"}, (LOW["price"],)),
        ({"price": "NaN"}, (LOW["price"],)),
        ({"orderdate": "soon"}, (CAST["order_date"],)),
        ({"orderdate": " ", "category": ""}, ()),
        ({"invoiceid": "abc"}, (CAST["invoice_id"],)),
        ({"itemid": " "}, (NULL["item_id"],)),
        ({"price": "abc"}, (CAST["price"], LOW["price"])),
        ({"_line": "torn"}, (oracle.REASON_MALFORMED,)),
        ({"Op": "D", "price": "0", "quantity": "many", "orderdate": "soon"}, ()),
        ({"Op": "D", "itemid": ""}, (NULL["item_id"],)),
        ({"Op": "D", "replicadmstimestamp": "never"}, (CAST["replicated_at"],)),
        ({"Op": "?", "quantity": "0", "orderdate": "x"}, (OP, CAST["order_date"], LOW["quantity"])),
    ],
)
def test_every_broken_rule_is_a_reason(changes: dict[str, str], reasons: tuple[str, ...]) -> None:
    [judged] = oracle.judge(landed([row(A, T1, **changes)]))
    assert judged.reasons == tuple(sorted(reasons))


def test_a_rejected_row_keeps_its_text_and_origin() -> None:
    expected = oracle.expect(landed([row(A, T1), row(B, T1, price="0")]))
    [bad] = expected.rejected
    assert (bad["_path"], bad["_position"], bad["price"], bad["invoiceid"]) == ("0.tsv", 1, "0", "83597")
    assert len(expected.bronze) == 2
    assert len(expected.silver) == 1


# -- the order of rows


def test_at_the_same_source_time_the_later_file_wins() -> None:
    older = Version("z.tsv", 1_000, 1, (text_row(A, T1, "first"),))
    newer = Version("a.tsv", 2_000, 0, (text_row(A, T1, "second"),))
    assert categories([older, newer]) == {A: "second"}


def test_in_the_same_second_the_path_decides_and_in_one_file_the_position() -> None:
    assert categories(landed([row(A, T1, category="x")], [row(A, T1, category="y")])) == {A: "y"}
    assert categories(landed([row(A, T1, category="x"), row(A, T1, category="y")])) == {A: "y"}


def test_a_file_overwritten_within_the_clock_s_grain_is_decided_by_landing_order() -> None:
    both = [
        Version("a.tsv", 0, number, (text_row(A, T1, name),)) for number, name in ((1, "new"), (0, "old"))
    ]
    assert categories(both) == {A: "new"}


def test_an_older_row_never_wins_and_a_row_without_time_is_the_oldest() -> None:
    late = [row(A, T1, category="late"), row(A, None, category="untimed")]
    assert categories(landed([row(A, T2, category="now")], late)) == {A: "now"}


def text_row(key: oracle.Key, at: datetime, category: str) -> dict[str, str | None]:
    return {name.lower(): cell for name, cell in row(key, at, category=category).items()}


# -- deletes


def test_a_delete_removes_the_key_and_a_late_older_update_cannot_revive_it() -> None:
    expected = oracle.expect(landed([row(A, T1), row(B, T1)], [row(A, T3, "D")], [row(A, T2, "U")]))
    assert [r["invoice_id"] for r in expected.silver] == [B[0]]
    assert expected.deleted == [{"invoice_id": A[0], "item_id": A[1], "replicated_at": T3}]


def test_a_newer_insert_revives_the_key_and_the_delete_stays_remembered() -> None:
    expected = oracle.expect(landed([row(A, T1)], [row(A, T2, "D")], [row(A, T3)]))
    assert [r["replicated_at"] for r in expected.silver] == [T3]
    assert [r["replicated_at"] for r in expected.deleted] == [T2]


def test_a_delete_that_lost_from_the_start_is_remembered_too() -> None:
    expected = oracle.expect(landed([row(A, T2)], [row(A, T1, "D")]))
    assert len(expected.silver) == 1
    assert [r["replicated_at"] for r in expected.deleted] == [T1]


# -- accounting


def test_rows_read_are_applied_superseded_or_rejected() -> None:
    first = landed([row(A, T1), row(A, T2), row(B, T1), row(B, T1, price="0")])
    again = [Version("1.tsv", 0, 1, first[0].rows)]
    late = landed([], [], [row(A, T1), row(B, T3, "D")])[2:]
    assert oracle.account([first, again, late, []]) == [
        Account(read=4, applied=2, superseded=1, rejected=1),
        Account(read=4, applied=2, superseded=1, rejected=1),  # the same rows in a later file: ties that win
        Account(read=2, applied=1, superseded=1, rejected=0),
        Account(read=0, applied=0, superseded=0, rejected=0),
    ]


@pytest.mark.parametrize("seed", range(20))
def test_the_accounts_of_any_history_add_up(seed: int) -> None:
    steps = histories.history(seed)
    files = iter(histories.versions(steps))
    builds = [[next(files) for _ in step] for step in steps]
    for done, versions in zip(oracle.account(builds), builds, strict=False):
        assert done.read == sum(len(v.rows) for v in versions)
        assert done.read == done.applied + done.superseded + done.rejected


# -- gold


def silver_of(*rows: dict[str, str]) -> list[oracle.Row]:
    return oracle.expect(landed(list(rows))).silver


def test_daily_sales_count_an_invoice_once_and_add_exact_decimals() -> None:
    rows = oracle.daily_sales(
        silver_of(
            row((1, 1), T1, price="0.1", quantity="3"),
            row((1, 2), T1, price="0.2", quantity="1"),
            row((2, 1), T1, price="33.33335", quantity="2"),
            row((3, 1), T1, destinationstate="", orderdate=""),
        )
    )
    by_state = {r["destination_state"]: r for r in rows}
    assert by_state["SC"] == {
        "order_date": date(2024, 4, 29),
        "destination_state": "SC",
        "orders": 2,
        "items": 3,
        "quantity": 6,
        "revenue": Decimal("67.1668"),  # 0.3 + 0.2 + 2 × 33.3334
        "average_order_value": Decimal("33.5834"),
    }
    assert by_state[None]["order_date"] is None


def test_category_sales_average_the_price_over_lines() -> None:
    [book] = oracle.category_sales(
        silver_of(
            row((1, 1), T1, price="1", quantity="9"), row((1, 2), T1, price="2"), row((2, 1), T1, price="2")
        )
    )
    assert (book["orders"], book["items"], book["quantity"]) == (2, 3, 11)
    assert (book["revenue"], book["average_price"]) == (Decimal(13), Decimal("1.6667"))


def test_shipping_mix_shares_add_up_within_a_state() -> None:
    rows = oracle.shipping_mix(
        silver_of(
            row((1, 1), T1),
            row((1, 2), T1),
            row((1, 3), T1, shippingtype=""),
            row((2, 1), T1, destinationstate="CT"),
        )
    )
    shares = {(r["destination_state"], r["shipping_type"]): r["share_of_items"] for r in rows}
    assert shares == {
        ("SC", "3-Day"): Decimal("0.666667"),
        ("SC", None): Decimal("0.333333"),
        ("CT", "3-Day"): Decimal(1),
    }


def test_comparable_sees_through_types_and_order() -> None:
    ours = [{"a": Decimal("1.50"), "b": T1, "c": None}, {"a": 1, "b": T2, "c": "x"}]
    theirs = [{"a": 1.0, "b": T2.replace(tzinfo=None), "c": "x"}, {"a": 1.5, "b": T1, "c": None}]
    assert oracle.comparable(ours, "abc") == oracle.comparable(theirs, "abc")
    assert oracle.comparable(ours, "abc") != oracle.comparable(theirs[:1] * 2, "abc")


# -- histories


def test_the_same_seed_is_the_same_history_and_landing_order_of_builds_does_not_matter() -> None:
    assert histories.history(7) == histories.history(7)
    versions = histories.versions(histories.history(7))
    shuffled = random.Random(1).sample(versions, len(versions))
    for name, rows in oracle.expect(versions).tables.items():
        columns = sorted(rows[0]) if rows else ()
        assert oracle.comparable(rows, columns) == oracle.comparable(
            oracle.expect(shuffled).tables[name], columns
        )


def test_no_two_landings_are_the_same_version() -> None:
    for seed in range(50):
        files = [file for step in histories.history(seed) for file in step]
        assert len({(f.name, f.modified_ms, len(f.data)) for f in files}) == len(files)
        for step in histories.history(seed):
            assert len({f.name for f in step}) == len(step)


def test_histories_reach_every_corner() -> None:
    reasons: set[str] = set()
    seen = dict.fromkeys(
        ("revived", "stays_deleted", "rewritten", "null_group", "gz", "csv", "reordered"), False
    )
    for seed in range(40):
        files = [file for step in histories.history(seed) for file in step]
        expected = oracle.expect(histories.versions([tuple(files)]))
        live = {(r["invoice_id"], r["item_id"]) for r in expected.silver}
        gone = {(r["invoice_id"], r["item_id"]) for r in expected.deleted}
        reasons |= {reason for bad in expected.rejected for reason in bad["reasons"]}
        seen["revived"] |= bool(live & gone)
        seen["stays_deleted"] |= bool(gone - live)
        seen["rewritten"] |= len({f.name for f in files}) < len(files)
        seen["null_group"] |= any(r["destination_state"] is None for r in expected.silver)
        seen["gz"] |= any(f.name.endswith(".gz") for f in files)
        seen["csv"] |= any(f.name.endswith(".csv") for f in files)
        seen["reordered"] |= any(not f.text.lower().startswith("op") for f in files)
    every = {oracle.REASON_OP, oracle.REASON_MALFORMED, *oracle.REASON_UNCASTABLE.values()}
    every |= {*oracle.REASON_NULL_KEY.values(), *oracle.REASON_NOT_POSITIVE.values()}
    assert reasons == every
    assert all(seen.values()), seen


def test_landing_is_atomic_and_keeps_the_modification_time(tmp_path: Path) -> None:
    [path] = histories.land((Landing("a.tsv.gz", write([row(A, T1)]), 1_700_000_000_123),), tmp_path)
    assert path.stat().st_mtime_ns == 1_700_000_000_123_000_000
    assert [found.name for found in tmp_path.iterdir()] == ["a.tsv.gz"]
    assert len(HEADER) == len(oracle.RAW_COLUMNS)
