"""Where engines are: what a URL says, and one line when nobody answers there."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trino

from runner import server
from runner.errors import BadSetting, EngineUnavailable, TrinoUnavailable, UsageError
from runner.location import Location
from runner.query import spark_engine, starrocks_engine, trino_engine
from runner.query.answer import Access, Request
from runner.query.lake_tables import LakeTable
from runner.query.question import read_question
from runner.query.trino_engine import Address
from runner.server_state import ServerState
from runner.settings import Settings
from runner.trino.server import ensure_same_lake

NO_TABLE: Any = None
NOW = LakeTable("silver.orders", "dev_silver.orders", None, NO_TABLE)
THEN = replace(NOW, snapshot=42)


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def request_to(url: str, home: Path) -> Request:
    question = read_question("select * from silver.orders", "trino")
    settings = Settings(project_dir=home, home=home, raw_root="")
    return Request(question, (NOW,), settings, Location("glue", "s3://b/warehouse"), Access(url=url))


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://me@trino.acme:8081/iceberg", Address("trino.acme", 8081, "http", "me", "iceberg")),
        ("https://me@trino.acme", Address("trino.acme", 443, "https", "me", "lake")),
        ("http://me@trino.acme/", Address("trino.acme", 8080, "http", "me", "lake")),
    ],
)
def test_where_a_trino_is(url: str, address: Address) -> None:
    assert trino_engine.read_url(url) == address


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("starrocks://me@fe.acme/ice", ("fe.acme", 9030, "me", "ice")),
        ("mysql://fe.acme:9031", ("fe.acme", 9031, "root", "lake")),
    ],
)
def test_where_a_starrocks_is(url: str, place: tuple[str, int, str, str]) -> None:
    assert starrocks_engine.read_url(url) == place


@pytest.mark.parametrize("url", ["", "trino.acme:8080", "http://me:secret@trino.acme", "ftp://trino.acme"])
def test_what_is_no_address(url: str) -> None:
    for read_url in (trino_engine.read_url, starrocks_engine.read_url):
        with pytest.raises(BadSetting) as refused:
            read_url(url)
        assert "secret" not in refused.value.line


@pytest.mark.parametrize("port", ["abc", "99999", "-1"])
def test_a_port_that_is_none(port: str) -> None:
    for read_url, scheme in ((trino_engine.read_url, "https"), (starrocks_engine.read_url, "starrocks")):
        with pytest.raises(BadSetting, match=f"acme:{port} is no address") as refused:
            read_url(f"{scheme}://me:secret@acme:{port}")
        assert "secret" not in refused.value.line


class Trino:
    """A connection of Trino's client that keeps what it was given."""

    def __init__(self, **given: Any) -> None:
        self.given, self.closed = given, []  # type: ignore[var-annotated]
        self.description = [SimpleNamespace(name="n", type_code="bigint")]

    def __enter__(self) -> Trino:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed.append("connection")

    def cursor(self) -> Trino:
        return self

    def execute(self, sql: str) -> None:
        self.sql = sql

    def fetchone(self) -> list[int]:
        return [1]  # for ever

    def close(self) -> None:
        self.closed.append("cursor")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_question_ends_with_whoever_asked_and_no_password_goes_in_clear_text(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Trino] = []
    monkeypatch.setattr(trino.dbapi, "connect", lambda **given: made.append(Trino(**given)) or made[-1])
    given = {"MEDALLION_TRINO_URL": f"{scheme}://me@trino.acme", "MEDALLION_TRINO_PASSWORD": "secret"}
    request = request_to("", tmp_path)
    request = replace(request, settings=replace(request.settings, from_file=given))
    with trino_engine.answer(request) as answer:
        next(iter(answer.batches))
    assert made[0].closed == ["cursor", "connection"]
    assert (made[0].given["auth"] is not None) == (scheme == "https")
    assert made[0].sql == 'select * from "lake"."dev_silver"."orders"'


def test_names_in_each_engine() -> None:
    assert trino_engine.reference(NOW, "lake") == '"lake"."dev_silver"."orders"'
    assert trino_engine.reference(THEN, "lake") == '"lake"."dev_silver"."orders" for version as of 42'
    assert starrocks_engine.reference(THEN, "lake") == "`lake`.`dev_silver`.`orders` for version as of 42"
    assert spark_engine.reference(NOW) == "`lake`.`dev_silver`.`orders`"
    assert spark_engine.reference(THEN) == "`silver__orders__at`"
    assert "(path 'lake.dev_silver.orders', `snapshot-id` '42')" in spark_engine.view_sql(THEN)


def test_nobody_answers(closed_port: int, tmp_path: Path) -> None:
    for engine, url in (
        (trino_engine, f"http://me@127.0.0.1:{closed_port}"),
        (starrocks_engine, f"starrocks://127.0.0.1:{closed_port}"),
    ):
        with pytest.raises(EngineUnavailable) as refused, engine.answer(request_to(url, tmp_path)):
            pass
        assert f"127.0.0.1:{closed_port}" in refused.value.line
        assert "\n" not in refused.value.line


def test_trino_is_not_up(tmp_path: Path) -> None:
    with (
        pytest.raises(EngineUnavailable, match="medallion up trino"),
        trino_engine.answer(request_to("", tmp_path)),
    ):
        pass


def test_a_trino_of_another_lake() -> None:
    running = ServerState(1, 2, "", "", "s3://other/warehouse")
    with pytest.raises(TrinoUnavailable, match="s3://other/warehouse"):
        ensure_same_lake(running, Location("glue", "s3://b/warehouse"))


def test_a_build_never_writes_to_another_lake_than_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(project_dir=tmp_path, home=tmp_path, raw_root="")
    assert server.prefer_running(settings) == settings
    in_glue = replace(settings, from_file={"MEDALLION_CATALOG": "glue", "MEDALLION_BUCKET": "b"})
    with pytest.raises(UsageError, match="medallion up"):
        server.prefer_running(in_glue)
    running = ServerState(1, 2, "", "", str(settings.warehouse))
    monkeypatch.setattr(server, "state", lambda _: running)
    assert server.prefer_running(settings).target == "server"
    with pytest.raises(UsageError, match="s3://b/warehouse"):
        server.prefer_running(in_glue)
