"""`medallion demo`: the whole story on this machine, with the real rows after each step."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from runner.build import build
from runner.demo_files import BAD_ROWS, CORRECTION, DELETION, FIRST, HUGE_QUANTITY, LATE_UPDATE, UPDATES
from runner.errors import DataError, UsageError
from runner.home import prepare_home
from runner.lake import open_catalog, read_history
from runner.settings import Settings
from runner.status import read_status, status_table

ORDERS = ("invoice_id", "item_id", "category", "price", "quantity", "order_date", "destination_state")
DAILY = ("order_date", "destination_state", "orders", "items", "quantity", "revenue")


@dataclass(frozen=True)
class Step:
    """One step of the story: what happens, the file that lands, and the tables to look at afterwards."""

    title: str
    text: str
    file: tuple[str, str] | None = None
    shows: tuple[tuple[str, tuple[str, ...]], ...] = ()
    is_refused: bool = False


STORY = (
    Step(
        "Five orders land",
        "dbt builds bronze, silver and gold; each model is one Iceberg commit.",
        ("orders-1.tsv", FIRST),
        (
            ("bronze.orders", ("op", "invoiceid", "category", "price", "_source_file")),
            ("silver.orders", ORDERS),
            ("gold.daily_sales", DAILY),
        ),
    ),
    Step("Build again", "No file is new and no snapshot is new: nothing is committed."),
    Step(
        "Two updates land",
        "Only the new file is read, and only the new snapshot's two rows reach the merge. They carry the "
        "same source timestamp as the rows they replace: the later file wins.",
        ("orders-2-updates.tsv", UPDATES),
        (
            ("silver.orders", ORDERS),
            ("gold.category_sales", ("category", "orders", "items", "revenue", "average_price")),
        ),
    ),
    Step(
        "A file with bad rows lands",
        "A price of 0, a date that is none, a missing key. "
        "The good row is merged; each bad one is kept with every reason.",
        ("orders-3-bad.tsv", BAD_ROWS),
        (
            ("silver.orders", ORDERS),
            ("silver.orders_rejected", ("reasons", "invoiceid", "itemid", "price", "orderdate")),
        ),
    ),
    Step(
        "A batch breaks a model's test",
        "A quantity of 1,000,000 keeps all rules, but a test of silver_orders says that nobody orders that "
        "much. The gate refuses the batch: readers and checkpoint stay where they were.",
        ("orders-4-huge.tsv", HUGE_QUANTITY),
        (("silver.orders", ORDERS),),
        is_refused=True,
    ),
    Step(
        "The correction lands",
        "The same command goes on by itself, from the same checkpoint.",
        ("orders-5-correction.tsv", CORRECTION),
        (("silver.orders", ORDERS),),
    ),
    Step(
        "An order is deleted",
        "Silver holds live rows only; the deletion is remembered beside it, and gold's group is gone.",
        ("orders-6-delete.tsv", DELETION),
        (
            ("silver.orders", ORDERS),
            ("silver.orders_deleted", ("invoice_id", "item_id", "replicated_at")),
            ("gold.daily_sales", DAILY),
        ),
    ),
    Step(
        "A late, older update lands",
        "One for the deleted order, which must not come back, "
        "and one for a living order, which must not lose its newer row.",
        ("orders-7-late.tsv", LATE_UPDATE),
        (("silver.orders", ORDERS),),
    ),
)


def run_demo(settings: Settings, console: Console) -> None:
    """Tell the story, from an empty lake.

    Raises UsageError when the home holds a lake that is not the demo's.
    """
    began = time.monotonic()
    reset_home(settings.home)
    checkpoints = []
    for number, step in enumerate(STORY, 1):
        console.print(
            Panel(step.text, title=f"{number}. {step.title}", title_align="left", border_style="cyan")
        )
        land(settings, step, console)
        build_step(settings, step, console)
        for name, columns in step.shows:
            console.print(rows_table(settings, name, columns))
        checkpoints.append(head_of(settings, "silver.orders"))
    tell_time_travel(settings, console, number=len(STORY) + 1, before_updates=checkpoints[1])
    tell_checkpoints(settings, console, number=len(STORY) + 2)
    console.print(f"\n[bold green]The whole story took {time.monotonic() - began:.0f} seconds.[/]")
    console.print(NEXT, highlight=False)


NEXT = """Next:
  source .venv/bin/activate   then plain dbt: dbt build, dbt run --select silver
  dbt docs generate && dbt docs serve         models, columns, macros, lineage
  medallion status                            checkpoints and lags
  medallion query duckdb "select * from gold.daily_sales"    ask in any engine
  medallion generate orders && medallion build         more orders
  medallion up                                a warm server for fast reruns"""


def reset_home(home: Path) -> None:
    """Empty a home that is new or the demo's own."""
    mark = home / "demo.json"
    if not mark.exists() and has_tables(home):
        raise UsageError(
            f"{home} holds a lake that is not the demo's",
            fix="Give the demo a home of its own: MEDALLION_HOME=/tmp/demo medallion demo",
        )
    for name in ("warehouse", "raw"):
        shutil.rmtree(home / name, ignore_errors=True)
    for path in home.glob("catalog.db*"):
        path.unlink()
    prepare_home(home)
    mark.write_text(json.dumps({"made_by": "medallion demo"}) + "\n")


def has_tables(home: Path) -> bool:
    """Tell whether a home's catalog knows any table; that of a home that was only prepared does not."""
    catalog = home / "catalog.db"
    if not catalog.exists():
        return False
    with closing(sqlite3.connect(catalog)) as connection:
        tables = "select name from sqlite_master where name = 'iceberg_tables'"
        if not connection.execute(tables).fetchall():
            return False
        return bool(connection.execute("select count(*) from iceberg_tables").fetchone()[0])


def land(settings: Settings, step: Step, console: Console) -> None:
    """Put the step's file where its source lands, whole at once: written beside, then renamed."""
    if step.file is None:
        return
    name, text = step.file
    directory = Path(settings.raw_root) / "orders"
    directory.mkdir(parents=True, exist_ok=True)
    part = directory / f".{name}"
    part.write_text(text)
    part.rename(directory / name)
    console.print(f"landed {directory / name}", style="dim", markup=False, highlight=False)


def build_step(settings: Settings, step: Step, console: Console) -> None:
    """Build, and for a step that must be refused, show the refusal; anything else is an error."""
    before = head_of(settings, "silver.orders")
    try:
        build(settings, [], console)
    except DataError as refusal:
        if not step.is_refused:
            raise
        console.print(f"medallion: {refusal.line}", style="yellow", markup=False, highlight=False)
    if step.is_refused and head_of(settings, "silver.orders") != before:
        raise DataError("the gate let a batch through that it must refuse", fix="Please report this")


def head_of(settings: Settings, name: str) -> int | None:
    """Return the snapshot of a table that readers see; None before there is one."""
    catalog = open_catalog(settings)
    if not catalog.table_exists(name):
        return None
    head = read_history(catalog.load_table(name)).head
    return head.id if head else None


def rows_table(settings: Settings, name: str, columns: Sequence[str], snapshot: int | None = None) -> Table:
    """Return the rows of a table as a reader sees them, now or at a snapshot."""
    scan = open_catalog(settings).load_table(name).scan(selected_fields=tuple(columns), snapshot_id=snapshot)
    rows = sorted(scan.to_arrow().to_pylist(), key=lambda row: tuple(str(row[column]) for column in columns))
    table = Table(
        title=name,
        title_justify="left",
        title_style="bold",
        header_style="dim",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in columns))
    return table


def _cell(value: object) -> str:
    if value is None:
        return "[dim]null[/]"
    if isinstance(value, list):
        return escape(", ".join(map(str, value)))
    text = str(value)
    return escape(text.rpartition("/")[2] if text.startswith("file:") else text.replace("+00:00", ""))


def tell_time_travel(settings: Settings, console: Console, number: int, before_updates: int | None) -> None:
    """Show the two updated orders as they were before their update."""
    text = (
        f"silver.orders as of snapshot {before_updates}, before the updates: no copy was kept, Iceberg was."
    )
    console.print(Panel(text, title=f"{number}. Time travel", title_align="left", border_style="cyan"))
    console.print(rows_table(settings, "silver.orders", ORDERS, before_updates))


def tell_checkpoints(settings: Settings, console: Console, number: int) -> None:
    """Show where each table is, and what one commit carries."""
    text = "Each checkpoint is in the commit it belongs to: rolling a table back rolls its checkpoint back."
    console.print(Panel(text, title=f"{number}. The checkpoints", title_align="left", border_style="cyan"))
    console.print(status_table(read_status(settings)))
    run = read_history(open_catalog(settings).load_table("silver.orders")).last_run
    if run:
        console.print("\n[bold]wap.id of silver.orders' newest commit[/]")
        console.print_json(json.dumps(run.document))
