"""Makes `medallion emr` known without importing it: what speaks to AWS takes a second to import."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import typer
from typer.core import TyperGroup


class LazyGroup(TyperGroup):
    """The group of `medallion emr`, whose commands are imported when one of them is asked for."""

    @cached_property
    def _loaded(self) -> TyperGroup:
        from runner.emr.cli import app as real  # noqa: PLC0415

        group = typer.main.get_command(real)
        assert isinstance(group, TyperGroup)
        return group

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands' names, as `--help` lists them."""
        return self._loaded.list_commands(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return one command."""
        return self._loaded.get_command(ctx, cmd_name)


app = typer.Typer(
    cls=LazyGroup,
    help="The same project on EMR Serverless: deploy it, run it, watch it, stop it, see what it cost.",
    epilog="The first time: docs/emr.md, or the emulator: make emulator. "
    "Exit codes: 0 ok, 1 data or dbt, 2 usage, 3 AWS or Spark, 4 cancelled or detached, 5 timed out.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
