"""The other tools behind one interface: the roots, and the number of unstable roots, of h(s) = s + b + a Phi(s).

Nobody else takes a delay *law*. Where Phi is a sum of rational functions times exponentials it is brought into the form
that a tool takes: a quasi-polynomial for qpmr, a linear delay system in companion form for tdcpy and tdscontrol, a
callable for cxroots and python-flint. scipy's and python-flint's Lambert W know one constant delay only.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from importlib.metadata import version
from itertools import pairwise
from typing import Any, ClassVar

import cxroots
import flint
import numpy as np
import qpmr
import scipy.special
import tdscontrol
from numpy.polynomial import Polynomial

from sddeverify.delays import (
    Constant,
    Erlang,
    Exponential,
    Lattice,
    Law,
    Mixture,
    Sum,
    TruncatedExponential,
    Uniform,
)  # fmt: skip
from sddeverify.models import CharacteristicFunction

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its docstrings have escapes that Python warns of
    import tdcpy

_S = Polynomial([0.0, 1.0])
_ONE = Polynomial([1.0])


class NotSupported(Exception):
    """A tool has no function for the question."""


class NoRoot(Exception):
    """A tool returned an empty list where there are roots."""


class Undecided(Exception):
    """A tool says that it does not know."""


@dataclass(frozen=True)
class Quotient:
    """A transform as (sum over delays of a polynomial times exp(-s delay)) / denominator."""

    terms: dict[float, Polynomial]
    denominator: Polynomial
    removable: tuple[float, ...] = ()  # zeros of the denominator that are no poles

    def times(self, other: Quotient) -> Quotient:
        terms: dict[float, Polynomial] = {}
        for d, p in self.terms.items():
            for e, q in other.terms.items():
                terms[d + e] = terms.get(d + e, Polynomial([0.0])) + p * q
        return Quotient(terms, self.denominator * other.denominator, self.removable + other.removable)

    def plus(self, other: Quotient) -> Quotient:
        if other.denominator == self.denominator and not self.removable and not other.removable:
            terms = dict(self.terms)
            for d, q in other.terms.items():
                terms[d] = terms.get(d, Polynomial([0.0])) + q
            return Quotient(terms, self.denominator)
        one = self.times(Quotient({0.0: other.denominator}, other.denominator, other.removable))
        two = other.times(Quotient({0.0: self.denominator}, self.denominator, self.removable))
        terms = dict(one.terms)
        for d, q in two.terms.items():
            terms[d] = terms.get(d, Polynomial([0.0])) + q
        return Quotient(terms, one.denominator, one.removable)


def quotient(law: Law) -> Quotient:
    """The transform of a law as a quotient."""
    match law:
        case Constant():
            return Quotient({float(law.time): _ONE}, _ONE)
        case Exponential():
            return Quotient({0.0: _ONE}, 1 + float(law.mean) * _S)
        case Erlang():
            return Quotient({0.0: _ONE}, (1 + float(law.mean / law.shape) * _S) ** law.shape)
        case Uniform():
            lo, hi = float(law.lo), float(law.hi)
            return Quotient({lo: _ONE, hi: -_ONE}, (hi - lo) * _S, (0.0,))
        case TruncatedExponential():
            rest = math.exp(-float(law.cap / law.scale))
            denominator = (1 - rest) * (1 + float(law.scale) * _S)
            return Quotient({0.0: _ONE, float(law.cap): -rest * _ONE}, denominator, (-1 / float(law.scale),))
        case Lattice():
            counts = np.array(law.counts, dtype=float) / sum(law.counts)
            return Quotient({float(j * law.step): w * _ONE for j, w in enumerate(counts) if w}, _ONE)
        case Mixture():
            parts = [quotient(part) for _, part in law.parts]
            weighted = [
                Quotient({d: float(w) * p for d, p in q.terms.items()}, q.denominator, q.removable)
                for (w, _), q in zip(law.parts, parts, strict=True)
            ]
            whole = weighted[0]
            for part in weighted[1:]:
                whole = whole.plus(part)
            return whole
        case Sum():
            whole = quotient(law.parts[0])
            for part in law.parts[1:]:
                whole = whole.times(quotient(part))
            return whole
    raise NotSupported("Phi is no quotient of quasi-polynomials")


@dataclass(frozen=True)
class Problem:
    """h with a real number left of its rightmost root, for tools that want to be told where to search."""

    h: CharacteristicFunction
    left: float

    @cached_property
    def a(self) -> float:
        return float(self.h.damping.midpoint)

    @cached_property
    def b(self) -> float:
        return float(self.h.undelayed.midpoint)

    @cached_property
    def quotient(self) -> Quotient:
        return quotient(self.h.delay)

    @cached_property
    def polynomials(self) -> dict[float, Polynomial]:
        """h times the denominator: the polynomial at each delay."""
        q = self.quotient
        found = {delay: self.a * p for delay, p in q.terms.items()}
        found[0.0] = found.get(0.0, Polynomial([0.0])) + (_S + self.b) * q.denominator
        return dict(sorted(found.items()))

    @cached_property
    def companion(self) -> tuple[list[Any], list[float]]:
        """Matrices A_j and delays d_j of x' = sum A_j x(t - d_j) with the roots of h and the removable ones."""
        lead, degree = self.polynomials[0.0].coef[-1], len(self.polynomials[0.0].coef) - 1
        matrices = []
        for delay, p in self.polynomials.items():
            matrix = np.zeros((degree, degree), order="F")
            if delay == 0:
                matrix[np.arange(degree - 1), np.arange(1, degree)] = 1
            row = p.coef[:degree]
            matrix[-1, : len(row)] -= row / lead
            matrices.append(matrix)
        return matrices, list(self.polynomials)

    @cached_property
    def radius(self) -> float:
        """|s| for every root with Re s >= left: |s + b| <= |a| Phi(left)."""
        return 1.1 * (abs(self.b) + abs(self.a) * max(1.0, abs(complex(self.h.delay.laplace(self.left, np.exp)))))

    @cached_property
    def box(self) -> tuple[float, float]:
        """Right and upper end of a box from ``left`` with all roots of the closed upper half-plane."""
        return 1.1 * (abs(self.a) + abs(self.b)), self.radius

    def without_removable(self, roots: Any) -> list[complex]:
        """The roots without the zeros of the denominator, one for each."""
        left = [complex(z) for z in roots]
        for zero in self.quotient.removable:
            near = min(left, key=lambda z: abs(z - zero), default=None)
            if near is not None and abs(near - zero) < 1e-5:
                left.remove(near)
        return left


class Tool:
    """One peer. ``roots`` are those with Re s >= left, both of a conjugate pair; the others follow from them."""

    package: ClassVar[str]
    label: ClassVar[str] = ""

    @property
    def name(self) -> str:
        return self.label or self.package

    @property
    def version(self) -> str:
        return version(self.package)

    def roots(self, problem: Problem) -> list[complex]:
        raise NotSupported("counts, but finds no roots")

    def rightmost(self, problem: Problem) -> complex:
        """The rightmost root, in the upper half-plane; NoRoot if none is found."""
        found = self.roots(problem)
        if not found:
            raise NoRoot("no root found")
        root = max(found, key=lambda z: (z.real, abs(z.imag)))
        return complex(root.real, abs(root.imag))

    def count(self, problem: Problem) -> int:
        """The number of roots with Re s > 0."""
        return sum(z.real > 0 for z in self.roots(problem))


def mirrored(upper: list[complex]) -> list[complex]:
    """Roots of the closed upper half-plane with their conjugates; what is as good as real is taken as real."""
    return [*upper, *(z.conjugate() for z in upper if z.imag > 1e-9)]


class Qpmr(Tool):
    """The region is the tool's own choice, or a box given by hand; a polynomial needs the box."""

    package = "qpmr"

    def __init__(self, *, box: bool = False) -> None:
        self.box = box

    @property
    def name(self) -> str:
        return "qpmr, box given" if self.box else "qpmr"

    def roots(self, problem: Problem) -> list[complex]:
        region = None
        if self.box or len(problem.polynomials) == 1:
            region = (problem.left, problem.box[0], 0.0, problem.box[1])
        width = max(len(p.coef) for p in problem.polynomials.values())
        rows = [np.pad(p.coef, (0, width - len(p.coef))) for p in problem.polynomials.values()]
        roots, _ = qpmr.qpmr(np.array(rows), np.array(list(problem.polynomials)), region=region)
        upper = [complex(z) for z in roots if z.imag > -1e-9 and z.real >= problem.left]
        return mirrored(problem.without_removable(upper))


class Tdcpy(Tool):
    """As one writes it from its documentation; ``padded`` has one more state, x' = -50 x, that helps its search."""

    package = "tdcpy"

    def __init__(self, *, padded: bool = False) -> None:
        self.padded = padded

    @property
    def name(self) -> str:
        return "tdcpy, one more state" if self.padded else "tdcpy"

    def roots(self, problem: Problem) -> list[complex]:
        matrices, delays = problem.companion
        if self.padded:
            matrices = [np.pad(m, (0, 1)) for m in matrices]
            matrices[0][-1, -1] = -50
        found, _ = tdcpy.roots(tdcpy.RDDE(np.stack(matrices, axis=2), np.array(delays)), problem.left)
        return problem.without_removable(z for z in found if not self.padded or abs(z + 50) > 1e-6)


class Tdscontrol(Tool):
    """Roots that it lists more than once are taken once."""

    package = "tdscontrol"

    def roots(self, problem: Problem) -> list[complex]:
        matrices, delays = problem.companion
        if len(delays) == 1:  # it ends the process (segmentation fault) where nothing is delayed
            matrices, delays = [*matrices, np.zeros_like(matrices[0])], [0.0, 1.0]
        found: list[complex] = []
        for z in tdscontrol.roots(tdscontrol.tds(matrices, delays), problem.left):
            if all(abs(z - other) > 1e-9 * (1 + abs(z)) for other in found):
                found.append(z)
        return problem.without_removable(found)


class Cxroots(Tool):
    """A box given by hand; the derivative is given, too."""

    package = "cxroots"
    label = "cxroots, box given"

    def functions(self, problem: Problem) -> tuple[Any, Any]:
        terms = [(d, p, p.deriv()) for d, p in problem.polynomials.items()]

        def f(s: Any) -> Any:
            return sum(p(s) * np.exp(-d * s) for d, p, _ in terms)

        def df(s: Any) -> Any:
            return sum((q(s) - d * p(s)) * np.exp(-d * s) for d, p, q in terms)

        return f, df

    def roots(self, problem: Problem) -> list[complex]:
        right, up = problem.box
        found = cxroots.Rectangle((problem.left, right), (-up, up)).roots(*self.functions(problem))
        roots = [z for z, m in zip(found.roots, found.multiplicities, strict=True) for _ in range(round(m.real))]
        return problem.without_removable(roots)

    def count(self, problem: Problem) -> int:
        if 0.0 in problem.quotient.removable:
            return super().count(problem)  # a root on the contour
        up = 1.1 * (abs(problem.a) + abs(problem.b))
        return int(cxroots.Rectangle((0, up), (-up, up)).count_roots(*self.functions(problem)))


def single_delay(problem: Problem) -> tuple[Fraction, Fraction, Fraction]:
    """a, tau, b; NotSupported for other laws."""
    law = problem.h.delay
    if not isinstance(law, Constant):
        raise NotSupported("one constant delay only")
    return problem.h.damping.midpoint, law.time, problem.h.undelayed.midpoint


class LambertW(Tool):
    """s + b = W_k(-a tau exp(b tau))/tau."""

    package = "scipy"
    label = "scipy lambertw"

    def roots(self, problem: Problem) -> list[complex]:
        a, tau, b = map(float, single_delay(problem))
        branches = 2 + round(problem.radius * tau / (2 * math.pi))
        found = scipy.special.lambertw(-a * tau * math.exp(b * tau), range(-branches, branches + 1)) / tau - b
        return [complex(z) for z in found if not z.real < problem.left]  # not a number is an answer

    def rightmost(self, problem: Problem) -> complex:
        a, tau, b = map(float, single_delay(problem))
        z = complex(scipy.special.lambertw(-a * tau * math.exp(b * tau))) / tau - b
        return complex(z.real, abs(z.imag))


class FlintLambertW(Tool):
    """Certified as ours are: a ball that contains the root; more bits until the signs are known."""

    package = "python-flint"
    label = "flint acb.lambertw"

    def balls(self, problem: Problem, branches: range) -> list[Any]:
        a, tau, b = (flint.arb(flint.fmpq(x.numerator, x.denominator)) for x in single_delay(problem))
        argument = flint.acb(-a * tau * (b * tau).exp())
        found = [argument.lambertw(k) / tau - b for k in branches]
        for i, k in enumerate(branches):  # some precisions give it no ball
            for bits in (53, 200, 300, 1000):
                if not found[i].is_finite():
                    with flint.ctx.workprec(bits):
                        found[i] = argument.lambertw(k) / tau - b
        if not all(z.is_finite() for z in found):
            raise Undecided("a ball is not finite")
        return found

    def roots(self, problem: Problem) -> list[complex]:
        single_delay(problem)
        branches = 2 + round(problem.radius * float(problem.h.delay.mean) / (2 * math.pi))
        with flint.ctx.workprec(128):
            found = [complex(z) for z in self.balls(problem, range(-branches, branches + 1))]
        return [z for z in found if z.real >= problem.left]

    def rightmost(self, problem: Problem) -> complex:
        with flint.ctx.workprec(128):
            z = complex(self.balls(problem, range(1))[0])
        return complex(z.real, abs(z.imag))

    def count(self, problem: Problem) -> int:
        tau = single_delay(problem)[1]
        branches = 2 + round(1.1 * problem.radius * float(tau) / (2 * math.pi))
        for bits in (64, 128, 256, 512):
            with flint.ctx.workprec(bits):
                parts = [z.real for z in self.balls(problem, range(-branches, branches + 1))]
                if all(x > 0 or x < 0 for x in parts):
                    return sum(bool(x > 0) for x in parts)
        raise Undecided("undecided with 512 bits")


class FlintIntegral(Tool):
    """The argument principle by hand: a certified integral of h'/h around the right half-disc's box."""

    package = "python-flint"
    label = "flint acb.integral, by hand"

    def count(self, problem: Problem) -> int:
        if 0.0 in problem.quotient.removable:
            raise NotSupported("the transform is 0/0 at a point of the contour")
        terms = [(flint.arb(d), flint.acb_poly(p.coef.tolist())) for d, p in problem.polynomials.items()]
        terms = [(d, p, p.derivative()) for d, p in terms]

        def logarithmic(s: Any, _: bool) -> Any:
            decays = [(-d * s).exp() for d, _, _ in terms]
            value = sum((p(s) * e for (_, p, _), e in zip(terms, decays, strict=True)), flint.acb(0))
            slope = sum(((q(s) - d * p(s)) * e for (d, p, q), e in zip(terms, decays, strict=True)), flint.acb(0))
            return slope / value

        up = 1.1 * (abs(problem.a) + abs(problem.b))
        corners = [flint.acb(0, -up), flint.acb(up, -up), flint.acb(up, up), flint.acb(0, up), flint.acb(0, -up)]
        with flint.ctx.workprec(128):
            total = sum(
                (
                    flint.acb.integral(logarithmic, one, two, rel_tol=flint.arb("0.001"), abs_tol=flint.arb("0.001"))
                    for one, two in pairwise(corners)
                ),
                flint.acb(0),
            )
            winding = (total / flint.acb(0, 2 * flint.arb.pi())).real
        unique = winding.unique_fmpz()
        if unique is None:
            raise Undecided("undecided: the ball contains no single integer")
        return int(unique)


TOOLS: list[Tool] = [
    Qpmr(), Qpmr(box=True), Tdcpy(), Tdcpy(padded=True), Tdscontrol(), Cxroots(), LambertW(), FlintLambertW(),
    FlintIntegral(),
]  # fmt: skip
