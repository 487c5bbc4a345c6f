"""Seeded damage to accepted certificates, with hash and statement made to fit again."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from sddeverify.checker.document import digest
from sddeverify.checker.verdict import read

Document = dict[str, Any]
Damage = Callable[[random.Random, Document, list[Document]], None]


def places(value: Any, kind: Callable[[Any], bool]) -> list[tuple[Any, Any]]:
    """(holder, key) of all values of a kind inside a JSON value."""
    found = []
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if kind(item):
            found.append((value, key))
        found += places(item, kind)
    return found


def is_number(value: Any) -> bool:
    return isinstance(value, str) and value.lstrip("-").replace("/", "", 1).isdigit()


def is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(is_number, value))


def is_integer(value: Any) -> bool:
    return type(value) is int


def spoil(rng: random.Random, text: str) -> str:
    """Another number: near by, or far off."""
    x = Fraction(text)
    size = abs(x) or Fraction(1)
    choices = [
        x + rng.choice([-1, 1]) * size / 10 ** rng.randrange(1, 16),
        x + rng.choice([-1, 1]) * size / 2 ** rng.randrange(1, 60),
        x * Fraction(rng.randrange(80, 121), 100),
        x * rng.choice([2, 3, Fraction(1, 2), Fraction(1, 3), -1, 0]),
        Fraction(round(x * 1000), 1000),
        Fraction(x.numerator + rng.choice([-1, 1]), x.denominator),
    ]
    return str(rng.choice([*choices[:3], *choices]))


def number_of_claim(rng: random.Random, document: Document, others: list[Document]) -> None:
    """One number of the claim; both ends of a pair alike, or only one."""
    pairs = places(document["claim"], is_pair)
    holder, key = rng.choice(pairs + places(document["claim"], is_number))
    if isinstance(holder[key], str):
        holder[key] = spoil(rng, holder[key])
    elif rng.random() < 0.5:
        holder[key] = [spoil(rng, holder[key][0])] * 2
    else:
        side = rng.randrange(2)
        holder[key][side] = spoil(rng, holder[key][side])


def width_of_claim(rng: random.Random, document: Document, others: list[Document]) -> None:
    """A pair of the claim made wider, narrower, or moved."""
    if not (found := places(document["claim"], is_pair)):
        return
    holder, key = rng.choice(found)
    lo, hi = map(Fraction, holder[key])
    size = (hi - lo or abs(hi) or Fraction(1)) / 2 ** rng.randrange(1, 30)
    move = rng.choice([(-1, 1), (-1, 0), (0, 1), (1, -1), (1, 0), (0, -1), (1, 1), (-1, -1)])
    holder[key] = [str(lo + move[0] * size), str(hi + move[1] * size)]


def number_of_witness(rng: random.Random, document: Document, others: list[Document]) -> None:
    if found := places(document["witness"], is_number):
        holder, key = rng.choice(found)
        holder[key] = spoil(rng, holder[key])


def integer(rng: random.Random, document: Document, others: list[Document]) -> None:
    """A count, a code, a shape, a mass, the bits."""
    found = places(document["claim"], is_integer) * 3 + places(document["witness"], is_integer)
    if found:
        holder, key = rng.choice(found)
        holder[key] += rng.choice([-1, 1, 2, -2, 1])


def lines(document: Document) -> list[Document]:
    """The lines of a witness."""
    found = [
        holder for holder, key in places({"": document["witness"]}, lambda x: isinstance(x, list)) if key == "breaks"
    ]
    return [holder for holder in found if len(holder.get("codes", ())) == len(holder["breaks"]) - 1]


def bits(rng: random.Random, document: Document, others: list[Document]) -> None:
    holders = [holder for holder, key in places({"": document["witness"]}, is_integer) if key == "bits"]
    if holders:
        rng.choice(holders)["bits"] = rng.choice([31, 32, 33, 40, 48, 53, 64, 65, 80, 128, 300])


def pieces(rng: random.Random, document: Document, others: list[Document]) -> None:
    """A break point dropped, moved or added; a code changed or exchanged; the line cut short or drawn out."""
    if not (found := lines(document)):
        return
    line = rng.choice(found)
    breaks, codes = line["breaks"], line["codes"]
    k = rng.randrange(len(codes))
    match rng.randrange(7):
        case 0 if k > 0:
            del breaks[k], codes[k - rng.randrange(2)]
        case 1:
            codes[k] = (codes[k] + rng.choice([-1, 1, 2])) % 4
        case 2:
            middle = (Fraction(breaks[k]) + Fraction(breaks[k + 1])) / 2
            breaks.insert(k + 1, str(middle))
            codes.insert(k, codes[k])
        case 3 if len(codes) > 1:
            del breaks[-1], codes[-1]
        case 4:
            breaks.append(str(Fraction(breaks[-1]) * Fraction(rng.randrange(101, 200), 100)))
            codes.append(codes[-1])
        case 5 if k > 0:
            share = Fraction(rng.randrange(-9, 10), 10)
            gap = (
                Fraction(breaks[k + 1]) - Fraction(breaks[k])
                if share > 0
                else Fraction(breaks[k]) - Fraction(breaks[k - 1])
            )
            breaks[k] = str(Fraction(breaks[k]) + share * gap)
        case _:
            j = rng.randrange(len(codes))
            codes[j], codes[k] = codes[k], codes[j]


def verdict(rng: random.Random, document: Document, others: list[Document]) -> None:
    """What is claimed: the number of zeros, stable or not."""
    claim = document["claim"]
    if "stable" in claim:
        claim["stable"] = not claim["stable"]
    elif "roots" in claim:
        claim["roots"] = max(0, claim["roots"] + rng.choice([-2, -1, 1, 2]))
    elif claim.get("discs"):
        k = rng.randrange(len(claim["discs"]))
        if rng.random() < 0.5:
            del claim["discs"][k]
        else:
            claim["discs"].append(copy.deepcopy(claim["discs"][k]))


def law(rng: random.Random, document: Document, others: list[Document]) -> None:
    """Another law: of another kind with the same numbers, that of another certificate, or made of the old one."""
    claim = document["claim"]
    if "table" in claim:
        claim = rng.choice([one for entry in claim["table"] for one in entry["functions"]])
    if "delay" not in claim:
        return
    old = claim["delay"]
    ((name, body),) = old.items()
    numbers = [holder[key] for holder, key in places(body, is_pair)] or [["1", "1"]]
    first = rng.choice(numbers)
    claim["delay"] = rng.choice(
        [
            {"constant": {"time": first}},
            {"exponential": {"mean": first}},
            {"erlang": {"mean": first, "shape": rng.randrange(1, 9)}},
            {"lattice" if name == "empirical" else "empirical": body} if name in {"lattice", "empirical"} else old,
            {"sum": [old, {"constant": {"time": [f"1/{10 ** rng.randrange(1, 9)}"] * 2}}]},
            {"sum": [old, {"constant": {"time": ["0", "0"]}}]},
            {"mixture": [{"weight": ["1/2", "1/2"], "law": old}] * 2},
            rng.choice(others)["claim"].get("delay", old),
        ]
    )


def exchange(rng: random.Random, document: Document, others: list[Document]) -> None:
    """Two parameters of the claim change places."""
    found = places(document["claim"], is_pair) or places(document["claim"], is_number)
    (a, i), (b, j) = rng.choice(found), rng.choice(found)
    a[i], b[j] = b[j], a[i]


def transplant(rng: random.Random, document: Document, others: list[Document]) -> None:
    """The witness, or a part of it, of another certificate of the same kind."""
    same = [other for other in others if other["claim"]["type"] == document["claim"]["type"]]
    donor = copy.deepcopy(rng.choice(same))["witness"]
    if isinstance(donor, dict) and isinstance(document["witness"], dict) and rng.random() < 0.5:
        key = rng.choice(sorted(donor))
        document["witness"][key] = donor[key]
    else:
        document["witness"] = donor


DAMAGES: list[Damage] = [
    *[number_of_claim] * 4,
    *[width_of_claim] * 4,
    *[number_of_witness] * 2,
    *[integer] * 2,
    bits,
    *[pieces] * 4,
    verdict,
    law,
    exchange,
    transplant,
]


def tampered(rng: random.Random, base: Document, others: list[Document]) -> Document:
    """A copy with one to three damages, and the hash and the statement of what it claims now.

    Raises:
        Malformed: if the claim is none any more.
        Refusal: if its model contradicts it.
    """
    document = copy.deepcopy(base)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        rng.choice(DAMAGES)(rng, document, others)
    claim = document["claim"]
    model = claim.get("model")
    if model and claim["type"] not in {"stability_boundary", "stability_chart"} and rng.random() < 0.5:
        # the damping that the new model gives, so that the model does not always stop the mutant
        (a, b), (c, d), (e, f), (g, h) = (
            [Fraction(x) for x in model[k]] for k in ("learning_rate", "hessian", "workers", "mean_delay")
        )
        if g and h:
            claim["damping"] = [str(a * c * e / h), str(b * d * f / g)]
    return document | {"claim_sha256": digest(claim), "statement": read(claim)[0]}
