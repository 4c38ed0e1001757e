"""Whether somebody wants a run to stop: EMR by a signal, a person by an object in the run's folder."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from runner.emr.driver_store import RunStore, without_harm
from runner.errors import Cancelled

CANCEL_SECONDS = 3.0


@dataclass
class Timer:
    """Says when something is due again."""

    seconds: float
    last: float = 0.0

    def is_due(self) -> bool:
        """Tell whether so long has passed since it was due last."""
        now = time.monotonic()
        if now - self.last < self.seconds:
            return False
        self.last = now
        return True


class Stop:
    """Hears both, from the beginning of a run to its end: as a context it listens to the signal."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._timer = Timer(CANCEL_SECONDS)
        self._is_signalled = False
        self._before: Any = None

    def __enter__(self) -> Stop:
        self._before = signal.signal(signal.SIGTERM, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGTERM, self._before)

    def check(self) -> None:
        """Raise Cancelled when somebody wants the run to stop."""
        if self._is_signalled or self._is_cancelled():
            self._store.tell("asked to stop")
            fix = "Nothing half-done is visible; submit it again"
            raise Cancelled(f"run {self._store.run} was cancelled", fix=fix)

    def check_now_and_then(self) -> None:
        """Do the same, and ask S3 every few seconds only."""
        if self._is_signalled or self._timer.is_due():
            self.check()

    def _is_cancelled(self) -> bool:
        with without_harm("look whether the run is to stop"):
            return self._store.is_cancelled()
        return False

    def _note(self, *_: object) -> None:
        self._is_signalled = True
