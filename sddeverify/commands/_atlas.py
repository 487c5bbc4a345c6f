"""The proofs behind the atlas: what ``sddeverify atlas`` certifies for one law."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sddeverify.commands.atlas import DIGITS, LAWS, SLOWER, TIED, WORKERS
from sddeverify.errors import UnsupportedScenario

if TYPE_CHECKING:
    from pathlib import Path

    from sddeverify.certificates import Certificate, Inconclusive

_ROUGH = 4  # digits of a mean-square limit where the variance is known by quadrature only
_NEAR = Fraction(9, 10**7)  # how near to the double point slower decay is certified


def make(name: str, folder: Path) -> None:
    """Certify the values of one law and save the certificates."""
    from sddeverify.certificates import mean_square_stability, rightmost_root, stability_boundary
    from sddeverify.delays import parse
    from sddeverify.models import CharacteristicFunction

    law = parse(LAWS[name])
    _save(stability_boundary.prove(law, digits=DIGITS + 1), folder / f"{name}_boundary.cert.json")
    point, width = double_point(name), Fraction(1, 10 ** (DIGITS + 1))
    for part, a in (("below", point - width), ("above", point + width)):
        found = rightmost_root.prove(CharacteristicFunction(a, law), digits=DIGITS // 2 + 5)
        _save(found, folder / f"{name}_{part}.cert.json")
    if name not in TIED:
        _make_slower(name, point, folder)
    limit, width = mean_square_limit(name)
    for part, a in (("stable", limit - width), ("unstable", limit + width)):
        proved = mean_square_stability.prove(CharacteristicFunction(a, law), a / WORKERS)
        _save(proved, folder / f"{name}_{part}.cert.json")


def _make_slower(name: str, point: Fraction, folder: Path) -> None:
    """Certify that beyond the double point, up to the critical damping, some root lies right of where it is there."""
    from sddeverify.analysis import roots
    from sddeverify.certificates import root_count
    from sddeverify.delays import parse
    from sddeverify.models import CharacteristicFunction

    law = parse(LAWS[name])
    boundary, below = (
        json.loads((folder / f"{name}_{part}.cert.json").read_bytes())["claim"] for part in ("boundary", "below")
    )
    end, double = Fraction(boundary["damping"][1]), Fraction(below["real"][1])
    lo = _rounded(point + _NEAR)
    for number in range(1, SLOWER + 1):
        hi = end if number == SLOWER else min(_rounded(point + 16 * (lo - point)), end)
        right = roots.rightmost(CharacteristicFunction(lo, law)).real
        line = _rounded((double + Fraction(float(right))) / 2)  # halfway: the pair moves to the right from there
        proved = root_count.prove(CharacteristicFunction((lo, hi), law), line)
        _save(proved, folder / f"{name}_slower_{number}.cert.json")
        lo = hi


def _rounded(value: Fraction) -> Fraction:
    return Fraction(round(value * 10**9), 10**9)


def _save(result: Certificate | Inconclusive, path: Path) -> None:
    from sddeverify.certificates import Inconclusive

    if isinstance(result, Inconclusive):
        raise UnsupportedScenario(f"{path.name}: {result}")
    result.save(path)


def double_point(name: str) -> Fraction:
    """Return the damping at which two real roots meet, computed to more digits than are certified.

    There h = h' = 0: a = -s/Phi(s) is greatest on the real axis left of 0 (Newton's method with mpmath).
    """
    from mpmath import MPContext

    from sddeverify.delays import parse

    context = MPContext()
    context.dps = DIGITS + 25
    law = parse(LAWS[name])

    def damping(s: Any) -> Any:
        return -s / law.laplace(s, context.exp)

    s = context.findroot(lambda s: context.diff(damping, s), context.mpf("-0.7"))
    return Fraction(context.nstr(damping(s), DIGITS + 15))


def mean_square_limit(name: str) -> tuple[Fraction, Fraction]:
    """Return the damping a with alpha a S(a) = 1, alpha = a/16, computed by bisection, and a width to certify."""
    from sddeverify.analysis import moments
    from sddeverify.certificates import Inconclusive, stationary_variance
    from sddeverify.delays import parse
    from sddeverify.models import CharacteristicFunction

    law = parse(LAWS[name])
    rough = not (name == "constant" or name.startswith(("exponential", "erlang")))
    digits = _ROUGH if rough else DIGITS
    lo, hi = Fraction(1, 2), Fraction(12)
    while hi - lo > Fraction(1, 10 ** (digits + 3)):
        middle = Fraction(round((lo + hi) / 2 * 10 ** (digits + 5)), 10 ** (digits + 5))
        h = CharacteristicFunction(middle, law)
        if rough:  # computed; what is certified are the two ends
            try:
                below = float(middle**2 / WORKERS) * float(moments.stationary_variance(h)) < 1
            except UnsupportedScenario:
                below = False  # the mean is unstable
        else:
            found = stationary_variance.prove(h, digits=digits + 8)
            below = not isinstance(found, Inconclusive) and middle**2 / WORKERS * found.variance.midpoint < 1
        lo, hi = (middle, hi) if below else (lo, middle)
    return (lo + hi) / 2, Fraction(1, 10 ** (digits + 1))
