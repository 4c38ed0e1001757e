"""Any story, as a state machine: whatever lands, is built, killed, compacted, expired, rolled back or
changed, in whatever order, every table is what a plain Python model says, after every step.
"""

from __future__ import annotations

import functools
import itertools
import re
import shlex
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import histories
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule
from lake import DbtResult, Lake
from pipeline import commands
from pipeline.ledger import GOLD, MODELS, SILVER, TABLES
from pipeline.projects import ORDERS_YML, copy_project
from pipeline.test_protocol import compact, roll_back

from faults.clients import Client, start
from faults.model import STRICT_RULE, Setting
from faults.world import World
from runner.errors import DataError
from runner.fail_points import POINTS

TOLD: Counter[str] = Counter()  # how often each step was taken
LAYERS = ("bronze", "silver", "gold", *MODELS[1:4])
MOST_WAITING = 2
REFRESHED = (("silver", "gold"), ("silver_orders+",), ("silver_orders_rejected",))
# what a refusal says to do
WAY_OUT = re.compile(r"(?:Run|To rebuild it|Build it first): (dbt build|medallion \w+) (.+)")
NO_TIME, FOREVER = timedelta(0), timedelta(days=36500)
COMMANDS = {
    "redrive": ("redrive", "silver_orders"),
    "replay": ("replay", "silver_orders", "--from", "all"),
    "maintain": ("maintain", "--keep-snapshots", "0s", "--keep-staged", "0s", "--small-files", "2"),
}


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
        self.rules_changed = False
        self.is_split = False  # silver's tables may judge rows by different rules, and refuse to go on
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
        self._run_whatever_it_takes()
        self.is_settled, self.is_split = True, False

    @precondition(lambda self: self._is_built() and not self.is_settled)
    @rule(layer=st.sampled_from(LAYERS))
    @told
    def build_only(self, layer: str) -> None:
        """One layer, or one model of silver."""
        self._run_whatever_it_takes("--select", layer)

    @precondition(lambda self: self.lake.steps and not self.is_settled)
    @rule(point=st.sampled_from(POINTS), model=st.sampled_from(MODELS))
    @told
    def build_and_die(self, point: str, model: str) -> None:
        """A run that is killed where it comes to this point, if it does."""
        self.waiting = 0
        start(self.lake, "run", fail_point=f"{point}:{model}").wait()
        self.world.learn()

    @precondition(lambda self: self._is_built())
    @rule(models=st.sampled_from(REFRESHED))
    @told
    def full_refresh(self, models: tuple[str, ...]) -> None:
        """Silver and gold anew, or one side of silver only, under today's rules."""
        self.is_split |= models != REFRESHED[0]
        result = self._run("--full-refresh", "--select", *models)
        assert result.success or self.is_split, str(result)
        self.is_split &= models != REFRESHED[0]
        self.is_settled &= not self.is_split

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

    @precondition(lambda self: self._is_built())
    @rule()
    @told
    def change_a_rule(self) -> None:
        """One more rule, or it is taken back, wherever silver's tables stand."""
        self.is_split |= not self.is_settled
        self.rules_changed = True
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
        self.world.sound.clear()  # whatever it removed, all is read again

    @precondition(lambda self: self.is_settled)
    @rule()
    @told
    def forget(self) -> None:
        """Forget all deletions, as silver has read all that landed. What is older and lands later revives."""
        plans = commands.maintain(
            self.lake, "silver_orders_deleted", snapshots=NO_TIME, staged=NO_TIME, deletions=NO_TIME
        )
        self.world.sound.clear()
        assert plans["silver.orders_deleted"].forget == len(self.world.newest["silver.orders_deleted"].rows)

    @precondition(lambda self: self._is_built())
    @rule(command=st.sampled_from(sorted(COMMANDS)), point=st.sampled_from(POINTS), number=st.integers(1, 3))
    @told
    def command_and_die(self, command: str, point: str, number: int) -> None:
        """An operator's command that is killed where it comes to this point for this time, if it does."""
        self.start_command(command, f"{point}:{number}").wait()
        self.world.sound.clear()
        self.world.learn()

    def start_command(self, command: str, fail_point: str = "") -> Client:
        """Start a command; maintenance forgets deletions where the model can say which."""
        retention = ("--keep-deletions", "0s" if self.is_settled else "36500d")
        self.is_settled &= command == "maintain"  # which needs no build after it
        args = (*COMMANDS[command], *(retention if command == "maintain" else ()))
        return start(self.lake, "medallion", *args, fail_point=fail_point)

    @precondition(lambda self: self._is_built())
    @rule(model=st.sampled_from(("silver_orders", "gold_daily_sales")))
    @told
    def replay(self, model: str) -> None:
        """Read all of a model's input again."""
        self._if_not_split(commands.replay, self.lake, model, "all")

    @precondition(lambda self: self._is_built())
    @rule()
    @told
    def redrive(self) -> None:
        """Move rejected rows that keep today's rules into silver."""
        self._if_not_split(commands.redrive, self.lake)

    def _if_not_split(self, command: Callable[..., Any], *args: Any) -> None:
        """A command that may be refused while silver's tables stand apart, or judge by different rules."""
        try:
            command(*args)
        except DataError as error:
            assert not self.is_settled or self.is_split, error
            assert WAY_OUT.search(error.line), error
            self.is_settled = False

    @precondition(lambda self: self._is_built())
    @rule(table=st.sampled_from((*SILVER, *GOLD)))
    @told
    def roll_back(self, table: str) -> None:
        """To the commit before the last, if it is still there."""
        earlier = self.lake.published(table)[:-1]
        if earlier:
            roll_back(self.lake, table, earlier[-1].id)
            self.is_settled = False
            self.is_split |= self.rules_changed and table in SILVER

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
        self.is_split = False

    # what holds

    @invariant()
    def every_table_is_what_its_checkpoint_says(self) -> None:
        """After every step, whether or not it went well."""
        assert self.world.contradictions() == {}

    @invariant()
    def nothing_is_lost(self) -> None:
        """What both have read, silver.orders has taken, or silver.orders_rejected keeps it.

        Where one of them judges by other rules than the other did, the next build finds out, at the latest.
        """
        if self.is_settled or not self.is_split:
            assert self.world.lost() == []

    @invariant()
    def a_build_consumes_all_that_landed(self) -> None:
        """And leaves nothing for the next one."""
        if self.is_settled:
            assert self.world.backlog() == {}

    def teardown(self) -> None:
        """Whatever happened, one more build ends where the model does."""
        if self.lake.steps:
            self.build()
            self.judge()

    def judge(self) -> None:
        """All that has to hold."""
        self.every_table_is_what_its_checkpoint_says()
        self.nothing_is_lost()
        self.a_build_consumes_all_that_landed()

    def _run(self, *args: str) -> DbtResult:
        self.waiting = 0
        result = self.lake.dbt("run", *args)
        self.world.learn()
        return result

    def _run_whatever_it_takes(self, *args: str) -> None:
        """A run; where it is refused, what it says is done first. Only a split silver may need a rebuild."""
        for _ in range(3):
            result = self._run(*args)
            ways = {way for node in result.nodes.values() for way in WAY_OUT.findall(node.message)}
            for command, rest in sorted(ways):
                assert self.is_split or "--full-refresh" not in rest, str(result)
                if command == "dbt build":
                    self._run(*shlex.split(rest))
                else:
                    self._if_not_split(commands.redrive, self.lake)
            if not ways:
                break
        result.ok()

    def _is_built(self) -> bool:
        return all(self.lake.head(name) is not None for name in TABLES)


def begin(make_lake: Callable[[], Lake]) -> Story:
    """A story that is told by calling its steps."""
    return type("Story", (Story,), {"make_lake": staticmethod(make_lake)})()
