"""The report when nothing but a mean delay is known: what holds for every delay law, and what cannot be said."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import sddeverify
from sddeverify import citing
from sddeverify.certificates import Certificate, Inconclusive, law_free_bound
from sddeverify.citing import Cited
from sddeverify.delays import Constant
from sddeverify.derivations import DERIVATIONS, check
from sddeverify.exact import decimal_down, decimal_up, spell
from sddeverify.models import eigenvalues
from sddeverify.report import output, page
from sddeverify.report.band import LAW_FREE
from sddeverify.report.recheck import recheck
from sddeverify.report.rows import Row, Status
from sddeverify.report.source import OBJECTIVE, STRENGTH, WORKERS, Source, require_covered
from sddeverify.report.text import file_of, undecided
from sddeverify.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sddeverify.report.recheck import Recheck
    from sddeverify.report.study import Progress

OPERATING = "law_free_operating"
_UNKNOWN = ("mean-square limit of the learning rate", "decay rate of the mean", "best number of workers")
_MEASURE = "it depends on the delay law, not on its mean alone: measure the times (--trace), or give the law"


@dataclass(frozen=True)
class MeanOnly:
    """What was found.

    Attributes:
        mean: The mean delay (s), or an upper bound of it.
        scenario: Learning rate, workers and Hessian; its compute law counts for nothing.
        rows: The summary.
        notes: Sentences that a reader must know.
        certificates: File name (without suffix) -> certificate.
        rechecks: What the copied kernel said, by the same names.
    """

    mean: Fraction
    scenario: Scenario
    rows: list[Row]
    notes: tuple[str, ...]
    certificates: dict[str, Certificate]
    rechecks: dict[str, Recheck]

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return {
            "version": sddeverify.__version__,
            "notes": list(self.notes),
            "mean_delay": spell(self.mean),
            "learning_rate": spell(self.scenario.learning_rate),
            "workers": self.scenario.workers,
            "answers": [row.to_json() for row in self.rows],
            "certificates": {
                name: {"claim_sha256": one.digest, "accepted": self.rechecks[name].accepted}
                for name, one in self.certificates.items()
            },
        }


def make(
    out: Path, mean: Fraction, *, scenario: Path | None = None, workers: int = WORKERS, progress: Progress
) -> MeanOnly:
    """Certify what holds for every delay law of a mean, and write page, certificates and citation.

    Args:
        out: The folder; it must be new, empty, or an earlier report.
        mean: The mean delay (s), or an upper bound of it.
        scenario: Scenario file; the packaged objective and learning rate if left out.
        workers: Number of workers, without a scenario.
        progress: Told how far the work is.

    Raises:
        InvalidScenario: as :func:`sddeverify.report.make`.
        MissingExtra: if the objective needs a package that is not installed.
    """
    with output.staged(out) as stage:
        if scenario is None:
            asked = Scenario(STRENGTH / workers, workers, Constant(mean), objective=OBJECTIVE)
            note = f"No scenario was given: the packaged objective and learning rate with {workers} workers."
        else:
            asked = Scenario.load(scenario)
            require_covered(Source(asked, None, "", ()))
            note = f"The scenario is that of {scenario}; its compute law counts for nothing here."
        progress("certifying for every delay law", 0)
        proofs = _prove(asked, mean)
        (stage / "certificates").mkdir()
        certificates: dict[str, Certificate] = {}
        files = {name: stage / "certificates" / file_of(name) for name in proofs}
        for name, one in proofs.items():
            if isinstance(one, Certificate):
                one.save(files[name])
                certificates[name] = one
        said = recheck([files[name] for name in certificates])
        known = (
            f"All that is known of the delay is its mean, at most {decimal_up(mean, 8)} s. What follows holds for "
            "every delay law of that mean, so it is cautious; what needs the law itself is left open."
        )
        found = MeanOnly(mean, asked, [], (known, note), certificates, dict(zip(certificates, said, strict=True)))
        found = replace(found, rows=_rows(found, proofs))
        progress("re-checking the derivation", 0.5)
        _write(found, stage)
        return found


def _strength(asked: Scenario) -> Fraction:
    """Learning rate x largest eigenvalue x workers: damping x mean delay."""
    return asked.learning_rate * eigenvalues(asked)[-1] * asked.workers


def _prove(asked: Scenario, mean: Fraction) -> dict[str, law_free_bound.LawFreeBound | Inconclusive]:
    origin = {"derivation": "law_free_bound"}
    return {
        LAW_FREE: law_free_bound.prove(mean, provenance=origin),
        OPERATING: law_free_bound.prove(mean, _strength(asked) / mean, provenance=origin),
    }


def _rows(found: MeanOnly, proofs: Mapping[str, law_free_bound.LawFreeBound | Inconclusive]) -> list[Row]:
    asked, (bound, here) = found.scenario, (proofs[name] for name in (LAW_FREE, OPERATING))
    top = eigenvalues(asked)[-1]
    kind = "given" if asked.objective is None else "computed, rounded upward"
    given = f"given that every Hessian eigenvalue is at most {decimal_down(top, 12)} ({kind})"
    quantities = (
        "learning rate that is safe for every delay law",
        f"at learning rate {decimal_down(asked.learning_rate, 6)} with {asked.workers} workers",
        "number of workers that is safe for every delay law",
    )
    open_rows = [undecided(quantity, _MEASURE) for quantity in _UNKNOWN]
    if isinstance(bound, Inconclusive) or not found.rechecks[LAW_FREE].accepted:
        return [*(undecided(quantity, str(bound)) for quantity in quantities), *open_rows]
    free = bound.learning_rate(top, asked.workers)
    most = bound.strength // (asked.learning_rate * top)
    sharp = "stable in the mean; no larger number would do for all laws: a constant delay is unstable from π/2 on"
    basis = f"damping x mean delay < π/2 is enough for every law, and the mean delay drops out of it; {sharp}; {given}"
    rows = [
        Row(quantities[0], f"up to {decimal_down(free, 6)}", Status.CERTIFIED, basis, {"up_to": spell(free)},
            file_of(LAW_FREE)),
        _operating(found, quantities[1], here, given),
        Row(quantities[2], f"up to {most}" if most else "none, not even one", Status.CERTIFIED,
            f"at this learning rate, however long the delays become with more workers; {given}",
            {"workers": int(most)}, file_of(LAW_FREE)),
    ]  # fmt: skip
    return [*rows, *open_rows]


def _operating(
    found: MeanOnly, quantity: str, here: law_free_bound.LawFreeBound | Inconclusive, given: str
) -> Row:  # fmt: skip
    strength = decimal_up(_strength(found.scenario), 6)
    if isinstance(here, Inconclusive):
        why = "some laws of this mean are unstable, such as the constant one, others may be stable"
        return undecided(quantity, f"damping x mean delay is {strength}, not less than π/2: {why}; {_MEASURE}")
    if not found.rechecks[OPERATING].accepted:
        said = found.rechecks[OPERATING].said
        return undecided(quantity, f"the separate process did not accept the certificate: {said}")
    basis = f"damping x mean delay is {strength}, less than π/2; {given}"
    return Row(quantity, "stable in the mean, whatever the delay law", Status.CERTIFIED, basis, {"stable": True},
               file_of(OPERATING))  # fmt: skip


def _write(found: MeanOnly, folder: Path) -> None:
    derivation = DERIVATIONS["law_free_bound"](found.scenario)
    checked = check(derivation)
    (folder / "report.html").write_text(page.render_mean_only(found, derivation, checked), encoding="utf-8")
    (folder / "report.json").write_text(json.dumps(found.to_json(), indent=1) + "\n", encoding="utf-8")
    cited = []
    bound = found.certificates.get(LAW_FREE)
    if isinstance(bound, law_free_bound.LawFreeBound) and found.rechecks[LAW_FREE].accepted:
        top, workers = eigenvalues(found.scenario)[-1], found.scenario.workers
        text = (
            f"Whatever the delay law, for {workers} asynchronous workers and Hessian eigenvalues up to "
            f"{decimal_down(top, 12)}, the mean is stable for every learning rate up to {{lo}}"
        )
        rate = bound.learning_rate(top, workers)
        cited.append(Cited("LawFreeLearningRate", text, rate, None, bound.digest, file_of(LAW_FREE)))
    (folder / "citation.tex").write_text(citing.latex(cited), encoding="utf-8")
    (folder / "citation.bib").write_text(citing.bibtex(), encoding="utf-8")
