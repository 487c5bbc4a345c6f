"""Write everything that a report consists of."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import sddeverify
from sddeverify import citing
from sddeverify.certificates import Inconclusive
from sddeverify.citing import Cited
from sddeverify.citing._latex import escape
from sddeverify.exact import decimal_down, decimal_up, spell
from sddeverify.report import page
from sddeverify.report.band import BAND, LAW_FREE, assumed
from sddeverify.report.figures import pictures
from sddeverify.report.summary import rows
from sddeverify.report.text import accepted

if TYPE_CHECKING:
    from pathlib import Path

    from sddeverify.report.rows import Row
    from sddeverify.report.study import Progress, Study

_PICTURES = 6


def write(study: Study, folder: Path, progress: Progress) -> list[Row]:
    """Write page, figures, trace, scenario and citation; the certificates are there already.

    Args:
        study: The work done.
        folder: Where to write.
        progress: Told how far the work is.

    Returns:
        The summary.
    """
    summary = rows(study)
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    drawn = []
    for picture in pictures(study):
        (folder / "figures" / f"{picture.name}.svg").write_bytes(picture.svg)
        (folder / "figures" / f"{picture.name}.png").write_bytes(picture.png)
        drawn.append(picture)
        progress("drawing", len(drawn) / _PICTURES)
    (folder / "report.html").write_text(page.render(study, summary, drawn), encoding="utf-8")
    (folder / "report.json").write_text(json.dumps(document(study, summary), indent=1) + "\n", encoding="utf-8")
    (folder / "scenario.toml").write_text(study.source.scenario.to_toml(), encoding="utf-8")
    trace = folder / "trace.csv"
    if not trace.exists():  # a recorded trace was written there as it happened
        (study.run.trace if study.source.trace is None else study.source.trace).to_csv(trace)
    if study.source.trace is not None:
        study.run.trace.to_csv(folder / "emulated_trace.csv")
    (folder / "citation.tex").write_text(citing.latex(cited(study)), encoding="utf-8")
    (folder / "citation.bib").write_text(citing.bibtex(), encoding="utf-8")
    return summary


def document(study: Study, summary: list[Row]) -> dict[str, Any]:
    """Return the report as JSON."""
    return {
        "version": sddeverify.__version__,
        "notes": list(study.source.notes),
        "scenario_sha256": study.source.scenario.sha256,
        "answers": [row.to_json() for row in summary],
        "agreement": study.agreement.to_json(),
        "derivation_passed": all(one.passed for one in study.checked),
        "certificates": {
            name: {"claim_sha256": one.digest, "accepted": accepted(study, name)}
            for name, one in study.proofs.certificates.items()
        },
        "undecided": {name: str(one) for name, one in study.proofs.undecided.items()},
        "seconds": {stage: round(seconds, 3) for stage, seconds in study.seconds.items()},
    }


def cited(study: Study) -> list[Cited]:
    """Return the certified statements worth citing: only those that the copied kernel accepted."""
    found = []
    model, proofs = study.derived.model, study.proofs
    boundary = proofs.boundary
    if accepted(study, "stability_boundary") and not isinstance(boundary, Inconclusive):
        rate = boundary.learning_rate
        if rate is not None:
            top = decimal_down(model.hessian[-1], 12)  # rounded up it would claim more than is proved
            text = (
                f"For {model.workers} asynchronous workers with the delay law of the certificate and Hessian "
                f"eigenvalues up to {top}, the mean of the linearised stochastic delay differential equation is "
                "exponentially stable for every learning rate up to {lo}"
            )
            if rate.hi is not None:
                text += ", and the critical learning rate is at most {hi}"
            found.append(_cited("CriticalLearningRate", text, rate.lo, rate.hi, study, "stability_boundary"))
    for mode in proofs.modes:
        name = f"rightmost_root_{mode.name}"
        if isinstance(mode.result, Inconclusive) or not accepted(study, name):
            continue
        text = (
            f"At learning rate {spell(model.learning_rate)} the spectral abscissa of the {mode.name} mode "
            f"(eigenvalue {spell(mode.hessian)}) lies between {{lo}} and {{hi}} per unit of time"
        )
        real = mode.result.real
        found.append(_cited(f"Abscissa{mode.name.capitalize()}", text, real.lo, real.hi, study, name))
    return found + _cited_further(study) + cited_bands(study)


def _cited_further(study: Study) -> list[Cited]:
    """Return what is certified about speed, mean square and the number of workers."""
    further, model, found = study.proofs.further, study.derived.model, []
    if further is None:
        return []
    at = f"at learning rate {spell(model.learning_rate)} with {model.workers} workers"
    if not isinstance(further.rate, Inconclusive) and accepted(study, "decay_rate"):
        mode = f"the mode of eigenvalue {spell(further.slowest)}"
        text = f"The mean of {mode} decays {at} at a rate between {{lo}} and {{hi}}"
        bounds = further.rate.rate
        found.append(_cited("DecayRate", text, bounds.lo, bounds.hi, study, "decay_rate"))
    ends = {"below": ("Stable", "is", further.below), "above": ("Unstable", "is not", further.above)}
    for side, (macro, verb, result) in ends.items():
        if isinstance(result, Inconclusive) or not accepted(study, f"mean_square_{side}") or further.limit is None:
            continue
        text = f"With {model.workers} workers the delay equation {verb} mean-square stable at learning rate {{lo}}"
        rate = further.limit.lo if side == "below" else further.limit.hi
        if decimal_down(rate, 8) != decimal_up(rate, 8):
            continue  # a decimal that is rounded would name another learning rate
        found.append(_cited(f"MeanSquare{macro}", text, rate, None, study, f"mean_square_{side}"))
    if not isinstance(further.best, Inconclusive) and accepted(study, "optimum"):
        names = " and ".join(further.best.best)
        text = (
            f"Of the candidates of the certificate {names} workers alone decay faster than {{lo}} in the slowest mode"
        )
        found.append(_cited("BestWorkers", text, further.best.threshold, None, study, "optimum"))
    return found


def cited_bands(study: Study) -> list[Cited]:
    """Return what is certified for every delay law, and for the true law of the measured times."""
    model, found = study.derived.model, []
    where = (
        f"for {model.workers} asynchronous workers and Hessian eigenvalues up to "
        f"{decimal_down(model.hessian[-1], 12)}, the mean is stable for every learning rate up to {{lo}}"
    )
    free, proof = study.proofs.law_free, study.proofs.band
    if accepted(study, LAW_FREE) and not isinstance(free, Inconclusive):
        text = f"Whatever the delay law, {where}"
        found.append(
            _cited(
                "LawFreeLearningRate", text, free.learning_rate(model.hessian[-1], model.workers), None, study, LAW_FREE
            )
        )
    if proof is not None and accepted(study, BAND) and not isinstance(proof.result, Inconclusive):
        rate = proof.result.learning_rate
        if rate is not None:
            text = f"For the true law of the capped times, {escape(assumed(proof))}: {where}"
            found.append(_cited("MeasuredLearningRate", text, rate.lo, None, study, BAND))
    return found


def _cited(macro: str, text: str, lo: Fraction, hi: Fraction | None, study: Study, name: str) -> Cited:
    return Cited(macro, text, lo, hi, study.proofs.certificates[name].digest, f"{name}.cert.json")
