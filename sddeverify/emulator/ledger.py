"""The staleness ledger: what became of every gradient, how stale it was, and the exact audit.

Staleness is kept in three units, all of them integers: *versions* (updates between the read and the
end of a gradient), *ticks* of time, and *samples* (data consumed by updates meanwhile).

The audit rests on one identity that holds for every policy [conservation]: whenever the server makes
an update, each outstanding gradient that is not part of it ages by one version (and by that update's
samples); between events, each outstanding gradient ages by the elapsed time. Hence in each unit

    sum over ended gradients of their age + sum over outstanding gradients of their age so far
        = sum over updates of (number outstanding after it) x (what it added),

where the left side is computed from the gradients and the right side from counts alone. For a pool
in which all P workers always compute, the number outstanding after an update is known: P - 1 for
asynchronous SGD, so the right side is (P - 1) J after J updates. A dead worker computes nothing until it is
replaced, so each update made while d workers are absent counts P - 1 - d instead; the gradient it lost
counts with the age at which it was lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from sddeverify.errors import SddeverifyError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sddeverify.emulator.server import Job


class Outcome(IntEnum):
    """What became of a gradient."""

    APPLIED = 0
    DISCARDED = 1
    CANCELLED = 2
    TIMED_OUT = 3
    LOST = 4


class ConservationViolated(SddeverifyError):
    """The ledger does not balance: a gradient was lost, doubled or miscounted. This is a bug of ours."""


@dataclass
class Age:
    """A sum of ages in the three units."""

    versions: int = 0
    ticks: int = 0
    samples: int = 0


@dataclass(frozen=True)
class Audit:
    """A balanced ledger, after its check.

    Attributes:
        updates: Number of updates J.
        applied: Sum of the ages of applied gradients.
        unapplied: Sum of the ages of discarded, cancelled, timed-out and lost gradients when they ended.
        outstanding: Sum of the ages of the gradients in flight or buffered.
        total: The three together, as counts alone predict it.
        pool: The same in versions from the number of workers alone, e.g. (P - 1) J minus absences; ``None``
            for policies without such an identity.
    """

    updates: int
    applied: Age
    unapplied: Age
    outstanding: Age
    total: Age
    pool: int | None


@dataclass
class Ledger:
    """Counts and exact sums over the gradients of one run.

    Attributes:
        started: Gradients that workers began.
        pushed: Gradients that reached the server.
        duplicates: Pushes of gradients that had already ended, ignored.
        updates: Updates of the iterate.
        samples: Data samples consumed by updates.
        counts: Ended gradients by :class:`Outcome`.
        ages: Sum of the ages of ended gradients by :class:`Outcome`.
        outstanding: Gradients in flight or buffered now.
        expected: What the sums of ages must add up to.
        absences: Sum over updates of the number of workers that would be computing but are dead, not yet replaced.
        now: Ticks up to which time is accounted.
    """

    started: int = 0
    pushed: int = 0
    duplicates: int = 0
    updates: int = 0
    samples: int = 0
    counts: list[int] = field(default_factory=lambda: [0] * len(Outcome))
    ages: list[Age] = field(default_factory=lambda: [Age() for _ in Outcome])
    outstanding: int = 0
    expected: Age = field(default_factory=Age)
    absences: int = 0
    now: int = 0

    @property
    def applied(self) -> int:
        """Number of applied gradients."""
        return self.counts[Outcome.APPLIED]

    @property
    def mean_staleness(self) -> float:
        """Mean staleness of the applied gradients, in versions; NaN before the first."""
        return self.ages[Outcome.APPLIED].versions / self.applied if self.applied else float("nan")

    @property
    def mean_staleness_samples(self) -> float:
        """Mean staleness of the applied gradients, in samples; NaN before the first."""
        return self.ages[Outcome.APPLIED].samples / self.applied if self.applied else float("nan")

    @property
    def mean_staleness_ticks(self) -> float:
        """Mean age of the applied gradients, in ticks; NaN before the first."""
        return self.ages[Outcome.APPLIED].ticks / self.applied if self.applied else float("nan")

    def advance(self, now: int) -> None:
        """Account for the time up to ``now``; call it before anything changes."""
        self.expected.ticks += self.outstanding * (now - self.now)
        self.now = now

    def start(self, age: int = 0) -> None:
        """A worker begins a gradient of an iterate that is so many versions old."""
        self.started += 1
        self.outstanding += 1
        self.expected.versions += age

    def settle(self, job: Job, outcome: Outcome, version: int) -> None:
        """End a gradient, while the iterate has the given version."""
        self.outstanding -= 1
        self.counts[outcome] += 1
        age = self.ages[outcome]
        age.versions += version - job.version
        age.ticks += self.now - job.read_time
        age.samples += self.samples - job.samples_read

    def update(self, samples: int, absent: int) -> None:
        """Count an update whose gradients have been settled as applied."""
        self.updates += 1
        self.samples += samples
        self.expected.versions += self.outstanding
        self.expected.samples += self.outstanding * samples
        self.absences += absent

    def audit(self, outstanding: Iterable[Job], version: int, remaining: int | None) -> Audit:
        """Check every conservation identity exactly.

        Args:
            outstanding: The gradients in flight or buffered, from the server's own books.
            version: Number of updates made, from the server's own books.
            remaining: Gradients outstanding after each update when no worker is absent, if the policy knows it.

        Raises:
            ConservationViolated: if any identity fails.
        """
        jobs = list(outstanding)
        left = Age(
            sum(version - job.version for job in jobs),
            sum(self.now - job.read_time for job in jobs),
            sum(self.samples - job.samples_read for job in jobs),
        )
        applied = self.ages[Outcome.APPLIED]
        others = self.ages[1:]
        unapplied = Age(
            sum(age.versions for age in others), sum(age.ticks for age in others), sum(age.samples for age in others)
        )
        pool = None if remaining is None else remaining * self.updates - self.absences
        _balance("gradients", {"ended": sum(self.counts), "outstanding": len(jobs)}, self.started)
        _balance("versions", {"updates": self.updates}, version)
        _balance("gradients", {"counted as outstanding": self.outstanding}, len(jobs))
        for unit in ("versions", "ticks", "samples"):
            sides = {
                "applied": getattr(applied, unit),
                "not applied": getattr(unapplied, unit),
                "outstanding": getattr(left, unit),
            }
            _balance(f"staleness in {unit}", sides, getattr(self.expected, unit))
        if pool is not None:
            _balance("staleness in versions over the pool", {"counted": self.expected.versions}, pool)
        return Audit(self.updates, applied, unapplied, left, self.expected, pool)


def _balance(what: str, parts: dict[str, int], total: int) -> None:
    if sum(parts.values()) != total:
        spelled = " + ".join(f"{value} ({name})" for name, value in parts.items())
        raise ConservationViolated(f"the ledger does not balance in {what}: {spelled} is not {total}")
