"""Rows about speed, mean square and the best number of workers: certified where the kernel accepted a proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sddeverify.certificates import Inconclusive
from sddeverify.delays import Empirical
from sddeverify.exact import decimal_down, decimal_up, spell
from sddeverify.report.rows import Row, Status
from sddeverify.report.text import accepted, between, file_of, hypothesis, undecided

if TYPE_CHECKING:
    from sddeverify.report.further import Further
    from sddeverify.report.study import Study

_OF_THE_SDDE = "of the SDDE, which draws delays independently; with finitely many workers the true limit differs"


def rate(study: Study) -> list[Row]:
    """Return the row of the decay rate of the slowest mode."""
    further = study.proofs.further
    if further is None:
        return []
    quantity, name = "decay rate of the mean", "decay_rate"
    if isinstance(further.rate, Inconclusive):
        return [undecided(quantity, str(further.rate))]
    if not accepted(study, name):
        return []
    bounds = further.rate.rate
    data = {"lo": spell(bounds.lo), "hi": spell(bounds.hi), "hessian": spell(further.slowest)}
    mode = f"that of the slowest of {len(study.derived.model.hessian)} modes (h = {float(further.slowest):.4g})"
    value = f"{between(bounds.lo, bounds.hi)} per second"
    if bounds.hi < 0:
        value = f"grows: {between(-bounds.hi, -bounds.lo)} per second"
    return [Row(quantity, value, Status.CERTIFIED, mode + _scope(study, further, name), data, file_of(name))]


def limit(study: Study) -> Row:
    """Return the row of the mean-square limit: certified where both sides of it are, otherwise computed."""
    quantity = "mean-square limit of the learning rate"
    found, further = study.computed.mean_square_at(study.source.scenario.workers), study.proofs.further
    if found is None:
        return undecided(quantity, next(iter(study.computed.failures), "it could not be computed"))
    computed = Row(quantity, f"{found:.6g}", Status.COMPUTED, _OF_THE_SDDE, {"learning_rate": found})
    if further is None or further.limit is None:
        return computed
    names = ("mean_square_below", "mean_square_above")
    missing = [one for one in (further.below, further.above) if isinstance(one, Inconclusive)]
    if missing:
        return Row(quantity, computed.value, Status.COMPUTED, f"{_OF_THE_SDDE}; {missing[0]}", computed.data)
    if not all(accepted(study, name) for name in names):
        return computed
    lo, hi = further.limit.lo, further.limit.hi
    basis = f"stable in mean square at the lower end, no longer at the upper end ({file_of(names[1])}), {_OF_THE_SDDE}"
    basis += f"; for the largest eigenvalue, {hypothesis(study)}{_scope(study, further, names[0])}"
    data = {"learning_rate": found, "lo": spell(lo), "hi": spell(hi)}
    return Row(
        quantity, f"[{decimal_down(lo, 9)}, {decimal_up(hi, 9)}]", Status.CERTIFIED, basis, data, file_of(names[0])
    )  # fmt: skip


def operating(study: Study) -> list[Row]:
    """Return the row of stability in mean square at the scenario's learning rate."""
    further = study.proofs.further
    if further is None:
        return []
    quantity, name = "mean square at this learning rate", "mean_square_stability"
    result = further.mean_square
    if isinstance(result, Inconclusive):
        return [undecided(quantity, str(result))]
    if not accepted(study, name):
        return [undecided(quantity, "the separate process did not accept the certificate")]
    scope = f"for the largest eigenvalue{_scope(study, further, name)}; {_OF_THE_SDDE}"
    if result.stable:
        value, basis = "stable in mean square", f"the variance stays bounded, {scope}"
    elif not isinstance(study.proofs.operating, Inconclusive) and study.proofs.operating.stable:
        value = "not stable in mean square, although the mean is stable"
        basis = f"the mean converges, but the variance grows without bound: lower the learning rate; {scope}"
    else:
        value, basis = "not stable in mean square", f"the variance grows without bound, {scope}"
    return [Row(quantity, value, Status.CERTIFIED, basis, {"stable": result.stable}, file_of(name))]


def best(study: Study, caution: str) -> Row:
    """Return the row of the best number of workers: certified if it can be, otherwise computed.

    Args:
        study: What was found.
        caution: What an answer about numbers of workers takes for granted.
    """
    quantity, name, computed, further = (
        "best number of workers", "optimum", study.computed.best, study.proofs.further,
    )  # fmt: skip
    if computed is None:
        reason = next((said for said in study.computed.failures if "best" in said), "it could not be computed")
        return undecided(quantity, reason)
    scope = f"among 1 to {computed.candidates[-1]} workers"
    if study.computed.largest is not None:
        scope += ", which are stable in mean square (computed),"
    data = {"workers": computed.workers, "rate": computed.rate, "up_to": computed.candidates[-1]}
    speed = f"it has the fastest decay of the slowest mode, {computed.rate:.4g} per second"
    if further is None or isinstance(further.best, Inconclusive) or not accepted(study, name):
        why = f"; {further.best}" if further is not None and isinstance(further.best, Inconclusive) else ""
        return Row(quantity, str(computed.workers), Status.COMPUTED, f"{scope} {speed}, {caution}{why}", data)
    names = further.best.best
    threshold = decimal_down(further.best.threshold, 6)
    value = names[0] if len(names) == 1 else f"a tie of {', '.join(names)}"
    others = "of every other number" if len(names) == 1 else "of every number not named"
    proof = f"all its modes decay faster than {threshold} per second, {others} some mode does not"
    basis = f"{scope} {speed}; {proof}{_scope(study, further, name)}; {caution}"
    return Row(quantity, value, Status.CERTIFIED, basis, data | {"best": names}, file_of(name))


def _scope(study: Study, further: Further, name: str) -> str:
    """Return which laws a statement is about, if a trace was rounded."""
    if not isinstance(study.derived.model.delay, Empirical):
        return ""
    if name in further.lattice:
        return "; for the law rounded to its lattice"
    return "; holds for every delay law within the rounding of the trace"
