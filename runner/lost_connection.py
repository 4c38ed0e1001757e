"""Lets a run say why it failed when its connection to Spark is gone.

dbt closes the connection after each model. Closing one that is lost fails, and dbt then shows that failure
("unexpected exception") in place of the model's own.
"""

from __future__ import annotations

from typing import Any

from dbt.adapters.events.logging import AdapterLogger
from dbt.adapters.spark.connections import PyhiveConnectionWrapper
from thrift.transport.TTransport import TTransportException


def let_lost_connections_close() -> None:
    """Take a lost connection for closed."""
    plain = PyhiveConnectionWrapper.close
    if getattr(plain, "forgives", False):
        return

    def close(self: Any) -> None:
        try:
            plain(self)
        except (TTransportException, OSError) as error:
            AdapterLogger("Spark").debug(f"the connection was lost before it was closed: {error}")

    close.forgives = True  # type: ignore[attr-defined]
    PyhiveConnectionWrapper.close = close  # type: ignore[method-assign]
