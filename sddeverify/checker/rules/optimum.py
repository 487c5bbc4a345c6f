"""optimum: which candidates decay fastest, where the decay of a candidate is that of its slowest mode.

Claim: with the rate of a candidate = the smallest, over its functions h, of minus the largest real part of a zero,
every candidate in ``best`` has a rate above ``threshold``, and every other one a rate of at most ``threshold``. One
name in ``best`` is the optimum; several are a tie as far as the proof tells.

Theorem. No zero of any function of a best candidate has Re s >= -threshold (proved counts of 0), and of every other
candidate some function has a zero with Re s >= -threshold (a proved count of at least 1).
"""

from typing import Any

from ..document import Malformed, integer, listed, members, number
from ..function import Function, Rule, counted, read_function
from ..interval import Refusal

_MOST = 2000


def optimum(claim: dict[str, Any]) -> Rule:
    """Read a claim ``table`` = list of ``{candidate, functions}``, ``best`` = names, ``threshold``."""
    _, table, best, threshold = members(claim, "type", "table", "best", "threshold")
    entries = [members(x, "candidate", "functions") for x in listed(table, 2, _MOST)]
    winners, line = listed(best, 1, _MOST), -number(threshold)
    names = [name for name, _ in entries]
    if not all(type(x) is str and 0 < len(x) < 100 and x.isprintable() for x in names + winners):
        raise Malformed("a candidate is named by a short text")
    if len({*names}) != len(names) or len({*winners}) != len(winners) or not {*winners} <= {*names}:
        raise Malformed("candidates must be different, and the best ones among them")
    functions = {name: [_function(x) for x in listed(row, 1, _MOST)] for name, row in entries}

    def verify(witness: Any) -> None:
        for (name, row), proof in zip(functions.items(), listed(witness, len(names), len(names)), strict=True):
            if name in winners:
                slow = any(counted(h, line, x) for h, x in zip(row, listed(proof, len(row), len(row)), strict=True))
            else:
                index, count = members(proof, "function", "count")
                slow = counted(row[integer(index, 0, len(row) - 1)], line, count) > 0
            if slow is (name in winners):
                raise Refusal(f"the rate of {name!r} is not proved to lie on its side of the threshold")

    text = f"of {len(names)} candidates, exactly {', '.join(winners)} decay(s) faster than exp(-{threshold} t)"
    return Rule(f"{text} in the slowest of the modes listed.", verify)


def _function(value: Any) -> Function:
    """Read one function: the members that claims about it share, without a type."""
    if not isinstance(value, dict) or "type" in value:
        raise Malformed("a function of the table is an object without a type")
    return read_function({**value, "type": ""})[0]
