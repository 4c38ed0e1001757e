"""Calls the project's macros as dbt does, without a dbt run and without Spark.

dbt's own Jinja environment and base context are used, so `return`, `tojson`, `modules` and undefined names
behave as in a run. What a run would add is given by the test: the model, its config, the graph, and a
connection that records statements and answers queries from a list.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
from dbt.clients.jinja import MacroGenerator
from dbt.context.base import BaseContext
from dbt_common.clients.jinja import get_environment
from dbt_common.exceptions import CompilationError

MACROS = Path(__file__).resolve().parents[2] / "macros"
RUN = "0f0e0d0c-0000-4000-8000-000000000000"
_DBT_NAME = "dbt_macro__"

# What a macro raises with exceptions.raise_compiler_error.
Refused = CompilationError


class Node(dict[str, Any]):
    """A graph node or a row of a result: a dict whose keys can be read as attributes too, as in Jinja."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass(frozen=True)
class Relation:
    """A table, printed as dbt-spark prints it."""

    schema: str
    identifier: str
    is_cte: bool = False

    def __str__(self) -> str:
        return f"{self.schema}.{self.identifier}"


@dataclass
class Connection:
    """Stands for Spark: keeps what was run, answers a query by the first fragment found in it."""

    answers: Sequence[tuple[str, list[Any]]] = ()
    failures: Mapping[str, str] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)

    def run_query(self, sql: str) -> list[Any]:
        self.ran.append(one_line(sql))
        for fragment, rows in self.answers:
            if fragment in one_line(sql):
                return rows
        raise AssertionError(f"no answer was prepared for: {one_line(sql)}")

    def try_query(self, sql: str, fetch: bool = True) -> Node:
        """As the adapter does; an answer that is text is the error, and so is what `failures` has."""
        failed = [error for fragment, error in self.failures.items() if fragment in one_line(sql)]
        if failed or not fetch:
            self.ran.append(one_line(sql))
        answer = failed[0] if failed else self.run_query(sql) if fetch else []
        error = answer if isinstance(answer, str) else None
        return Node(
            rows=None if error else answer,
            error=error,
            cause=error,
            is_of_the_moment="network" in (error or ""),
        )

    def statement(self, *_: Any, caller: Any = None, **__: Any) -> str:
        self.ran.append(one_line(caller()))
        return ""


@dataclass
class Project:
    """The macros, in the context of one model's run."""

    model: Mapping[str, Any] = field(default_factory=lambda: {"name": "silver_orders"})
    config: Mapping[str, Any] = field(default_factory=dict)
    nodes: Sequence[Mapping[str, Any]] = ()
    sources: Sequence[Mapping[str, Any]] = ()
    full_refresh: bool = False
    has_table: bool = True
    connection: Connection = field(default_factory=Connection)
    warnings: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        """A macro by its name, to be called; it returns what the macro returns, else the text it renders."""
        if name.startswith("__") or name not in _sources():
            raise AttributeError(name)
        return self.context()[name]

    def context(self) -> dict[str, Any]:
        """What Jinja sees."""
        context = BaseContext(cli_vars={}).to_dict()
        context.update(self._stubs())
        for name, source in _sources().items():
            macro = SimpleNamespace(name=name, macro_sql=source, package_name="medallion", unique_id=name)
            context[name] = MacroGenerator(macro, context)
        return context

    def _stubs(self) -> dict[str, Any]:
        return {
            "model": Node(self.model),
            "config": SimpleNamespace(get=lambda name, default=None: self.config.get(name, default)),
            "graph": Node(nodes=_by_id(self.nodes), sources=_by_id(self.sources)),
            "invocation_id": RUN,
            "execute": True,
            "target": Node(name="server", method="thrift", threads=4),
            "env_var": lambda name, default="": default,
            "should_full_refresh": lambda: self.full_refresh,
            "load_relation": lambda relation: relation,
            "load_cached_relation": lambda relation: relation if self.has_table else None,
            "load_result": lambda name: f"<result of {name}>",
            "exceptions": SimpleNamespace(raise_compiler_error=_refuse, warn=self.warnings.append),
            "api": SimpleNamespace(Relation=SimpleNamespace(create=Relation)),
            "adapter": SimpleNamespace(
                quote=lambda name: f"`{name}`",
                try_query=self.connection.try_query,
                try_execute=lambda sql: self.connection.try_query(sql, fetch=False).error,
                wait_before_attempt=lambda number: None,
            ),
            "log": lambda message: None,
            "run_query": self.connection.run_query,
            "statement": self.connection.statement,
            "get_test_sql": lambda sql, *_: f"<failures of {sql}>",
            "get_limit_subquery_sql": lambda sql, limit: f"<{limit} rows of {sql}>",
        }


@lru_cache
def _sources() -> dict[str, str]:
    """Each macro's name with the text of its file."""
    environment = get_environment()
    found: dict[str, str] = {}
    for path in sorted(MACROS.rglob("*.sql")):
        if path.stem == "run_query":  # the connection stands for it
            continue
        text = path.read_text()
        for macro in environment.parse(text).find_all(jinja2.nodes.Macro):
            found[macro.name.removeprefix(_DBT_NAME)] = text
    return found


def _by_id(nodes: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {node["unique_id"]: node for node in nodes}


def _refuse(message: str, node: Any = None) -> None:
    raise CompilationError(message)


# -- values that macros take --------------------------------------------------------------------------------


def one_line(sql: Any) -> str:
    """Text with each run of blanks as one: layout is no part of what a macro promises."""
    return re.sub(r"\s+", " ", str(sql)).strip()


def snapshot(id: str, operation: str = "append", wap_id: str | None = None) -> Node:
    """A snapshot without its parent."""
    return Node(id=id, parent=None, operation=operation, wap_id=wap_id, committed_at=f"time of {id}")


def checkpoint(model: str = "silver_orders", mode: str = "range", code: str = "c0", **inputs: Any) -> str:
    """The document in a commit; inputs as name=(from, to)."""
    ends = {name: {"from": start, "to": end} for name, (start, end) in inputs.items()}
    return json.dumps({"medallion": 1, "model": model, "mode": mode, "code": code, "inputs": ends})


def history(*snapshots: Node, staged: Sequence[Node] = ()) -> Node:
    """A lineage as read_lineages returns it: snapshots oldest first, each the child of the one before."""
    parents = itertools.chain([None], (one.id for one in snapshots))
    line = [Node(one, parent=parent) for one, parent in zip(snapshots, parents, strict=False)]
    head = line[-1].id if line else None
    loose = [Node(one, parent=head) for one in staged]
    return Node(head=head, snapshots={one.id: one for one in [*line, *loose]})


def table_node(name: str, resource_type: str = "model", **more: Any) -> Node:
    """A graph node of a model `layer_table`, or of a source."""
    layer, _, table = name.partition("_")
    if resource_type == "source":
        return Node(
            unique_id=f"source.medallion.raw.{name}", resource_type="source", source_name="raw", name=name,
            schema="raw", identifier=name, meta={}, columns={}, **more,
        )  # fmt: skip
    more.setdefault("config", Node(schema=layer))
    unique_id = f"model.medallion.{name}"
    return Node(
        unique_id=unique_id, resource_type=resource_type, name=name, schema=layer, alias=table, **more
    )


def read(kind: str, node: Node, since: Node | None = None) -> Node:
    """A read as plan_reads finds it; its view is named by kind and input."""
    view = "__".join([kind, node["name"], *(["since", since["name"]] if since else [])])
    return Node(view=view, kind=kind, node=node, since=since)


def column(name: str, type: str = "string", description: str = "", **meta: Any) -> Node:
    """A column as contract_columns returns it."""
    return Node(name=name, type=type, description=description, meta=meta)


def contract(**types: str) -> dict[str, Node]:
    """A node's columns as dbt parses them: name=type, or name='type landed_as column'."""
    columns = {}
    for name, text in types.items():
        type_, _, landed = text.partition(" landed_as ")
        meta = {"landed_as": landed} if landed else {}
        columns[name] = Node(name=name, data_type=type_, description="", config=Node(meta=meta), meta=meta)
    return columns
