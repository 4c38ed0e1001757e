"""`medallion build`: dbt build with progress, and a line per model that says what went through it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from runner.dbt_args import gated
from runner.dbt_result import IDLE, DbtResult, NodeResult
from runner.dbt_run import run_dbt
from runner.errors import DataError
from runner.home import prepare_home
from runner.lake import (
    History,
    import_catalog_meanwhile,
    list_tables,
    open_catalog,
    read_history,
    table_of_model,
)
from runner.settings import Settings
from runner.sources import source_directories
from runner.spark_errors import first_line


@dataclass(frozen=True)
class ModelSummary:
    """What one run of a model read and wrote."""

    model: str
    status: str
    seconds: float
    read: int | None = None  # rows of its inputs' ranges; None where it read everything or nothing
    written: int | None = None
    removed: int | None = None
    checkpoint: str = ""  # "input: from → to" per input


def build(settings: Settings, arguments: Sequence[str], console: Console) -> list[ModelSummary]:
    """Run `dbt build` with these arguments; print progress, summary and what failed.

    Raises DataError when a model or test failed; its message is the first failure's.
    """
    prepare_home(settings.home)
    for directory in source_directories(settings):
        directory.mkdir(parents=True, exist_ok=True)
    with console.status("starting dbt and Spark …") as status:
        result = run_dbt(
            settings,
            ["build", *gated(arguments)],
            lambda name: status.update(f"building {name} …"),
            on_commit=import_catalog_meanwhile,
        )
    summaries = summarize(_histories(settings) if _committed(result) else {}, result)
    console.print(summary_table(summaries, result))
    for warning in result.warnings:
        console.print(f"warning: {warning}", style="yellow", markup=False, highlight=False)
    raise_first_failure(result)
    return summaries


def _committed(result: DbtResult) -> bool:
    """Tell whether a model may have committed; an idle run need not open the catalog."""
    models = (node for node in result.nodes if node.kind == "model")
    return any(node.status == "success" and node.message != IDLE for node in models)


def _histories(settings: Settings) -> dict[str, History]:
    catalog = open_catalog(settings)
    return {name: read_history(catalog.load_table(name)) for name in list_tables(catalog)}


def raise_first_failure(result: DbtResult) -> None:
    """Turn the first failed node into the command's one error line."""
    if result.failures:
        first = result.failures[0]
        more = f" (and {len(result.failures) - 1} more)" if len(result.failures) > 1 else ""
        message = first_line(first.message)
        raise DataError(message if first.name in message else f"{first.name}: {message}{more}")


def summarize(histories: Mapping[str, History], result: DbtResult) -> list[ModelSummary]:
    """Describe what each model did, from the commits that this run published, by table."""
    models = [node for node in result.nodes if node.kind == "model"]
    return [_summarize_model(node, result.run, histories) for node in models]


def _summarize_model(node: NodeResult, run: str, histories: Mapping[str, History]) -> ModelSummary:
    history = histories.get(table_of_model(node.name))
    commit = history.of_run(run) if history else None
    if commit is None or commit.document is None:
        status = IDLE if node.status == "success" else node.status
        return ModelSummary(node.name, status, node.seconds)
    inputs = commit.document["inputs"]
    added = commit.count("added-records")
    return ModelSummary(
        node.name,
        commit.document["mode"],
        node.seconds,
        read=_rows_read(inputs, histories) if inputs else added,
        written=added,
        removed=commit.count("added-position-deletes") + commit.count("deleted-records"),
        checkpoint=", ".join(f"{short(read['from'])} → {short(read['to'])}" for read in inputs.values()),
    )


def _rows_read(inputs: dict[str, dict[str, str | None]], histories: Mapping[str, History]) -> int:
    total = 0
    for name, read in inputs.items():
        history = histories[table_of_model(name)]
        start, end = (int(snapshot) if snapshot else None for snapshot in (read["from"], read["to"]))
        newer = {commit.id for commit in history.since(end)} if end else set()
        total += sum(
            c.count("added-records")
            for c in history.since(start)
            if c.id not in newer and c.operation != "replace"
        )
    return total


def short(snapshot: str | None) -> str:
    """Shorten a snapshot id to what tells it apart; the beginning for None."""
    return f"…{snapshot[-4:]}" if snapshot else "start"


def summary_table(summaries: Sequence[ModelSummary], result: DbtResult) -> Table:
    """Lay a run's summaries out as a table."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    for name, justify in (
        ("model", "left"),
        ("", "left"),
        ("read", "right"),
        ("written", "right"),
        ("removed", "right"),
        ("checkpoint", "left"),
        ("s", "right"),
    ):
        table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    bad = {node.name for node in result.failures}
    for one in summaries:
        colour = "red" if one.model in bad else "dim" if one.written is None else "green"
        numbers = ["" if value is None else f"{value:,}" for value in (one.read, one.written, one.removed)]
        row = [one.model, f"[{colour}]{one.status}[/]", *numbers, one.checkpoint, f"{one.seconds:.1f}"]
        table.add_row(*row)
    return table
