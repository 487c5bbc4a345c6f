"""Emulate a scenario in virtual time."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from sddeverify.emulator import checkpoint, policies
from sddeverify.emulator.clock import Ticks
from sddeverify.emulator.drivers import Stop, run_asyncio, run_heap
from sddeverify.emulator.path import Grid, Path, Thinned
from sddeverify.emulator.problem import objective_of, of_workers, parts_of, policy_of
from sddeverify.emulator.server import Server
from sddeverify.emulator.team import ticks_of, workers_of
from sddeverify.emulator.threads import one_blas_thread
from sddeverify.emulator.trace import Trace
from sddeverify.emulator.trace_writer import Columns, TraceFile
from sddeverify.emulator.worker import batch_size_of
from sddeverify.errors import UnsupportedScenario, invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike

    from sddeverify.delays import Law
    from sddeverify.emulator.ledger import Audit, Ledger
    from sddeverify.emulator.worker import Worker
    from sddeverify.objectives import Objective
    from sddeverify.scenario import Scenario

_MOST_WORKERS = 100_000
Driver = Literal["heap", "asyncio"]
DRIVERS: dict[str, Callable[[Emulation, Stop], None]] = {"heap": run_heap, "asyncio": run_asyncio}


@dataclass(frozen=True, eq=False)
class Run:
    """What an emulated run leaves.

    Attributes:
        scenario: What was emulated.
        trace: One row for each pushed gradient, or the file that they were written to.
        ledger: Counts and sums of staleness.
        audit: The ledger's exact audit.
        path: The iterate along the run.
        ticks: Ticks in a second, the unit of the ledger's times.
        duration: Length of the run in seconds (the unit of the scenario's compute law).
        diverged: Whether the iterate grew beyond all bounds, which ended the run early.
        objective: What was minimised.
    """

    scenario: Scenario
    recorded: Trace | str
    ledger: Ledger
    audit: Audit
    path: Path
    ticks: Ticks
    duration: float
    diverged: bool
    objective: Objective

    @property
    def trace(self) -> Trace:
        """One row for each pushed gradient; read back from the file if they went to one."""
        return self.recorded if isinstance(self.recorded, Trace) else Trace.from_csv(self.recorded)

    @property
    def arrival_rate(self) -> float:
        """Pushes per second over the whole run; NaN for a run of length 0."""
        return self.ledger.pushed / self.duration if self.duration > 0 else math.nan

    @property
    def mean_staleness(self) -> float:
        """Mean staleness of the applied gradients, in versions."""
        return self.ledger.mean_staleness

    @property
    def final_loss(self) -> float:
        """Loss at the last recorded iterate; infinite if the run diverged, NaN if no iterate was recorded."""
        if self.diverged:
            return math.inf
        return float(self.objective.loss(self.path.iterates[-1])) if len(self.path.iterates) else math.nan


@dataclass
class Emulation:
    """A run that can go on: create it, :meth:`run` it in one or more pieces, :meth:`save` and :meth:`load` it.

    Attributes:
        scenario: What is emulated.
        objective: What is minimised.
        ticks: Unit of time.
        server: The parameter server.
        workers: The pool.
        samples: Data samples in one gradient.
        started: Whether the workers have read for the first time.
        now: Time in ticks.
    """

    scenario: Scenario = field(metadata={"static": True})
    objective: Objective = field(metadata={"static": True})
    ticks: Ticks = field(metadata={"static": True})
    server: Server
    workers: list[Worker]
    samples: int = 1
    started: bool = False
    now: int = 0

    @classmethod
    def create(
        cls,
        scenario: Scenario,
        *,
        objective: Objective | None = None,
        path_times: Sequence[float] | None = None,
        replica: int | None = None,
        laws: Sequence[Law] | None = None,
    ) -> Self:
        """Set up a run.

        Args:
            scenario: What to emulate.
            objective: What to minimise instead of the scenario's objective; a ``Mean`` has a part for each worker.
            path_times: Times in seconds at which to note the iterate; a thinned record of updates if left out.
            replica: Number of the run in an ensemble; each has random streams of its own.
            laws: A compute law for each worker, instead of the scenario's for all.

        Raises:
            InvalidScenario: for an unknown policy or objective, or parameters that they do not allow; for a number
                of laws that is not that of the workers.
            UnsupportedScenario: for more than 100 000 workers, or a policy for which all must have the same data.
        """
        if scenario.workers > _MOST_WORKERS:
            raise UnsupportedScenario(
                f"workers: {scenario.workers} are too many to emulate; the most is {_MOST_WORKERS}"
            )
        policy = policy_of(scenario, objective)
        objective = objective_of(scenario) if objective is None else objective
        ticks = ticks_of(scenario)
        path = Thinned() if path_times is None else Grid(sorted(ticks.of(time) for time in path_times))
        initial = np.asarray(objective.initial(), dtype=np.float64)
        rate = float(scenario.learning_rate)
        family = () if replica is None else (replica,)
        policy.prepare(objective, policies.generator(scenario.seed, *family))
        server = Server(initial, rate, policy, scenario.workers, ticks, Columns(), path)
        computed = [policy.equip(one, rate) for one in parts_of(objective)]
        workers = workers_of(scenario, ticks, of_workers(objective, computed, scenario.workers), family, laws)
        return cls(scenario, objective, ticks, server, workers, batch_size_of(computed[0]))

    def begin(self) -> list[Any]:
        """Return the first jobs, once; drivers call it."""
        if self.started:
            return []
        self.started = True
        return self.server.start(self.now).start

    def run(
        self,
        *,
        arrivals: int | None = None,
        until: float | None = None,
        driver: Driver = "heap",
        progress: Callable[[int], None] | None = None,
    ) -> Self:
        """Go on until so many gradients were pushed in all, or up to a time, whichever is first.

        A run whose iterate grows beyond 1e100 stops there and is marked as diverged.

        Raises:
            InvalidScenario: if neither limit is given, or one is out of range.
            Deadlock: if nothing can ever happen again.
        """
        if arrivals is None and until is None:
            raise invalid("arrivals", None, "how many gradients to push, or until which time to run")
        if arrivals is not None and (isinstance(arrivals, bool) or arrivals < 0):
            raise invalid("arrivals", arrivals, "a count of gradients: 0, 1, 2, ...")
        if until is not None and not self.ticks.seconds(self.now) <= until < math.inf:
            raise invalid("until", until, "a time in seconds that is not over yet")
        if driver not in DRIVERS:
            raise invalid("driver", driver, f"one of {', '.join(DRIVERS)}")
        stop = Stop(arrivals, None if until is None else self.ticks.of(until), progress)
        with np.errstate(over="ignore", invalid="ignore"), one_blas_thread():
            DRIVERS[driver](self, stop)
            self.server.ledger.advance(self.now)
            self.server.diverged |= not bool(np.all(np.abs(self.server.iterate) < 1e100))
        return self

    def result(self) -> Run:
        """Return what the run has left so far; a trace file is completed and closed.

        Raises:
            ConservationViolated: if the ledger does not balance.
        """
        server = self.server
        audit = server.audit()
        recorded: Trace | str
        if isinstance(server.rows, TraceFile):
            server.rows.extend(server.held_rows())
            server.rows.close()
            recorded = str(server.rows.path)
        else:
            columns = server.rows.copy()
            columns.extend(server.held_rows())
            recorded = Trace(*columns.arrays())
        with np.errstate(over="ignore", invalid="ignore"):
            path = server.path.path(self.now, server.version, server.iterate, self.ticks)
        duration = self.ticks.seconds(self.now)
        return Run(
            self.scenario, recorded, server.ledger, audit, path, self.ticks, duration, server.diverged, self.objective
        )

    def checkpoint(self) -> bytes:
        """Return everything that the rest of the run depends on, beside the scenario's objective.

        Raises:
            UnsupportedScenario: for a run whose trace goes to a file.
        """
        return checkpoint.dump(self.scenario, self)

    @classmethod
    def restore(
        cls, data: bytes, *, objective: Objective | None = None, laws: Sequence[Law] | None = None
    ) -> Emulation:
        """Return the run of a checkpoint, created with the same objective and laws; it goes on bit-identically.

        Raises:
            InvalidScenario: if the data is no checkpoint.
        """
        scenario, fill = checkpoint.load(data)
        emulation = cls.create(scenario, objective=objective, laws=laws)
        fill(emulation)
        return emulation


def emulate(
    scenario: Scenario,
    *,
    arrivals: int | None = None,
    until: float | None = None,
    objective: Objective | None = None,
    driver: Driver = "heap",
    path_times: Sequence[float] | None = None,
    laws: Sequence[Law] | None = None,
    out: str | PathLike[str] | None = None,
    force: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Run:
    """Emulate a scenario and audit its ledger.

    Delays are those of the scenario's compute law and nothing else; staleness emerges. Times start at 0, when
    all workers read the first iterate.

    Args:
        scenario: What to emulate.
        arrivals: Stop after so many pushed gradients.
        until: Stop at this time, in seconds.
        objective: What to minimise instead of the scenario's objective.
        driver: ``"heap"``, or ``"asyncio"`` for tasks in virtual time; the result is the same.
        path_times: Times at which to note the iterate; a thinned record of updates if left out.
        laws: A compute law for each worker, instead of the scenario's for all.
        out: Where to stream the trace as CSV; it stays in memory if left out.
        force: Whether ``out`` may replace an existing file.
        progress: Called with the number of pushed gradients now and then.

    Raises:
        InvalidScenario: for an unknown policy, objective or driver, or limits out of range.
        Deadlock: if nothing can ever happen again.
        ConservationViolated: if the ledger does not balance.
    """
    emulation = Emulation.create(scenario, objective=objective, path_times=path_times, laws=laws)
    if out is None:
        return emulation.run(arrivals=arrivals, until=until, driver=driver, progress=progress).result()
    with TraceFile.create(out, force=force) as file:
        emulation.server.rows = file
        return emulation.run(arrivals=arrivals, until=until, driver=driver, progress=progress).result()
