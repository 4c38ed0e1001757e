"""What a job's state means: which are final, and what a caller is told about how it ended. Pure.

A state that is not known here is an error, never "still running": a client that waits for a word it does not
understand would wait for ever.
"""

from __future__ import annotations

from dataclasses import dataclass

from runner.errors import InfrastructureError

WAITING = ("SUBMITTED", "QUEUED", "PENDING", "SCHEDULED")
LIVE = (*WAITING, "RUNNING", "CANCELLING")  # a job that is being cancelled may still write
FINAL = ("SUCCESS", "FAILED", "CANCELLED")

OK, DATA, USAGE, INFRASTRUCTURE, CANCELLED, TIMED_OUT = 0, 1, 2, 3, 4, 5

_WORDS = {
    OK: "succeeded",
    DATA: "failed",
    USAGE: "refused",
    INFRASTRUCTURE: "broke off",
    CANCELLED: "cancelled",
    TIMED_OUT: "timed out",
}


class UnknownState(InfrastructureError):
    """EMR Serverless speaks of a state that this version does not know."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended: the exit code of DESIGN and a word for it."""

    exit_code: int
    message: str = ""

    @property
    def word(self) -> str:
        """Return what became of it, in a word or two."""
        return _WORDS[self.exit_code]


def is_final(state: str) -> bool:
    """Tell whether nothing more will come of a job; raises UnknownState."""
    if state in FINAL:
        return True
    if state in LIVE:
        return False
    raise UnknownState(
        f"EMR Serverless says that the job's state is {state!r}, which this version does not know",
        fix="Look at the job in the AWS console, and get a newer version",
    )


def decide_exit(state: str, driver_code: int | None, *, is_over_time: bool = False) -> int:
    """Return the exit code of a job in a final state.

    `driver_code` is what the driver wrote before it ended, None if it wrote nothing. It knows more than EMR,
    which sees only a process that ended; but what it wrote says nothing of a later attempt that EMR stopped.
    """
    if not is_final(state):
        raise ValueError(f"{state} is not final")
    if state == "CANCELLED" and driver_code != OK:
        return TIMED_OUT if is_over_time else CANCELLED
    if state == "FAILED" and driver_code in (
        None,
        OK,
    ):  # it ended well and was lost afterwards, or never began
        return INFRASTRUCTURE
    if driver_code is None:
        return OK
    return driver_code if driver_code in _WORDS else INFRASTRUCTURE
