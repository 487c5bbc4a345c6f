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
    from sddeverify.emulator.run import objective_of
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
    los, his, documents = [], [], []
    for hessian in eigenvalues(asked):
        result = decay_rate.prove(_function(asked, workers, Fraction(learning_rate), hessian), digits)
        if isinstance(result, Inconclusive):
            return {"inconclusive": str(result)}
        los.append(result.rate.lo)
        his.append(result.rate.hi)
        # Where and when it was proved is no part of the result: everybody is to get the same.
        producer = {name: result.document["producer"][name] for name in ("name", "version")}
        documents.append(result.document | {"producer": producer})
    # The slowest mode decays at least as fast as the lowest lower end, at most as fast as the lowest upper end.
    return {"rate": [spell(min(los)), spell(min(his))], "certificates": documents}


def _function(scenario: Scenario, workers: int, learning_rate: Fraction, hessian: Fraction) -> CharacteristicFunction:
    from sddeverify.models import CharacteristicFunction

    mean = scenario.compute.mean_enclosure()
    strength = learning_rate * hessian * workers
    return CharacteristicFunction((strength / mean.hi, strength / mean.lo), scenario.compute)


_KINDS: dict[str, Callable[..., dict[str, Any]]] = {"ensemble": _ensemble, "sweep": _sweep}
