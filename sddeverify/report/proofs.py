"""What is proved about a model: boundary, stability at the operating point, rightmost roots."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from sddeverify.analysis.winding import limited
from sddeverify.certificates import Certificate, Inconclusive, rightmost_root, stability, stability_boundary
from sddeverify.checker import laws as kernel_laws
from sddeverify.delays import Empirical
from sddeverify.exact import Enclosure
from sddeverify.models import CharacteristicFunction
from sddeverify.report.band import BAND, LAW_FREE, prove_law_free

if TYPE_CHECKING:
    from collections.abc import Callable

    from sddeverify.certificates.law_free_bound import LawFreeBound
    from sddeverify.certificates.rightmost_root import RightmostRoot
    from sddeverify.certificates.stability import Stability
    from sddeverify.certificates.stability_boundary import StabilityBoundary
    from sddeverify.certificates.stability_chart import StabilityChart
    from sddeverify.certificates.time_to_target import TimeToTarget
    from sddeverify.delays import Law
    from sddeverify.models import Model
    from sddeverify.report.band import BandProof
    from sddeverify.report.further import Further

DIGITS = 12
POINTS = 2_000_000
"""Of the search for the roots of one function, which some long-tailed laws would draw out for minutes."""


@dataclass(frozen=True)
class ModeProof:
    """The rightmost root of one eigenmode.

    Attributes:
        name: ``"stiffest"`` (largest eigenvalue), ``"slowest"`` (smallest) or ``"only"``.
        hessian: The eigenvalue.
        function: The characteristic function that the certificate is about.
        result: The certificate, or why there is none.
    """

    name: str
    hessian: Fraction
    function: CharacteristicFunction
    result: RightmostRoot | Inconclusive

    @property
    def title(self) -> str:
        """The mode in words."""
        return f"{self.name} mode (h = {float(self.hessian):.4g})"


@dataclass(frozen=True)
class Proofs:
    """All proofs of a report.

    Attributes:
        boundary: Critical damping of the delay law with the critical learning rate for the largest eigenvalue.
        operating: Stability at the operating point.
        whole_spectrum: Whether ``operating`` is about all eigenvalues between smallest and largest, or
            the largest alone.
        modes: Rightmost roots, the stiffest mode first.
        law_free: The learning rate up to which every delay law is stable.
        band: What the measured times say about their true law, if there are any.
        further: What is proved with the help of computed numbers.
        chart: Where learning rates and numbers of workers are stable in the mean.
        time: When the slowest mode reaches the target, for a constant delay.
    """

    boundary: StabilityBoundary | Inconclusive
    operating: Stability | Inconclusive
    whole_spectrum: bool
    modes: tuple[ModeProof, ...]
    law_free: LawFreeBound | Inconclusive
    further: Further | None = None
    band: BandProof | None = None
    chart: StabilityChart | Inconclusive | None = None
    time: TimeToTarget | Inconclusive | None = None

    @property
    def results(self) -> dict[str, Certificate | Inconclusive]:
        """Name of the claim -> certificate, or why there is none."""
        found: dict[str, Certificate | Inconclusive] = {
            "stability_boundary": self.boundary,
            "stability": self.operating,
        }
        found |= {f"rightmost_root_{mode.name}": mode.result for mode in self.modes}
        found |= {LAW_FREE: self.law_free}
        found |= {} if self.band is None else {BAND: self.band.result}
        found |= {} if self.chart is None else {"stability_chart": self.chart}
        found |= {} if self.time is None else {"time_to_target": self.time}
        return found if self.further is None else found | self.further.results

    @property
    def certificates(self) -> dict[str, Certificate]:
        """File name (without suffix) -> certificate, for all that were proved."""
        return {name: one for name, one in self.results.items() if isinstance(one, Certificate)}

    @property
    def undecided(self) -> dict[str, Inconclusive]:
        """Name of the claim -> why there is no certificate."""
        return {name: one for name, one in self.results.items() if isinstance(one, Inconclusive)}


def root_law(law: Law) -> Law:
    """Return the law that roots are enclosed for: a rounded trace is taken at its lattice points.

    An empirical law stands for all laws within its rounding, whose roots differ; the boundary and stability
    are certified for all of them, the many digits of a root belong to the lattice.
    """
    return law.lattice if isinstance(law, Empirical) else law


def prove_all(model: Model, progress: Callable[[], None] | None = None) -> Proofs:
    """Prove what the summary claims.

    Args:
        model: What was derived.
        progress: Called after each proof.
    """

    def done() -> None:
        if progress is not None:
            progress()

    origin = {"derivation": model.provenance}
    top = model.hessian[-1]
    boundary = stability_boundary.prove(
        model.delay, DIGITS, model={"hessian": top, "workers": model.workers}, provenance=origin
    )
    done()
    operating, whole = _operating(model, origin)
    done()
    modes = []
    for name, hessian in eigenmodes(model).items():
        modes.append(_mode(model, name, hessian, origin))
        done()
    law_free = prove_law_free(model)
    done()
    return Proofs(boundary, operating, whole, tuple(modes), law_free)


def eigenmodes(model: Model) -> dict[str, Fraction]:
    """Return the eigenvalues whose roots are certified: largest and smallest."""
    if len(model.hessian) == 1:
        return {"only": model.hessian[0]}
    return {"stiffest": model.hessian[-1], "slowest": model.hessian[0]}


def _operating(model: Model, origin: dict[str, str]) -> tuple[Stability | Inconclusive, bool]:
    """Certify stability for the whole range of eigenvalues; failing that, for the largest."""
    result: Stability | Inconclusive = _stability(model, Enclosure(model.hessian[0], model.hessian[-1]), origin)
    if isinstance(result, Inconclusive) and len(model.hessian) > 1:
        return _stability(model, Enclosure(model.hessian[-1], model.hessian[-1]), origin), False
    return result, True


def _stability(model: Model, hessian: Enclosure, origin: dict[str, str]) -> Stability | Inconclusive:
    known = explained(model, hessian, model.delay)
    return stability.prove(CharacteristicFunction(damping_of(known), model.delay), model=known, provenance=origin)


def _mode(model: Model, name: str, hessian: Fraction, origin: dict[str, str]) -> ModeProof:
    law = root_law(model.delay)
    known = explained(model, Enclosure(hessian, hessian), law)
    function = CharacteristicFunction(damping_of(known), law)
    with limited(POINTS):
        result = rightmost_root.prove(function, DIGITS, model=known, provenance=origin)
    return ModeProof(name, hessian, function, result)


def explained(model: Model, hessian: Enclosure, law: Law) -> dict[str, Enclosure]:
    """Return the member ``model`` of a claim: what the damping is made of."""
    point = Enclosure(model.learning_rate, model.learning_rate)
    workers = Fraction(model.workers)
    mean = kernel_laws.parse(law.to_json()).mean  # the kernel's own enclosure, where the mean is irrational
    return {
        "learning_rate": point,
        "hessian": hessian,
        "workers": Enclosure(workers, workers),
        "mean_delay": Enclosure(mean.lo, mean.hi),
    }


def damping_of(known: dict[str, Enclosure]) -> Enclosure:
    """Return learning rate x eigenvalue x workers / mean delay over all values in the enclosures."""
    rate, hessian, workers, mean = (known[name] for name in ("learning_rate", "hessian", "workers", "mean_delay"))
    return Enclosure(rate.lo * hessian.lo * workers.lo / mean.hi, rate.hi * hessian.hi * workers.hi / mean.lo)
