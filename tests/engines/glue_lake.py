"""One lake in Glue and S3 for every engine: the project's own models, run by Spark.

Two builds by the commit protocol: a base load, then updates, deletions, late and bad rows, which silver takes
as merge-on-read deletes. Then, for the later questions, a compaction and a change of schema.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from unittest import mock

from lake import PROJECT, Lake
from pyiceberg.catalog import Catalog

from runner import server
from runner.generate import OrdersSpec, orders
from runner.lake import open_catalog
from runner.landing import Landing, land
from runner.location import locate_lake
from runner.query.answer import Request
from runner.query.engines import find_engine
from runner.query.lake_tables import LakeTable, resolve_tables
from runner.query.moment import read_moment
from runner.query.question import read_question
from runner.settings import Settings, load_settings
from runner.trino import server as trino_server

ROWS = 2_000
MODELS = ("bronze", "silver", "gold_daily_sales")
GATE_ONLY = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
ODD = """Op\treplicadmstimestamp\tinvoiceid\titemid\tcategory\tprice\tquantity\torderdate\tdestinationstate\t\
shippingtype\treferral
I\t2024-02-29 23:59:59.999999\t900001\t1\tZürich Straße 日本語\t0.1\t3\t1969-12-31\tSC\t3-Day\tnaïve café
I\t2024-03-01 00:00:00.000000\t900002\t1\t🎸 guitar\t0.2\t1\t2024-02-29\tSC\t2-Day\t
I\t1969-07-20 20:17:40.123456\t900003\t1\t\t1234567.89\t99999\t1900-01-01\tAK\tStandard\t
I\t2024-03-01 00:00:00.000001\t900004\t1\tquote " and , it's\t19.99\t7\t9999-12-31\tAK\tStandard\t' or 1=1
"""


@dataclass
class GlueLake:
    """The lake, and the moments that questions travel to: names to what `--at` takes."""

    lake: Lake
    moments: dict[str, str] = field(default_factory=dict)
    catalog: Catalog | None = None

    @property
    def settings(self) -> Settings:
        """The settings that point a command at this lake."""
        return load_settings(project_dir=PROJECT, home=self.lake.home)

    @contextmanager
    def as_environment(self) -> Iterator[None]:
        """Let everything in this process see the lake."""
        with mock.patch.dict(os.environ, self.lake.environ(), clear=True):
            yield

    def resolve(self, sql: str, moment: str = "") -> tuple[LakeTable, ...]:
        """The tables of a question, as `medallion query` finds them."""
        with self.as_environment():
            at = read_moment(self.moments[moment], datetime.now(timezone.utc)) if moment else None
            location, names = locate_lake(self.settings), read_question(sql, "trino").tables
            self.catalog = self.catalog or open_catalog(self.settings)
            return tuple(resolve_tables(self.catalog, location, names, at))

    def answer(self, engine: str, sql: str, tables: tuple[LakeTable, ...]) -> list[tuple[Any, ...]]:
        """An engine's answer, asked as `medallion query` does."""
        found = find_engine(engine)
        with self.as_environment():
            settings = self.settings
            question = read_question(sql, found.DIALECT)
            with found.answer(Request(question, tables, settings, locate_lake(settings))) as answer:
                return answer.rows()

    def build(self) -> None:
        """Run the models, each with its gate."""
        self.lake.dbt("build", "--select", *MODELS, *GATE_ONLY).ok()

    def head(self, name: str) -> str:
        """The snapshot of a table that readers see."""
        rows = self.lake.sql(f"select snapshot_id from {name}.refs where name = 'main'")
        return str(rows[0][0])


@contextmanager
def made(environ: dict[str, str], directory: Path) -> Iterator[GlueLake]:
    """Start Spark and Trino, fill the lake; stop both at the end."""
    home = directory / "home"
    empty = Lake(home, directory / "raw", directory / "work", env={**environ, "MEDALLION_CATALOG": "glue"})
    with mock.patch.dict(os.environ, empty.environ(), clear=True), ThreadPoolExecutor(1) as beside:
        settings = load_settings(project_dir=PROJECT, home=home)
        home.mkdir(parents=True)
        trino = beside.submit(trino_server.start, settings, locate_lake(settings), 0, print)
        try:
            spark = server.start(settings, 0)
            lake = GlueLake(Lake(home, empty.raw, empty.work, "server", "", spark.port, env=empty.env))
            fill(lake)
            trino.result()
            yield lake
        finally:
            trino.exception()  # it may still be starting
            trino_server.stop(settings)
            server.stop(settings)


def fill(lake: GlueLake) -> None:
    """The two builds, and what was there after the first."""
    base = OrdersSpec(rows=ROWS, seed=7)
    delta = OrdersSpec(
        rows=ROWS // 4, seed=7, delta=1, base_rows=ROWS, updates=0.4, deletes=0.2, late=0.1, bad=0.1,
        start_invoice=100_000,
    )  # fmt: skip
    lake.lake.land("odd.tsv", ODD)
    land_all(lake, base, "base")
    lake.build()
    lake.moments["the first build"] = lake.head("silver.orders")
    time.sleep(0.05)
    lake.moments["the time after it"] = datetime.now(timezone.utc).isoformat()
    time.sleep(0.05)
    land_all(lake, delta, "delta")
    lake.build()
    lake.moments["the second build"] = lake.head("silver.orders")


def land_all(lake: GlueLake, spec: OrdersSpec, stem: str) -> None:
    """Land the rows of a spec as one file."""
    list(land(orders(spec), Landing(str(lake.lake.landing), stem)))


def compact_and_change(lake: GlueLake) -> None:
    """What maintenance and a wider contract do to silver.orders."""
    for statement in (
        "call lake.system.rewrite_data_files("
        "table => 'silver.orders', options => map('rewrite-all', 'true'))",
        "alter table silver.orders add column note string",
        "alter table silver.orders alter column quantity type bigint",
        "alter table silver.orders rename column shipping_type to shipping",
    ):
        lake.lake.sql(statement)
