"""Does a trace agree with a model? The only meeting of the theory and the witness.

A check never proves anything: it can find the observed numbers *consistent* with the theory at a stated
level, *inconsistent*, or it says that there is *too little data*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sddeverify.agreement import arrivals, decay, delay_law, staleness
from sddeverify.agreement._check import Agreement, Check, Verdict
from sddeverify.agreement.decay import Decay
from sddeverify.agreement.ensemble import Mode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sddeverify.emulator.trace import Trace
    from sddeverify.models import Model

__all__ = ["Agreement", "Check", "Decay", "Mode", "Verdict", "agree", "decay"]


def agree(
    trace: Trace,
    model: Model,
    *,
    fitted: bool = False,
    level: float = 0.01,
    decays: Iterable[Decay] = (),
) -> Agreement:
    """Compare a trace with a model: arrival rate, mean staleness and delay law; and add comparisons of exponents.

    Args:
        trace: What was observed; times in the unit of the model's delay law.
        model: What the theory says.
        fitted: Whether the model's delay law was made from this very trace. Then the two halves of the trace
            are compared with each other instead of the trace with the law.
        level: Probability of a false alarm of each check.
        decays: Outcomes of :func:`sddeverify.agreement.decay.check`.
    """
    law, workers = model.delay, model.workers
    checks = [
        arrivals.check(trace, law, workers, level=level, fitted=fitted),
        staleness.check(trace, workers, level=level),
        delay_law.check_halves(trace.delays, level=level)
        if fitted
        else delay_law.check(trace.delays, law, workers, level=level),
    ]
    return Agreement((*checks, *(one.check for one in decays)))
