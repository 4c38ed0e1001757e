"""Prints what a bench run measured, against the bars it has to keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from bench.run import Result


@dataclass(frozen=True)
class Bar:
    """The most that our step may take, as a share of theirs."""

    who: str
    step: str
    most: float


BARS = (
    Bar("warm", "delta", 0.7),
    Bar("cold", "delta", 1.0),
    Bar("warm", "idle", 0.5),
    Bar("cold", "first load", 1.0),
    Bar("warm", "first load", 1.0),
)
GROWTH_BAR = 1.2
MEMORY_BAR_MIB = 4096


def show(console: Console, result: Result) -> None:
    """All tables that have something to say."""
    console.print(_ratios(result))
    console.print(_memory(result))
    for name in ("cold", "warm"):
        gold, silver = result.median(name, "gold"), result.median(name, "delta")
        if gold and silver:
            console.print(
                f"gold's share of a whole delta build, {name}: {gold / (gold + silver):.0%} ({gold:.1f} s)"
            )
    if result.silver_by_rows:
        console.print(_growth(result))
    if result.costs:
        console.print(_costs(result))


def verdict(value: float | None, most: float) -> str:
    """A figure against its bar."""
    if value is None:
        return "–"
    return f"[green]{value:.2f}[/]" if value <= most else f"[red]{value:.2f}[/]"


def _ratios(result: Result) -> Table:
    table = Table(
        "step", "who", "ours, s", "theirs, s", "ratio", "bar", title=f"{result.rows:,} rows, to silver"
    )
    for bar in BARS:
        ours, theirs = result.median(bar.who, bar.step), result.median("theirs", bar.step)
        ratio = ours / theirs if ours and theirs else None
        table.add_row(
            bar.step, bar.who, _text(ours), _text(theirs), verdict(ratio, bar.most), f"≤ {bar.most}"
        )
    return table


def _memory(result: Result) -> Table:
    table = Table("who", "peak, MiB", "bar", title="driver memory")
    for who, peak in result.peak_mib.items():
        table.add_row(who, f"[{'green' if peak < MEMORY_BAR_MIB else 'red'}]{peak}[/]", f"< {MEMORY_BAR_MIB}")
    return table


def _growth(result: Result) -> Table:
    table = Table("rows", "silver models, s", "ratio", "bar", title="silver step, delta of recent keys")
    first = next(iter(result.silver_by_rows.values()))
    for rows, seconds in result.silver_by_rows.items():
        table.add_row(f"{rows:,}", f"{seconds:.1f}", verdict(seconds / first, GROWTH_BAR), f"≤ {GROWTH_BAR}")
    return table


def _costs(result: Result) -> Table:
    table = Table("model", "s", "statements", "Spark jobs", title="one delta, per model")
    for cost in result.costs:
        table.add_row(cost.model, f"{cost.seconds:.1f}", str(cost.statements), str(cost.jobs))
    return table


def _text(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.1f}"
