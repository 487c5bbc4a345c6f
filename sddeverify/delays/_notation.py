"""The textual notation of laws, with a grammar of our own: user text is never evaluated.

    law      = weighted { "+" weighted } | factor
    weighted = number "*" factor
    factor   = name "(" argument { "," argument } ")" | "(" law ")"
    argument = number | law
    number   = 3 | 1/2 | 0.3 | 1e-9

``0.3*constant(1) + 0.7*uniform(0, 2)`` is a *mixture* (one of the two times, not their sum); the sum of
independent times is ``sum(constant(1), exponential(2))``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple, NoReturn, TypeVar

from sddeverify.delays._law import Law
from sddeverify.delays.mixture import MAX_PARTS, Mixture
from sddeverify.errors import InvalidScenario, invalid
from sddeverify.exact import rational, spell

T = TypeVar("T")

MAX_NOTATION = 100_000
_MAX_PARENTHESES = 32
_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    r"|(?P<number>-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?:/[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign>[()*+,])"
)
_A_LAW = "a law such as constant(1), 0.3*constant(1) + 0.7*uniform(0, 2) or sum(constant(1), exponential(2))"


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


def parse(text: str) -> Law:
    """Return the law that a text denotes, such as ``erlang(3, 1)``; ``parse(str(law)) == law`` for every law.

    Args:
        text: At most 100 000 characters of the notation above.

    Raises:
        InvalidScenario: naming the position (counted from 1), what was found there and what is allowed.
    """
    if not isinstance(text, str):
        raise invalid("delay law", text, "its textual notation, such as 'erlang(3, 1)'")
    if len(text) > MAX_NOTATION:
        raise invalid("delay law", f"{len(text)} characters", f"at most {MAX_NOTATION} characters")
    reader = _Reader(text)
    law = reader.law(0)
    reader.expect("end", "the end of the text, '+' and a weighted law, or nothing more")
    return law


class _Reader:
    """A recursive-descent reader over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[_Token] = []
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                self.fail(
                    _Token("character", text[position], position),
                    "names, numbers, '(', ')', ',', '*' and '+' only",
                )
            if match.lastgroup != "space":
                self.tokens.append(_Token(match.lastgroup or "", match.group(), position))
            position = match.end()
        self.tokens.append(_Token("end", "", len(text)))
        self.next = 0

    def fail(self, token: _Token, allowed: str) -> NoReturn:
        shown = self.text if len(self.text) <= 60 else self.text[:57] + "..."
        found = token.text if token.kind != "end" else "the end of the text"
        raise invalid(f"delay law {shown!r}, position {token.position + 1}", found, allowed)

    def peek(self) -> _Token:
        return self.tokens[self.next]

    def take(self, *texts: str) -> bool:
        """Consume the next token if it is one of these signs."""
        token = self.peek()
        if token.kind == "sign" and token.text in texts:
            self.next += 1
            return True
        return False

    def expect(self, what: str, allowed: str) -> _Token:
        """Consume the next token, which must be of this kind or be this sign."""
        token = self.peek()
        if what not in ((token.text,) if token.kind == "sign" else (token.kind,)):
            self.fail(token, allowed)
        self.next += 1
        return token

    def number(self) -> Fraction:
        token = self.expect("number", "a weight such as 3/10 in front of '*'")
        return self.guarded(token, lambda: rational(token.text, "number"))

    def guarded(self, token: _Token, build: Callable[[], T]) -> T:
        """Build a value; a refusal is passed on with the place in the text."""
        try:
            return build()
        except InvalidScenario as error:
            raise InvalidScenario(f"delay law, position {token.position + 1}: {error}") from None

    def law(self, depth: int) -> Law:
        start = self.peek()
        if depth > _MAX_PARENTHESES:
            self.fail(start, f"at most {_MAX_PARENTHESES} nested parentheses")
        if start.kind != "number":
            law = self.factor(depth)
            if self.peek().text == "+":
                self.fail(self.peek(), "a weight before each law of a mixture (1/2*... + 1/2*...), or sum(law, law)")
            return law
        parts = []
        while True:
            weight = self.number()
            self.expect("*", "'*' and a law after a weight, as in 0.3*constant(1)")
            parts.append((weight, self.factor(depth)))
            if len(parts) > MAX_PARTS:
                self.fail(self.peek(), f"at most {MAX_PARTS} parts of a mixture")
            if not self.take("+"):
                return self.guarded(start, lambda: Mixture(parts))

    def factor(self, depth: int) -> Law:
        token = self.peek()
        if self.take("("):
            law = self.law(depth + 1)
            self.expect(")", "')'")
            return law
        self.expect("name", _A_LAW)
        if token.text not in _usages():
            self.fail(token, f"one of {', '.join(_usages())}")
        self.expect("(", "'(' and the arguments")
        arguments: list[Fraction | Law] = []
        if not self.take(")"):
            arguments.append(self.argument(depth))
            while self.take(","):
                arguments.append(self.argument(depth))
            self.expect(")", "',' and another argument, or ')'")
        return self.guarded(token, lambda: _call(token.text, arguments))

    def argument(self, depth: int) -> Fraction | Law:
        token = self.peek()
        if token.kind == "number" and self.tokens[self.next + 1].text != "*":
            self.next += 1
            return self.guarded(token, lambda: rational(token.text, "number"))
        if token.kind not in ("number", "name") and token.text != "(":
            self.fail(token, "a number such as 3, 1/2 or 0.3, or a law")
        return self.law(depth + 1)


def _usages() -> dict[str, str]:
    """Return how each name that may be called is used."""
    from sddeverify.delays import COMPUTED, CONVENIENCES, LAWS

    usages = {name: law.usage() for name, law in (LAWS | COMPUTED).items() if law.usage()}
    return usages | {"sum": "sum(law, law, ...)"} | {name: usage for name, (usage, _) in CONVENIENCES.items()}


def _call(name: str, arguments: list[Fraction | Law]) -> Law:
    from sddeverify.delays import COMPUTED, CONVENIENCES, LAWS, Sum

    usage = _usages()[name]
    laws = [x for x in arguments if isinstance(x, Law)]
    numbers = [x for x in arguments if not isinstance(x, Law)]
    if name == "sum":
        if numbers:
            raise invalid(name, spell(numbers[0]), f"laws only: {usage}")
        return Sum(*laws)
    if name in CONVENIENCES and (not laws or "law" in usage):
        return CONVENIENCES[name][1](arguments)
    if name in CONVENIENCES:
        raise invalid(name, str(laws[0]), f"numbers only: {usage}")
    law = (LAWS | COMPUTED)[name]
    return law.from_parts(arguments) if laws else law.from_arguments(numbers)
