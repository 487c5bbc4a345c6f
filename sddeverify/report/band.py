"""What a measured trace proves about the true law of the capped times, and what holds for every law."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sddeverify.certificates import Inconclusive, Reason, law_free_bound, stability_boundary
from sddeverify.delays import Band
from sddeverify.errors import InvalidScenario
from sddeverify.exact import decimal_down, decimal_up, spell
from sddeverify.report.rows import Row, Status

if TYPE_CHECKING:
    from sddeverify.certificates.law_free_bound import LawFreeBound
    from sddeverify.certificates.stability_boundary import StabilityBoundary
    from sddeverify.models import Model
    from sddeverify.report.source import Source
    from sddeverify.report.study import Study

LAW_FREE, BAND = "law_free_bound", "stability_boundary_band"
_QUANTILE = 0.99
_LEAST = 32


@dataclass(frozen=True)
class BandProof:
    """The band around the measured times, and what is certified for all of its laws.

    Attributes:
        band: Contains the true law of min(tau, cap) with probability ``confidence``, if the times are i.i.d.
        times: How many times it is made of.
        confidence: As asked for.
        chosen: Whether the cap was chosen here, on the other half of the trace.
        capped: How many of the times were longer than the cap.
        result: Stability up to a damping, for all laws of the band; or why there is no certificate.
    """

    band: Band
    times: int
    confidence: Fraction
    chosen: bool
    capped: int
    result: StabilityBoundary | Inconclusive


def prove_law_free(model: Model) -> LawFreeBound | Inconclusive:
    """Certify the learning rate up to which every delay law is stable."""
    return law_free_bound.prove(model.mean_delay.hi, provenance={"derivation": model.provenance})


def prove_band(source: Source, model: Model) -> BandProof | None:
    """Certify what the trace says about the true law; None without a trace, or if it is too short for that.

    A cap that was given was fixed beforehand, and all times count. Otherwise the cap is chosen on every other time, and
    the band is made of those between them: what a choice has seen cannot be used again.

    Raises:
        InvalidScenario: if a cap was given for too few times, or is beyond reason.
    """
    if source.trace is None:
        return None
    times = source.trace.delays.tolist()
    cap, chosen = source.cap, source.cap is None
    if cap is None:
        if len(times) < 2 * _LEAST:
            return None
        first, times = sorted(times[::2]), times[1::2]
        cap = Fraction(decimal_up(Fraction(first[math.ceil(_QUANTILE * len(first)) - 1]), 2))
    if cap <= 0:
        return None  # the clock did not resolve the times
    try:
        band = Band.from_times(times, cap, source.confidence)
    except InvalidScenario as error:
        raise InvalidScenario(f"the trace, --cap and --confidence: {error}") from None
    result: StabilityBoundary | Inconclusive
    if band.mean_enclosure().lo <= 0:
        many = "some of its laws have mean 0: take a cap nearer to the times, or more times"
        result = Inconclusive(Reason.DOMAIN, f"the band is too wide, {many}")
    else:
        result = stability_boundary.prove_lower(
            band,
            model={"hessian": model.hessian[-1], "workers": model.workers},
            provenance={"derivation": model.provenance, "measured": source.measured},
        )
    return BandProof(band, len(times), source.confidence, chosen, sum(time > cap for time in times), result)


def assumed(proof: BandProof) -> str:
    """Return in words what the band rests on: the record of what was assumed and chosen."""
    half = "half of the trace, the cap having been chosen on the other half" if proof.chosen else "the whole trace"
    cap = decimal_up(proof.band.end, 4)
    return (
        f"assuming i.i.d. times and workers that stop at T = {cap} s ({proof.capped} of {proof.times} times were "
        f"longer); with confidence {decimal_down(100 * proof.confidence, 8)} % the distribution function differs from "
        f"that of the {proof.times} times by at most {decimal_up(proof.band.epsilon, 4)} (Dvoretzky-Kiefer-Wolfowitz), "
        f"measured on {half}"
    )


def band_rows(study: Study) -> list[Row]:
    """Return the row about every law, and that about the true law of the measured times."""
    from sddeverify.report.text import accepted, hypothesis, refused, undecided

    quantity, found = "learning rate that is safe for every delay law", study.proofs.law_free
    free: Fraction | None = None
    if isinstance(found, Inconclusive):
        rows = [undecided(quantity, str(found))]
    elif not accepted(study, LAW_FREE):
        rows = [refused(study, quantity, LAW_FREE)]
    else:
        free = found.learning_rate(study.derived.model.hessian[-1], study.derived.model.workers)
        basis = f"damping x mean delay < π/2 is enough for every law, measured or not; {hypothesis(study)}"
        value, file = f"up to {decimal_down(free, 6)}", f"{LAW_FREE}.cert.json"
        rows = [Row(quantity, value, Status.CERTIFIED, basis, {"up_to": spell(free)}, file)]
    proof = study.proofs.band
    if proof is None:
        return rows
    quantity = f"learning rate for the true law of min(τ, {decimal_up(proof.band.end, 4)} s)"
    data: dict[str, Any] = {
        "cap": spell(proof.band.end),
        "cap_chosen_on_the_other_half": proof.chosen,
        "confidence": spell(proof.confidence),
        "epsilon": spell(proof.band.epsilon),
        "times": proof.times,
        "capped": proof.capped,
    }
    if isinstance(proof.result, Inconclusive):
        return [*rows, undecided(quantity, f"{proof.result}; {assumed(proof)}", **data)]
    if not accepted(study, BAND):
        return [*rows, refused(study, quantity, BAND)]
    rate = proof.result.learning_rate
    lo = Fraction(0) if rate is None else rate.lo
    data["up_to"] = spell(lo)
    basis = f"{assumed(proof)}; {hypothesis(study)}"
    value = f"stable for every learning rate below {decimal_down(lo, 6)}"
    if free is not None and lo < free:
        value = f"below {decimal_down(lo, 6)}; the law-free bound is the better one: below {decimal_down(free, 6)}"
    return [*rows, Row(quantity, value, Status.CERTIFIED, basis, data, f"{BAND}.cert.json")]
