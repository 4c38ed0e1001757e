"""Any story: whatever lands, is built, killed, compacted, expired, rolled back or changed, in whatever order,
every table is what a plain Python model says, after every step.

A story that breaks shrinks to its shortest form and is printed as the steps that break it. `make test-long`
tells many long ones; the seed is printed, and SEED=… tells the same ones again.
"""

from __future__ import annotations

import functools
import itertools
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import histories
import pytest
from conftest import Warm
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)  # fmt: skip
from lake import DbtResult, Lake
from pipeline import commands
from pipeline.ledger import GOLD, MODELS, SILVER, TABLES
from pipeline.projects import ORDERS_YML, copy_project
from pipeline.test_protocol import compact, roll_back

from faults.clients import start
from faults.world import STRICT_RULE, Setting, World
from runner.fail_points import POINTS

SHORT_SEED = 4
TOLD: Counter[str] = Counter()  # how often each step was taken
_numbers = itertools.count(1)
LAYERS = ("bronze", "silver", "gold", *MODELS[1:4])
MOST_WAITING = 2
NO_TIME, FOREVER = timedelta(0), timedelta(days=36500)


@dataclass(frozen=True)
class Say:
    """What the producer says of one order line: few keys, times and values, so that they collide."""

    op: str
    key: int
    minute: int
    price: str = "5"
    state: str = "SC"

    @property
    def raw(self) -> histories.Raw:
        """The row as it lands."""
        at = histories.CLOCK + timedelta(minutes=self.minute)
        return histories.row((self.key, 1), at, self.op, price=self.price, destinationstate=self.state)


# insert, update, delete; late and tied by their minutes, duplicates by chance, bad by their op or price
SAYS = st.builds(
    Say,
    op=st.sampled_from("IUUDX"),
    key=st.integers(1, 3),
    minute=st.integers(0, 4),
    price=st.sampled_from(("5", "97.07", "5", "0")),
    state=st.sampled_from(("SC", "CT", "")),
)
ROWS = st.lists(SAYS, min_size=1, max_size=5)


def told(step: Callable[..., Any]) -> Callable[..., Any]:
    """Count a step, so that a run says what its stories were made of."""

    @functools.wraps(step)
    def count(self: Story, **arguments: Any) -> Any:
        TOLD[step.__name__] += 1
        return step(self, **arguments)

    return count


class Story(RuleBasedStateMachine):
    """One lake and all that may happen to it."""

    make_lake: Callable[[], Lake]
    files = Bundle("files")

    def __init__(self) -> None:
        super().__init__()
        lake = type(self).make_lake()
        self.project = copy_project(lake, lake.work / "copy")
        self.lake = self.project.lake
        self.world = World(self.lake)
        self.clock = itertools.count(histories.BASE_MS, 1000)
        self.is_settled = False  # nothing happened since a build that ended well
        self.waiting = 0  # what landed since any run, of which a story needs no more than a few

    # what lands

    @precondition(lambda self: self.waiting < MOST_WAITING)
    @rule(target=files, rows=ROWS)
    @told
    def land(self, rows: list[Say]) -> Any:
        """A new file."""
        name = f"f{len(self.lake.steps)}.tsv"
        self._land(name, rows)
        return name

    @precondition(lambda self: self.waiting < MOST_WAITING)
    @rule(file=files, rows=ROWS)
    @told
    def overwrite(self, file: str, rows: list[Say]) -> None:
        """A file that has landed before, with other rows, in place."""
        self._land(file, rows)

    @precondition(lambda self: self.waiting < MOST_WAITING)
    @rule(target=files, file=files)
    @told
    def land_again(self, file: str) -> Any:
        """The rows of another file under a new name, all of them duplicates."""
        [*_, text] = [one.text for step in self.lake.steps for one in step if one.name == file]
        name = f"f{len(self.lake.steps)}.tsv"
        self.lake.land(name, text, next(self.clock))
        self._landed()
        return name

    def _land(self, name: str, rows: list[Say]) -> None:
        self.lake.land_rows(name, *(row.raw for row in rows), modified_ms=next(self.clock))
        self._landed()

    def _landed(self) -> None:
        self.is_settled, self.waiting = False, self.waiting + 1

    # what runs

    @precondition(lambda self: self.lake.steps and not self.is_settled)
    @rule()
    @told
    def build(self) -> None:
        """Everything, which then is up to date."""
        self._run().ok()
        self.is_settled = True

    @precondition(lambda self: self._is_built() and not self.is_settled)
    @rule(layer=st.sampled_from(LAYERS))
    @told
    def build_only(self, layer: str) -> None:
        """One layer, or one model of silver."""
        self._run("--select", layer).ok()

    @precondition(lambda self: self.lake.steps and not self.is_settled)
    @rule(point=st.sampled_from(POINTS), model=st.sampled_from(MODELS))
    @told
    def build_and_die(self, point: str, model: str) -> None:
        """A run that is killed where it comes to this point, if it does."""
        self.waiting = 0
        start(self.lake, "run", fail_point=f"{point}:{model}").wait()
        self.world.learn()

    @precondition(lambda self: self._is_built())
    @rule()
    @told
    def full_refresh(self) -> None:
        """Silver and gold anew, under today's rules."""
        self._run("--full-refresh", "--select", "silver", "gold").ok()

    # what changes

    @precondition(lambda self: self.is_settled and not self.world.setting.has_channel)
    @rule()
    @told
    def add_a_column(self) -> None:
        """One more column in silver.orders, which rows that come after it fill."""
        self.project.replace(
            "models/silver/silver_orders.sql",
            "latest.referral,",
            "latest.referral,\n        latest.referral as channel,",
        )
        with self.project.yml(ORDERS_YML) as held:
            held["models"][0]["columns"].append({"name": "channel", "data_type": "string"})
        self._set(has_channel=True)

    @precondition(lambda self: self.is_settled)
    @rule()
    @told
    def change_a_rule(self) -> None:
        """One more rule, or it is taken back."""
        with self.project.yml(ORDERS_YML) as held:
            rules = held["models"][0]["config"]["meta"]["rules"]
            rules.remove(STRICT_RULE) if STRICT_RULE in rules else rules.append(dict(STRICT_RULE))
        self._set(is_strict=not self.world.setting.is_strict)

    def _set(self, **changes: bool) -> None:
        now = self.world.setting
        self.world.setting = Setting(
            **{"is_strict": now.is_strict, "has_channel": now.has_channel, **changes}
        )
        self.is_settled = False

    # what operators do

    @precondition(lambda self: self._is_built())
    @rule(table=st.sampled_from(TABLES))
    @told
    def compact(self, table: str) -> None:
        """Rewrite a table's files."""
        compact(self.lake, table)

    @precondition(lambda self: self._is_built())
    @rule()
    @told
    def maintain(self) -> None:
        """Compact what has more than one file, and forget all that nothing needs, however young it is."""
        commands.maintain(self.lake, snapshots=NO_TIME, staged=NO_TIME, deletions=FOREVER, files=2)

    @precondition(lambda self: self._is_built())
    @rule(model=st.sampled_from(("silver_orders", "gold_daily_sales")))
    @told
    def replay(self, model: str) -> None:
        """Read all of a model's input again."""
        commands.replay(self.lake, model, "all")

    @precondition(lambda self: self._is_built())
    @rule()
    @told
    def redrive(self) -> None:
        """Move rejected rows that keep today's rules into silver."""
        commands.redrive(self.lake)

    @precondition(lambda self: self._is_built())
    @rule(table=st.sampled_from((*SILVER, *GOLD)))
    @told
    def roll_back(self, table: str) -> None:
        """To the commit before the last, if it is still there."""
        earlier = self.lake.published(table)[:-1]
        if earlier:
            roll_back(self.lake, table, earlier[-1].id)
            self.is_settled = False

    @precondition(lambda self: self._is_built())
    @rule()
    @told
    def roll_back_bronze(self) -> None:
        """Bronze forgets its last commit. Silver, which has consumed it, refuses to go on and is rebuilt."""
        earlier = self.lake.published("bronze.orders")[:-1]
        if not earlier:
            return
        roll_back(self.lake, "bronze.orders", earlier[-1].id)
        self._run("--select", "bronze").ok()
        if self.world.has_lost("silver.orders"):
            refused = self._run("--select", "silver_orders")
            assert "no longer in its history" in refused.message("silver_orders")
        self._run("--full-refresh", "--select", "silver", "gold").ok()

    # what holds

    @invariant()
    def every_table_is_what_its_checkpoint_says(self) -> None:
        """After every step, whether or not it went well."""
        assert self.world.contradictions() == {}

    @invariant()
    def a_build_consumes_all_that_landed(self) -> None:
        """And leaves nothing for the next one."""
        if self.is_settled:
            assert self.world.backlog() == {}

    def teardown(self) -> None:
        """Whatever happened, one more build ends where the model does."""
        if self.lake.steps:
            self._run().ok()
            assert self.world.contradictions() == {}
            assert self.world.backlog() == {}

    def _run(self, *args: str) -> DbtResult:
        self.waiting = 0
        result = self.lake.dbt("run", *args)
        self.world.learn()
        return result

    def _is_built(self) -> bool:
        return all(self.lake.head(name) is not None for name in TABLES)


def tell(make_lake: Callable[[], Lake], number: int, examples: int, steps: int) -> None:
    """Tell random stories; a seed always tells the same ones."""
    print(f"stories of seed {number}: SEED={number} make test-long")
    story = seed(number)(type("Story", (Story,), {"make_lake": staticmethod(make_lake)}))
    TOLD.clear()
    run_state_machine_as_test(
        story,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        ),
    )
    print(f"told {sum(TOLD.values())} steps: " + ", ".join(f"{n} {name}" for name, n in TOLD.most_common()))


@pytest.fixture
def make_lake(server: Warm, tmp_path: Path) -> Callable[[], Lake]:
    """Makes lakes on the warm server, one for each story."""

    def make() -> Lake:
        work = Path(tempfile.mkdtemp(dir=tmp_path))
        return Lake(server.home, work / "raw", work, "server", f"story{next(_numbers)}_", server.port)

    return make


def test_a_short_story(make_lake: Callable[[], Lake]) -> None:
    tell(make_lake, SHORT_SEED, examples=2, steps=10)


@pytest.mark.long
def test_long_stories(make_lake: Callable[[], Lake]) -> None:
    tell(make_lake, int(os.environ.get("SEED", "1")), examples=int(os.environ.get("STORIES", "12")), steps=25)
