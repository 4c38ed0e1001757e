"""Every macro is documented, with the arguments it has."""

from __future__ import annotations

import jinja2
import yaml
from dbt_common.clients.jinja import get_environment
from harness import MACROS


def arguments() -> dict[str, list[str]]:
    """The arguments of each macro, as its file has them."""
    environment = get_environment()
    found = {}
    for path in MACROS.rglob("*.sql"):
        for macro in environment.parse(path.read_text()).find_all(jinja2.nodes.Macro):
            found[macro.name.removeprefix("dbt_macro__")] = [argument.name for argument in macro.args]
    return found


def test_every_macro_is_documented_with_its_arguments() -> None:
    documented = yaml.safe_load((MACROS / "_macros.yml").read_text())["macros"]
    names = {macro["name"]: [one["name"] for one in macro.get("arguments", [])] for macro in documented}
    assert names == arguments()
    assert len(documented) == len(names)


def test_every_description_says_something() -> None:
    documented = yaml.safe_load((MACROS / "_macros.yml").read_text())["macros"]
    described = [macro["description"] for macro in documented]
    described += [one["description"] for macro in documented for one in macro.get("arguments", [])]
    assert all(text.strip().endswith(".") for text in described)
