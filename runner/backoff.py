"""Lets a macro wait before it tries again: Jinja has no clock."""

from __future__ import annotations

import random
import time
from typing import Any

from dbt.adapters.spark.impl import SparkAdapter

FIRST_PAUSE = 0.5  # seconds, doubled with each attempt


def wait_before_attempt(adapter: Any, number: int) -> None:
    """Wait before attempt `number` (from 2): longer each time, and never as long as a rival does."""
    time.sleep(FIRST_PAUSE * 2 ** (number - 2) * random.uniform(0.5, 1.5))


def offer_backoff() -> None:
    """Give the adapter that macros see this method; while dbt only parses it does nothing."""
    name = wait_before_attempt.__name__
    setattr(SparkAdapter, name, wait_before_attempt)
    SparkAdapter._available_ |= {name}
    SparkAdapter._parse_replacements_ |= {name: lambda *_: None}
