"""What a job cost: the hours that EMR Serverless billed, times the prices of `profiles/emr_prices.yml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from runner.errors import BadSetting

FILE = Path("profiles/emr_prices.yml")
_NAMES = ("vcpu_hour", "memory_gb_hour", "storage_gb_hour")


@dataclass(frozen=True)
class Usage:
    """Hours of vCPU, and of a GB of memory and of storage."""

    vcpu_hours: Decimal = Decimal(0)
    memory_gb_hours: Decimal = Decimal(0)
    storage_gb_hours: Decimal = Decimal(0)

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.vcpu_hours + other.vcpu_hours,
            self.memory_gb_hours + other.memory_gb_hours,
            self.storage_gb_hours + other.storage_gb_hours,
        )


@dataclass(frozen=True)
class Prices:
    """What one hour of each costs."""

    currency: str
    vcpu_hour: Decimal
    memory_gb_hour: Decimal
    storage_gb_hour: Decimal

    def of(self, usage: Usage) -> Decimal:
        """Return what a usage costs, to the hundredth of a cent."""
        amount = (
            usage.vcpu_hours * self.vcpu_hour
            + usage.memory_gb_hours * self.memory_gb_hour
            + usage.storage_gb_hours * self.storage_gb_hour
        )
        return amount.quantize(Decimal("0.0001"))


@dataclass(frozen=True)
class Cost:
    """What some jobs were billed; `missing` are those that EMR has not billed yet."""

    runs: tuple[str, ...]
    usage: Usage
    amount: Decimal | None  # None where the file has no price for the region
    currency: str
    missing: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the cost with plain values."""
        usage = {name: float(value) for name, value in asdict(self.usage).items()}
        amount = None if self.amount is None else float(self.amount)
        money = {"amount": amount, "currency": self.currency}
        return {"runs": list(self.runs), **usage, **money, "not_billed_yet": list(self.missing)}


def usage_of(billed: Mapping[str, Any] | None) -> Usage | None:
    """Read the `billedResourceUtilization` of a job; None while EMR has not billed it."""
    if not billed:
        return None
    hours = (Decimal(str(billed.get(name) or 0)) for name in ("vCPUHour", "memoryGBHour", "storageGBHour"))
    return Usage(*hours)


def cost_of(billed: Sequence[tuple[str, Usage | None]], prices: Prices | None) -> Cost:
    """Add up what runs were billed."""
    usage = sum((one for _, one in billed if one), Usage())
    return Cost(
        runs=tuple(run for run, one in billed if one),
        usage=usage,
        amount=prices.of(usage) if prices else None,
        currency=prices.currency if prices else "",
        missing=tuple(run for run, one in billed if one is None),
    )


def load_prices(project_dir: Path, region: str, architecture: str) -> Prices | None:
    """Read the prices of a region; None when the file has none for it, BadSetting when it cannot be read."""
    path = project_dir / FILE
    try:
        content = yaml.safe_load(path.read_text())
        listed = (content["regions"].get(region) or {}).get(architecture)
        if listed is None:
            return None
        return Prices(str(content["currency"]), *(_price(path, listed, name) for name in _NAMES))
    except (OSError, yaml.YAMLError, KeyError, AttributeError, TypeError) as error:
        raise BadSetting(f"{path} cannot be read: {error!r}", fix="Restore it from git") from error


def _price(path: Path, listed: Mapping[str, Any], name: str) -> Decimal:
    try:
        price = Decimal(str(listed[name]))
    except InvalidOperation:
        price = Decimal(-1)
    if not price.is_finite() or price < 0:
        raise BadSetting(f"{path}: {name} is {listed[name]!r}", fix="Write what an hour costs, like 0.05")
    return price
