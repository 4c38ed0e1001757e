"""What a run of a model will do, decided from the pinned histories alone."""
# ruff: noqa: E501 - a case is a line

from __future__ import annotations

from typing import Any

import pytest
from harness import Node, Project, checkpoint, contract, history, read, snapshot, table_node


def keyed(name: str, unique_key: str | list[str] = "id", **columns: str) -> Node:
    """A model whose key comes from a landed column."""
    config = Node(schema="silver", unique_key=unique_key)
    return table_node(
        name, columns=contract(**columns or {"id": "bigint landed_as orderid", "n": "int"}), config=config
    )


BRONZE = table_node("bronze_orders")
RETURNS = table_node("bronze_returns")
SILVER = keyed("silver_orders")
DELETED = table_node("silver_orders_deleted")
SOURCE = table_node("orders", "source")

NEW = read("new", BRONZE)
NEW_RETURNS = read("new", RETURNS)
SINCE = read("new", BRONZE, since=DELETED)
PINNED = read("pinned", DELETED)
TOUCHED = read("touched", SILVER)
FILES = read("files", SOURCE)

EMPTY = history()
A, B, C = snapshot("A"), snapshot("B"), snapshot("C")


def ours(id: str, model: str = "silver_orders", mode: str = "range", **inputs: Any) -> Node:
    return snapshot(id, "overwrite", checkpoint(model, mode, **inputs))


def plan(
    reads: list[Node],
    model: str = "silver_orders",
    strategy: str = "merge",
    full_refresh: bool = False,
    files: int = 0,
    **lineages: Node,
) -> Any:
    listed = {FILES.view: [{"path": f"f{i}"} for i in range(files)]}
    return Project().plan_commit(model, strategy, full_refresh, reads, lineages, listed)


AT_A = history(ours("S1", mode="first", bronze_orders=(None, "A")))
AT_B = history(ours("S1", mode="first", bronze_orders=(None, "B")))


@pytest.mark.parametrize(
    ("own", "bronze", "full_refresh", "does", "ends"),
    [
        # nothing new: nothing is committed
        pytest.param(EMPTY, EMPTY, False, "idle", (None, None), id="empty lake"),
        pytest.param(AT_B, history(A, B), False, "idle", ("B", "B"), id="consumed already"),
        pytest.param(AT_B, history(A, B, snapshot("C", "replace")), False, "idle", ("B", "C"), id="compacted"),
        # the first commit appends: there is nothing to merge with
        pytest.param(EMPTY, history(A, B), False, "first: append", (None, "B"), id="first"),
        pytest.param(EMPTY, history(A, B), True, "first: append", (None, "B"), id="first, full refresh"),
        # a range is merged
        pytest.param(AT_A, history(A, B), False, "range: merge", ("A", "B"), id="range"),
        pytest.param(AT_A, history(A, B, C), False, "range: merge", ("A", "C"), id="several commits"),
        # a full refresh reads from the beginning and replaces the content
        pytest.param(AT_B, history(A, B), True, "full: overwrite", (None, "B"), id="full refresh"),
        pytest.param(AT_A, history(A, B), True, "full: overwrite", (None, "B"), id="full refresh with news"),
    ],
)  # fmt: skip
def test_one_append_only_input(
    own: Node, bronze: Node, full_refresh: bool, does: str, ends: tuple[Any, Any]
) -> None:
    found = plan([NEW], full_refresh=full_refresh, silver_orders=own, bronze_orders=bronze)
    mode = found["mode"]
    assert (mode if mode == "idle" else f"{mode}: {found['write']}") == does
    assert found["parent"] == own.head
    assert found["inputs"] == {"bronze_orders": {"from": ends[0], "to": ends[1]}}
    assert found["refused"] == []


@pytest.mark.parametrize(
    ("own", "bronze", "said"),
    [
        pytest.param(
            AT_A, history(B, C), "bronze_orders: snapshot A, which was consumed last, is no longer in its history",
            id="input rolled back",
        ),
        pytest.param(AT_A, history(A, snapshot("B", "overwrite")), "bronze_orders: snapshot B (overwrite)", id="input rewritten"),
        pytest.param(
            history(*AT_A.snapshots.values(), snapshot("S2", "append")), history(A, B),
            "changed by something else (snapshot S2, append, time of S2)", id="own table written by hand",
        ),
        pytest.param(
            history(snapshot("S1", "append", "nightly-load-7")), history(A), "changed by something else (snapshot S1",
            id="a foreign wap.id",
        ),
        pytest.param(
            history(ours("S1", model="silver_other", bronze_orders=(None, "A"))), history(A, B),
            "its table is written by the model silver_other", id="another model's table",
        ),
    ],
)  # fmt: skip
def test_a_checkpoint_that_cannot_be_trusted_is_refused(own: Node, bronze: Node, said: str) -> None:
    found = plan([NEW], silver_orders=own, bronze_orders=bronze)
    assert said in "; ".join(found["refused"])
    assert plan([NEW], full_refresh=True, silver_orders=own, bronze_orders=bronze)["refused"] == []


def test_every_reason_is_told_at_once() -> None:
    own = history(ours("S1", model="silver_other", bronze_orders=(None, "X")), snapshot("S2", "delete"))
    assert len(plan([NEW], silver_orders=own, bronze_orders=history(A))["refused"]) == 3


def test_compaction_of_the_own_table_is_walked_past() -> None:
    own = history(*AT_A.snapshots.values(), snapshot("S2", "replace"))
    found = plan([NEW], silver_orders=own, bronze_orders=history(A, B))
    assert (found["mode"], found["parent"], found["refused"]) == ("range", "S2", [])
    assert found["inputs"] == {"bronze_orders": {"from": "A", "to": "B"}}


def test_a_staged_snapshot_moves_nothing() -> None:
    own = history(*AT_A.snapshots.values(), staged=[ours("S2", bronze_orders=("A", "B"))])
    found = plan([NEW], silver_orders=own, bronze_orders=history(A, B))
    assert (found["mode"], found["parent"]) == ("range", "S1")
    assert found["inputs"] == {"bronze_orders": {"from": "A", "to": "B"}}


def test_a_rollback_of_the_table_rolls_its_checkpoint_back() -> None:
    line = history(ours("S1", mode="first", bronze_orders=(None, "A")), ours("S2", bronze_orders=("A", "B")))
    rolled_back = Node(line, head="S1")
    assert plan([NEW], silver_orders=line, bronze_orders=history(A, B))["mode"] == "idle"
    found = plan([NEW], silver_orders=rolled_back, bronze_orders=history(A, B))
    assert found["inputs"] == {"bronze_orders": {"from": "A", "to": "B"}}


@pytest.mark.parametrize(
    ("orders", "returns", "kinds", "mode"),
    [
        pytest.param(history(A), history(B), ("nothing", "nothing"), "idle", id="neither moved"),
        pytest.param(history(A, C), history(B), ("range", "nothing"), "range", id="one moved"),
        pytest.param(history(A, C), history(B, C), ("range", "range"), "range", id="both moved"),
    ],
)
def test_several_inputs(orders: Node, returns: Node, kinds: tuple[str, str], mode: str) -> None:
    own = history(ours("S1", mode="first", bronze_orders=(None, "A"), bronze_returns=(None, "B")))
    found = plan([NEW, NEW_RETURNS], silver_orders=own, bronze_orders=orders, bronze_returns=returns)
    assert tuple(found["decisions"][one.view]["kind"] for one in (NEW, NEW_RETURNS)) == kinds
    assert found["mode"] == mode
    assert found["inputs"] == {
        "bronze_orders": {"from": "A", "to": orders.head},
        "bronze_returns": {"from": "B", "to": returns.head},
    }


def test_an_input_that_was_added_later_is_read_from_its_beginning() -> None:
    found = plan([NEW, NEW_RETURNS], silver_orders=AT_A, bronze_orders=history(A), bronze_returns=history(B))
    assert found["decisions"][NEW.view]["kind"] == "nothing"
    assert found["decisions"][NEW_RETURNS.view]["kind"] == "all"
    assert (found["mode"], found["write"]) == ("range", "merge")
    assert found["inputs"]["bronze_returns"] == {"from": None, "to": "B"}


# -- reads that do not move the checkpoint -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("deleted", "expected"),
    [
        pytest.param(EMPTY, {"kind": "all", "from": None, "to": "C"}, id="never ran: all of bronze"),
        pytest.param(
            history(ours("D1", "silver_orders_deleted", "first", bronze_orders=(None, "B"))),
            {"kind": "range", "from": "B", "to": "C"}, id="behind: the gap",
        ),
        pytest.param(
            history(ours("D1", "silver_orders_deleted", "first", bronze_orders=(None, "C"))),
            {"kind": "nothing", "from": "C", "to": "C"}, id="ran first: nothing",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("full_refresh", [False, True])
def test_a_read_since_another_model_starts_at_its_checkpoint(
    deleted: Node, expected: dict[str, Any], full_refresh: bool
) -> None:
    found = plan(
        [NEW, SINCE],
        full_refresh=full_refresh,
        silver_orders=AT_A,
        bronze_orders=history(A, B, C),
        silver_orders_deleted=deleted,
    )
    assert found["decisions"][SINCE.view] == expected
    assert found["inputs"] == {"bronze_orders": {"from": None if full_refresh else "A", "to": "C"}}


def test_a_read_since_another_model_does_not_make_the_model_run() -> None:
    found = plan([NEW, SINCE], silver_orders=AT_B, bronze_orders=history(A, B), silver_orders_deleted=EMPTY)
    assert found["decisions"][SINCE.view]["kind"] == "all"
    assert found["mode"] == "idle"


def test_a_read_since_a_lost_snapshot_is_refused() -> None:
    deleted = history(ours("D1", "silver_orders_deleted", bronze_orders=("W", "X")))
    found = plan([NEW, SINCE], silver_orders=AT_A, bronze_orders=history(A, B), silver_orders_deleted=deleted)
    assert "snapshot X" in found["refused"][0]


def test_a_pinned_read_is_all_of_the_input_and_no_trigger() -> None:
    deleted = history(snapshot("D1"), snapshot("D2"), staged=[snapshot("D3")])
    lineages = {"bronze_orders": history(A, B), "silver_orders_deleted": deleted}
    idle = plan([NEW, PINNED], silver_orders=AT_B, **lineages)
    assert idle["decisions"][PINNED.view] == {"kind": "all", "to": "D2"}
    assert idle["mode"] == "idle"
    assert plan([NEW, PINNED], silver_orders=AT_A, **lineages)["inputs"] == {
        "bronze_orders": {"from": "A", "to": "B"}
    }


def test_a_pinned_input_may_be_empty() -> None:
    found = plan([NEW, PINNED], silver_orders=EMPTY, bronze_orders=history(A), silver_orders_deleted=EMPTY)
    assert found["decisions"][PINNED.view] == {"kind": "all", "to": None}
    assert found["mode"] == "first"


# -- files and touched groups ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "files", "mode"),
    [
        (EMPTY, 0, "idle"),
        (EMPTY, 2, "first"),
        (history(ours("S1", "bronze_orders", "first")), 0, "idle"),
        (history(ours("S1", "bronze_orders", "first")), 1, "range"),
    ],
)
def test_new_files(own: Node, files: int, mode: str) -> None:
    found = plan([FILES], model="bronze_orders", strategy="append", files=files, bronze_orders=own)
    assert found["mode"] == mode
    assert found["write"] == "append"
    assert found["inputs"] == {}  # what was ingested is told by the table's own rows


GOLD_AT_S1 = history(ours("G1", "gold_sales", "first", silver_orders=(None, "S1")))


@pytest.mark.parametrize(
    ("own", "silver", "mode", "write"),
    [
        pytest.param(EMPTY, [], "first", "append", id="first"),
        pytest.param(GOLD_AT_S1, [], "idle", None, id="nothing new"),
        pytest.param(GOLD_AT_S1, [ours("S2", bronze_orders=("A", "B"))], "range", "merge", id="touched groups"),
        pytest.param(
            GOLD_AT_S1, [ours("S2", mode="full", bronze_orders=(None, "B"))], "full", "overwrite",
            id="the input was rebuilt",
        ),
        pytest.param(GOLD_AT_S1, [snapshot("S2", "append")], "full", "overwrite", id="written by another tool"),
    ],
)  # fmt: skip
def test_touched_groups(own: Node, silver: list[Node], mode: str, write: str | None) -> None:
    lineage = history(ours("S1", mode="first", bronze_orders=(None, "A")), *silver)
    found = plan([TOUCHED], model="gold_sales", gold_sales=own, silver_orders=lineage)
    assert found["mode"] == mode
    assert write is None or found["write"] == write
    assert found["refused"] == []
    assert found["inputs"]["silver_orders"]["to"] == lineage.head


AT_I1 = history(ours("I1", "silver_items", "first", bronze_items=(None, "A")))
AT_I2 = history(*AT_I1.snapshots.values(), ours("I2", "silver_items", bronze_items=("A", "B")))
SILVER_AT_S1 = ours("S1", mode="first", bronze_orders=(None, "A"))


@pytest.mark.parametrize("reads_items_first", [False, True])
@pytest.mark.parametrize(
    ("items", "end"),
    [pytest.param(AT_I2, "I2", id="a range"), pytest.param(AT_I1, "I1", id="nothing new")],
)
@pytest.mark.parametrize("kind", ["touched", "new"])
def test_an_overwrite_reads_all_of_every_input(
    kind: str, items: Node, end: str, reads_items_first: bool
) -> None:
    other = read(kind, keyed("silver_items"))
    own = history(ours("G1", "gold_sales", "first", silver_orders=(None, "S1"), silver_items=(None, "I1")))
    found = plan(
        [other, TOUCHED] if reads_items_first else [TOUCHED, other],
        model="gold_sales",
        gold_sales=own,
        silver_orders=history(SILVER_AT_S1, snapshot("S2", "append")),
        silver_items=items,
    )
    assert (found["mode"], found["write"], found["refused"]) == ("full", "overwrite", [])
    assert [one["kind"] for one in found["decisions"].values()] == ["all", "all"]
    assert found["inputs"] == {
        "silver_orders": {"from": None, "to": "S2"},
        "silver_items": {"from": None, "to": end},
    }


def test_a_rebuild_is_not_refused_for_the_range_it_does_not_need() -> None:
    own = history(ours("G1", "gold_sales", "first", silver_orders=(None, "S1"), bronze_orders=(None, "X")))
    found = plan(
        [TOUCHED, NEW],
        model="gold_sales",
        gold_sales=own,
        silver_orders=history(SILVER_AT_S1, snapshot("S2", "append")),
        bronze_orders=history(A, B),
    )
    assert found["refused"] == []
    assert found["decisions"][NEW.view] == {"kind": "all", "from": None, "to": "B"}


@pytest.mark.parametrize(
    ("node", "is_traceable"),
    [
        pytest.param(SILVER, True, id="its key has landed"),
        pytest.param(keyed("silver_orders", ["id", "line"], id="int landed_as i", line="int landed_as l"), True, id="all of its key has"),
        pytest.param(keyed("silver_orders", ["id", "line"], id="int landed_as i", line="int"), False, id="half of its key has"),
        pytest.param(keyed("silver_orders", id="int", n="int landed_as n"), False, id="its key is made"),
        pytest.param(keyed("silver_orders", [], id="int landed_as i"), False, id="it has no key"),
    ],
)  # fmt: skip
def test_only_a_key_that_has_landed_can_be_traced(node: Node, is_traceable: bool) -> None:
    lineage = history(SILVER_AT_S1, ours("S2", bronze_orders=("A", "B")))
    touched = read("touched", node)
    found = plan([touched], model="gold_sales", gold_sales=GOLD_AT_S1, silver_orders=lineage)
    if is_traceable:
        assert (found["mode"], found["write"]) == ("range", "merge")
        assert found["decisions"][touched.view]["ranges"] == {"bronze_orders": [{"from": "A", "to": "B"}]}
    else:
        assert (found["mode"], found["write"]) == ("full", "overwrite")
        assert found["decisions"][touched.view] == {"kind": "all", "from": None, "to": "S2"}


def test_an_input_that_cannot_be_traced_and_has_no_news_starts_no_run() -> None:
    touched = read("touched", keyed("silver_orders", id="int"))
    found = plan([touched], model="gold_sales", gold_sales=GOLD_AT_S1, silver_orders=history(SILVER_AT_S1))
    assert found["mode"] == "idle"


# -- what makes a model run ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "is_trigger"), [(NEW, True), (TOUCHED, True), (FILES, True), (PINNED, False), (SINCE, False)]
)
def test_what_makes_a_model_run(one: Node, is_trigger: bool) -> None:
    assert Project().is_trigger(one) is is_trigger


# -- the code version ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("own", "code"), [(EMPTY, None), (AT_A, "c0")])
@pytest.mark.parametrize("full_refresh", [False, True])
def test_the_code_of_the_last_commit(own: Node, code: str | None, full_refresh: bool) -> None:
    found = plan([NEW], full_refresh=full_refresh, silver_orders=own, bronze_orders=history(A, B))
    assert found["code"] == code
