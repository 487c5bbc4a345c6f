"""Whether a claim is true, found without its witness: the oracle for documents that were tampered with.

Three ways to the zeros: branches of Lambert's W (constant law), zeros of polynomials (rational transforms), and the
argument principle (any law; ``tests.oracles``). All in python-flint; nothing here imports sddeverify.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Any

from flint import acb, ctx, fmpq, fmpq_poly

from tests import moments
from tests.moments import rational
from tests.oracles import (
    Function,
    Undecided,
    abscissa,
    bisect,
    bounds,
    count,
    count_in_disc,
    derivatives,
    exact,
    is_point,
    ladder,
    member,
)
from tests.second_opinion import chart_cells, delayed, no_crossing, tube_laws

ZERO = Fraction(0)
Disc = tuple[Fraction, Fraction, Fraction]


def zeros_right(h: Function, c: Fraction) -> list[acb] | None:
    """All zeros with Re s >= c, repeated by multiplicity, where a formula knows them; None for other laws.

    Raises:
        Undecided: if a zero is too close to the line, or to another one, to be told apart.
    """
    if not h.is_point:
        return None
    a, b = h.damping[0], h.undelayed[0]
    ((name, body),) = h.law.items()
    found = rational(h.law)
    if found is not None:
        pole = abscissa(h.law)
        if pole is not None and c <= pole:
            raise Undecided("the line is not right of the poles")
        numerator, denominator = found
        equation = denominator * fmpq_poly([fmpq(b.numerator, b.denominator), 1])
        equation += numerator * fmpq(a.numerator, a.denominator)
        return ladder(lambda: _right_of(c, _repeated(equation.numer().complex_roots())), 128)
    if name == "constant" and body["time"][0] != "0":
        return ladder(lambda: _right_of(c, _branches(a, b, Fraction(body["time"][0]), c)), 128)
    return None


def _repeated(roots: list[tuple[acb, int]]) -> list[acb]:
    return [root for root, multiplicity in roots for _ in range(multiplicity)]


def _branches(a: Fraction, b: Fraction, time: Fraction, c: Fraction) -> Iterator[acb]:
    """The zeros W_k(-a d exp(b d))/d - b, whose real parts fall as |k| grows, down to c."""
    d = exact(time)
    argument = acb(-exact(a) * d * (exact(b) * d).exp())
    k = 0
    while True:
        for branch in sorted({k, -k - 1} if a > 0 else {k, -k}):
            zero = argument.lambertw(branch) / d - exact(b)
            if not zero.is_finite():
                raise Undecided("the branch point of W")
            yield zero
        if k > 1 and zero.real < exact(c):
            return
        k += 1
        if k > 10_000:
            raise Undecided("too many branches")


def _right_of(c: Fraction, zeros: Any) -> list[acb]:
    line, result = exact(c), []
    for zero in zeros:
        if zero.real > line:
            result.append(zero)
        elif not zero.real < line:
            raise Undecided("a zero is close to the line")
    return result


def number_right(h: Function, c: Fraction) -> int:
    """The number of zeros with Re s >= c: by a formula and by the argument principle, where there are both.

    Raises:
        Undecided: if neither can tell.
        AssertionError: if they differ: an oracle is wrong.
    """
    try:
        found = zeros_right(h, c)
    except Undecided:
        found = None
    if found is None:
        return count(h, c)
    assert len(found) == count(h, c), f"the oracles differ about {h} at {c}"
    return len(found)


def is_true(claim: dict[str, Any]) -> bool:
    """Whether a claim holds.

    Raises:
        Undecided: if the oracle cannot tell.
    """
    return model_fits(claim) and holds({name: value for name, value in claim.items() if name != "model"}, 6)


def holds(claim: dict[str, Any], cuts: int) -> bool:
    """Whether a claim without model holds; where balls cannot tell, its parameters are cut in halves."""
    try:
        return CLAIMS[claim["type"]](claim)
    except Undecided:
        parts = halves(claim) if cuts else []
        if not parts:
            raise
        return all(holds(part, cuts - 1) for part in parts)


def halves(claim: dict[str, Any]) -> list[dict[str, Any]]:
    """The claim for both halves of its widest parameter; nothing if it has none."""

    def pairs(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Fraction, Fraction]]:
        if isinstance(value, list) and len(value) == 2 and all(isinstance(x, str) for x in value):
            yield (path, *bounds(value))
        elif isinstance(value, dict | list):
            for key, item in value.items() if isinstance(value, dict) else enumerate(value):
                yield from pairs(item, (*path, key))

    if claim["type"] in ("stability_chart", "optimum"):
        return []  # there is no one parameter to cut
    names = [name for name in ("delay", "damping", "undelayed") if name in claim]
    names = ["delay"] if claim["type"] == "stability_boundary" else names
    found = [pair for name in names for pair in pairs(claim[name], (name,)) if pair[1] != pair[2]]
    if not found:
        return []
    path, lo, hi = max(found, key=lambda pair: (pair[2] - pair[1]) / max(abs(pair[1]), abs(pair[2])))
    result = []
    for ends in ((lo, (lo + hi) / 2), ((lo + hi) / 2, hi)):
        part = copy.deepcopy(claim)
        place = part
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = [str(x) for x in ends]
        if weights_fit(part["delay"]):
            result.append(part)
    return result


def weights_fit(law: Any) -> bool:
    """Whether the weights of all mixtures can still sum to 1."""
    if isinstance(law, dict) and "mixture" in law:
        weights = [bounds(part["weight"]) for part in law["mixture"]]
        if not sum(lo for lo, _ in weights) <= 1 <= sum(hi for _, hi in weights):
            return False
    inner = law.values() if isinstance(law, dict) else law if isinstance(law, list) else ()
    return all(map(weights_fit, inner))


def model_fits(claim: dict[str, Any]) -> bool:
    """Whether the model of a claim explains its damping, and its mean delay is that of the law."""
    if "model" not in claim or claim["type"] == "stability_chart":
        return True
    if "step" in claim and not moments.step_fits(claim):
        return False
    open_end = claim["type"] == "stability_boundary"
    hessian, workers, mean = (bounds(claim["model"][name]) for name in ("hessian", "workers", "mean_delay"))
    rate = [None if x is None else Fraction(x) for x in claim["model"]["learning_rate"]]
    damping = [None if x is None else Fraction(x) for x in claim["damping"]]
    for pick in (min, max):
        with ctx.workprec(256):
            found = -derivatives(member(claim["delay"], pick), acb(0), 1)[1].real
            if found < exact(mean[0]) - exact(Fraction(1, 10**60)) or found > exact(mean[1]) + exact(
                Fraction(1, 10**60)
            ):
                return False
    if open_end:  # for every law and every model: rates up to the lower end give dampings up to the lower end
        lowest = rate[0] * hessian[1] * workers[1] / mean[0]
        highest = None if rate[1] is None else rate[1] * hessian[0] * workers[0] / mean[1]
        return [lowest, highest] == damping
    return [rate[0] * hessian[0] * workers[0] / mean[1], rate[1] * hessian[1] * workers[1] / mean[0]] == damping


def _root_count(claim: dict[str, Any]) -> bool:
    return number_right(Function.of(claim), Fraction(claim["abscissa"])) == claim["roots"]


def _root_enclosure(claim: dict[str, Any]) -> bool:
    re, im = (Fraction(x) for x in claim["centre"])
    return count_in_disc(Function.of(claim), re, im, Fraction(claim["radius"])) == claim["roots"]


def _rightmost_root(claim: dict[str, Any]) -> bool:
    h, roots = Function.of(claim), claim["roots"]
    real, imag = bounds(claim["real"]), bounds(claim["imag"])
    if not h.is_point:
        # a necessary condition at single members, and a sufficient one for all at once
        for pick in (min, max, lambda lo, hi: (lo + hi) / 2):
            a, b = pick(*h.damping), pick(*h.undelayed)
            one = dict(claim, damping=[str(a)] * 2, undelayed=[str(b)] * 2, delay=member(claim["delay"], pick))
            if not _rightmost_root(one):
                return False
        return count(h, real[0]) == roots and count(h, real[1]) == 0
    if imag[0] > 0:
        guesses = [(sum(real) / 2, sum(imag) / 2, 1)]
    else:
        guesses = [(sum(real) / 2, ZERO, roots), (sum(real) / 2, imag[1] / 2, 1)]
    for re, im, multiplicity in guesses:
        width = min(x for x in (real[1] - real[0], imag[1] - imag[0]) if x)
        for x, y, radius in refine(h, re, im, multiplicity, width):
            inside = real[0] <= x - radius and x + radius <= real[1]
            if y == 0:
                inside = inside and imag[0] == 0 and (multiplicity == 1 or radius <= imag[1])
            else:
                inside = inside and imag[0] <= abs(y) - radius and abs(y) + radius <= imag[1]
            total = 2 if y else multiplicity
            if inside and total == roots and any(number_right(h, c) == roots for c in lines(h, x, y, radius)):
                return True
    return False


def lines(h: Function, re: Fraction, im: Fraction, radius: Fraction) -> Iterator[Fraction]:
    """Abscissae left of a disc, ever closer: one of them has all other zeros to its left."""
    gap, pole = abs(re) + abs(im) + radius, abscissa(h.law)
    if pole is not None:
        gap = min(gap, (re - pole) / 2)
    while gap > radius:
        yield re - gap
        gap /= 64


def refine(h: Function, re: Fraction, im: Fraction, zeros: int, width: Fraction) -> Iterator[Disc]:
    """Discs with exactly so many zeros near a point: tiny ones, or for two zeros those below a width.

    The centre comes from Newton's method for the derivative of order ``zeros`` - 1.
    """
    with ctx.workprec(2048):
        s = acb(exact(re), exact(im))
        for _ in range(60):
            jet = h.jet(s, zeros)
            if not (jet[zeros].abs_lower() > 0):
                return
            s = (s - jet[zeros - 1] / jet[zeros] / zeros).mid()
        mantissas = [x.man_exp() for x in (s.real, s.imag)]
    re, im = (Fraction(int(mantissa)) * Fraction(2) ** int(exponent) for mantissa, exponent in mantissas)
    for radius in [width / 2**120] if zeros == 1 else [width / 2**k for k in range(12)]:
        place = [round(x / radius * 1024) * radius / 1024 for x in (re, im)]
        try:
            if count_in_disc(h, place[0], place[1], radius) == zeros:
                yield place[0], place[1], radius
        except Undecided:
            continue


def _stability(claim: dict[str, Any]) -> bool:
    return (number_right(Function.of(claim), ZERO) == 0) is claim["stable"]


def _stability_boundary(claim: dict[str, Any]) -> bool:
    lo, hi = (None if x is None else Fraction(x) for x in claim["damping"])
    law = claim["delay"]

    def covered(start: Fraction, end: Fraction, top: Fraction) -> None:
        tests = [no_crossing(law, code, top) for code in range(3)]
        if start < end:
            list(bisect(lambda x, y: any(test(x, y) for test in tests), start, end))

    wide = not is_point(law)
    ladder(lambda: covered(ZERO, lo, lo), wide=wide)  # no zero reaches the axis for a <= lo ...
    if hi is None:
        return claim["frequency"] is None
    window = bounds(claim["frequency"])
    ladder(lambda: covered(ZERO, min(window[0], hi), hi), wide=wide)  # ... nor outside the window for a <= hi
    ladder(lambda: covered(window[1], max(hi, window[1]), hi), wide=wide)
    return number_right(Function((hi, hi), (ZERO, ZERO), law), ZERO) >= 1


def _crossings(claim: dict[str, Any]) -> bool:
    law, top, number = claim["delay"], Fraction(claim["up_to"]), 0
    edges: list[tuple[Fraction, int]] = []
    for row in claim["crossings"]:
        lo, hi = bounds(row["damping"])
        after = number + (2 if row["direction"] == "out" else -2)
        edges += [(lo, number), (hi, after)]
        number = after
    if any(x[0] >= y[0] for x, y in pairwise([*edges, (top, number)])):
        return False
    if any(number_right(Function((a, a), (ZERO, ZERO), law), ZERO) != n for a, n in [*edges, (top, number)]):
        return False
    start = ZERO
    for lo, hi in [*sorted(bounds(row["frequency"]) for row in claim["crossings"]), (max(top, ZERO), ZERO)]:
        if start < lo:  # no zero reaches the axis at another frequency
            tests = [no_crossing(law, code, top) for code in range(3)]
            ladder(
                lambda x=start, y=lo, tests=tests: list(bisect(lambda u, v: any(test(u, v) for test in tests), x, y)),
                wide=not is_point(law),
            )
        start = hi
    return True


def _stability_chart(claim: dict[str, Any]) -> bool:
    for n, members in chart_cells(claim):
        h = Function.of(members)
        if max(abs(x) for x in h.damping) > 0 and number_right(h.member(), ZERO) != n:
            return False
    return True


def _delay_margin(claim: dict[str, Any]) -> bool:
    if claim["margin"] is None:
        return bounds(claim["undelayed"])[0] > max(abs(x) for x in bounds(claim["damping"]))
    lo, hi = bounds(claim["margin"])
    if lo > hi:
        return False
    if number_right(Function.of(delayed(claim, str(hi), str(hi))), ZERO) < 1:
        return False
    points = [lo * k / 8 for k in range(9)]
    return all(number_right(Function.of(delayed(claim, str(d), str(d))), ZERO) == 0 for d in points)


def _all_roots(claim: dict[str, Any]) -> bool:
    h, c = Function.of(claim), Fraction(claim["abscissa"])
    discs = [(Fraction(re), Fraction(im), Fraction(r), n) for re, im, r, n in claim["discs"]]
    if any(re - r < c or (im != 0 and im <= r) or count_in_disc(h, re, im, r) != n for re, im, r, n in discs):
        return False
    if any((x[0] - y[0]) ** 2 + (x[1] - y[1]) ** 2 < (x[2] + y[2]) ** 2 for x, y in combinations(discs, 2)):
        return False
    return number_right(h, c) == sum(n if im == 0 else 2 * n for _, im, _, n in discs)


def _decay_rate(claim: dict[str, Any]) -> bool:
    h, (lo, hi) = Function.of(claim), bounds(claim["rate"])
    return number_right(h, -lo) == 0 and number_right(h, -hi) >= 1


def _optimum(claim: dict[str, Any]) -> bool:
    line, best = -Fraction(claim["threshold"]), claim["best"]
    slow = {
        entry["candidate"]: any(number_right(Function.of(one), line) for one in entry["functions"])
        for entry in claim["table"]
    }
    return set(best) == {name for name, decays_slowly in slow.items() if not decays_slowly}


def _boundary_tube(claim: dict[str, Any]) -> bool:
    """No zero reaches the axis for a <= lo, and one is right of it at a = hi, for all laws of each cell."""
    return all(
        _tube_cell({"type": "boundary_tube", "delay": law, "damping": ends}, 3)
        for law, ends in zip(tube_laws(claim), claim["damping"], strict=True)
    )


def _tube_cell(cell: dict[str, Any], cuts: int) -> bool:
    law, (lo, hi) = cell["delay"], bounds(cell["damping"])
    tests = [no_crossing(law, code, lo) for code in range(3)]
    if any(number_right(Function((lo, lo), (ZERO, ZERO), member(law, pick)), ZERO) for pick in (min, max)):
        return False
    try:
        ladder(lambda: list(bisect(lambda x, y: any(test(x, y) for test in tests), ZERO, lo)), wide=not is_point(law))
        return number_right(Function((hi, hi), (ZERO, ZERO), law), ZERO) >= 1
    except Undecided:
        if not cuts or is_point(law):
            raise
        return all(_tube_cell(part, cuts - 1) for part in halves({**cell, "type": "stability_boundary"}))


def _law_free_bound(claim: dict[str, Any]) -> bool:
    """Whether the constant law of that mean is stable at the greatest damping: no law is worse, says the theorem."""
    a, m = Fraction(claim["damping"]), Fraction(claim["mean_delay"])
    law = {"constant": {"time": [str(m)] * 2}}
    return _stability({"damping": [str(a)] * 2, "undelayed": ["0", "0"], "delay": law, "stable": True})


CLAIMS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "all_roots": _all_roots,
    "boundary_tube": _boundary_tube,
    "crossings": _crossings,
    "decay_rate": _decay_rate,
    "delay_margin": _delay_margin,
    "discrete_boundary": moments.discrete_boundary,
    "mean_square_stability": moments.mean_square_stability,
    "memoryless_boundary": moments.memoryless_boundary,
    "optimum": _optimum,
    "law_free_bound": _law_free_bound,
    "rightmost_root": _rightmost_root,
    "root_count": _root_count,
    "root_enclosure": _root_enclosure,
    "stability": _stability,
    "stability_boundary": _stability_boundary,
    "stability_chart": _stability_chart,
    "stationary_variance": moments.stationary_variance,
    "time_to_target": moments.time_to_target,
}
