"""Reading a range again: where it starts, what is read of other models, and what is refused."""
# ruff: noqa: E501 - a case is a line

from __future__ import annotations

from typing import Any

import pytest
from harness import Node, Project, checkpoint, contract, history, read, snapshot, table_node

BRONZE = table_node("bronze_orders")
DELETED = table_node("silver_orders_deleted")
SILVER = table_node(
    "silver_orders",
    columns=contract(id="bigint landed_as orderid"),
    config=Node(schema="silver", unique_key="id"),
)
NEW, SINCE, TOUCHED = read("new", BRONZE), read("new", BRONZE, since=DELETED), read("touched", SILVER)
A, B, C, D = (snapshot(id) for id in "ABCD")
BRONZE_TO_D = history(A, B, C, D)


def ours(id: str, model: str = "silver_orders", mode: str = "range", **inputs: Any) -> Node:
    return snapshot(id, "overwrite", checkpoint(model, mode, **inputs))


AT_C = history(ours("S1", bronze_orders=("A", "C")))


def plan(start: str, reads: tuple[Node, ...] = (NEW,), strategy: str = "merge", **more: Any) -> Any:
    replay = {
        "from": {"bronze_orders": start},
        **({"rejected": more.pop("rejected")} if "rejected" in more else {}),
    }
    lineages = {"silver_orders": AT_C, "bronze_orders": BRONZE_TO_D, **more}
    return Project().plan_commit("silver_orders", strategy, False, list(reads), lineages, {}, replay)


@pytest.mark.parametrize(
    ("start", "kind", "begins"),
    [("A", "range", "A"), ("B", "range", "B"), ("C", "range", "C"), ("all", "all", None)],
)
def test_a_replay_reads_from_its_start_to_the_head_and_merges(
    start: str, kind: str, begins: str | None
) -> None:
    found = plan(start)
    assert (found["mode"], found["write"], found["refused"]) == ("range", "merge", [])
    assert found["decisions"][NEW.view]["kind"] == kind
    assert found["inputs"] == {"bronze_orders": {"from": begins, "to": "D"}}


@pytest.mark.parametrize(("start", "begins"), [("A", "A"), ("all", None)])
def test_a_redrive_ends_at_the_checkpoint_so_that_it_skips_nothing_new(
    start: str, begins: str | None
) -> None:
    found = plan(start, rejected="silver_orders_rejected")
    assert found["inputs"] == {"bronze_orders": {"from": begins, "to": "C"}}
    assert found["refused"] == []


def test_a_replay_asks_for_every_deletion_there_ever_was() -> None:
    deleted = history(ours("T1", "silver_orders_deleted", bronze_orders=("B", "D")))
    found = plan("B", (NEW, SINCE), silver_orders_deleted=deleted)
    assert found["decisions"][SINCE.view] == {"kind": "all", "from": None, "to": "D"}
    assert found["inputs"] == {"bronze_orders": {"from": "B", "to": "D"}}


@pytest.mark.parametrize(
    ("start", "more", "said"),
    [
        pytest.param("D", {}, "snapshot D is not in its history up to the checkpoint C, so rows could be skipped", id="after the checkpoint"),
        pytest.param("X", {}, "snapshot X is not in its history", id="unknown"),
        pytest.param("A", {"bronze_orders": history(A, D)}, "checkpoint there is not in its history", id="checkpoint lost"),
        pytest.param("A", {"silver_orders": history()}, "checkpoint there is not in its history", id="never built"),
        pytest.param("A", {"strategy": "append"}, "it only appends", id="an append would double"),
        pytest.param("all", {"strategy": "append"}, "it only appends", id="an append of all too"),
        pytest.param("A", {"bronze_orders": history(A, snapshot("B", "delete"), C, D)}, "snapshot B (delete) changed rows", id="rewritten"),
        pytest.param("all", {"bronze_orders": history(A, D), "rejected": "r"}, "checkpoint there is not in its history", id="a redrive has no end"),
    ],
)  # fmt: skip
def test_a_replay_that_could_skip_or_double_is_refused(start: str, more: dict[str, Any], said: str) -> None:
    assert said in "; ".join(plan(start, **more)["refused"])


def test_all_needs_no_checkpoint() -> None:
    found = plan("all", bronze_orders=history(B, D))
    assert (found["refused"], found["inputs"]) == ([], {"bronze_orders": {"from": None, "to": "D"}})


def test_without_a_replay_nothing_is_rewound() -> None:
    document = {"inputs": {"bronze_orders": {"from": "A", "to": "C"}}}
    assert Project().rewind_checkpoint(document, None) is document
    assert Project().rewind_checkpoint(None, {"from": {"bronze_orders": "A"}}) is None
    assert Project().refuse_replay(None, "append", None, {}) == []


# -- what follows from a history that broke -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("bronze", "mode"),
    [
        pytest.param(BRONZE_TO_D, "range", id="the range is there"),
        pytest.param(history(C, D), "full", id="its start was expired"),
        pytest.param(history(D), "full", id="it was expired"),
        pytest.param(Node(BRONZE_TO_D, head="A"), "range", id="rolled back, still readable"),
        pytest.param(history(snapshot("X")), "full", id="replaced"),
    ],
)
def test_gold_rebuilds_when_a_range_it_follows_is_gone(bronze: Node, mode: str) -> None:
    silver = history(ours("S1", bronze_orders=(None, "B")), ours("S2", bronze_orders=("B", "C")))
    own = history(ours("G1", "gold_sales", silver_orders=(None, "S1")))
    lineages = {"gold_sales": own, "silver_orders": silver, "bronze_orders": bronze}
    found = Project().plan_commit("gold_sales", "merge", False, [TOUCHED], lineages, {})
    assert (found["mode"], found["refused"]) == (mode, [])


COMPACTED = history(snapshot("S9", "replace"))  # all that expiry has left of a table


@pytest.mark.parametrize(("strategy", "is_refused"), [("merge", False), ("append", True)])
def test_without_its_checkpoint_a_merge_reads_all_again_and_an_append_is_refused(
    strategy: str, is_refused: bool
) -> None:
    lineages = {"silver_orders": COMPACTED, "bronze_orders": BRONZE_TO_D}
    found = Project().plan_commit("silver_orders", strategy, False, [NEW], lineages, {})
    assert bool(found["refused"]) is is_refused
    assert found["inputs"] == {"bronze_orders": {"from": None, "to": "D"}}
    assert Project().plan_commit("silver_orders", strategy, True, [NEW], lineages, {})["refused"] == []


def test_a_range_of_an_input_that_was_not_pinned_is_trusted() -> None:
    assert Project().are_ranges_held({"bronze_orders": [{"from": "A", "to": "B"}]}, {}) is True


def test_one_rebuild_mends_all_that_read_the_broken_input() -> None:
    def reader(name: str, *inputs: str) -> Node:
        return table_node(name, depends_on=Node(nodes=[f"model.medallion.{one}" for one in inputs]))

    nodes = [
        reader("bronze_orders"), reader("silver_orders", "bronze_orders", "silver_orders_deleted"),
        reader("silver_orders_deleted", "bronze_orders"), reader("gold_sales", "silver_orders"),
    ]  # fmt: skip
    assert Project().rebuild_selection("silver_orders", [], nodes) == ["silver_orders+"]
    assert Project().rebuild_selection("silver_orders", ["bronze_orders"], nodes) == [
        "silver_orders+",
        "silver_orders_deleted+",
    ]


def test_an_amendment_moves_no_checkpoint() -> None:
    document = {
        "inputs": {"bronze_orders": {"from": "A", "to": "C"}, "bronze_returns": {"from": None, "to": "R"}}
    }
    assert Project().unmoved_inputs(document) == {
        "bronze_orders": {"from": "C", "to": "C"},
        "bronze_returns": {"from": "R", "to": "R"},
    }
