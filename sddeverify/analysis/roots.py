"""Characteristic roots of h(s) = s + b + a E exp(-s tau), computed to float64 or to any number of digits.

Roots are numbers here, not claims: float64 finds them, the argument principle (in float64, too) counts that
none is missing, and mpmath refines them in a private context. Parameters that are intervals count with their
midpoint.

Conventions. Of a conjugate pair only the root in the upper half-plane is listed. A root of multiplicity two,
or two roots that cannot be told apart at the precision asked for, is listed twice with equal values. Left of
the abscissa of convergence of the delay law, roots are those of the meromorphic continuation of its transform
(they govern the decay where no root lies to its right): compare with ``law.abscissa`` if that matters.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from sddeverify.analysis.equation import Equation, exact_number
from sddeverify.analysis.refining import refine, to_mpc
from sddeverify.analysis.search import all_roots, leading_roots
from sddeverify.analysis.winding import half_plane_count
from sddeverify.errors import UnsupportedScenario, invalid

if TYPE_CHECKING:
    from mpmath import mpc

    from sddeverify.analysis.newton import Root
    from sddeverify.exact import Exact
    from sddeverify.models import CharacteristicFunction

_MAX_DIGITS = 10_000
_NUDGES = (1e-13, 1e-11, 1e-9, 1e-7, 1e-5, 1e-3)


def leading(h: CharacteristicFunction) -> list[complex]:
    """Return the few rightmost roots in float64, by decreasing real part.

    None is missed right of the middle of the first gap between two of them that is not narrow, nor right of a line
    0.6/sqrt(E tau^2) left of the root before that gap, whichever is further right. Those that follow are the next
    ones that were found. See the conventions above.

    Raises:
        UnsupportedScenario: if the parameters are out of the range of floats, or if the roots found do not match
            their number by the argument principle.
    """
    equation = Equation.of(h)
    unit = float(equation.transform.unit)
    return [root.z / unit for root in leading_roots(equation) for _ in range(root.multiplicity)]


def rightmost_float(h: CharacteristicFunction) -> complex:
    """Return the rightmost root in float64; raises as :func:`leading`."""
    return leading(h)[0]


def rightmost(h: CharacteristicFunction, digits: int = 15) -> mpc:
    """Return the rightmost root to a number of significant digits in real and in imaginary part.

    Args:
        h: The characteristic function.
        digits: Significant digits.

    Returns:
        A number of mpmath's default context that carries all the digits, whatever that context's precision.

    Raises:
        UnsupportedScenario: as :func:`leading`.
        InvalidScenario: if ``digits`` is not between 1 and 10 000.
    """
    _require_digits(digits)
    found = leading_roots(Equation.of(h))
    margin = 1e-6 * (abs(found[0].z) + 1e-3)
    close = [root for root in found if root.z.real >= found[0].z.real - margin]  # floats may have them in wrong order
    refined = [point for root in close for point in _refined(h, root, digits)]
    return to_mpc(max(refined, key=lambda point: point.real))


def near(h: CharacteristicFunction, guess: complex, digits: int = 15) -> mpc:
    """Return the root that Newton's method finds from a nearby guess, to a number of significant digits.

    Args:
        h: The characteristic function.
        guess: A float64 (or mpmath) approximation (1/time); between two close roots, the one nearer to it is meant.
        digits: Significant digits, in real and in imaginary part.

    Raises:
        UnsupportedScenario: if the iteration does not settle near the guess.
        InvalidScenario: if ``digits`` is not between 1 and 10 000.
    """
    _require_digits(digits)
    return to_mpc(refine(h, guess, 1, digits)[0])


def all_in(h: CharacteristicFunction, abscissa: Exact | float, digits: int = 15) -> list[mpc]:
    """Return all roots with Re s >= abscissa, by decreasing real part; see the conventions above.

    A root whose real part equals the abscissa to the given digits is listed.

    Args:
        h: The characteristic function.
        abscissa: Where the half-plane begins (1/time).
        digits: Significant digits of every root.

    Raises:
        UnsupportedScenario: as :func:`leading`, or if there are more than 400 000 roots.
        InvalidScenario: if ``digits`` is not between 1 and 10 000.
    """
    _require_digits(digits)
    line = exact_number(abscissa, "abscissa")
    refined = [point for root in _right_of(Equation.of(h), line) for point in _refined(h, root, digits)]
    tolerance = Fraction(1, 10**digits)
    kept = [point for point in refined if _beyond(point, line) >= -tolerance * abs(Fraction(float(abs(point))))]
    return [to_mpc(point) for point in sorted(kept, key=lambda point: (-point.real, point.imag))]


def count(h: CharacteristicFunction, abscissa: Exact | float) -> int:
    """Return the number of roots with Re s >= abscissa, with multiplicity, by the numerical argument principle.

    Args:
        h: The characteristic function.
        abscissa: Where the half-plane begins (1/time). Roots within rounding of the line are refined until they are
            seen to lie on one side.

    Raises:
        UnsupportedScenario: if a root lies on the line to 60 digits, or as :func:`leading`.
    """
    line = exact_number(abscissa, "abscissa")
    equation = Equation.of(h)
    number = half_plane_count(equation, _scaled(equation, line))
    if number is not None:
        return number
    number = 0
    for root in _right_of(equation, line):
        for point in _refined(h, root, 15):
            distance = _beyond(point, line)
            if abs(distance) < Fraction(1, 10**9) * abs(Fraction(float(abs(point)))):
                point = max(_refined(h, root, 60), key=lambda other: -abs(other - point))
                distance = _beyond(point, line)
                if abs(distance) <= Fraction(1, 10**58) * abs(Fraction(float(abs(point)))):
                    raise UnsupportedScenario("a characteristic root lies on the line Re s = abscissa; move it")
            number += (1 if point.imag == 0 else 2) * (distance > 0)
    return number


def _right_of(equation: Equation, line: Fraction) -> list[Root]:
    """Return the roots right of a line a little to the left of the given one, so that none is on it."""
    at = _scaled(equation, line)
    for nudge in _NUDGES:
        try:
            return all_roots(equation, at - nudge * (abs(at) + equation.small))
        except UnsupportedScenario as error:
            problem = error
    raise problem


def _refined(h: CharacteristicFunction, root: Root, digits: int) -> list[mpc]:
    """Return the root, or the two roots that float64 could not separate, in the private context."""
    unit = float(Equation.of(h).transform.unit)
    return refine(h, root.z / unit, root.multiplicity, digits)


def _beyond(point: mpc, line: Fraction) -> Fraction:
    """Return how far right of the line a point lies, exactly."""
    sign, mantissa, exponent, _ = point.real._mpf_
    size = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    return (-size if sign else size) - line


def _scaled(equation: Equation, line: Fraction) -> float:
    return float(line * equation.transform.unit)


def _require_digits(digits: int) -> None:
    if isinstance(digits, bool) or not isinstance(digits, int) or not 1 <= digits <= _MAX_DIGITS:
        raise invalid("digits", digits, f"an integer from 1 to {_MAX_DIGITS}")
