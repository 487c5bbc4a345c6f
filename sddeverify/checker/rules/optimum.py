"""optimum: which candidates decay fastest, where the decay of a candidate is that of its slowest mode.

Claim: with the rate of a candidate = the smallest, over its functions h, of minus the largest real part of a zero,
every candidate in ``best`` has a rate above ``threshold``, and every other one a rate of at most ``threshold``. One
name in ``best`` is the optimum; several are a tie as far as the proof tells.

Theorem. No zero of any function of a best candidate has Re s >= -threshold (proved counts of 0), and of every other
candidate some function has a zero with Re s >= -threshold (a proved count of at least 1).
"""

from ..document import Claim, integer, listed, members, number, well_formed
from ..function import Rule, decided, read_function

_MOST = 2000


def optimum(claim: Claim) -> Rule:
    """Read a claim ``table`` = list of ``{candidate, functions}``, ``best`` = names, ``threshold``."""
    _, table, best, threshold = members(claim, "type", "table", "best", "threshold")
    entries = [members(x, "candidate", "functions") for x in listed(table, 2, _MOST)]
    winners, line, names = listed(best, 1, _MOST), -number(threshold), [name for name, _ in entries]
    short = all(type(x) is str and 0 < len(x) < 100 and x.isprintable() for x in names + winners)
    well_formed(short, "a candidate is named by a short text")
    different = len({*names}) == len(names) and len({*winners}) == len(winners) and {*winners} <= {*names}
    well_formed(different, "candidates must be different, and the best ones among them")
    sources = [listed(row, 1, _MOST) for _, row in entries]
    plain = all(isinstance(x, dict) and "type" not in x for row in sources for x in row)
    well_formed(plain, "a function of the table is an object without a type")
    rows = [[read_function({**x, "type": ""})[0] for x in row] for row in sources]
    text = f"of {len(names)} candidates, exactly {', '.join(winners)} decay(s) faster than exp(-{threshold} t)"
    witness = yield f"{text} in the slowest of the modes listed."
    for name, row, proof in zip(names, rows, listed(witness, len(names), len(names)), strict=True):
        if name in winners:
            for h, count in zip(row, listed(proof, len(row), len(row)), strict=True):
                decided(h, line, count, some=False)
        else:
            index, count = members(proof, "function", "count")
            decided(row[integer(index, 0, len(row) - 1)], line, count, some=True)
