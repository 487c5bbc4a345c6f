"""The rows of the summary: what a study answers, each marked with what kind of answer it is."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sddeverify.agreement import Verdict
from sddeverify.certificates import Inconclusive
from sddeverify.delays import Empirical
from sddeverify.exact import decimal_down, spell
from sddeverify.report import chart, hitting, mean_square
from sddeverify.report.band import band_rows
from sddeverify.report.rows import Row, Status
from sddeverify.report.text import accepted, between, file_of, hypothesis, refused, undecided

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sddeverify.agreement import Check
    from sddeverify.report.proofs import ModeProof
    from sddeverify.report.study import Study

_VERDICTS = {
    Verdict.CONSISTENT: Status.CONSISTENT,
    Verdict.INCONSISTENT: Status.INCONSISTENT,
    Verdict.TOO_LITTLE_DATA: Status.TOO_LITTLE_DATA,
}


def rows(study: Study) -> list[Row]:
    """Return all rows, the most important first."""
    return [
        *_learning_rates(study),
        *band_rows(study),
        _operating(study),
        *mean_square.operating(study),
        *mean_square.rate(study),
        *(_mode(study, mode) for mode in study.proofs.modes),
        *hitting.rows(study),
        *_workers(study),
        chart.row(study),
        *_comparisons(study),
    ]


def _covers(study: Study) -> str:
    law = study.derived.model.delay
    return "; holds for every delay law within the rounding of the trace" if isinstance(law, Empirical) else ""


def _learning_rates(study: Study) -> list[Row]:
    """The critical learning rate in the mean, that in mean square, and the smaller one."""
    mean, mean_low = _critical_mean(study)
    limit = study.computed.mean_square_at(study.source.scenario.workers)
    square = mean_square.limit(study)
    if limit is None:
        return [mean, square]
    certified = square.status is Status.CERTIFIED and study.proofs.further and study.proofs.further.limit
    lowest = certified.lo if certified else Fraction(limit)
    smaller, which, status = lowest, "the mean-square limit, the smaller one of the two", Status.COMPUTED
    if mean_low is None:
        which = "the mean-square limit (the other one is not known)"
    elif mean_low < smaller:
        smaller, which, status = mean_low, "the limit of the mean, the smaller one of the two", Status.CERTIFIED
    recommended = Row(
        "recommended learning rate", f"below {decimal_down(smaller, 4)}", status,
        f"{which}; stay clear of it: noise grows near a limit", {"below": float(smaller)},
    )  # fmt: skip
    return [mean, square, recommended]


def _critical_mean(study: Study) -> tuple[Row, Fraction | None]:
    quantity, name = "critical learning rate in the mean", "stability_boundary"
    boundary = study.proofs.boundary
    if isinstance(boundary, Inconclusive):
        return undecided(quantity, str(boundary)), None
    if not accepted(study, name):
        return refused(study, quantity, name), None
    rate = boundary.learning_rate
    if rate is None:  # our own claim always has a model
        return undecided(quantity, "the certificate names no learning rate"), None
    basis = hypothesis(study) + _covers(study)
    data = {"lo": spell(rate.lo), "hi": None if rate.hi is None else spell(rate.hi)}
    if rate.hi is None:
        value, text = f"at least {decimal_down(rate.lo, 6)}", "no loss of stability exists up to there; " + basis
    else:
        value, text = between(rate.lo, rate.hi), "stable up to the lower end, the critical value lies between; " + basis
    return Row(quantity, value, Status.CERTIFIED, text, data, file_of(name)), rate.lo


def _operating(study: Study) -> Row:
    scenario = study.source.scenario
    rate = decimal_down(scenario.learning_rate, 6)
    quantity, name = f"at learning rate {rate} with {scenario.workers} workers", "stability"
    result = study.proofs.operating
    if isinstance(result, Inconclusive):
        return undecided(quantity, str(result))
    if not accepted(study, name):
        return refused(study, quantity, name)
    scope = (
        "every eigenvalue between the smallest and the largest"
        if study.proofs.whole_spectrum
        else "the largest eigenvalue"
    )
    if result.stable:
        value, basis = "stable in the mean", f"for {scope}{_covers(study)}"
    else:
        value, basis = "unstable in the mean", f"the mean grows exponentially, for {scope}{_covers(study)}"
    return Row(quantity, value, Status.CERTIFIED, basis, {"stable": result.stable}, file_of(name))


def _mode(study: Study, mode: ModeProof) -> Row:
    quantity, name = f"decay rate of the {mode.title}", f"rightmost_root_{mode.name}"
    if isinstance(mode.result, Inconclusive):
        return undecided(quantity, str(mode.result))
    if not accepted(study, name):
        return refused(study, quantity, name)
    real, imag = mode.result.real, mode.result.imag
    value = f"{between(-real.hi, -real.lo)} per second"
    basis = ""
    if real.lo > 0:
        value, basis = f"grows: {between(real.lo, real.hi)} per second", "the mean of this mode diverges"
    elif real.hi < 0:
        basis = f"the mean error falls by a factor e every {1 / float(-real.midpoint):.4g} s"
    if imag.lo > 0:
        basis += f", oscillating {float(imag.midpoint) / math.tau:.4g} times a second"
    if isinstance(study.derived.model.delay, Empirical):
        basis += "; for the law rounded to its lattice"
    data = {"lo": spell(-real.hi), "hi": spell(-real.lo)}
    return Row(quantity, value, Status.CERTIFIED, basis, data, file_of(name))


def _workers(study: Study) -> list[Row]:
    caution = "for this mean compute time"
    if study.source.trace is not None:
        caution += ", which on a small machine depends on the number of workers"
    found = []
    quantity, name = "largest stable number of workers", "stability_boundary"
    boundary, largest = study.proofs.boundary, study.largest_stable
    if isinstance(boundary, Inconclusive):
        found.append(undecided(quantity, str(boundary)))
    elif not accepted(study, name):
        found.append(refused(study, quantity, name))
    elif largest is None:
        count = boundary.largest_stable_workers(study.source.scenario.learning_rate, study.derived.model.hessian[-1])
        basis = f"this delay law has no stability boundary in the range that was looked at; {caution}"
        found.append(Row(quantity, f"at least {count}", Status.CERTIFIED, basis, {"at_least": count}, file_of(name)))
    else:
        beyond = boundary.first_workers_beyond(study.source.scenario.learning_rate, study.derived.model.hessian[-1])
        value, basis = str(largest), f"in the mean, at this learning rate, {caution}"
        if beyond is not None and beyond > largest + 1:  # a wide enclosure, or a whole number in it
            value = f"at least {largest}"
            basis = f"{largest} are stable, at {beyond} stability has been lost; {basis}"
        lost: dict[str, Any] = {"workers": largest, "lost_at": beyond}
        found.append(Row(quantity, value, Status.CERTIFIED, basis, lost, file_of(name)))
    return [*found, mean_square.best(study, caution)]


def _comparisons(study: Study) -> list[Row]:
    """Traces against the model: a row for the plain checks of a trace, and one for each exponent and disagreement."""
    found = []
    if study.source.trace is not None and study.of_trace is not None:
        delays = study.source.trace.delays
        value, basis = f"{delays.mean():.4g} s", f"{len(delays)} gradients of {study.source.measured}"
        found.append(Row("mean delay", value, Status.OBSERVED, basis, {"seconds": float(delays.mean())}))
        found += _trace(study.of_trace.checks, study.source.measured)
    found.append(_emulated(study))
    exponents = [one.check for one in study.decays.values()]
    found += _trace([check for check in study.of_run.checks if check not in exponents], "the emulator")
    return found + [comparison(check, "the emulator") for check in exponents]


def _emulated(study: Study) -> Row:
    run = study.run
    first, last = run.path.losses(run.objective)[[0, -1]]
    data: dict[str, Any] = {
        "pushes": len(run.trace),
        "diverged": run.diverged,
        "first_loss": float(first),
        "last_loss": float(last),
    }
    value = "diverged" if run.diverged else f"loss {first:.4g} → {last:.4g}"
    if not math.isfinite(data["last_loss"]):
        data["last_loss"] = None
    basis = f"one run of {len(run.trace)} gradients in virtual time; its ledger of staleness balances exactly"
    return Row("emulated run", value, Status.OBSERVED, basis, data)


def _trace(checks: Sequence[Check], source: str) -> list[Row]:
    """Return one row if all agree, else one for each."""
    if any(check.verdict is not Verdict.CONSISTENT for check in checks):
        return [comparison(check, source) for check in checks]
    value = "; ".join(f"{check.observed:.4g}{_unit(check)}" for check in checks)
    basis = "; ".join(f"{check.name}: {check.expected + check.bias:.4g} expected" for check in checks)
    data = {"checks": [check.to_json() for check in checks]}
    return [Row(f"trace of {source} against the model", value, Status.CONSISTENT, basis, data)]


def comparison(check: Check, source: str) -> Row:
    """Return the row of one comparison.

    Args:
        check: The comparison.
        source: Where the observed number comes from.
    """
    quantity = f"{check.name} ({source})"
    if math.isnan(check.observed) or math.isnan(check.bias):
        return Row(quantity, "—", _VERDICTS[check.verdict], check.note, check.to_json())
    value = f"{check.observed:.4g} observed, {check.expected + check.bias:.4g} expected{_unit(check)}"
    margin = f"± {check.allowance + check.sampling_error:.2g} at level {100 * check.level:g} %"
    basis = f"{check.expected:.5g} in theory, bias {check.bias:+.3g}, {margin}" if check.bias else margin
    if check.verdict is not Verdict.CONSISTENT:
        basis += f"; {check.note}"
    return Row(quantity, value, _VERDICTS[check.verdict], basis, check.to_json())


def _unit(check: Check) -> str:
    return f" {check.unit}" if check.unit else ""
