"""A reader's guess at the next line of a derivation: read strictly, compared by SymPy and at random points.

Answers are typed by hand, so they are read by a grammar of our own and never evaluated as code:

    answer  = sum [ "=" sum ] | "(" sum "," sum { "," sum } ")"
    sum     = [ "-" ] product { ("+" | "-") product }
    product = power { ("*" | "/") power }
    power   = factor [ ("^" | "**") [ "-" ] power ]
    factor  = number | symbol | function "(" sum ")" | "(" sum ")"
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import NoReturn

import sympy
from sympy.core.function import AppliedUndef

from sddeverify.derivations._bounded import bounded_context
from sddeverify.derivations._checking import TOLERANCE, vanishes
from sddeverify.derivations._evaluation import evaluate, random_point
from sddeverify.derivations._operations import differences, zip_pairs
from sddeverify.derivations._steps import Kind, Step
from sddeverify.errors import InvalidScenario, invalid
from sddeverify.exact import rational

MAX_ANSWER = 500
_MAX_DEPTH = 24
_MAX_DIGITS = 30
_MAX_EXPONENT = 16
_POINTS = 3
_TOKEN = re.compile(r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<name>[^\W\d]\w*)|(?P<sign>\*\*|[-+*/^(),=]))")
_FUNCTIONS = {
    "exp": sympy.exp,
    "log": sympy.log,
    "ln": sympy.log,
    "sqrt": sympy.sqrt,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "atan": sympy.atan,
}
_CONSTANTS = {"pi": sympy.pi, "I": sympy.I}
_LETTERS = {
    "α": "alpha", "β": "beta", "δ": "delta", "ε": "epsilon", "η": "eta", "θ": "theta", "κ": "kappa", "λ": "lambda",
    "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi", "ω": "omega", "Δ": "Delta", "Λ": "Lambda",
    "Φ": "Phi",
}  # fmt: skip


class Correctness(Enum):
    """What became of an answer."""

    RIGHT = "right"
    WRONG = "not equal"
    UNDECIDED = "equal at every point tried, but not proved equal"


@dataclass(frozen=True)
class Judgement:
    """An answer and what the comparison gave.

    Attributes:
        correctness: ``RIGHT`` only if SymPy proves the difference to be 0 and the numbers agree, too.
        answer: The answer as it was read.
        points: Number of random points at which it was compared.
        example: For a wrong answer, both values at a random point, in words; empty otherwise.
    """

    correctness: Correctness
    answer: sympy.Basic
    points: int
    example: str = ""


def askable(step: Step) -> bool:
    """Return whether the line of a step can be typed in the notation of answers."""
    if step.kind is Kind.ASSUMPTION:
        return False
    known = (sympy.Add, sympy.Mul, sympy.Pow, sympy.Rational, sympy.Symbol, sympy.Tuple, sympy.Equality)
    constants = (*(type(value) for value in _CONSTANTS.values()), type(sympy.E))
    allowed = (*known, *constants, *(one for one in _FUNCTIONS.values() if isinstance(one, type)))
    return all(isinstance(node, allowed) for node in sympy.preorder_traversal(step.after)) and not step.after.atoms(
        AppliedUndef, sympy.Indexed
    )


def vocabulary(step: Step) -> dict[str, sympy.Symbol]:
    """Return the symbols that an answer to a step may use, by the names under which they are typed."""
    trees = (step.before, step.after, *(() if step.operation is None else step.operation.arguments()))
    symbols = {one for tree in trees for one in tree.atoms(sympy.Symbol)}
    return {one.name: one for one in sorted(symbols, key=str)}


def read_answer(text: str, symbols: dict[str, sympy.Symbol]) -> sympy.Basic:
    """Return the expression that a text denotes.

    Args:
        text: At most 500 characters, such as ``pi/(2*tau)`` or ``a = ω/S``.
        symbols: The names that may stand in it, besides ``pi``, ``I`` and the functions.

    Raises:
        InvalidScenario: naming the position (counted from 1), what was found there and what is allowed.
    """
    if not isinstance(text, str) or not text.strip():
        raise invalid("answer", text, "an expression such as pi/(2*tau)")
    if len(text) > MAX_ANSWER:
        raise invalid("answer", f"{len(text)} characters", f"at most {MAX_ANSWER} characters")
    reader = _Reader(text, {**symbols, **_CONSTANTS})
    return reader.answer()


def judge(step: Step, text: str) -> Judgement:
    """Compare an answer with the line of a step: numbers first, then SymPy.

    To an equation ``a = ...`` the right-hand side alone is an answer, too.

    Raises:
        InvalidScenario: for a text that cannot be read, and for a step whose line cannot be typed.
    """
    if not askable(step):
        raise InvalidScenario(f"answer: the line of the step {step.id!r} cannot be typed; reveal it instead")
    expected = step.after
    answer = read_answer(text, vocabulary(step))
    if isinstance(expected, sympy.Equality) and not isinstance(answer, sympy.Equality):
        expected = expected.rhs
    if _parts(answer) != _parts(expected):
        raise invalid("answer", text, _shape(expected))
    ctx = bounded_context()
    for index in range(_POINTS):
        point = random_point([expected, answer], f"answer:{step.id}", index, ctx)
        try:
            pairs = zip_pairs(evaluate(answer, point, ctx), evaluate(expected, point, ctx))
        except (ZeroDivisionError, ValueError, OverflowError):
            return Judgement(
                Correctness.WRONG, answer, index + 1, "The answer has no value of moderate size at a random point."
            )
        for left, right in pairs:
            if not abs(left - right) <= (1 + abs(left) + abs(right)) * ctx.mpf(float(TOLERANCE)):
                return Judgement(Correctness.WRONG, answer, index + 1, _example(left, right, point, ctx))
    proved = all(vanishes(one) for one in differences(answer, expected))
    return Judgement(Correctness.RIGHT if proved else Correctness.UNDECIDED, answer, _POINTS)


def _example(left: object, right: object, point: dict[object, object], ctx: object) -> str:
    show = ctx.nstr  # type: ignore[attr-defined]  # an mpmath context
    where = ", ".join(f"{name} = {show(value, 4)}" for name, value in point.items() if isinstance(name, sympy.Symbol))
    place = f"At {where} your" if where else "Your"
    return f"{place} line is {show(left, 6)}; the right line is {show(right, 6)} there."


def _parts(expression: sympy.Basic) -> int:
    if isinstance(expression, sympy.Equality):
        return -1
    return len(expression) if isinstance(expression, sympy.Tuple) else 0


def _shape(expected: sympy.Basic) -> str:
    if isinstance(expected, sympy.Tuple):
        return f"{len(expected)} expressions in parentheses, such as (1, 2)"
    return "an equation, or its right-hand side" if isinstance(expected, sympy.Equality) else "one expression"


class _Reader:
    """A recursive-descent reader over the tokens of one answer."""

    def __init__(self, text: str, names: dict[str, sympy.Expr]) -> None:
        self.text, self.names = text, names
        self.tokens: list[tuple[str, str, int]] = []
        self.next = self.depth = 0
        position, end = 0, len(text.rstrip())
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None:
                latex = text[position] in "\\$_{}&"
                plain = "numbers, symbols and the signs + - * / ^ ( ) , ="
                self.fail(text[position], position, "plain text such as pi/(2*tau), not LaTeX" if latex else plain)
            kind = match.lastgroup or ""
            self.tokens.append((kind, match[kind], match.start(kind)))
            position = match.end()
        self.tokens.append(("end", "", end))

    def fail(self, found: str, position: int, allowed: str) -> NoReturn:
        raise invalid(f"answer, position {position + 1}", found or "the end of the text", allowed)

    def take(self, *signs: str) -> str:
        kind, text, _ = self.tokens[self.next]
        if kind != "sign" or text not in signs:
            return ""
        self.next += 1
        return text

    def expect(self, sign: str, allowed: str) -> None:
        if not self.take(sign):
            _, text, position = self.tokens[self.next]
            self.fail(text, position, allowed)

    def answer(self) -> sympy.Basic:
        whole = self.sum(top=True)
        if self.take("="):
            whole = sympy.Eq(whole, self.sum(), evaluate=False)
        kind, text, position = self.tokens[self.next]
        if kind != "end":
            self.fail(text, position, "an operator such as * between expressions, or nothing more")
        return whole

    def sum(self, *, top: bool = False) -> sympy.Basic:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            self.fail(self.text, 0, f"at most {_MAX_DEPTH} nested parentheses and exponents")
        if top and (several := self.tuple()) is not None:
            self.depth -= 1
            return several
        negative = bool(self.take("-"))
        total = self.product()
        total = -total if negative else total
        while sign := self.take("+", "-"):
            term = self.product()
            total = total + term if sign == "+" else total - term
        self.depth -= 1
        return total

    def tuple(self) -> sympy.Tuple | None:
        start = self.next
        if not self.take("("):
            return None
        parts = [self.sum()]
        while self.take(","):
            parts.append(self.sum())
        if len(parts) == 1:  # parentheses around a part of a longer sum
            self.next = start
            return None
        self.expect(")", "',' and another expression, or ')'")
        return sympy.Tuple(*parts)

    def product(self) -> sympy.Expr:
        result = self.power()
        while sign := self.take("*", "/"):
            position = self.tokens[self.next][2]
            factor = self.power()
            if sign == "/" and factor == 0:
                self.fail("0", position, "a divisor other than 0")
            result = result * factor if sign == "*" else result / factor
        return result

    def power(self) -> sympy.Expr:
        base = self.factor()
        if not self.take("^", "**"):
            return base
        self.depth += 1
        position = self.tokens[self.next][2]
        if self.depth > _MAX_DEPTH:
            self.fail(self.text, 0, f"at most {_MAX_DEPTH} nested parentheses and exponents")
        negative = bool(self.take("-"))
        exponent = self.power()
        self.depth -= 1
        # A power of numbers would be carried out at once, however large.
        large = exponent.is_Rational and max(abs(exponent.p), exponent.q) > _MAX_EXPONENT
        nested = base.is_Rational and max(abs(base.p), base.q) > 10**_MAX_DIGITS
        if large or nested or (base.is_number and exponent.is_number and not exponent.is_Rational):
            self.fail(str(exponent)[:40], position, f"a power of at most {_MAX_EXPONENT} of a number of moderate size")
        if base == 0 and (negative or not exponent.is_positive):
            self.fail(str(exponent), position, "a positive power of 0")
        power = base ** (-exponent if negative else exponent)
        if power.is_Pow and power.exp.is_Rational and abs(power.exp) > _MAX_EXPONENT:  # (x^16)^16
            self.fail(str(power.exp), position, f"powers that make at most {_MAX_EXPONENT} together")
        return power

    def factor(self) -> sympy.Expr:
        kind, text, position = self.tokens[self.next]
        if self.take("("):
            inside = self.sum()
            self.expect(")", "')'")
            return inside
        self.next += 1
        if kind == "number" and len(text) <= _MAX_DIGITS:
            value = rational(text, "answer")
            return sympy.Rational(value.numerator, value.denominator)
        if kind != "name":
            self.fail(text[:40], position, f"a number of at most {_MAX_DIGITS} digits, a symbol, a function or '('")
        if text in _FUNCTIONS:
            self.expect("(", f"'(' after {text}")
            inside = self.sum()
            self.expect(")", "')'")
            applied: sympy.Expr = _FUNCTIONS[text](inside)
            if applied.has(sympy.oo, -sympy.oo, sympy.zoo, sympy.nan):
                self.fail(f"{text}({str(inside)[:30]})", position, f"a place where {text} has a value")
            return applied
        name = "".join(_LETTERS.get(letter, letter) for letter in text)
        if name not in self.names:
            self.fail(text, position, f"one of {', '.join([*self.names, *_FUNCTIONS])}")
        return self.names[name]
