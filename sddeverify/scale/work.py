"""How a task is done; a pure function of data, run wherever there is a free core."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sddeverify.errors import SddeverifyError

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    from sddeverify.models import CharacteristicFunction
    from sddeverify.objectives import Objective
    from sddeverify.scenario import Scenario


def work(kind: str, scenario: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the result of one task as JSON data; the same on every machine.

    An error that would come again (a deadlock, a proof that does not succeed) is a result, too: ``{"failed": ...}``.
    """
    try:
        return _KINDS[kind](scenario, **parameters)
    except SddeverifyError as error:
        return {"failed": str(error)}


def _ensemble(scenario: str, replica: int, arrivals: int) -> dict[str, Any]:
    """Emulate one run of an ensemble."""
    from sddeverify.emulator.run import Emulation

    asked, objective = _loaded(scenario)
    run = Emulation.create(asked, objective=objective, replica=replica).run(arrivals=arrivals).result()
    from sddeverify.emulator.summary import finite

    return {
        "arrivals": run.ledger.pushed,
        "applied": run.ledger.applied,
        "updates": run.ledger.updates,
        "staleness": run.audit.applied.versions,
        "duration": run.duration,
        "final_loss": finite(run.final_loss),
        "diverged": run.diverged,
    }


@lru_cache(maxsize=4)
def _loaded(text: str) -> tuple[Scenario, Objective]:
    """Return the scenario and its objective, whose data are loaded once in each process."""
    from sddeverify.emulator.problem import objective_of
    from sddeverify.scenario import Scenario

    scenario = Scenario.from_json(text)
    return scenario, objective_of(scenario)


def _sweep(scenario: str, workers: int, learning_rate: str, digits: int) -> dict[str, Any]:
    """Certify the decay rate of every mode of one candidate."""
    from fractions import Fraction

    from sddeverify.certificates import Inconclusive, decay_rate
    from sddeverify.exact import spell
    from sddeverify.models import eigenvalues
    from sddeverify.scenario import Scenario

    asked = Scenario.from_json(scenario)
    rate = Fraction(learning_rate)
    los, his, documents = [], [], []
    for hessian in eigenvalues(asked):
        result = decay_rate.prove(_function(asked, workers, (rate, rate), hessian), digits)
        if isinstance(result, Inconclusive):
            return {"inconclusive": str(result)}
        los.append(result.rate.lo)
        his.append(result.rate.hi)
        documents.append(_reproducible(result.document))
    # The slowest mode decays at least as fast as the lowest lower end, at most as fast as the lowest upper end.
    return {"rate": [spell(min(los)), spell(min(his))], "certificates": documents}


def _function(
    scenario: Scenario, workers: int, learning_rates: tuple[Fraction, Fraction], hessian: Fraction
) -> CharacteristicFunction:
    from sddeverify.models import CharacteristicFunction

    mean = scenario.compute.mean_enclosure()
    lo, hi = (rate * hessian * workers for rate in learning_rates)
    return CharacteristicFunction((lo / mean.hi, hi / mean.lo), scenario.compute)


def _reproducible(document: dict[str, Any]) -> dict[str, Any]:
    """Return a certificate without where and when it was proved: everybody is to get the same."""
    return document | {"producer": {name: document["producer"][name] for name in ("name", "version")}}


def _chart(scenario: str, workers: int, learning_rates: list[str], halvings: int) -> dict[str, Any]:
    """Certify one tile of a chart: pieces of an interval of learning rates, each stable, unstable or undecided."""
    from fractions import Fraction

    from sddeverify.exact import spell
    from sddeverify.models import eigenvalues
    from sddeverify.scenario import Scenario

    asked = Scenario.from_json(scenario)
    modes = sorted(eigenvalues(asked), reverse=True)
    pieces: list[dict[str, Any]] = []

    def decide(lo: Fraction, hi: Fraction, halvings: int) -> None:
        verdict, documents = _verdict(asked, workers, (lo, hi), modes)
        if verdict == "undecided" and halvings:
            middle = (lo + hi) / 2
            decide(lo, middle, halvings - 1)
            decide(middle, hi, halvings - 1)
        else:
            ends = [spell(lo), spell(hi)]
            pieces.append({"learning_rates": ends, "verdict": verdict, "certificates": documents})

    decide(Fraction(learning_rates[0]), Fraction(learning_rates[1]), halvings)
    return {"pieces": pieces}


def _verdict(
    scenario: Scenario, workers: int, learning_rates: tuple[Fraction, Fraction], modes: list[Fraction]
) -> tuple[str, list[dict[str, Any]]]:
    """Return stable (every mode is, for all these learning rates), unstable (one mode is) or undecided, with proofs."""
    from sddeverify.certificates import Inconclusive, stability

    documents, decided = [], True
    for hessian in modes:
        result = stability.prove(_function(scenario, workers, learning_rates, hessian))
        if isinstance(result, Inconclusive):
            decided = False
        elif not result.stable:
            return "unstable", [_reproducible(result.document)]
        else:
            documents.append(_reproducible(result.document))
    return ("stable", documents) if decided else ("undecided", [])


_KINDS: dict[str, Callable[..., dict[str, Any]]] = {"ensemble": _ensemble, "sweep": _sweep, "chart": _chart}
