"""From a schedule to the mean equation: how strongly a pool of workers pulls, and with which delay.

The pieces are derived one by one (time cap, event trigger, closed network, staleness threshold, batches); here they
are put together in the order in which a gradient meets them: the worker, the uplink, the server.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any, NamedTuple, cast

from sddeverify.delays import Law, Sum
from sddeverify.derivations import closed_network, event_trigger, k_batch_asynchronous, staleness_threshold
from sddeverify.derivations._truncation import truncated
from sddeverify.errors import UnsupportedScenario, invalid
from sddeverify.exact import Enclosure, Exact, integer, non_negative, positive, rational, spell
from sddeverify.models import CharacteristicFunction, eigenvalues
from sddeverify.scenario import Scenario

OVER = ("workers", "learning_rate", "threshold")
"""What :func:`candidates` varies."""

_GRID = 10**15
_MODES = 64


@dataclass(frozen=True)
class Schedule:
    """What is done to gradients on their way; None and 1 mean nothing.

    Attributes:
        bandwidth: Gradients per time that one shared uplink carries.
        threshold: The smallest staleness in versions that the server discards (exponential times, ideal network).
        time_cap: The time after which a worker aborts a gradient and begins anew.
        trigger_squared: The square of ``event_trigger``, the smallest size of a gradient that is uploaded, in
            standard deviations of its noise.
        keep: The probability with which a gradient is uploaded.
        batch: How many gradients make an update (ideal uplink).
        downlink: The law of the time until an iterate has reached a worker.

    Raises:
        InvalidScenario: for numbers out of range.
        UnsupportedScenario: for a combination that is not derived.
    """

    bandwidth: Fraction | None
    threshold: int | None
    time_cap: Fraction | None
    trigger_squared: Fraction | None
    keep: Fraction
    batch: int
    downlink: Law | None

    def __init__(
        self,
        bandwidth: Exact | None = None,
        threshold: Exact | None = None,
        time_cap: Exact | None = None,
        event_trigger: Exact | None = None,
        keep: Exact = 1,
        batch: Exact = 1,
        downlink: Law | None = None,
        *,
        trigger_squared: Fraction | None = None,
    ) -> None:
        def keep_as(field: str, value: object) -> None:
            object.__setattr__(self, field, value)

        def whole(value: Exact, field: str, most: int) -> int:
            return integer(rational(value, field), field, 1, most)

        keep_as("bandwidth", None if bandwidth is None else positive(bandwidth, "bandwidth"))
        keep_as("threshold", None if threshold is None else whole(threshold, "threshold", staleness_threshold.MOST))
        keep_as("time_cap", None if time_cap is None else positive(time_cap, "time_cap"))
        if event_trigger is not None:
            trigger_squared = non_negative(event_trigger, "event_trigger") ** 2
        keep_as("trigger_squared", trigger_squared)
        keep_as("keep", positive(keep, "keep"))
        if self.keep > 1:
            raise invalid("keep", spell(self.keep), "a probability above 0, at most 1")
        keep_as("batch", whole(batch, "batch", k_batch_asynchronous.MOST))
        keep_as("downlink", downlink)
        others = [self.bandwidth, self.time_cap, self.trigger_squared, self.keep < 1 or None, self.downlink]
        if self.threshold is not None and (self.batch > 1 or any(x is not None for x in others)):
            raise UnsupportedScenario(
                "threshold: derived for an ideal network and nothing else; leave uplink, downlink, cap, trigger, keep "
                "and batch out"
            )
        if self.batch > 1 and self.bandwidth is not None:
            raise UnsupportedScenario("batch: derived for an ideal network; leave the bandwidth out")

    def changed(self, **changes: Any) -> Schedule:
        """Return the schedule with other values for some arguments of the class; raises as the class."""
        if "event_trigger" in changes:
            changes["trigger_squared"] = None
        return Schedule(**{**{one.name: getattr(self, one.name) for one in fields(self)}, **changes})

    @classmethod
    def of(cls, scenario: Scenario) -> Schedule:
        """Return the schedule that the policy of a scenario means.

        Raises:
            UnsupportedScenario: for a policy whose mean equation is not derived.
        """
        if scenario.pool:
            raise UnsupportedScenario("pool: the derivations know one compute law for all workers; emulate takes it")
        name, given = scenario.policy.name, cast("dict[str, Any]", dict(scenario.policy.parameters))
        network: dict[str, Any] = {"bandwidth": scenario.uplink, "downlink": scenario.downlink}
        if name == "asynchronous":
            return cls(**network)
        if name == "drop_stale":
            return cls(**network, threshold=given.get("threshold", 2 * scenario.workers))
        if name == "gradient_dropout":
            return cls(**network, keep=given.get("keep", Fraction(1, 2)))
        if name == "k_batch_async":
            return cls(**network, batch=given.get("k", max(1, scenario.workers // 2)))
        if name == "event_triggered":
            squared = _squared(scenario, given.get("threshold", Fraction(1, 10)))
            return cls(**network, trigger_squared=squared)
        known = "asynchronous, drop_stale, gradient_dropout, k_batch_async and event_triggered"
        raise UnsupportedScenario(f"policy: the mean equation of {name!r} is not derived; that of {known} is")


def _squared(scenario: Scenario, threshold: object) -> Fraction:
    if scenario.noise_variance == 0 or len(scenario.hessian) != 1:
        raise UnsupportedScenario(
            "policy event_triggered: its gain is derived for one eigenvalue and gradient noise of positive variance"
        )
    return positive(threshold, "policy.threshold") ** 2 / scenario.noise_variance


class MeanDynamics(NamedTuple):
    """The mean equation dx = -learning_rate h pull E[x(t - delay)] dt.

    Attributes:
        pull: Weighted gradients per time; times learning rate and eigenvalue it is the damping coefficient.
        arrivals: Gradients per time that reach the server.
        delay: The delay law.
        computed: What about it is computed and not exact, a sentence each; nothing if all is exact.
    """

    pull: Enclosure
    arrivals: Enclosure
    delay: Law
    computed: tuple[str, ...]

    def functions(self, learning_rate: Fraction, hessian: Iterable[Fraction]) -> list[CharacteristicFunction]:
        """Return h(s) = s + a E[exp(-s tau)] for each eigenvalue."""
        factors = [learning_rate * value for value in hessian]
        return [CharacteristicFunction((x * self.pull.lo, x * self.pull.hi), self.delay) for x in factors]


def dynamics(compute: Law, workers: int, schedule: Schedule | None = None) -> MeanDynamics:
    """Return the mean equation of a pool of workers under a schedule.

    Args:
        compute: The law of the compute time.
        workers: P.
        schedule: What is done to gradients on their way.

    Raises:
        InvalidScenario: for numbers out of range.
        UnsupportedScenario: for a law for which a part of the schedule is not derived.
    """
    schedule = schedule or Schedule()
    integer(workers, "workers", 1, 10**6)
    if schedule.threshold is not None:
        return _accepted(compute, workers, schedule.threshold)
    period, delay, remarks = _trials(compute, schedule.time_cap, schedule.downlink)
    gain = _point(Fraction(1))
    if schedule.trigger_squared is not None:
        remarks.append("traffic and gain of the event trigger are computed to 40 digits")
        traffic, pulled = event_trigger.shares(schedule.trigger_squared)
        period = Enclosure(period.lo / traffic.hi, period.hi / traffic.lo)
        gain = Enclosure(pulled.lo / traffic.hi, pulled.hi / traffic.lo)  # of each upload
    period = Enclosure(period.lo / schedule.keep, period.hi / schedule.keep)
    if schedule.bandwidth is None:
        arrivals = Enclosure(workers / period.hi, workers / period.lo)
    else:
        if period.width:
            period = _point(_short(period.midpoint))
            remarks.append("the mean time between a worker's uploads is computed to 15 digits")
        arrivals = _point(closed_network.throughput(workers, period.lo, schedule.bandwidth))
        delay = Sum(delay, closed_network.sojourn(workers, period.lo, schedule.bandwidth))
    if schedule.batch > 1:
        if schedule.batch > workers:
            raise invalid("batch", schedule.batch, f"at most the {workers} workers")
        delay = Sum(delay, k_batch_asynchronous.wait(schedule.batch, _short(arrivals.midpoint)))
        remarks.append("waiting for a batch is treated as independent of the compute time")
    pull = Enclosure(arrivals.lo * gain.lo / schedule.batch, arrivals.hi * gain.hi / schedule.batch)
    return MeanDynamics(pull, arrivals, delay, tuple(remarks))


def _point(value: Fraction) -> Enclosure:
    return Enclosure(value, value)


def _short(value: Fraction) -> Fraction:
    """Return a number of 15 digits near the value, or the value if it is short itself."""
    if value.denominator < _GRID:
        return value
    scale = Fraction(10) ** (len(str(value.numerator)) - len(str(value.denominator)))
    return Fraction(round(value / scale * _GRID), _GRID) * scale


def _accepted(compute: Law, workers: int, threshold: int) -> MeanDynamics:
    mean = staleness_threshold.memoryless_mean(compute)
    share = staleness_threshold.acceptance(workers, threshold)
    pull = Enclosure(share.lo * workers / mean, share.hi * workers / mean)
    remarks = ["the law of the staleness is computed to 14 digits"]
    if threshold > 1:
        remarks.insert(0, "the accepted share is that of the mean field")
    return MeanDynamics(
        pull, _point(workers / mean), staleness_threshold.delay(workers, threshold, mean), tuple(remarks)
    )


def _trials(compute: Law, cap: Fraction | None, downlink: Law | None) -> tuple[Enclosure, Law, list[str]]:
    """Return the mean time between two gradients of a worker, and the law from the read to the end of computing."""
    probability, law, period = _point(Fraction(1)), compute, compute.mean_enclosure()
    remarks: tuple[str, ...] = ()
    if cap is not None:
        probability, law, remarks = truncated(compute, cap)
        if compute.name != "exponential":  # which loses nothing by starting anew: E min(T, t)/Pr(T <= t) = E T
            mean = law.mean_enclosure()
            period = Enclosure(mean.lo + cap * (1 / probability.hi - 1), mean.hi + cap * (1 / probability.lo - 1))
    if downlink is not None:  # once for every trial
        fetch, law = downlink.mean_enclosure(), Sum(downlink, law)
        period = Enclosure(period.lo + fetch.lo / probability.hi, period.hi + fetch.hi / probability.lo)
    return period, law, list(remarks)


def candidates(
    scenario: Scenario, over: str, values: Sequence[Exact], **changes: Any
) -> dict[str, list[CharacteristicFunction]]:
    """Return candidate -> characteristic functions of all Hessian eigenvalues: a table for the claim ``optimum``.

    Args:
        scenario: What is not varied; its policy and its network are the schedule.
        over: ``"workers"``, ``"learning_rate"`` or ``"threshold"``.
        values: The candidates.
        changes: Arguments of :class:`Schedule` that replace what the scenario says.

    Raises:
        InvalidScenario: for values out of range.
        UnsupportedScenario: as :func:`dynamics`, and for more than 64 different eigenvalues.
    """
    hessian = eigenvalues(scenario)
    if len(hessian) > _MODES:
        raise UnsupportedScenario(f"hessian: {len(hessian)} different eigenvalues; at most {_MODES} can be compared")
    table: dict[str, list[CharacteristicFunction]] = {}
    for value in values:
        name, varied, found = candidate(scenario, over, value, **changes)
        table[name] = found.functions(varied.learning_rate, hessian)
    return table


def candidate(scenario: Scenario, over: str, value: Exact, **changes: Any) -> tuple[str, Scenario, MeanDynamics]:
    """Return one candidate of :func:`candidates`: its name, its scenario and its mean equation; raises as that."""
    if over not in OVER:
        raise invalid("over", over, f"one of {', '.join(OVER)}")
    number = rational(value, over)
    if over == "workers":
        scenario = replace(scenario, workers=integer(number, over, 1, 10**6))
    elif over == "learning_rate":
        scenario = replace(scenario, learning_rate=number)
    else:
        changes = {**changes, "threshold": number}
    found = dynamics(scenario.compute, scenario.workers, Schedule.of(scenario).changed(**changes))
    return spell(number), scenario, found
