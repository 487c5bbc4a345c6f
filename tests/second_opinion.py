"""A second opinion on accepted certificates: every witness is verified again, in python-flint's balls.

``confirm(document)`` reads the document by itself and shares no code with the kernel: pieces of lines are proved
on their whole length by the mean value theorem and bisection, the winding is followed by arguments of ratios, and discs
are tested by Rouche's theorem on their circles. Precision rises until it suffices.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import reduce
from itertools import combinations, pairwise
from typing import Any

from flint import acb, arb

from tests import moments
from tests.oracles import (
    Function,
    Undecided,
    abscissa,
    bisect,
    bits_below_one,
    bounds,
    derivatives,
    exact,
    half_planes,
    hull,
    is_point,
    ladder,
    member,
    on_segment,
    winding,
)

Disc = tuple[Fraction, Fraction, Fraction, int]


class Disagreement(AssertionError):
    """The second opinion does not confirm what the kernel accepted."""


_MOST_CELLS = 40


def require(condition: bool, what: str) -> None:
    if not condition:
        raise Disagreement(what)


def confirm(document: dict[str, Any] | str | bytes) -> None:
    """Verify the witness of a certificate again.

    Raises:
        Disagreement: if it does not prove the claim.
        Undecided: if balls cannot tell.
    """
    content = document if isinstance(document, dict) else json.loads(document)
    claim, witness = content["claim"], content["witness"]
    CLAIMS[claim["type"]](claim, witness)


def confirm_count(h: Function, c: Fraction, witness: dict[str, Any]) -> int:
    """Return the number of zeros with Re s >= c that a line with codes proves."""
    points, codes = [Fraction(x) for x in witness["breaks"]], witness["codes"]
    require(points[0] == 0 and all(x < y for x, y in pairwise(points)), "break points are out of order")
    require(len(codes) == len(points) - 1, "there is not one code for each piece")

    def attempt() -> int:
        for code, (lo, hi) in zip(codes, pairwise(points), strict=True):
            for _ in bisect(lambda x, y, q=code: q in on_segment(h, c, x, y), lo, hi, depth=2000):
                pass
        return winding(h, c, points)

    return int(ladder(attempt, 64, wide=not h.is_point))


def parts(claim: dict[str, Any], witness: Any) -> Iterator[tuple[Function, Any]]:
    """The functions of a claim on the parts into which a witness cuts its parameters, each with its own witness."""
    if witness is None or "cut" not in witness:
        yield Function.of(claim), witness
        return
    *path, last = witness["cut"]
    for side, proof in enumerate(witness["halves"]):
        part = copy.deepcopy({name: claim[name] for name in ("damping", "delay", "undelayed")})
        place = reduce(lambda x, name: x[name], path, part)
        ends = bounds(place[last])
        middle = sum(ends) / 2
        place[last] = [str(x) for x in ((ends[0], middle), (middle, ends[1]))[side]]
        yield from parts(part, proof)
    require(len(witness["halves"]) == 2, "there are two halves")


def is_small(h: Function, c: Fraction) -> bool:
    """Whether a, b >= 0, a E tau < 1 and c = 0."""
    mean = derivatives(h.law, acb(0), 1)[1].abs_upper()
    return c == 0 and min(*h.damping, *h.undelayed) >= 0 and bool(exact(h.damping[1]) * mean < 1)


def confirm_number(claim: dict[str, Any], c: Fraction, witness: dict[str, Any]) -> int:
    """Return the number of zeros with Re s >= c, the same for all parts."""
    found = {0 if proof is None else confirm_count(h, c, proof) for h, proof in parts(claim, witness)}
    require(all(proof is not None or is_small(h, c) for h, proof in parts(claim, witness)), "a E tau < 1 fails")
    require(len(found) == 1, "the parts have different numbers of zeros")
    return found.pop()


def confirm_side(claim: dict[str, Any], c: Fraction, witness: dict[str, Any], some: bool) -> None:
    """Some zero, or none, has Re s >= c; a part may count right of a line that says more."""
    for h, proof in parts(claim, witness):
        if proof is None:
            require(not some and is_small(h, c), "a E tau < 1 fails")
            continue
        own, line = (Fraction(proof["abscissa"]), proof["line"]) if "abscissa" in proof else (c, proof)
        require(own >= c if some else own <= c, "the line says nothing about the one of the claim")
        found = confirm_count(h, own, line)
        require((found > 0) is some, f"{found} zeros with Re s >= {own}")


def confirm_disc(h: Function, disc: Disc) -> None:
    """Rouche's theorem on the circle: |h - h_k (s - m)^k| < |h_k (s - m)^k|, h_k = h^(k)(m)/k!."""
    re, im, radius, zeros = disc
    pole = abscissa(h.law)
    require(radius > 0 and (pole is None or re - radius > pole), "the disc leaves the domain")

    def attempt() -> None:
        centre, r = acb(exact(re), exact(im)), exact(radius)
        leading = h.jet(centre, zeros)[zeros]

        def smaller(lo: Fraction, hi: Fraction) -> bool:
            # h = h_k u^k + rest with u = s - m; the rest by the mean value theorem on the arc
            arc, middle = (r * acb(t).exp_pi_i() for t in (hull(2 * lo, 2 * hi), exact(lo + hi)))
            value, slope = h.jet(centre + middle, 0)[0], h.jet(centre + arc, 1)[1]
            rest = value - leading * middle**zeros
            rest += (slope - zeros * leading * arc ** (zeros - 1)) * (arc - middle)
            return bool(rest.abs_upper() < (leading * r**zeros).abs_lower())

        for _ in bisect(smaller, Fraction(0), Fraction(1), depth=12):
            pass

    ladder(attempt, max(64, 3 * max(0, bits_below_one(radius)) + 64), wide=not h.is_point)


def _root_count(claim: dict[str, Any], witness: dict[str, Any]) -> None:
    found = confirm_number(claim, Fraction(claim["abscissa"]), witness)
    require(found == claim["roots"], f"{found} zeros")


def _root_enclosure(claim: dict[str, Any], witness: dict[str, Any]) -> None:
    re, im = (Fraction(x) for x in claim["centre"])
    confirm_disc(Function.of(claim), (re, im, Fraction(claim["radius"]), claim["roots"]))


def _rightmost_root(claim: dict[str, Any], witness: dict[str, Any]) -> None:
    h, roots = Function.of(claim), claim["roots"]
    re, im = (Fraction(x) for x in witness["disc"]["centre"])
    r, c = Fraction(witness["disc"]["radius"]), Fraction(witness["count"]["abscissa"])
    real, imag = bounds(claim["real"]), bounds(claim["imag"])
    require(im == 0 or im > r, "the disc meets its mirror image")
    confirm_disc(h, (re, im, r, 1 if im else roots))
    require(real[0] <= re - r and re + r <= real[1], "the real part is not proved")
    if im == 0 and roots == 1:
        require(imag[0] <= 0 <= imag[1], "the imaginary part is not proved")
    else:
        require(imag[0] <= max(im - r, 0) and im + r <= imag[1], "the imaginary part is not proved")
    require(
        c <= re - r and confirm_number(claim, c, witness["count"]["line"]) == roots, "other zeros may lie further right"
    )


def _stability(claim: dict[str, Any], witness: dict[str, Any]) -> None:
    confirm_side(claim, Fraction(0), witness, not claim["stable"])


def _stability_boundary(claim: dict[str, Any], witness: dict[str, Any]) -> None:
    lo, hi = (None if x is None else Fraction(x) for x in claim["damping"])
    window = claim["frequency"] and bounds(claim["frequency"])
    require((hi is None) == (window is None), "an upper end without a frequency")
    for code, (start, end) in zip(witness["codes"], pairwise(map(Fraction, witness["breaks"])), strict=True):
        require(code != 3 or (window and window[0] <= start and end <= window[1]), "a crossing at another frequency")
    _bracket(claim["delay"], lo, hi, witness, 3)


def no_crossing(law: dict[str, Any], code: int, top: Fraction) -> Callable[[Fraction, Fraction], bool]:
    """Return the test that no i w with w between two bounds is a zero for a dampings up to ``top``."""

    def test(lo: Fraction, hi: Fraction) -> bool:
        middle = acb(0, exact((lo + hi) / 2))
        offset = acb(0, arb(0, exact((hi - lo) / 2).upper()))
        value, slope = derivatives(law, middle, 0)[0], derivatives(law, middle + offset, 1)[1]
        if code == 1:
            return 1 in half_planes([middle + exact(top) * value + (1 + exact(top) * slope) * offset])
        return code != 3 and code in half_planes([value + slope * offset])

    return test


def _crossings(claim: dict[str, Any], witness: dict[str, Any]) -> None:
    law, top, rows = claim["delay"], Fraction(claim["up_to"]), claim["crossings"]
    points, codes = [Fraction(x) for x in witness["breaks"]], witness["codes"]
    require(points[0] == 0 and points[-1] >= top, "the axis is not covered")
    require(all(x < y for x, y in pairwise(points)), "break points are out of order")
    windows = sorted(bounds(row["frequency"]) for row in rows)
    require(windows == [x for code, x in zip(codes, pairwise(points), strict=True) if code == 3], "other frequencies")
    dampings = [bounds(row["damping"]) for row in rows]
    require(all(x[1] < y[0] for x, y in pairwise([*dampings, (top, top)])), "dampings are out of order")

    def attempt() -> None:
        for code, (start, end) in zip(codes, pairwise(points), strict=True):
            if code != 3:
                for _ in bisect(no_crossing(law, code, top), start, end, depth=2000):
                    pass
        for row, (lo, hi) in zip(rows, dampings, strict=True):
            start, end = bounds(row["frequency"])
            sign = 1 if row["direction"] == "out" else -1
            for _ in bisect(lambda x, y, sign=sign: turns(law, sign, x, y), start, end, depth=40):
                pass
            for w, side in ((start, sign), (end, -sign)):
                if not side * derivatives(law, acb(0, exact(w)), 0)[0].real > 0:
                    raise Undecided("the sign of Re Phi at an end")
            for _ in bisect(lambda x, y, lo=lo, hi=hi: damping_within(law, lo, hi, x, y), start, end, depth=40):
                pass

    ladder(attempt, 256, wide=not is_point(law))


def turns(law: dict[str, Any], sign: int, lo: Fraction, hi: Fraction) -> bool:
    """Whether Im Phi'(i w) has a sign for all w between two bounds."""
    return bool(sign * derivatives(law, acb(0, hull(lo, hi)), 1)[1].imag > 0)


def damping_within(law: dict[str, Any], lo: Fraction, hi: Fraction, start: Fraction, end: Fraction) -> bool:
    """Whether -w/Im Phi(i w) lies between lo and hi for all w between two bounds."""
    drop = -derivatives(law, acb(0, hull(start, end)), 0)[0].imag
    return bool(drop > 0 and exact(lo) * drop <= exact(start) and exact(hi) * drop >= exact(end))


def chart_cells(claim: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """The decided cells of a chart as (number of roots, members of the function); every other one is left out."""
    stack, found = [(bounds(claim["x"]), bounds(claim["y"]))], []
    for n in claim["tree"]:
        require(bool(stack), "the tree is too long")
        x, y = stack.pop()
        if n == -2:
            middle = (sum(x) / 2, sum(y) / 2)
            for below, above in ((middle[1], y[1]), (y[0], middle[1])):
                stack += [((middle[0], x[1]), (below, above)), ((x[0], middle[0]), (below, above))]
        elif n >= 0:
            cell = {"$x": [str(v) for v in x], "$y": [str(v) for v in y]}
            members = {name: filled(claim[name], cell) for name in ("damping", "delay", "undelayed")}
            if "model" in claim:
                model = {name: bounds(value) for name, value in filled(claim["model"], cell).items()}
                gain = [model["hessian"][k] * model["workers"][k] / model["mean_delay"][1 - k] for k in (0, 1)]
                members["damping"] = [str(model["learning_rate"][k] * gain[k]) for k in (0, 1)]
            found.append((n, members))
    require(not stack, "the tree is too short")
    return found


def filled(value: Any, cell: dict[str, list[str]]) -> Any:
    if isinstance(value, dict):
        return {name: filled(x, cell) for name, x in value.items()}
    if isinstance(value, list):
        return [filled(x, cell) for x in value]
    return cell.get(value, value) if isinstance(value, str) else value


def _stability_chart(claim: dict[str, Any], witness: list[Any]) -> None:
    """All cells of a small chart; of a large one, whose cells are alike, so many that are drawn from it."""
    rows = list(zip(chart_cells(claim), witness, strict=True))
    drawn = random.Random(len(rows)).sample(rows, _MOST_CELLS) if len(rows) > _MOST_CELLS else rows
    for (n, members), proof in drawn:
        confirm_box(members, n, proof, 6)


def confirm_box(members: dict[str, Any], zeros: int, proof: Any, cuts: int) -> None:
    """The number of zeros with Re s >= 0 on a box of parameters, which is cut where balls are too wide for it."""
    try:
        require(confirm_number(members, Fraction(0), proof) == zeros, "another number of zeros on a cell")
    except Undecided:
        if not cuts:
            raise
        for half in cut_in_two(members):
            confirm_box(half, zeros, proof, cuts - 1)


def cut_in_two(members: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The two halves of a box along its relatively widest parameter."""

    def pairs(value: Any) -> Iterator[list[str]]:
        if isinstance(value, list) and len(value) == 2 and all(isinstance(x, str) for x in value):
            yield value
        elif isinstance(value, dict | list):
            for x in value.values() if isinstance(value, dict) else value:
                yield from pairs(x)

    def width(pair: list[str]) -> Fraction:
        lo, hi = bounds(pair)
        return (hi - lo) / max(abs(lo), abs(hi)) if lo != hi else Fraction(0)

    for side in (0, 1):
        half = copy.deepcopy({name: members[name] for name in ("damping", "delay", "undelayed")})
        widest = max(pairs(half), key=width)
        widest[1 - side] = str(sum(bounds(widest)) / 2)
        yield half


def delayed(claim: dict[str, Any], lo: str, hi: str) -> dict[str, Any]:
    """The members of the function with a constant delay between two bounds added."""
    return {**claim, "delay": {"sum": [{"constant": {"time": [lo, hi]}}, claim["delay"]]}}


def _delay_margin(claim: dict[str, Any], witness: dict[str, Any]) -> None:
    if claim["margin"] is None:
        largest = max(abs(x) for x in bounds(claim["damping"]))
        require(bounds(claim["undelayed"])[0] > largest, "b is not above |a|")
        return
    lo, hi = claim["margin"]
    confirm_side(delayed(claim, "0", lo), Fraction(0), witness["none"], some=False)
    confirm_side(delayed(claim, hi, hi), Fraction(0), witness["some"], some=True)


def _all_roots(claim: dict[str, Any], witness: dict[str, Any]) -> None:
    h, c = Function.of(claim), Fraction(claim["abscissa"])
    discs: list[Disc] = [(Fraction(re), Fraction(im), Fraction(r), n) for re, im, r, n in claim["discs"]]
    for disc in discs:
        require(disc[0] - disc[2] >= c and (disc[1] == 0 or disc[1] > disc[2]), "a disc reaches too far")
        confirm_disc(h, disc)
    for x, y in combinations(discs, 2):
        require((x[0] - y[0]) ** 2 + (x[1] - y[1]) ** 2 >= (x[2] + y[2]) ** 2, "two discs meet")
    total = sum(n if im == 0 else 2 * n for _, im, _, n in discs)
    require(confirm_number(claim, c, witness["line"]) == total, "zeros are left over")


def _decay_rate(claim: dict[str, Any], witness: dict[str, Any]) -> None:
    lo, hi = bounds(claim["rate"])
    confirm_side(claim, -lo, witness["none"], some=False)
    confirm_side(claim, -hi, witness["some"], some=True)


def _optimum(claim: dict[str, Any], witness: Any) -> None:
    line, best = -Fraction(claim["threshold"]), claim["best"]
    names = [entry["candidate"] for entry in claim["table"]]
    require(set(best) <= set(names) and len(set(names)) == len(names) == len(witness), "candidates are mixed up")
    for entry, proof in zip(claim["table"], witness, strict=True):
        if entry["candidate"] in best:
            require(len(proof) == len(entry["functions"]), "a function of a best candidate has no proof")
            for one, count in zip(entry["functions"], proof, strict=True):
                confirm_side(one, line, count, some=False)
        else:
            confirm_side(entry["functions"][proof["function"]], line, proof["count"], some=True)


def _boundary_tube(claim: dict[str, Any], witness: list[Any]) -> None:
    for law, (lo, hi), line in zip(tube_laws(claim), map(bounds, claim["damping"]), witness, strict=True):
        _bracket(law, lo, hi, line, 3)


def tube_laws(claim: dict[str, Any]) -> list[dict[str, Any]]:
    """The laws of the cells of a tube."""
    return [filled(claim["delay"], {"$": list(cell)}) for cell in pairwise(claim["parameter"])]


def _bracket(law: dict[str, Any], lo: Fraction, hi: Fraction | None, line: dict[str, Any], cuts: int) -> None:
    """Zeros to the right at a = hi; none on the axis for a <= lo where a code says so. Wide cells are cut."""
    members = {"damping": [str(hi or lo)] * 2, "undelayed": ["0", "0"], "delay": law}
    points = [Fraction(x) for x in line["breaks"]]

    def attempt() -> None:
        for code, (start, end) in zip(line["codes"], pairwise(points), strict=True):
            test = no_crossing(law, 1, lo) if code == 3 else no_crossing(law, code, hi or lo)
            for _ in bisect(test, start, end, depth=2000):
                pass

    try:
        right = confirm_count(Function.of(members), Fraction(0), line) > 0
        require(right == (hi is not None), "no zero is right of the axis, or one without an upper end")
        ladder(attempt, wide=not is_point(law))
    except Undecided:
        if not cuts or is_point(law):
            raise
        for half in cut_in_two(members):
            _bracket(half["delay"], lo, hi, line, cuts - 1)


def _moments(claim: dict[str, Any], witness: Any) -> None:
    """Claims that are decided anew, whatever their witness; but a count in it is verified."""
    if isinstance(witness, dict) and "count" in witness:
        confirm_side(claim, Fraction(0), witness["count"], some="integral" not in witness)
    _decide(claim, 3)


def _decide(claim: dict[str, Any], cuts: int) -> None:
    """Decide for all parameters, in parts; where balls are too wide for a set of laws, for members of it."""
    try:
        require(getattr(moments, claim["type"])(claim), "the claim is not true")
    except Undecided:
        if "damping" not in claim or Function.of(claim).is_point:
            raise
        if cuts and has_width([claim[name] for name in ("damping", "undelayed", "delay")]):
            for part in cut_in_two(claim):
                _decide({name: value for name, value in (claim | part).items() if name != "model"}, cuts - 1)
            return
        for pick in (min, max):
            one = {name: [str(pick(*bounds(claim[name])))] * 2 for name in ("damping", "undelayed")}
            one["delay"] = member(claim["delay"], pick)
            require(getattr(moments, claim["type"])(claim | one), "the claim is not true of a member")


def has_width(value: Any) -> bool:
    """Whether some parameter inside a JSON value is an interval."""
    if isinstance(value, list) and len(value) == 2 and all(isinstance(x, str) for x in value):
        return bool(value[0] != value[1])
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(has_width, inner))


def _law_free_bound(claim: dict[str, Any], witness: Any) -> None:
    strength = Fraction(claim["damping"]) * Fraction(claim["mean_delay"])
    require(witness is None and strength > 0, "a witness, or no positive numbers")
    require(bool(2 * exact(strength) < arb.pi()), "not below pi/2")


CLAIMS: dict[str, Callable[[dict[str, Any], dict[str, Any]], None]] = {
    "all_roots": _all_roots,
    "boundary_tube": _boundary_tube,
    "crossings": _crossings,
    "decay_rate": _decay_rate,
    "delay_margin": _delay_margin,
    "discrete_boundary": _moments,
    "mean_square_stability": _moments,
    "memoryless_boundary": _moments,
    "optimum": _optimum,
    "law_free_bound": _law_free_bound,
    "rightmost_root": _rightmost_root,
    "root_count": _root_count,
    "root_enclosure": _root_enclosure,
    "stability": _stability,
    "stability_boundary": _stability_boundary,
    "stability_chart": _stability_chart,
    "stationary_variance": _moments,
    "time_to_target": _moments,
}

__all__ = ["CLAIMS", "Disagreement", "Undecided", "confirm"]
