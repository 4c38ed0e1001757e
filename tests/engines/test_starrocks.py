"""StarRocks through MySQL's protocol, against a frontend that only pretends: types, streaming, errors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import fake_starrocks
import pyarrow as pa
import pytest
from fake_starrocks import BIGINT, BOOLEAN, DATETIME, DECIMAL, TINYINT, VARCHAR, Frontend

from runner.errors import DataError, EngineUnavailable
from runner.location import Location
from runner.query import starrocks_engine
from runner.query.answer import Access, Request
from runner.query.lake_tables import LakeTable
from runner.query.question import read_question
from runner.settings import Settings

NO_TABLE: Any = None
MANY = 3_000_000


@pytest.fixture
def frontend() -> Iterator[Frontend]:
    with fake_starrocks.running() as found:
        found.columns = (("n", *BIGINT),)
        yield found


@pytest.fixture
def request_(frontend: Frontend, tmp_path: Path) -> Request:
    url = f"starrocks://me@127.0.0.1:{frontend.port}/ice"
    given = {"MEDALLION_STARROCKS_URL": url, "MEDALLION_STARROCKS_PASSWORD": "secret"}
    return Request(
        read_question("select * from silver.orders where silver.orders.n > 1;", "starrocks"),
        (LakeTable("silver.orders", "dev_silver.orders", 42, NO_TABLE),),
        Settings(project_dir=tmp_path, home=tmp_path, raw_root="", from_file=given),
        Location("glue", "s3://b/warehouse"),
        Access(),
    )


def test_rows_have_types(frontend: Frontend, request_: Request) -> None:
    frontend.columns = (
        ("flag", *BOOLEAN), ("tiny", *TINYINT), ("n", *BIGINT), ("text", *VARCHAR), ("at", *DATETIME),
        ("amount", *DECIMAL),
    )  # fmt: skip
    frontend.rows = [["1", "1", "7", "é", "2024-03-01 00:00:00.000001", "1.5000"], [None] * 6]
    with starrocks_engine.answer(request_) as answer:
        assert answer.schema.field("flag").type == pa.bool_()
        at = datetime(2024, 3, 1, 0, 0, 0, 1, timezone.utc)
        assert answer.rows() == [(True, 1, 7, "é", at, Decimal("1.5000")), (None,) * 6]
    assert "set time_zone = '+00:00'" in frontend.told
    assert frontend.told[-1] == (
        "select * from `ice`.`dev_silver`.`orders` for version as of 42 as `orders` where `orders`.n > 1"
    )


def test_who_has_seen_enough_does_not_wait_for_the_rest(frontend: Frontend, request_: Request) -> None:
    frontend.rows = ([str(n)] for n in range(MANY))
    with starrocks_engine.answer(request_) as answer:
        first = next(iter(answer.batches))
        assert first.column(0)[0].as_py() == 0
    assert frontend.sent < MANY


def test_what_it_refuses_is_one_line(frontend: Frontend, request_: Request) -> None:
    frontend.error = "Getting analyzing error.\nColumn 'x' cannot be resolved."
    with (
        pytest.raises(DataError, match="analyzing error") as refused,
        starrocks_engine.answer(request_),
    ):
        pass
    assert "\n" not in refused.value.line


def test_an_error_among_the_rows(frontend: Frontend, request_: Request) -> None:
    frontend.rows, frontend.error_after = [["1"]], "Memory exceed limit"
    with pytest.raises(DataError, match="Memory exceed limit"), starrocks_engine.answer(request_) as answer:
        answer.rows()


def test_a_frontend_that_goes_away(frontend: Frontend, request_: Request) -> None:
    def rows() -> Iterator[list[str]]:
        yield ["1"]
        raise OSError

    frontend.rows = rows()
    with pytest.raises(EngineUnavailable, match="went away"), starrocks_engine.answer(request_) as answer:
        answer.rows()
