"""From a name like `silver.orders` to the table, by the catalog, never by a listing of files."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table

from runner.aws import aws_in_one_line
from runner.errors import DataError, EngineUnavailable, UsageError
from runner.lake import LAYERS
from runner.location import Location
from runner.query.moment import Moment, find_snapshot


@dataclass(frozen=True)
class LakeTable:
    """A table that a question names, as it was resolved once for all of the answer."""

    name: str  # as in the question: silver.orders
    identifier: str  # as in the catalog, with the schema's prefix
    snapshot: int | None  # the one that --at means; None for what readers see now
    table: Table

    @property
    def schema(self) -> str:
        """Return the layer's name."""
        return self.name.partition(".")[0]

    @property
    def short(self) -> str:
        """Return the name without its schema."""
        return self.name.partition(".")[2]


def resolve_tables(
    catalog: Catalog, location: Location, names: Sequence[str], moment: Moment | None
) -> list[LakeTable]:
    """Look each name up in the catalog, and the snapshot that the moment means for it.

    Raises UsageError for a name that is no table.
    """
    with aws_in_one_line("Glue"):
        return [_resolve(catalog, location, name, moment) for name in names]


def _resolve(catalog: Catalog, location: Location, name: str, moment: Moment | None) -> LakeTable:
    schema, _, short = name.partition(".")
    try:
        if not short or "." in short or schema not in LAYERS:
            raise NoSuchTableError(name)
        table = catalog.load_table(f"{location.schema(schema)}.{short}")
    except NoSuchTableError:
        raise _unknown(name, list_names(catalog, location)) from None
    except OSError as error:  # PyIceberg reads the metadata file by itself: boto3 has no part in it
        raise EngineUnavailable(
            f"the metadata of {name} cannot be read: {error}",
            fix="Is it there, and may these credentials read it? medallion connect athena",
        ) from error
    return LakeTable(name, f"{location.schema(schema)}.{short}", _snapshot(name, table, moment), table)


def _snapshot(name: str, table: Table, moment: Moment | None) -> int | None:
    if moment is None:
        return None
    log = [(entry.timestamp_ms, entry.snapshot_id) for entry in table.history()]
    return find_snapshot(name, moment, log, {snapshot.snapshot_id for snapshot in table.snapshots()})


def list_names(catalog: Catalog, location: Location) -> list[str]:
    """Return the names of all tables of the lake, without the prefix, layer by layer."""
    with aws_in_one_line("Glue"):
        there = {namespace[0] for namespace in catalog.list_namespaces()}
        schemas = {layer: location.schema(layer) for layer in LAYERS if location.schema(layer) in there}
        return [
            f"{layer}.{name}"
            for layer, schema in schemas.items()
            for _, name in sorted(catalog.list_tables(schema))
        ]


def _unknown(name: str, names: list[str]) -> UsageError | DataError:
    if not names:
        return DataError("the lake has no tables yet", fix="Build them first: medallion build")
    short = {one.partition(".")[2]: one for one in names}
    near = [short[name]] if name in short else difflib.get_close_matches(name, names, 1)
    guess = f"Did you mean {near[0]}? " if near else ""
    return UsageError(f"there is no table {name}", fix=f"{guess}There are {', '.join(names)}")
