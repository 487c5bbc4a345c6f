"""Reading a law's JSON form: its transform as a tree of nodes, its poles, and special shapes.

Whatever is made of the known atoms by mixtures and sums is read here; an atom that is not known is taken
by its ``laplace`` method, with derivatives by differences.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any, TypeAlias

from sddeverify.analysis.arithmetic import Arithmetic
from sddeverify.analysis.transforms import Average, Cells, Node, Opaque, Points, Product, Shift, Stages, Window

Json: TypeAlias = dict[str, Any]
Number: TypeAlias = Callable[[Fraction], Any]

_MAX_TERMS = 128


def _value(pair: list[str]) -> Fraction:
    """Return the number of a pair [lo, hi] (the midpoint of an interval)."""
    return (Fraction(pair[0]) + Fraction(pair[1])) / 2


def _open(data: Json) -> tuple[str, Any]:
    ((name, body),) = data.items()
    if name == "band":
        return _open(body["center"])
    return ("lattice", body) if name == "empirical" else (name, body)


def build(data: Json, time: Number, weight: Number, unit: Any, ops: Arithmetic) -> Node:
    """Return the transform of a law as a tree.

    Args:
        data: The law's JSON form.
        time: How a time becomes a number of the wanted kind (and unit).
        weight: How a number without unit does.
        unit: The unit that ``time`` divides by.
        ops: The arithmetic of that kind, for constants such as the norm of a truncated law.
    """
    name, body = _open(data)
    if name == "constant":
        return Shift(time(_value(body["time"])))
    if name == "exponential":
        return Stages(1, time(_value(body["mean"])))
    if name == "erlang":
        return Stages(body["shape"], time(_value(body["mean"]) / body["shape"]))
    if name == "uniform":
        lo, hi = _value(body["lo"]), _value(body["hi"])
        window = Window(time(hi - lo), 0, 1)
        return window if lo == 0 else Product((Shift(time(lo)), window))
    if name == "truncated_exponential":
        mean, cap = _value(body["mean"]), _value(body["cap"])
        norm = ops.phi1(weight(cap / mean), 0)[0]
        return Window(time(cap), -1 / time(mean), norm.real)
    if name == "lattice":
        first = next(k for k, count in enumerate(body["counts"]) if count)
        step, counts = _value(body["step"]), _trim(body["counts"], first)
        cells = Cells(time(step), counts)
        return cells if first == 0 else Product((Shift(time(first * step)), cells))
    if name == "sum":
        return Product(tuple(build(part, time, weight, unit, ops) for part in body))
    if name == "mixture":
        parts = [(weight(_value(part["weight"])), build(part["law"], time, weight, unit, ops)) for part in body]
        points = [(share, node.time) for share, node in parts if isinstance(node, Shift)]
        if len(points) > 3:
            rest = [(share, node) for share, node in parts if not isinstance(node, Shift)]
            times = Points(tuple(share for share, _ in points), tuple(at for _, at in points))
            return Average(((weight(Fraction(1)), times), *rest)) if rest else times
        return Average(tuple(parts))
    from sddeverify.delays import Law

    return Opaque(Law.from_json(data), unit)


def _trim(counts: list[int], first: int) -> tuple[int, ...]:
    last = max(k for k, count in enumerate(counts) if count)
    return tuple(counts[first : last + 1])


def only_time(data: Json) -> Fraction | None:
    """Return the delay of a law that is a single point, else None."""
    name, body = _open(data)
    if name == "constant":
        return _value(body["time"])
    if name == "lattice":
        places = [k for k, count in enumerate(body["counts"]) if count]
        return places[0] * _value(body["step"]) if len(places) == 1 else None
    if name == "sum":
        times = [only_time(part) for part in body]
        known = [time for time in times if time is not None]
        return sum(known, Fraction(0)) if len(known) == len(times) else None
    if name == "mixture":
        each = {only_time(part["law"]) for part in body}
        return each.pop() if len(each) == 1 else None
    return None


def pole_orders(data: Json) -> dict[Fraction, int]:
    """Return ``scale -> order``: the transform has poles of that order at -1/scale."""
    name, body = _open(data)
    if name == "exponential":
        return {_value(body["mean"]): 1}
    if name == "erlang":
        return {_value(body["mean"]) / body["shape"]: body["shape"]}
    orders: dict[Fraction, int] = {}
    if name == "sum":
        for part in body:
            for scale, order in pole_orders(part).items():
                orders[scale] = orders.get(scale, 0) + order
    if name == "mixture":
        for part in body:
            for scale, order in pole_orders(part["law"]).items():
                orders[scale] = max(orders.get(scale, 0), order)
    return orders


def stage_terms(data: Json) -> list[tuple[Fraction, dict[Fraction, int]]] | None:
    """Return a law as a mixture of sums of exponential stages, or None if it is no such law.

    Returns:
        Pairs (weight, {mean of a stage: number of such stages}): the transform is the sum of
        weight * product of (1 + s mean)^-number, a rational function.
    """
    name, body = _open(data)
    if name in ("exponential", "erlang"):
        return [(Fraction(1), pole_orders(data))]
    if name == "constant":
        return [(Fraction(1), {})] if _value(body["time"]) == 0 else None
    if name == "mixture":
        result: list[tuple[Fraction, dict[Fraction, int]]] = []
        for part in body:
            terms = stage_terms(part["law"])
            if terms is None or len(result) + len(terms) > _MAX_TERMS:
                return None
            result += [(_value(part["weight"]) * share, stages) for share, stages in terms]
        return result
    if name == "sum":
        result = [(Fraction(1), {})]
        for part in body:
            terms = stage_terms(part)
            if terms is None or len(result) * len(terms) > _MAX_TERMS:
                return None
            result = [
                (left * right, {scale: one.get(scale, 0) + two.get(scale, 0) for scale in {*one, *two}})
                for (left, one), (right, two) in product(result, terms)
            ]
        return result
    return None
