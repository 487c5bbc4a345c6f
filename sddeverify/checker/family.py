"""Families: a template in which names such as "$x" stand for parameters, of which a box is given."""

from typing import Any

from .document import Claim, Pair, pair
from .function import Function, function, read_model
from .laws import parse


def fill(value: Any, cells: dict[str, Any]) -> Any:
    """Return a template with every name of a parameter, such as "$", replaced by its pair."""
    if isinstance(value, dict):
        return {name: fill(x, cells) for name, x in value.items()}
    if isinstance(value, list):
        return [fill(x, cells) for x in value]
    return list(cells[value]) if isinstance(value, str) and value in cells else value


def member(template: Claim, box: dict[str, Pair]) -> Function:
    """Return the function of a template on a box; a model in the template, and it alone, gives the damping."""
    source = fill(template, {name: [str(x) for x in ends] for name, ends in box.items()})
    if "model" in source:
        value, gain, _ = read_model(source["model"], parse(source["delay"]))
        rate = pair(value, least=0)
        source["damping"] = [str(rate.lo * gain.lo), str(rate.hi * gain.hi)]
    return function(source)
