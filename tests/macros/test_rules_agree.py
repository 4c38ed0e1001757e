"""Models that split the same rows judge each row by the same rules: what a changed rule makes them do."""
# ruff: noqa: E501 - a case is a line

from __future__ import annotations

import json
from typing import Any

import pytest
from harness import Node, Project, contract, history, read, snapshot, table_node

A, B, C, D = (snapshot(id) for id in "ABCD")
BRONZE = history(A, B, C, D)
IDS = {"bronze": [D, C, B, A]}
COMPACTED = {"bronze": [D, snapshot("C", "replace"), B, A]}
OLD, NOW = "old rules", "rules now"


def document(
    end: str | None, rules: str | None = OLD, since: str | None = None, **more: Any
) -> dict[str, Any]:
    """A checkpoint that consumed bronze up to `end`, since `since` by these rules."""
    began = {"bronze": since} if since else {}
    kept = {"rules": {"version": rules, "from": began}} if rules else {}
    return {"medallion": 1, "model": "m", "inputs": {"bronze": {"from": None, "to": end}}, **kept, **more}


@pytest.mark.parametrize(
    ("own", "sibling", "since", "rewind"),
    [
        pytest.param(document("B", NOW), document("D", NOW), None, None, id="no rule was ever changed"),
        pytest.param(document("D", NOW, "B"), document("C", NOW, "B"), "B", None, id="both changed at one place"),
        pytest.param(document("D", NOW, "X"), document("D", NOW, "X"), "X", None, id="so long ago that it was expired"),
        pytest.param(document("B"), document("B"), "B", None, id="changed while they stand together"),
        pytest.param(document("B"), document("C", NOW, "B"), "B", None, id="the other went first"),
        pytest.param(document("B"), document("C"), "B", None, id="behind: the other goes back"),
        pytest.param(document("C"), document("B"), "B", "B", id="ahead: it goes back"),
        pytest.param(document("D", NOW, "C"), document("B"), "B", "B", id="ahead, by the new rules already"),
        pytest.param(document("D", NOW, "C"), document("D", NOW, "B"), "B", "B", id="the other was rolled back and went on"),
        pytest.param(document("D", NOW, "C"), document("D", NOW), None, "all", id="the other was rebuilt"),
        pytest.param(document("C"), None, None, "all", id="the other has no commit yet"),
        pytest.param(document("C", NOW), None, None, None, id="nor ever had other rules"),
        pytest.param(document("C"), document("X"), "X", "all", id="the other stands where history is gone"),
        pytest.param(document("C", None), document("C", None), "C", None, id="made before rules were noted"),
        pytest.param(document("C"), {"inputs": {"returns": {"to": "R"}}}, "C", None, id="the other reads something else"),
    ],
)  # fmt: skip
def test_how_far_a_model_goes_back(
    own: dict[str, Any], sibling: dict[str, Any] | None, since: str | None, rewind: str | None
) -> None:
    found = Project().settle_rules(NOW, own, [sibling], IDS)
    assert found["rules"] == {"version": NOW, "from": {"bronze": since} if since else {}}
    assert found["rewind"] == ({"bronze": rewind} if rewind else {})


def test_a_compaction_has_the_place_of_the_rows_before_it() -> None:
    for own, sibling in (("B", "C"), ("C", "B")):
        assert Project().settle_rules(NOW, document(own), [document(sibling)], COMPACTED)["rewind"] == {}
    assert Project().settle_rules(NOW, document("C"), [document("A")], COMPACTED)["rewind"] == {"bronze": "A"}


def test_what_reads_all_anew_judges_all_by_the_rules_now() -> None:
    found = Project().settle_rules(NOW, None, [document("B")], IDS)
    assert found == {"rules": {"version": NOW, "from": {}}, "rewind": {}}


def table(found: dict[str, Any] | None) -> Node:
    return history(snapshot("S", "overwrite", json.dumps(found))) if found else history()


def agree(
    own: dict[str, Any] | None, sibling: dict[str, Any] | None, replay: Any = None, **rules: Any
) -> Any:
    said = {"version": NOW, "siblings": ["other"], "keeper": None, "is_keeper": False} | rules
    return Project().agree_on_rules(said, own, {"other": table(sibling), "bronze": BRONZE}, replay)


def test_only_the_model_that_keeps_rejected_rows_goes_back_by_itself() -> None:
    assert agree(document("C"), document("B"), is_keeper=True)["replay"] == {"from": {"bronze": "B"}}
    found = agree(document("C"), document("B"))
    assert (found["replay"], found["mend"]) == (None, None)
    assert found["refused"] == ["it applied rows under other rules than those which other judges them by"]


def test_a_replay_waits_until_they_agree() -> None:
    found = agree(document("C"), document("B"), replay={"from": {"bronze": "A"}}, is_keeper=True)
    assert found["mend"] == "build"
    assert "build them once" in found["refused"][0]


@pytest.mark.parametrize(
    ("own", "keeper", "is_redrive", "is_refused", "kept"),
    [
        ("", "", False, False, ""),
        ("2026-01-02", "2026-01-02", False, False, "2026-01-02"),
        pytest.param("2026-01-02", "", False, False, "2026-01-02", id="moved and not noted yet"),
        pytest.param("", "2026-01-02", False, True, "", id="rolled back past it"),
        pytest.param("2026-01-01", "2026-01-02", True, False, "2026-01-03", id="moved anew"),
    ],
)
def test_a_model_that_lost_redriven_rows_says_so(
    own: str, keeper: str, is_redrive: bool, is_refused: bool, kept: str
) -> None:
    replay = {"from": {"bronze": "A"}, "rejected": "other", "redriven": "2026-01-03"} if is_redrive else None
    ours, theirs = document("C", NOW, redriven=own), document("C", NOW, redriven=keeper)
    found = agree(ours, theirs, replay, keeper="other")
    assert (bool(found["refused"]), found["mend"]) == (is_refused, "redrive" if is_refused else None)
    assert found["kept"]["redriven"] == kept


def test_what_was_rebuilt_since_misses_nothing() -> None:
    ours = document("C", NOW, rebuilt="2026-01-03")
    assert agree(ours, document("C", NOW, redriven="2026-01-02"), keeper="other")["refused"] == []
    assert agree(ours, document("C", NOW, redriven="2026-01-04"), keeper="other")["mend"] == "redrive"


@pytest.mark.parametrize(
    ("redriven", "rebuilt", "goes_back"),
    [("2026-01-02", "2026-01-03", True), ("2026-01-02", "2026-01-01", False), ("", "2026-01-03", False)],
)
def test_redriven_rows_are_judged_again_once_silver_was_rebuilt(
    redriven: str, rebuilt: str, goes_back: bool
) -> None:
    ours, theirs = document("C", NOW, redriven=redriven), document("C", NOW, rebuilt=rebuilt)
    found = agree(ours, theirs, is_keeper=True)
    assert found["replay"] == ({"from": {"bronze": "all"}} if goes_back else None)
    assert found["kept"]["redriven"] == ("" if goes_back else redriven)


def test_a_redrive_judges_no_range() -> None:
    replay = {"from": {"bronze": "A"}, "rejected": "other", "redriven": "2026-01-03"}
    found = agree(document("C"), document("B"), replay, keeper="other")
    assert (found["refused"], found["kept"]["rules"]["version"]) == ([], OLD)


def test_the_plan_of_one_that_goes_back_judges_rows_again() -> None:
    new = read("new", table_node("bronze_orders"))
    rules = {"version": NOW, "siblings": ["silver_orders"], "keeper": None, "is_keeper": True}

    def at(model: str, end: str) -> Node:
        found = document(end) | {"model": model, "inputs": {"bronze_orders": {"from": "A", "to": end}}}
        return table(found)

    name = "silver_orders_rejected"
    lineages = {"bronze_orders": BRONZE, name: at(name, "D"), "silver_orders": at("silver_orders", "B")}
    found = Project().plan_commit(name, "merge", False, [new], lineages, {}, None, rules)
    assert (found["mode"], found["write"], found["refused"]) == ("range", "merge", [])
    assert found["inputs"] == {"bronze_orders": {"from": "B", "to": "D"}}
    assert found["is_judged_again"] is True
    assert found["kept"]["rules"] == {"version": NOW, "from": {"bronze_orders": "B"}}


# -- who has to agree with whom ------------------------------------------------------------------------------


def model(name: str, raw_code: str = "", **config: Any) -> Node:
    config.setdefault("meta", {"operation_column": "op"})
    columns = contract(id="bigint landed_as orderid", price="double landed_as price")
    return table_node(name, raw_code=raw_code, columns=columns, config=Node(schema="silver", **config))


CHECKS = "select * from ({{ check_rows('landed', rules_of = 'silver_orders') }})"
LANDED = ["_source_file", "_source_modified_at", "_source_size", "_source_position"]


def group(rules: list[dict[str, Any]] | None = None) -> list[Node]:
    meta = {"operation_column": "op", "rules": rules or []}
    return [
        model("silver_orders", CHECKS, unique_key="id", order_by=["_source_file"], meta=meta),
        model("silver_orders_deleted", CHECKS, unique_key="id"),
        model("silver_orders_rejected", CHECKS, unique_key=LANDED),
        model("silver_customers", "select 1", unique_key="id"),
    ]


def rules_of(name: str, nodes: list[Node]) -> Any:
    node = next(one for one in nodes if one["name"] == name)
    return Project(nodes=nodes).rules_of(node, nodes)


def test_who_looks_at_whom() -> None:
    nodes = group()
    orders, deleted, rejected = (rules_of(one["name"], nodes) for one in nodes[:3])
    assert (orders["siblings"], orders["keeper"], orders["is_keeper"]) == (
        ["silver_orders_rejected"], "silver_orders_rejected", False,
    )  # fmt: skip
    assert (rejected["siblings"], rejected["keeper"], rejected["is_keeper"]) == (
        ["silver_orders"],
        None,
        True,
    )
    assert (deleted["siblings"], deleted["is_keeper"]) == (["silver_orders"], False)
    assert rules_of("silver_customers", nodes) is None


@pytest.mark.parametrize(
    ("rule", "concerns"),
    [
        ({"name": "p", "check": "price > 0"}, ["silver_orders", "silver_orders_rejected"]),
        ({"name": "o", "check": "_op = 'D'", "on_delete": True}, [one["name"] for one in group()[:3]]),
    ],
)
def test_a_rule_concerns_deletions_only_if_it_is_asked_of_them(
    rule: dict[str, Any], concerns: list[str]
) -> None:
    before, after = group(), group([rule])
    names = [one["name"] for one in before[:3]]
    changed = [one for one in names if rules_of(one, before)["version"] != rules_of(one, after)["version"]]
    assert changed == concerns


def test_a_rule_by_another_name_is_the_same_rule() -> None:
    one, other = (group([{"name": name, "check": "price > 0"}]) for name in "ab")
    assert rules_of("silver_orders", one) == rules_of("silver_orders", other)
