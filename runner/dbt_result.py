"""What became of a dbt invocation, node by node, wherever it ran."""

from __future__ import annotations

from dataclasses import dataclass

IDLE = "no new data"  # what the materialization says of a model that committed nothing


@dataclass(frozen=True)
class NodeResult:
    """What became of one model or test."""

    name: str
    kind: str  # model, test, unit_test, …
    status: str  # success, pass, error, fail, warn, skipped
    message: str
    seconds: float

    @property
    def is_bad(self) -> bool:
        """Tell whether it failed."""
        return self.status in ("error", "fail", "runtime error")


@dataclass(frozen=True)
class DbtResult:
    """What became of one dbt invocation."""

    run: str  # dbt's invocation id
    nodes: tuple[NodeResult, ...]
    warnings: tuple[str, ...] = ()

    @property
    def failures(self) -> tuple[NodeResult, ...]:
        """Return the nodes that failed, in the order in which they ran."""
        return tuple(node for node in self.nodes if node.is_bad)
