"""Where a table stands: its ancestors, the document they carry, and what wrote to it besides."""
# ruff: noqa: E501 - a case is a line

from __future__ import annotations

import json

import pytest
from harness import RUN, Node, Project, checkpoint, history, snapshot

OURS = checkpoint(bronze_orders=("A", "B"))
NEWER = checkpoint(bronze_orders=("B", "C"))


def test_ancestors_are_those_of_main_newest_first() -> None:
    lineage = history(snapshot("A"), snapshot("B"), snapshot("C"), staged=[snapshot("staged")])
    assert [one.id for one in Project().list_ancestors(lineage)] == ["C", "B", "A"]


@pytest.mark.parametrize(
    ("head", "ids"),
    [
        pytest.param("B", ["B", "A"], id="rolled back: what is ahead of main is no ancestor"),
        pytest.param(None, [], id="no commit yet"),
        pytest.param("gone", [], id="a head that is not there"),
    ],
)
def test_ancestors_start_at_the_head(head: str | None, ids: list[str]) -> None:
    lineage = Node(history(snapshot("A"), snapshot("B"), snapshot("C")), head=head)
    assert [one.id for one in Project().list_ancestors(lineage)] == ids


def test_ancestors_end_where_expiry_has_cut() -> None:
    lineage = history(snapshot("A"), snapshot("B"), snapshot("C"))
    del lineage.snapshots["A"]
    assert [one.id for one in Project().list_ancestors(lineage)] == ["C", "B"]


@pytest.mark.parametrize(
    ("wap_id", "is_ours"),
    [
        (OURS, True),
        (None, False),
        ("", False),
        ("nightly-load-7", False),
        ("{not json", False),
        ("{}", False),
        ("[1]", False),
        ('"medallion"', False),
        ('{"medallion": 2}', False),
        ('{"medallion": "1"}', False),
        ('{"model": "silver_orders"}', False),
    ],
)
def test_only_our_own_document_is_a_checkpoint(wap_id: str | None, is_ours: bool) -> None:
    document = Project().parse_checkpoint(wap_id)
    assert document == (json.loads(OURS) if is_ours else None)


@pytest.mark.parametrize(
    ("oldest_first", "found", "foreign"),
    [
        pytest.param([], None, [], id="empty table"),
        pytest.param([snapshot("A", wap_id=OURS)], OURS, [], id="one commit"),
        pytest.param([snapshot("A", wap_id=OURS), snapshot("B", wap_id=NEWER)], NEWER, [], id="the newest"),
        pytest.param([snapshot("A", wap_id=OURS), snapshot("B", "replace")], OURS, [], id="compacted"),
        pytest.param([snapshot("A", wap_id=OURS), snapshot("B")], OURS, ["B"], id="appended by hand"),
        pytest.param(
            [snapshot("A", wap_id=OURS), snapshot("B", "delete"), snapshot("C", "replace"), snapshot("D", wap_id="x")],
            OURS, ["D", "B"], id="several foreign ones, newest first",
        ),
        pytest.param([snapshot("A"), snapshot("B", wap_id=OURS)], OURS, [], id="foreign before ours: accepted then"),
        pytest.param([snapshot("A")], None, ["A"], id="never ours"),
        pytest.param([snapshot("A", "replace")], None, [], id="only compactions left"),
    ],
)  # fmt: skip
def test_the_newest_document_on_main(oldest_first: list[Node], found: str | None, foreign: list[str]) -> None:
    result = Project().find_checkpoint(oldest_first[::-1])
    assert result["document"] == (json.loads(found) if found else None)
    assert [one.id for one in result["foreign"]] == foreign


def test_a_document_is_read_back_as_it_was_written() -> None:
    project = Project()
    inputs = {"bronze_orders": {"from": None, "to": "9007199254740993"}}
    text = project.checkpoint_document("silver_orders", "c0de", "try_1", "first", inputs)
    assert "\n" not in text  # it is the value of a `set` statement
    assert project.parse_checkpoint(text) == {
        "medallion": 1,
        "model": "silver_orders",
        "code": "c0de",
        "run": RUN,
        "attempt": "try_1",
        "mode": "first",
        "inputs": inputs,
    }


def test_two_attempts_never_carry_the_same_document() -> None:
    project = Project()
    one, other = (
        project.checkpoint_document("m", "c", attempt, "range", {}) for attempt in ("try_1", "try_2")
    )
    assert one != other


@pytest.mark.parametrize(
    ("sql", "type_", "description", "is_same"),
    [
        ("select 1", "int", "Orders.", True),
        ("select 2", "int", "Orders.", False),
        ("select 1", "bigint", "Orders.", False),
        ("select 1", "int", "All orders.", False),
    ],
)
def test_the_code_version_follows_query_and_contract(
    sql: str, type_: str, description: str, is_same: bool
) -> None:
    def version(sql: str, type_: str, description: str) -> str:
        columns = {"id": Node(name="id", data_type=type_, description="", config=Node(meta={}), meta={})}
        return str(Project().code_version(sql, Node(name="m", columns=columns, description=description)))

    assert (version(sql, type_, description) == version("select 1", "int", "Orders.")) is is_same
