"""The operations of a derivation that take complex numbers apart."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from sddeverify.derivations._operations import Operation


@dataclass(frozen=True)
class TakeReal(Operation):
    """Take the real part."""

    verb = "take the real part"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        return sympy.simplify(sympy.expand(before).as_real_imag()[0])

    def statement(self, before: sympy.Basic) -> sympy.Basic:
        return sympy.re(before, evaluate=False)

    def residuals(self, before: sympy.Basic, after: sympy.Basic) -> list[sympy.Basic]:
        # Half the sum with the complex conjugate, where ``apply`` split every factor.
        return [(before + sympy.conjugate(before)) / 2 - after]


@dataclass(frozen=True)
class TakeImaginary(Operation):
    """Take the imaginary part."""

    verb = "take the imaginary part"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        return sympy.simplify(sympy.expand(before).as_real_imag()[1])

    def statement(self, before: sympy.Basic) -> sympy.Basic:
        return sympy.im(before, evaluate=False)

    def residuals(self, before: sympy.Basic, after: sympy.Basic) -> list[sympy.Basic]:
        return [(before - sympy.conjugate(before)) / (2 * sympy.I) - after]


@dataclass(frozen=True)
class TakeMinusImaginary(Operation):
    """Take minus the imaginary part."""

    verb = "take minus the imaginary part"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        return sympy.simplify(-sympy.expand(before).as_real_imag()[1])

    def statement(self, before: sympy.Basic) -> sympy.Basic:
        return sympy.Mul(sympy.S.NegativeOne, sympy.im(before, evaluate=False), evaluate=False)

    def residuals(self, before: sympy.Basic, after: sympy.Basic) -> list[sympy.Basic]:
        return [(sympy.conjugate(before) - before) / (2 * sympy.I) - after]
