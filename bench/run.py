"""Times this project beside the article's two jobs, in one run on the same files.

    python -m bench.run --rows 2000000 --rounds 3        what `make bench` does
    python -m bench.run --rows 50000 --rounds 1          a quick look
    python -m bench.run --growth                         also the silver step on four times the rows

A round lands one delta for everybody, times each contestant's step to silver, then an idle build of each.
Ratios are ours / theirs by the medians. Nothing is written unless `--save` is given.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from bench import report
from bench.contestants import Article, Ours, clean_environment
from bench.costs import Cost, costs, model_seconds
from bench.measure import Measured, StepFailed
from runner.generate import OrdersSpec, orders
from runner.landing import Landing, land

DELTA_ROWS = 20_000
UPDATES = 0.8
GROWTH = 4
CONTESTANTS = ("theirs", "cold", "warm")
console = Console()


@dataclass
class Result:
    """All that one bench run measured, by contestant and step."""

    rows: int
    rounds: int
    seconds: dict[str, dict[str, list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    peak_mib: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    silver_by_rows: dict[int, float] = field(default_factory=dict)
    costs: list[Cost] = field(default_factory=list)

    def add(self, who: str, step: str, measured: Measured) -> None:
        """Note one timing."""
        self.seconds[who][step].append(measured.seconds)
        self.peak_mib[who] = max(self.peak_mib[who], measured.peak_mib)
        console.print(f"  {who:7} {step:11} {measured.seconds:7.1f} s  {measured.peak_mib:5} MiB")

    def median(self, who: str, step: str) -> float | None:
        """The median of a contestant's step, if it ran."""
        taken = self.seconds.get(who, {}).get(step)
        return statistics.median(taken) if taken else None


@dataclass(frozen=True)
class Book:
    """The orders of a run, made once and linked into everybody's landing directory."""

    stock: Path
    rows: int

    def spec(self, number: int) -> OrdersSpec:
        """The first load (0), or a delta of recent keys: four updates to each insert."""
        if number == 0:
            return OrdersSpec(rows=self.rows)
        rows = min(DELTA_ROWS, self.rows // 20)
        return OrdersSpec(rows=rows, delta=number, base_rows=self.rows, updates=UPDATES, is_recent=True)

    def land(self, number: int, *directories: Path) -> None:
        """Land the first load (0) or a delta."""
        made = list(land(orders(self.spec(number)), Landing(str(self.stock), f"orders-{number:03d}")))
        for directory in directories:
            directory.mkdir(parents=True, exist_ok=True)
            for path in map(Path, made):
                partial = directory / f".{path.name}"
                os.link(path, partial)
                os.utime(partial)
                partial.rename(directory / path.name)


def race(result: Result, work: Path, who: tuple[str, ...]) -> None:
    """First load, deltas and idle builds of everybody, turn by turn."""
    book = Book(work / "stock", result.rows)
    with contestants(work, who) as racers:
        for number in range(result.rounds + 1):
            console.rule(f"delta {number}" if number else f"first load, {result.rows:,} rows")
            book.land(number, *(racer.landing for racer in racers.values()))
            for name, racer in racers.items():
                result.add(name, "delta" if number else "first load", racer.to_silver())
                if isinstance(racer, Ours):
                    result.add(name, "gold" if number else "first gold", racer.gold())
            for name, racer in racers.items() if number else ():
                result.add(name, "idle", racer.to_silver())
        if "cold" in racers:
            result.costs = profile(book, racers["cold"], result.rounds + 1)


@contextmanager
def contestants(work: Path, who: tuple[str, ...]) -> Iterator[dict[str, Article | Ours]]:
    """Everybody in a home of their own, the warm server up."""
    makers: dict[str, Callable[[Path], Article | Ours]] = {
        "theirs": Article,
        "cold": Ours,
        "warm": lambda home: Ours(home).warm(),
    }
    for name in who:
        (work / name).mkdir(parents=True)
    racers = {name: makers[name](work / name) for name in who}
    try:
        yield racers
    finally:
        for racer in racers.values():
            if isinstance(racer, Ours) and racer.port:
                racer.down()


def profile(book: Book, ours: Article | Ours, number: int) -> list[Cost]:
    """What one more delta costs per model, bronze to gold."""
    assert isinstance(ours, Ours)
    book.land(number, ours.landing)
    events = ours.home / "events"
    ours.profiled(events)
    return costs(ours.target, ours.log, events)


def grow(result: Result, work: Path) -> None:
    """The silver models' time for a delta of recent keys, by rows of the first load."""
    for rows in (result.rows, result.rows * GROWTH):
        home = work / f"grown-{rows}"
        book = Book(home / "stock", rows)
        with contestants(home, ("warm",)) as racers:
            ours = racers["warm"]
            assert isinstance(ours, Ours)
            book.land(0, ours.landing)
            result.add(f"{rows}", "first load", ours.to_silver())
            taken = []
            for number in range(1, result.rounds + 2):
                book.land(number, ours.landing)
                result.add(f"{rows}", "delta", ours.to_silver())
                taken.append(model_seconds(ours.target, "silver_"))
            result.silver_by_rows[rows] = statistics.median(taken[1:])  # the first warms the server up


def save(result: Result) -> Path:
    """Write the figures beside this script, under today's date."""
    path = Path(__file__).parent / "results" / f"{datetime.now(timezone.utc):%Y-%m-%d}.json"
    path.parent.mkdir(exist_ok=True)
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}
    path.write_text(json.dumps({"machine": machine, **asdict(result)}, indent=1) + "\n")
    return path


def main(
    rows: Annotated[int, typer.Option(help="Rows of the first load.")] = 2_000_000,
    rounds: Annotated[int, typer.Option(help="Deltas, and idle builds, to take the median of.")] = 3,
    who: Annotated[str, typer.Option(help="Whom to time, separated by commas.")] = ",".join(CONTESTANTS),
    growth: Annotated[bool, typer.Option(help="Also time the silver step on four times the rows.")] = False,
    save_results: Annotated[bool, typer.Option("--save", help="Write bench/results/<date>.json.")] = False,
) -> None:
    """Time this project beside the article's jobs."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the warm server is stopped, too
    clean_environment()
    result = Result(rows, rounds)
    try:
        with tempfile.TemporaryDirectory(prefix="medallion-bench-") as work:
            race(result, Path(work) / "race", tuple(who.split(",")))
            if growth:
                grow(result, Path(work) / "growth")
    except StepFailed as failed:
        console.print(f"[red]{escape(str(failed))}[/]")
        raise typer.Exit(1) from failed
    report.show(console, result)
    if save_results:
        console.print(f"written to {save(result)}")


if __name__ == "__main__":
    typer.run(main)
