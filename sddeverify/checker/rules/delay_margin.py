"""delay_margin: how much constant delay d may be added to a stable equation: h_d(s) = s + b + a exp(-d s) Phi(s).

Claim: every zero of h_d has Re s < 0 for all 0 <= d <= lo, and some zero has Re s > 0 for d = hi: so the smallest d at
which a zero reaches the imaginary axis lies between lo and hi. With ``margin`` null: none has Re s >= 0, for all
d >= 0.

Theorem. The first form: a proved count of 0 for the delay law d + tau with d in [0, lo], cut into parts, and one of at
least 1 for d = hi. The second: if b > |a| then Re(s + b) >= b > |a| >= |a exp(-d s) Phi(s)| for Re s >= 0.
"""

from ..function import ZERO, Claim, Function, Rule, decided, function, members, positive, read_function, require


def delay_margin(claim: Claim) -> Rule:
    """Read a claim ``margin`` = [lo, hi] or null."""
    h, margin = read_function(claim, margin=lambda x: x if x is None else [positive(x), *x])

    def delayed(lo: str, hi: str) -> Function:
        return function({**h.source, "delay": {"sum": [{"constant": {"time": [lo, hi]}}, claim["delay"]]}})

    text = "every zero of s + b + a exp(-d s) E[exp(-s tau)] has Re s < 0 for all "
    text += "d >= 0" if margin is None else f"0 <= d <= {margin[1]}, and some zero has Re s > 0 for d = {margin[2]}"
    witness = yield f"{h.text}, {text}{h.model}."
    if margin is None:
        return require(h.undelayed.lo > max(abs(x) for x in h.damping), "b > |a| does not hold")
    none, some = members(witness, "none", "some")
    decided(delayed("0", margin[1]), ZERO, none, some=False)
    return decided(delayed(margin[2], margin[2]), ZERO, some, some=True)
