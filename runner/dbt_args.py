"""What is added to dbt's arguments, wherever dbt runs."""

from __future__ import annotations

from collections.abc import Sequence

# The gate has run a model's tests before its commit; running them again would only cost time.
GATED = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


def gated(arguments: Sequence[str]) -> list[str]:
    """Leave out the tests that the gate runs anyway, unless the caller says which resources to run."""
    chosen = any(
        argument.startswith(("--resource-type", "--exclude-resource-type")) for argument in arguments
    )
    return [*arguments] if chosen else [*arguments, *GATED]
