"""What is to be done: a list of independent tasks, each plain data, so that any machine can do any of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sddeverify.errors import invalid
from sddeverify.exact import integer, positive, spell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sddeverify.exact import Exact
    from sddeverify.scenario import Scenario

_MOST_TASKS = 1_000_000
_MOST_MODES = 64


@dataclass(frozen=True)
class Task:
    """One piece of work.

    Attributes:
        key: Its name, unique in the plan.
        parameters: What distinguishes it from the others: JSON data.
    """

    key: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """Tasks of one kind about one scenario.

    Attributes:
        kind: ``"ensemble"``, ``"sweep"`` or ``"chart"``.
        scenario: The scenario in its canonical JSON form.
        tasks: In the order in which results are written.
    """

    kind: str
    scenario: str
    tasks: tuple[Task, ...]

    @property
    def sha256(self) -> str:
        """The identity of the plan: results of another plan are not mixed with these."""
        text = json.dumps([self.kind, self.scenario, [[task.key, task.parameters] for task in self.tasks]])
        return hashlib.sha256(text.encode()).hexdigest()


def ensemble(scenario: Scenario, runs: int, arrivals: int) -> Plan:
    """Return the plan of an ensemble of emulations with random streams of their own.

    Args:
        scenario: What to emulate.
        runs: Number of runs.
        arrivals: Pushed gradients in each of them.

    Raises:
        InvalidScenario: for counts that are not positive integers, and a policy or an objective that no run can have.
        UnsupportedScenario, MissingExtra: as an emulation of it.
    """
    from sddeverify.emulator.run import Emulation

    integer(runs, "runs", 1, _MOST_TASKS)
    integer(arrivals, "arrivals", 1, 10**12)
    Emulation.create(scenario)  # what is wrong with every run is said once, before any
    tasks = (Task(f"run-{replica}", {"replica": replica, "arrivals": arrivals}) for replica in range(runs))
    return Plan("ensemble", scenario.to_json(), tuple(tasks))


def sweep(scenario: Scenario, workers: Iterable[int], learning_rates: Iterable[Exact] = (), digits: int = 9) -> Plan:
    """Return the plan of certified decay rates for every learning rate and number of workers.

    Args:
        scenario: Law of the delay and Hessian eigenvalues; its delay law is kept whatever the number of workers.
        workers: Numbers of workers.
        learning_rates: Learning rates; that of the scenario if there are none.
        digits: Significant digits of each rate.

    Raises:
        InvalidScenario: for an empty or repetitive list, or values out of range.
        UnsupportedScenario: for another policy than asynchronous SGD, a pool of unequal workers, or network delays
            apart from the compute law.
    """
    scenario.require_plain("the certificates")
    counts = [integer(count, "workers", 1, 10**6) for count in workers]
    rates = [positive(rate, "learning_rates") for rate in learning_rates] or [scenario.learning_rate]
    integer(digits, "digits", 1, 1000)
    if not counts or len(set(counts)) < len(counts) or len(set(rates)) < len(rates):
        raise invalid("workers, learning_rates", "an empty list or a value twice", "different values, at least one")
    if len(counts) * len(rates) > _MOST_TASKS:
        raise invalid("workers, learning_rates", f"{len(counts) * len(rates)} candidates", f"at most {_MOST_TASKS}")
    _require_few_modes(scenario)
    return Plan("sweep", scenario.to_json(), tuple(_candidate(p, rate, digits) for rate in rates for p in counts))


def chart(
    scenario: Scenario, workers: Iterable[int], learning_rates: tuple[Exact, Exact], tiles: int = 16, halvings: int = 3
) -> Plan:
    """Return the plan of a certified stability chart: learning rates in tiles, for each number of workers.

    Args:
        scenario: Law of the delay and Hessian eigenvalues; its delay law is kept whatever the number of workers.
        workers: Numbers of workers, the rows of the chart.
        learning_rates: The ends of the interval.
        tiles: Equal tiles in each row, a task each.
        halvings: How many times a tile with the stability boundary in it is halved to say more.

    Raises:
        InvalidScenario: for an empty or repetitive list, or values out of range.
        UnsupportedScenario: as :func:`sweep`.
    """
    scenario.require_plain("the certificates")
    counts = [integer(count, "workers", 1, 10**6) for count in workers]
    if not counts or len(set(counts)) < len(counts):
        raise invalid("workers", counts, "different numbers of workers, at least one")
    lo, hi = (positive(end, "learning_rates") for end in learning_rates)
    if lo >= hi:
        raise invalid("learning_rates", f"{spell(lo)}:{spell(hi)}", "a lower and a larger upper end")
    integer(tiles, "tiles", 1, 10_000)
    integer(halvings, "halvings", 0, 30)
    if len(counts) * tiles > _MOST_TASKS:
        raise invalid("workers x tiles", len(counts) * tiles, f"at most {_MOST_TASKS}")
    _require_few_modes(scenario)
    ends = [spell(lo + (hi - lo) * k / tiles) for k in range(tiles + 1)]
    tasks = (
        Task(f"P={p},eta={a}..{b}", {"workers": p, "learning_rates": [a, b], "halvings": halvings})
        for p in counts
        for a, b in pairwise(ends)
    )
    return Plan("chart", scenario.to_json(), tuple(tasks))


def _candidate(workers: int, learning_rate: Fraction, digits: int) -> Task:
    rate = spell(learning_rate)
    return Task(f"P={workers},eta={rate}", {"workers": workers, "learning_rate": rate, "digits": digits})


def _require_few_modes(scenario: Scenario) -> None:
    if len(scenario.hessian) > _MOST_MODES:
        raise invalid(
            "hessian", f"{len(scenario.hessian)} eigenvalues", f"at most {_MOST_MODES} for a sweep or a chart"
        )
