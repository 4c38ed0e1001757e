"""`medallion build` and `status`, as a person runs them, on the warm server."""

from __future__ import annotations

import json

from conftest import Warm
from lake import Lake

from runner import demo_files as files
from runner.server import wait_for


def test_build_and_status(lake: Lake) -> None:
    lake.land("1.tsv", files.FIRST)
    built = lake.medallion("build", "--select", "bronze", "silver")
    assert built.returncode == 0, built.stdout + built.stderr
    assert "silver_orders" in built.stdout
    lake.land("2.tsv", files.HUGE_QUANTITY)
    refused = lake.medallion("build", "--select", "bronze", "silver")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "silver_orders_quantity_is_plausible" in refused.stderr
    states = {one["table"]: one for one in json.loads(lake.medallion("status", "--json").stdout)}
    silver = states[f"{lake.prefix}silver.orders"]
    assert (silver["rows"], silver["staged"]) == (5, 1)
    assert [(lag["input"], lag["snapshots"], lag["rows"]) for lag in silver["inputs"]] == [
        ("bronze_orders", 1, 1)
    ]
    assert states[f"{lake.prefix}bronze.orders"]["waiting_files"] == 0


def test_the_server_asks_the_first_questions_itself(server: Warm) -> None:
    log = server.home / "logs" / "server.log"
    assert wait_for(lambda: "warmed up" in log.read_text(), 60)
    assert "not warmed up" not in log.read_text()
