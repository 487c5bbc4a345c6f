"""Templates of claims: where in a law, or in a model, the parameters of a family stand."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sddeverify.checker.function import fill
from sddeverify.delays import Law, parse
from sddeverify.errors import InvalidScenario, invalid
from sddeverify.exact import Enclosure, enclosure, pair, spell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sddeverify.exact import Exact

NAMES = ("$x", "$y")
_MODEL = ("learning_rate", "hessian", "workers", "mean_delay")


def template(law: Callable[[Fraction], Law], samples: tuple[Fraction, Fraction], name: str = "$") -> Any:
    """Return the JSON of a law with ``name`` where the parameter stands: where two values give two different pairs.

    Raises:
        InvalidScenario: if the law depends on the parameter in any other way, or not at all.
    """
    first, last = law(samples[0]).to_json(), law(samples[1]).to_json()
    found = merge(first, last, (pair(samples[0]), pair(samples[1])), name)
    if fill(found, {name: [spell(samples[0])] * 2}) != first or found == first:
        raise invalid("law", str(law(samples[0])), "a law with the parameter itself as one of its parameters")
    return found


def merge(x: Any, y: Any, values: tuple[list[str], list[str]], name: str) -> Any:
    """Return what two JSON values have in common, with ``name`` where they differ as two values do."""
    if (x, y) == values:
        return name
    if isinstance(x, dict) and isinstance(y, dict) and x.keys() == y.keys():
        return {key: merge(x[key], y[key], values, name) for key in x}
    if isinstance(x, list) and isinstance(y, list) and len(x) == len(y):
        return [merge(a, b, values, name) for a, b in zip(x, y, strict=True)]
    if x != y:
        raise invalid("law", "a law that depends on the parameter otherwise", "the parameter itself in its place")
    return x


def family(
    delay: str | Law,
    damping: Exact | tuple[Exact, Exact] | None = None,
    undelayed: Exact | tuple[Exact, Exact] = 0,
    *,
    model: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a family of characteristic functions h(s) = s + b + a E[exp(-s tau)] in the parameters "$x" and "$y".

    Args:
        delay: The delay law; in its notation ``$x`` and ``$y`` may stand for parameters: "erlang(3, $y)".
        damping: The damping coefficient a: "$x", "$y", or an exact number; left out if there is a model.
        undelayed: The coefficient b, likewise.
        model: ``learning_rate``, ``hessian``, ``workers`` and ``mean_delay``, likewise; they give the damping.

    Raises:
        InvalidScenario: if a member is not of this form, or not both parameters occur.
    """
    if (damping is None) == (model is None):
        raise InvalidScenario("damping: write either a damping or a model, from which it follows")
    result: dict[str, Any] = {
        "damping": ["0", "0"] if damping is None else _place(damping, "damping"),
        "delay": delay.to_json() if isinstance(delay, Law) else _law(delay),
        "undelayed": _place(undelayed, "undelayed"),
    }
    if model is not None:
        if set(model) != set(_MODEL):
            raise invalid("model", sorted(model), f"exactly the members {', '.join(_MODEL)}")
        result["model"] = {name: _place(model[name], f"model.{name}") for name in _MODEL}
    for name in NAMES:
        if fill(result, {name: ["0", "0"]}) == result:
            raise InvalidScenario(f"{name}: the family does not depend on it; put {name} in the place of a parameter")
    return result


def _place(value: Any, field: str) -> Any:
    return value if value in NAMES else pair(enclosure(value, field))


# Sample values that nobody writes: where the JSON of the law has them, the parameter stands.
_SAMPLES = ((Fraction(1009, 997), Fraction(1019, 991)), (Fraction(1051, 953), Fraction(1061, 947)))


def _law(text: str) -> Any:
    """Return the JSON of a law in textual notation, with the names of parameters in it.

    Raises:
        InvalidScenario: if the text is no law, or a name stands for anything but a parameter.
    """

    def at(k: int, x: int, y: int) -> Any:
        spelled = {"$x": spell(_SAMPLES[x][k]), "$y": spell(_SAMPLES[y][k])}
        filled = text
        for name, value in spelled.items():
            filled = filled.replace(name, value)
        return parse(filled).to_json()

    first, last = at(0, 0, 1), at(1, 0, 1)
    for k, name in enumerate(NAMES):
        values = (pair(Enclosure(_SAMPLES[k][0], _SAMPLES[k][0])), pair(Enclosure(_SAMPLES[k][1], _SAMPLES[k][1])))
        first, last = _marked(first, values[0], name), _marked(last, values[1], name)
    if first != last:
        raise invalid("delay", text, "a law with $x and $y in the place of parameters that its format has")
    return first


def _marked(value: Any, sample: list[str], name: str) -> Any:
    if value == sample:
        return name
    if isinstance(value, dict):
        return {key: _marked(x, sample, name) for key, x in value.items()}
    return [_marked(x, sample, name) for x in value] if isinstance(value, list) else value
