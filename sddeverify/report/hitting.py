"""How long a target takes: certified for a constant delay, computed for any other law."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.analysis import hitting_times, moments
from sddeverify.analysis.optimum import decay_rate
from sddeverify.analysis.winding import limited
from sddeverify.certificates import Inconclusive, time_to_target
from sddeverify.delays import Constant, Lattice
from sddeverify.errors import UnsupportedScenario
from sddeverify.exact import Enclosure, spell
from sddeverify.models import CharacteristicFunction
from sddeverify.report.computed import coarse
from sddeverify.report.proofs import POINTS, damping_of, explained, root_law
from sddeverify.report.rows import Row, Status
from sddeverify.report.text import accepted, between, file_of, refused, undecided

if TYPE_CHECKING:
    from fractions import Fraction

    from sddeverify.certificates.time_to_target import TimeToTarget
    from sddeverify.models import Model
    from sddeverify.report.study import Study

NAME = "time_to_target"
_MOST_STEPS = 200_000


@dataclass(frozen=True)
class Hitting:
    """When the slowest mode has come within the target for good, from 1 and without gradients before the start.

    Attributes:
        proof: Of the mean, for a constant delay; None for other laws.
        mean: The last time (s) at which the mean is as far away as the target, computed; None if it is not known.
        square: The same of the root of E X^2; None if noise keeps it there, or it is not known.
        reason: Why nothing was computed, if so.
        delay: Elasticity of the time in the delays, computed; None if it is not known.
        noise: Elasticity in the standard deviation of the gradient noise; None likewise.
    """

    proof: TimeToTarget | Inconclusive | None
    mean: float | None
    square: float | None
    reason: str = ""
    delay: float | None = None
    noise: float | None = None


def prove(model: Model, slowest: Fraction, target: Fraction) -> Hitting:
    """Certify or compute the times of one mode."""
    known = explained(model, Enclosure(slowest, slowest), model.delay)
    proof = None
    if isinstance(model.delay, Constant):
        h = CharacteristicFunction(damping_of(known), model.delay)
        proof = time_to_target.prove(h, target, model=known, provenance={"derivation": model.provenance})
    law = coarse(root_law(model.delay))
    damping = model.learning_rate * slowest * model.workers / model.mean_delay.midpoint
    noise, share = float(model.noise_intensity.midpoint), float(target)
    h = CharacteristicFunction(damping, law)
    try:
        with limited(POINTS):
            if isinstance(law, Lattice):
                found = _stepped(law, float(damping), noise, share)
            else:
                mean, square = hitting_times.last_passage(h, share), hitting_times.mean_square_passage(h, noise, share)
                found = Hitting(proof, mean, square)
    except UnsupportedScenario as error:
        return Hitting(proof, None, None, str(error))
    if found.reason:
        return found
    in_delay, in_noise = _elasticities(h, noise, share)
    return replace(found, delay=in_delay, noise=in_noise)


def _elasticities(h: CharacteristicFunction, noise: float, target: float) -> tuple[float | None, float | None]:
    delay = None
    with suppress(UnsupportedScenario), limited(POINTS):
        delay = hitting_times.elasticity_in_delay(h)
        floor = noise * moments.stationary_variance(h) / target**2 if noise else 0.0
        return delay, hitting_times.elasticity_in_noise(floor, target)
    return delay, None


def _stepped(law: Lattice, damping: float, noise: float, target: float) -> Hitting:
    """Follow the path on the lattice by the trapezoidal rule: many cells would make inversion slow."""
    rate = decay_rate(law, damping)
    if rate <= 0:
        return Hitting(None, None, None, "the mean path never stays within the target")
    step = float(law.step)
    count = math.ceil(((math.log(1 / target) + 4) / rate + 4 * law.mean_float) / step)
    if count > _MOST_STEPS:
        return Hitting(None, None, None, "the mean path decays too slowly to be followed to the target")
    weights = np.array(law.counts[::-1], dtype=float) / sum(law.counts)
    past = len(weights) - 1
    path = np.zeros(past + count + 1)
    path[past] = 1.0
    pull = float(weights[-1])
    for n in range(past, past + count):
        ahead = float(weights[:-1] @ path[n + 1 - past : n + 1])
        path[n + 1] = (path[n] - damping * step / 2 * (pull + ahead)) / (1 + damping * step / 2 * weights[-1])
        pull = ahead + float(weights[-1] * path[n + 1])
    square = path[past:] ** 2
    mass = np.concatenate([[0.0], np.cumsum((square[1:] + square[:-1]) / 2) * step])
    mean, both = (int(np.flatnonzero(x >= target**2)[-1]) for x in (square, square + noise * mass))
    return Hitting(None, mean * step, None if both == count else both * step)


def rows(study: Study) -> list[Row]:
    """Return the rows of the times to the target."""
    found, target = study.hitting, study.source.scenario.target
    if found is None:
        return []
    quantity = f"time until the mean error stays below {spell(target)}"
    start = "of the slowest mode, from 1 without gradients before the start; last passage"
    square = f"time until the root mean square error stays below {spell(target)}"
    if found.reason:
        return [undecided(quantity, found.reason)]
    if found.proof is not None and isinstance(found.proof, Inconclusive):
        mean = undecided(quantity, str(found.proof))
    elif found.proof is not None and not accepted(study, NAME):
        mean = refused(study, quantity, NAME)
    elif found.proof is not None:
        time = found.proof.time
        data = {"lo": spell(time.lo), "hi": spell(time.hi)}
        mean = Row(quantity, f"{between(time.lo, time.hi)} s", Status.CERTIFIED, start, data, file_of(NAME))
    else:
        how = "numerical, along the delay equation"
        mean = Row(quantity, f"{found.mean:.4g} s", Status.COMPUTED, f"{start}; {how}", {"seconds": found.mean})
    noisy = study.source.scenario.noise_variance > 0
    noise = (
        "additive gradient noise of the scenario's variance in that mode"
        if noisy
        else "the scenario's noise_variance is 0"
    )
    if found.square is None:
        value, why = "never", f"{noise} keeps it above: lower the learning rate, or the target"
    else:
        value, why = f"{found.square:.4g} s", f"{start}; with {noise}"
    return [
        mean,
        Row(square, value, Status.COMPUTED, why, {"seconds": found.square}),
        *_sensitivity(found, noisy=noisy),
    ]


def _sensitivity(found: Hitting, *, noisy: bool) -> list[Row]:
    """Return the row of what moves the time to the target more, staleness or gradient noise."""
    data = {"elasticity_in_delay": found.delay, "elasticity_in_noise": found.noise}
    said = [f"1 % more delay: {found.delay:+.3g} %"] if found.delay is not None else []
    if not noisy:
        said += ["no noise in the scenario"] if said else []
    elif found.noise is not None:
        said.append(f"1 % more gradient noise: {found.noise:+.3g} %")
    value = "; ".join(said)
    why = (
        "elasticities of the asymptotic time log(1/target)/rate of that mode: all delays longer at the same damping; "
        "a larger standard deviation of the noise, in the mean square"
    )
    return [Row("sensitivity of the time to the target", value, Status.COMPUTED, why, data)] if value else []
