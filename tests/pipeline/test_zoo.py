"""The raw-file zoo: a source per format and declaration, a file per case, one build; docs/files.md says what becomes of each."""
# ruff: noqa: E501 - a case is a line

from __future__ import annotations

import codecs
import gzip
import io
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from conftest import Warm
from dbt.adapters.spark.connections import SparkConnectionManager
from dbt_common.exceptions import DbtRuntimeError
from lake import PROJECT, Lake

from pipeline.avro_file import avro
from pipeline.projects import SOURCES_YML, Project, copy_project
from pipeline.test_formats import COLUMNS, TYPED, declare_source
from runner.file_health import NO_ROWS

HEADER = "id,amount,note\n"
ROW = "1,2.50,a\n"
LANDED = [("1", "2.50", "a", None)]
HUGE = "x" * 10_000_000
MILLION = 1_000_000


@dataclass(frozen=True)
class Case:
    """A file, and what becomes of it: its rows (id, amount, note, rescued), or why it is set aside, or neither."""

    name: str
    data: bytes
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    reason: str | None = None
    modified_at: float | None = None


def text(name: str, lines: str, rows: list[tuple[Any, ...]] | None = None, reason: str | None = None) -> Case:
    """A case of text; without rows or a reason it lands as one plain row."""
    landed = rows if rows is not None else [] if reason else LANDED
    return Case(name, lines.encode(), landed, reason)


def malformed(line: str) -> tuple[Any, ...]:
    """A line that was kept whole."""
    return (None, None, None, {"_malformed": line})


def parquet(**columns: list[Any]) -> bytes:
    """A parquet file."""
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


PLAIN = HEADER + ROW
ZIPPED = gzip.compress(
    (HEADER + "".join(f"{n},{n * 7919 % 10007},row {n}\n" for n in range(20_000))).encode()
)
PARQUET = parquet(id=[1], amount=[2.5], note=["a"])

CSV = {
    "empty": Case("empty.csv", b""),
    "header only": text("header only.csv", HEADER, reason=NO_ROWS),
    "blank lines only": text("blank.csv", "\n  \n\t\n", reason=NO_ROWS),
    "line of nothing but spaces and tabs": text("tabs.tsv", "\t\nid\tamount\tnote\n\t\t\n1\t2.50\ta\n \t \n"),
    "no final newline": text("no final newline.csv", PLAIN.rstrip("\n")),
    "CRLF": text("crlf.csv", PLAIN.replace("\n", "\r\n")),
    "UTF-8 byte order mark": Case("bom.csv", codecs.BOM_UTF8 + PLAIN.encode(), LANDED),
    "Latin-1 bytes": Case("latin1.csv", (HEADER + "1,2,café\n").encode("latin-1"), reason="not UTF-8"),
    "UTF-16": Case("utf16.csv", PLAIN.encode("utf-16"), reason="UTF-16"),
    "quoted delimiter": text("quoted delimiter.csv", HEADER + '1,2,"a,""b"""\n', [("1", "2", 'a,"b"', None)]),
    "quoted newline": text(
        "quoted newline.csv",
        HEADER + '1,"a\nb",c\n3,4,d\n',
        [malformed('1,"a'), malformed('b",c'), ("3", "4", "d", None)],
    ),
    "stray quotes": text(
        "stray quotes.csv",
        HEADER + '1,2,a "b" c\n3,4,it"s\n5,"6,b\n7,8,"c\n',
        [("1", "2", 'a "b" c', None), ("3", "4", 'it"s', None), malformed('5,"6,b'), ("7", "8", "c", None)],
    ),
    "reordered header": text("reordered.csv", "note,id,amount\na,1,2.50\n"),
    "missing column": text("missing.csv", "id,note\n1,a\n", [("1", None, "a", None)]),
    "extra column": text(
        "extra.csv", "id,amount,note,colour\n1,2.50,a,red\n", [(*LANDED[0][:3], {"colour": "red"})]
    ),
    "duplicate column name": text(
        "duplicate.csv", "id,amount,note,note\n1,2.50,a,b\n", [(*LANDED[0][:3], {"note_4": "b"})]
    ),
    "column named `_malformed`": text(
        "reserved.csv", "id,amount,note,_malformed\n1,2.50,a,b\n", [(*LANDED[0][:3], {"_malformed_": "b"})]
    ),
    "wrong delimiter": text("caret.csv", PLAIN.replace(",", "^"), reason="names no column"),
    "one huge field (10 MB)": text("huge.csv", f"{HEADER}1,2.50,{HUGE}\n", [("1", "2.50", HUGE, None)]),
    "a million short rows": text("million.csv", "id\n" + "7\n" * MILLION, []),
    "gzip": Case("plain.csv.gz", gzip.compress(PLAIN.encode()), LANDED),
    "truncated gzip": Case("torn.csv.gz", ZIPPED[:-4000], reason="cannot be read"),
    "`.gz` that is plain text": text("plain.gz", PLAIN, reason="cannot be read"),
    "gzip without `.gz`": Case("zipped.csv", gzip.compress(PLAIN.encode()), reason="gzip without .gz"),
    "`.csv` that is parquet": Case("really.csv", PARQUET, reason="it is parquet"),
    "name with a colon, on local files": text("12:30.csv", PLAIN, reason="cannot be read"),
    "leading `_` or `.`": text("_hidden.csv", PLAIN, []),
    "nested directories": text("2024/10/01/x.csv", PLAIN),
    "same name in two directories": text("2024/10/02/x.csv", PLAIN),
    "same second": Case("second 1.csv", PLAIN.encode(), LANDED, modified_at=1_700_000_000.25),
    "modified in the future": Case("future.csv", PLAIN.encode(), LANDED, modified_at=4_000_000_000),
    "modified years ago": Case("old.csv", PLAIN.encode(), LANDED, modified_at=100_000_000),
}
MORE_CSV = {
    "second 2": Case("second 2.csv", PLAIN.encode(), LANDED, modified_at=1_700_000_000.25),
    "hidden by a dot": text(".hidden.csv", PLAIN, []),
    "in a hidden directory": text("_tmp/x.csv", PLAIN, []),
    "underscore with an equals sign": text("_day=1.csv", PLAIN),
    "a header, and tabs": text("only tabs.tsv", "id\tamount\n\t\n\t\n", reason=NO_ROWS),
    "a row of empty values": text("commas.csv", HEADER + ",,\n", [(None, None, None, None)]),
}
QUOTED = {
    "multiline: quoted newline": text("newline.csv", HEADER + '1,"a\r\nb",c\n3,4,"d\n"\n', [("1", "a\r\nb", "c", None), ("3", "4", "d\n", None)]),
    "multiline: blank lines": text("blank.csv", "\n" + HEADER + "\n  \n1,2.50,a\n,,\n", [malformed("  "), *LANDED, (None, None, None, None)]),
    "multiline: header only": text("header.csv", HEADER + "\n", reason=NO_ROWS),
    "`lookback_days`: modified in the future": Case("future.csv", PLAIN.encode(), LANDED, modified_at=4_000_000_000),
    "`lookback_days`: modified before": Case("old.csv", PLAIN.encode(), modified_at=1_700_000_000),
}  # fmt: skip
NAMES = [
    "a b.csv", "it's.csv", 'say "x".csv', "`tick`.csv", "'; drop table bronze.zoo; --.csv", "{{ ref('x') }} {% if %}.csv",
    "a{b,c}[d]*.csv", "50% %20 %41.csv", "ünï ☃ 名.csv", "back\\slash.csv", "plus+and&hash#what?.csv", "${env}.csv", "[red]bold.csv",
]  # fmt: skip
JSON = {
    "json: numbers": text(
        "numbers.jsonl",
        '{"id": 1, "amount": 1.50, "note": 12345678901234567890.10}\n{"id": 1e3, "amount": -0.0, "note": "1.50, 2"}\n',
        [("1", "1.50", "12345678901234567890.10", None), ("1e3", "-0.0", "1.50, 2", None)],
    ),
    "json: new field": text("new.jsonl", '{"id": 1, "amount": 2.50, "note": "a", "b": true}\n', [(*LANDED[0][:3], {"b": "true"})]),
    "json: missing field": text("missing.jsonl", '{"id": "1"}\n', [("1", None, None, None)]),
    "json: nested field": text(
        "nested.jsonl",
        '{"id": 1, "amount": {"net": 2.50, "all": [1.0, "2.0"]}, "note": "a", "x": {"y": 3.0}}\n',
        [("1", '{"net":2.50,"all":[1.0,"2.0"]}', "a", {"x": '{"y":3.0}'})],
    ),
    "json: changed type": text(
        "types.jsonl", '{"id": 1, "amount": "two"}\n{"id": [1], "amount": false}\n', [("1", "two", None, None), ("[1]", "false", None, None)]
    ),
    "json: field named `_malformed`": text("reserved.jsonl", '{"id": 1, "_malformed": 2}\n', [("1", None, None, {"_malformed_": "2"})]),
    "json: unreadable line": text("broken.jsonl", '{"id": 1, "amount": 2\n{"id": "1"}\n', [malformed('{"id": 1, "amount": 2'), ("1", None, None, None)]),
    "json: byte order mark": Case("bom.jsonl", codecs.BOM_UTF8 + b'{"id": "1"}\n', [("1", None, None, None)]),
    "json: Latin-1 bytes": Case("latin1.jsonl", '{"id": "é"}\n'.encode("latin-1"), reason="not UTF-8"),
    "json: truncated gzip": Case("torn.jsonl.gz", gzip.compress(os.urandom(40_000).hex().encode())[:-4000], reason="cannot be read"),
    "json: blank lines only": text("blank.jsonl", "\n \t\n\n", reason=NO_ROWS),
    "json: many escapes": text("escapes.jsonl", json.dumps({"id": 1, "note": '"\\' * 30_000}) + "\n", [("1", None, '"\\' * 30_000, None)]),
}  # fmt: skip
ENCODED = {
    "json: Latin-1 bytes, declared": Case(
        "latin1.jsonl", '{"id": "é", "amount": 1.50}\n'.encode("latin-1"), [("é", "1.50", None, None)]
    )
}
NOTHING = {
    "json: gzip of nothing": Case("nothing.jsonl.gz", gzip.compress(b""), reason=NO_ROWS)
}  # all there ever was
TYPED_ROW = [(1, 2.5, "a", None)]
PARQUETS = {
    "parquet": Case("plain.parquet", PARQUET, TYPED_ROW),
    "parquet: new and missing column": Case("new.parquet", parquet(id=[1], colour=["red"]), [(1, None, None, {"colour": "red"})]),
    "parquet: changed type": Case(
        "text.parquet",
        parquet(id=["1", "4x"], amount=[2, 3], note=["a", "b"]),
        [(1, 2.0, "a", None), (None, 3.0, "b", {"id": "4x"})],
    ),
    "parquet: smaller type": Case("small.parquet", parquet(id=pa.array([1], pa.int32()), amount=[2.5], note=["a"]), TYPED_ROW),
    "parquet: type that cannot be cast": Case("struct.parquet", parquet(id=[{"x": 1}]), reason="cannot be read"),
    "parquet: not parquet": text("not.parquet", PLAIN, reason="not a Parquet file"),
    "parquet: truncated": Case("torn.parquet", PARQUET[:-20], reason="not a Parquet file"),
    "parquet: names": Case("it's {a,b} [c]*? 5% é.parquet", PARQUET, TYPED_ROW),
    "parquet: no rows": Case("none.parquet", parquet(id=pa.array([], pa.int64())), reason=NO_ROWS),
    "parquet: not parquet, named like an error": text("Job 1 cancelled/timed out.parquet", PLAIN, reason="not a Parquet file"),
}  # fmt: skip
ROW_TYPES = {"id": "long", "amount": "double", "note": "string"}
AVRO = avro(ROW_TYPES, (1, 2.5, "a"))
AVROS = {
    "avro": Case("plain.avro", AVRO, TYPED_ROW),
    "avro: new and missing column": Case("new.avro", avro({"id": "long", "colour": "string"}, (1, "red")), [(1, None, None, {"colour": "red"})]),
    "avro: changed type": Case(
        "text.avro",
        avro({"id": "string", "amount": "int", "note": "string"}, ("1", 2, "a"), ("4x", 3, "b")),
        [(1, 2.0, "a", None), (None, 3.0, "b", {"id": "4x"})],
    ),
    "avro: type that cannot be cast": Case("struct.avro", avro({"id": {"x": "long"}}, ({"x": 1},)), reason="cannot be read"),
    "avro: not avro": text("not.avro", PLAIN, reason="cannot be read"),
    "avro: truncated": Case("torn.avro", AVRO[:-20], reason="cut off"),
    "avro: no rows": Case("none.avro", avro(ROW_TYPES), reason=NO_ROWS),
    "avro: names": Case("it's {a,b} [c]*? 5% é.avro", AVRO, TYPED_ROW),
}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """A source as it is declared, and its files."""

    format: str
    cases: dict[str, Case]
    columns: Mapping[str, str] = field(default_factory=lambda: COLUMNS)
    meta: Mapping[str, Any] = field(default_factory=dict)


SOURCES = {
    "zoo": Source("csv", {**CSV, **MORE_CSV, **{f"name {name}": text(name, PLAIN) for name in NAMES}}),
    "zoo_quoted": Source("csv", QUOTED, meta={"multiline": True, "lookback_days": 30}),
    "zoo_json": Source("json", JSON),
    "zoo_nothing": Source("json", NOTHING),
    "zoo_encoded": Source("json", ENCODED, meta={"encoding": "ISO-8859-1"}),
    "zoo_parquet": Source("parquet", PARQUETS, TYPED),
    "zoo_avro": Source("avro", AVROS, TYPED),
}
SELECT = ("--select", *(f"bronze_{source}" for source in SOURCES))


def land(lake: Lake, source: str, case: Case) -> Path:
    """Land a case's file."""
    path = lake.raw / source / case.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(case.data)
    if case.modified_at:
        os.utime(path, (case.modified_at, case.modified_at))
    return path


def landed_rows(lake: Lake, source: str) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each file, by its path in the source, sorted; those of the big ones not."""
    table = lake.table(f"bronze.{source}").scan().to_arrow()
    found: dict[str, list[tuple[Any, ...]]] = {}
    for row in table.filter(pc.invert(pc.ends_with(table["_source_file"], "million.csv"))).to_pylist():
        name = row["_source_file"].removeprefix(f"file:{lake.raw}/{source}/")
        rescued = json.loads(row["_rescued"]) if row["_rescued"] else None
        found.setdefault(name, []).append(
            (row["_source_position"], row["id"], row["amount"], row["note"], rescued)
        )
    return {name: [row[1:] for row in sorted(rows, key=lambda row: row[0])] for name, rows in found.items()}


def quarantined(lake: Lake, source: str) -> dict[str, str]:
    """The reason of each file that was set aside, by its path in the source."""
    rows = lake.rows(f"bronze.{source}_quarantine")
    assert max(Counter((r["path"], r["modified_at"], r["size"]) for r in rows).values(), default=0) <= 1
    return {row["path"].removeprefix(f"file:{lake.raw}/{source}/"): row["reason"] for row in rows}


@pytest.fixture(scope="module")
def zoo(server: Warm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """All cases, built once."""
    work = tmp_path_factory.mktemp("zoo")
    lake = Lake(server.home, work / "raw", work, "server", "zoo_", server.port)
    project = copy_project(lake, work / "copy")
    for name, source in SOURCES.items():
        declare_source(project, name, source.format, source.columns, **source.meta)
        for case in source.cases.values():
            land(lake, name, case)
    project.lake.dbt("run", *SELECT).ok()
    yield project


@pytest.mark.parametrize("source", SOURCES)
def test_each_file_has_its_outcome(zoo: Project, source: str) -> None:
    rows, reasons = landed_rows(zoo.lake, source), quarantined(zoo.lake, source)
    wrong = {}
    for title, case in SOURCES[source].cases.items():
        found = rows.pop(case.name, []), reasons.pop(case.name, None)
        if (
            found[0] != case.rows
            or (case.reason or "") not in (found[1] or "")
            or (found[1] and not case.reason)
        ):
            wrong[title] = str(found)[:600]
    assert wrong == {}
    assert (rows, reasons) == ({}, {})


def test_a_million_short_rows_land(zoo: Project) -> None:
    files = zoo.lake.table("bronze.zoo").scan(selected_fields=("_source_file", "id")).to_arrow()
    million = files.filter(pc.ends_with(files["_source_file"], "million.csv"))
    assert (million.num_rows, set(pc.unique(million["id"]).to_pylist())) == (MILLION, {"7"})


def test_the_table_in_the_docs_has_each_case() -> None:
    """Both ways: each case is a line of the table, and each line is checked, here or by a test that names it."""
    [table] = re.findall(
        r"^\| file \|.*?\n\n", (PROJECT / "docs" / "files.md").read_text(), re.DOTALL | re.MULTILINE
    )
    told = re.findall(r"^\| ([^|]+?) \|", table, re.MULTILINE)[2:]
    cases = [title for one in (CSV, QUOTED, JSON, NOTHING, ENCODED, PARQUETS, AVROS) for title in one]
    others = [*CHANGES, "a file that may not be read", "overwritten in place, later"]  # see below
    names = [title for title in told if title.endswith("in a name")]
    assert sorted(told) == sorted([*cases, *others, *names])
    assert len(names) == 1


def test_status_shows_what_was_set_aside(zoo: Project) -> None:
    shown = zoo.lake.medallion("status", "--json")
    assert shown.returncode == 0, shown.stderr
    states = {state["table"]: state for state in json.loads(shown.stdout)}
    assert f"{zoo.lake.prefix}bronze.zoo_quarantine" not in states
    files = states[f"{zoo.lake.prefix}bronze.zoo"]["files"]
    cases = SOURCES["zoo"].cases.values()
    bad = {str(zoo.lake.raw / "zoo" / case.name) for case in cases if case.reason and case.reason != NO_ROWS}
    assert {one["path"] for one in files["quarantined"]} == bad
    hidden = (".hidden.csv", "_hidden.csv", "_tmp/x.csv")
    assert files["skipped"] == [str(zoo.lake.raw / "zoo" / name) for name in hidden]
    empty = sum(case.reason == NO_ROWS or not case.data for case in cases)
    assert (files["waiting"], files["empty"], files["landed"]) == (0, empty, len(cases) - 3)
    assert {one["staged"] for one in states.values()} == {0}
    for source in ("zoo_json", "zoo_parquet", "zoo_avro"):
        assert states[f"{zoo.lake.prefix}bronze.{source}"]["files"]["waiting"] == 0
    assert files["ingested"] == files["landed"] - files["empty"] - len(bad)
    told = zoo.lake.medallion("status").stdout
    assert "torn.csv.gz" in told and "Unexpected end" in told


def test_a_batch_of_nothing_but_files_without_rows_commits_nothing(zoo: Project) -> None:
    names = ("zoo_json", "zoo_parquet")
    before = [zoo.lake.snapshots(f"bronze.{name}") for name in names]
    land(zoo.lake, "zoo_json", text("blank 2.jsonl", "\n\n"))
    land(zoo.lake, "zoo_json", text("blank 3.jsonl", " \n"))
    land(zoo.lake, "zoo_parquet", Case("none 2.parquet", parquet(id=pa.array([], pa.int64()))))
    ran = zoo.lake.dbt("run", "--select", *(f"bronze_{name}" for name in names)).ok()
    assert {node.message for node in ran.nodes.values()} == {"no new data"}
    assert "set aside" not in ran.output
    assert [zoo.lake.snapshots(f"bronze.{name}") for name in names] == before  # what was staged is gone again
    assert zoo.lake.snapshots("bronze.zoo_nothing") == []
    assert quarantined(zoo.lake, "zoo_json")["blank 3.jsonl"] == NO_ROWS
    assert quarantined(zoo.lake, "zoo_parquet")["none 2.parquet"] == NO_ROWS


def test_what_was_set_aside_is_tried_again_when_it_or_its_source_changes(zoo: Project) -> None:
    idle = zoo.lake.dbt("run", *SELECT).ok()
    assert {node.message for node in idle.nodes.values()} == {"no new data"}
    assert "set aside" not in idle.output

    aside = quarantined(zoo.lake, "zoo")
    land(zoo.lake, "zoo", Case("torn.csv.gz", ZIPPED))
    land(zoo.lake, "zoo", text("2024/10/01/x.csv", HEADER + "9,9,overwritten\n"))
    with zoo.yml(SOURCES_YML) as held:
        declared = {table["name"]: table for table in held["sources"][0]["tables"]}
        declared["zoo"]["meta"]["encoding"] = "ISO-8859-1"
    zoo.lake.dbt("run", "--select", "bronze_zoo").ok()
    rows = landed_rows(zoo.lake, "zoo")
    assert len(rows["torn.csv.gz"]) == 20_000
    assert rows["latin1.csv"] == [("1", "2", "café", None)]
    assert rows["2024/10/01/x.csv"] == [
        *LANDED,
        ("9", "9", "overwritten", None),
    ]  # a new version; the old one stays
    again = {row["path"].rsplit("/", 1)[1] for row in zoo.lake.rows("bronze.zoo_quarantine")}
    assert again == {name.rsplit("/", 1)[-1] for name in aside}


# -- files that change while they are read ------------------------------------------------------------------


@pytest.fixture
def at_the_write(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[], object]], None]:
    """Make something happen once, just before a table is written: after its files were listed and planned."""

    def arrange(table: str, happen: Callable[[], object]) -> None:
        plain, left = SparkConnectionManager.execute, [happen]

        def execute(self: Any, *args: Any, **kwargs: Any) -> Any:
            sql = str(kwargs.get("sql") or args[0])
            if re.match(rf"\s*(/\*.*?\*/)?\s*insert into {re.escape(table)}\s", sql, re.DOTALL) and left:
                left.pop()()
            return plain(self, *args, **kwargs)

        monkeypatch.setattr(SparkConnectionManager, "execute", execute)

    return arrange


@pytest.fixture
def deny(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Let Spark fail where it reads the lines of a file, as for a mode of 000, which is nothing to root."""

    def arrange(path: Path) -> None:
        plain = SparkConnectionManager.execute

        def execute(self: Any, *args: Any, **kwargs: Any) -> Any:
            sql = str(kwargs.get("sql") or args[0])
            if path.name in sql and "min(position)" in sql:
                raise DbtRuntimeError(f"java.io.FileNotFoundException: {path} (Permission denied)")
            return plain(self, *args, **kwargs)

        monkeypatch.setattr(SparkConnectionManager, "execute", execute)

    return arrange


def grow(path: Path) -> None:
    """Write one more row to a file."""
    with path.open("a") as file:
        file.write("3,4,late\n")


CHANGES: Mapping[str, tuple[str, Callable[[Path], object], list[str]]] = {
    "a file still being written": ("growing.csv", grow, ["1", "3"]),
    "overwritten while it is read": ("other.csv", lambda path: path.write_text(HEADER + "9,9,new\n"), ["9"]),
    "deleted between listing and reading": ("gone.csv", lambda path: path.unlink(), []),
}


def test_a_file_that_changes_while_it_is_read_or_may_not_be_read_is_left_to_the_next_run(
    lake: Lake,
    tmp_path: Path,
    at_the_write: Callable[[str, Callable[[], object]], None],
    deny: Callable[[Path], None],
) -> None:
    project = copy_project(lake, tmp_path / "copy")
    declare_source(project, "zoo", "csv", COLUMNS)
    land(lake, "zoo", text("good.csv", PLAIN))
    paths = {name: land(lake, "zoo", text(name, PLAIN)) for name, _, _ in CHANGES.values()}
    deny(land(lake, "zoo", text("denied.csv", PLAIN)))
    at_the_write(f"{lake.prefix}bronze.zoo", lambda: [do(paths[name]) for name, do, _ in CHANGES.values()])

    first = project.lake.dbt("run", "--select", "bronze_zoo").ok()
    assert landed_rows(lake, "zoo") == {"good.csv": LANDED}
    assert [name for name in paths if name not in first.output] == []
    assert "denied.csv: left to the next run: it could not be read while others could" in first.output
    assert len(lake.published("bronze.zoo")) == 1
    project.lake.dbt("run", "--select", "bronze_zoo").ok()
    found = {name: [row[0] for row in rows] for name, rows in landed_rows(lake, "zoo").items()}
    assert found == {"good.csv": ["1"], **{name: ids for name, _, ids in CHANGES.values() if ids}}
    assert quarantined(lake, "zoo") == {}
    project.lake.dbt("show", "--select", "bronze_zoo").ok()
    assert lake.sql("show tables in spark_catalog.default") == []  # no definition is left in the session
