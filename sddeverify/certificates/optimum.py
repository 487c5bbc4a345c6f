"""optimum: the best number of workers, learning rate or cap: certified argmax of the slowest mode's decay rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sddeverify import checker
from sddeverify.analysis import roots as search
from sddeverify.certificates import decay_rate, root_count
from sddeverify.certificates._certificate import Certificate, Inconclusive, Obstacle, Reason
from sddeverify.certificates._contour import Subject, count_witness
from sddeverify.certificates._prove import finish
from sddeverify.errors import UnsupportedScenario, invalid
from sddeverify.exact import Enclosure, spell
from sddeverify.models import CharacteristicFunction

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Optimum(Certificate):
    """The candidates whose slowest mode decays fastest."""

    @property
    def best(self) -> list[str]:
        """The best candidate; several names are a tie as far as the proof tells."""
        return list(self.claim["best"])

    @property
    def threshold(self) -> Fraction:
        """The best candidates decay faster than this rate (1/time), all others at most as fast."""
        return Fraction(self.claim["threshold"])


def prove(
    table: Mapping[Any, Sequence[CharacteristicFunction]],
    digits: int = 9,
    *,
    provenance: Mapping[str, str] | None = None,
) -> Optimum | Inconclusive:
    """Certify which candidate has the largest decay rate of its slowest mode.

    Args:
        table: For each candidate (named by ``str``) the characteristic functions of all its non-zero eigenvalues.
        digits: Rates that agree to so many digits are reported as a tie.
        provenance: Optional texts that go into the document unverified.

    Returns:
        The certificate, or Inconclusive, e.g. if all candidates tie.

    Raises:
        InvalidScenario: if there are fewer than two candidates, or one has no function.
    """
    if not isinstance(table, Mapping) or not all(isinstance(row, list | tuple) for row in table.values()):
        raise invalid("table", table, "a mapping of candidates to lists of characteristic functions")
    rows = {str(name): list(functions) for name, functions in table.items()}
    for name, functions in rows.items():
        if not all(isinstance(h, CharacteristicFunction) for h in functions):
            raise invalid(f"table[{name!r}]", functions, "a list of CharacteristicFunction objects")
    if len(rows) < 2 or not all(rows.values()):
        raise invalid("table", sorted(rows), "two or more candidates, each with at least one characteristic function")
    try:
        slowest = {name: _slowest(functions) for name, functions in rows.items()}
        best, threshold = _threshold({name: rate for name, (rate, _) in slowest.items()}, digits)
        claim: dict[str, Any] = {
            "type": "optimum",
            "table": [
                {"candidate": name, "functions": [h.to_json() for h in functions]} for name, functions in rows.items()
            ],
            "best": best,
            "threshold": spell(threshold),
        }
        witness: list[Any] = []
        for name, functions in rows.items():
            chosen = functions if name in best else [functions[slowest[name][1]]]
            counts = [count_witness(Subject.of(h.to_json()), -threshold)[1] for h in chosen]
            witness.append(counts if name in best else {"function": slowest[name][1], "count": counts[0]})
        return finish(Optimum, claim, witness, provenance)
    except Obstacle as obstacle:
        return obstacle.result


@dataclass(frozen=True)
class Slowest:
    """The decay rate of the slowest of several modes.

    Attributes:
        rate: Encloses it (1/time); negative if the mean grows.
        mode: Whose rate it is: index of the function; of equal ones any.
        certificates: What proves it: decay rates of the modes near the slowest, root counts of the others.
    """

    rate: Enclosure
    mode: int
    certificates: tuple[Certificate, ...]

    def to_json(self) -> dict[str, Any]:
        """Return what :func:`restored` takes up again."""
        return {"mode": self.mode, "documents": [one.document for one in self.certificates]}


def restored(functions: Sequence[CharacteristicFunction], data: Any) -> Slowest:
    """Return a rate that was certified earlier, from its certificates alone, which the kernel checks again.

    Args:
        functions: The characteristic functions of all modes.
        data: As :meth:`Slowest.to_json` gave it.

    Raises:
        InvalidScenario: if the certificates are not accepted, or do not prove the rate of the slowest of these modes.
    """
    try:
        mode, documents = int(data["mode"]), list(data["documents"])
        good = all(checker.check(one).status is checker.Status.ACCEPTED for one in documents)
        claims = [one["claim"] for one in documents]
        rates = [Enclosure(*map(Fraction, one["rate"])) for one in claims if one["type"] == "decay_rate"]
        rate = Enclosure(min(x.lo for x in rates), min(x.hi for x in rates))
        proved = [_function(one) for one in claims if one["type"] == "decay_rate"]
        # A mode without an enclosure of its own is proved to decay no more slowly than another one.
        faster = [x for x in claims if x["type"] == "root_count" and x["roots"] == 0]
        proved += [_function(one) for one in faster if -Fraction(one["abscissa"]) >= rate.hi]
    except (KeyError, TypeError, ValueError, ArithmeticError):
        good, proved, mode = False, [], 0
    if not good or not 0 <= mode < len(functions) or any(_function(h.to_json()) not in proved for h in functions):
        raise invalid("--resume", "its certificates", "accepted certificates of the modes of the same scenario")
    found = {"decay_rate": decay_rate.DecayRate, "root_count": root_count.RootCount}
    return Slowest(rate, mode, tuple(found[one["claim"]["type"]](one) for one in documents))


def _function(claim: Mapping[str, Any]) -> Any:
    return [claim.get(name) for name in ("damping", "delay", "undelayed")]


def slowest(functions: Sequence[CharacteristicFunction], digits: int = 9) -> Slowest | Inconclusive:
    """Certify the decay rate of the slowest of several modes: what :func:`prove` compares.

    Args:
        functions: The characteristic functions of all modes.
        digits: Significant digits of the rate.

    Raises:
        InvalidScenario: without a function, or as :func:`sddeverify.certificates.decay_rate.prove`.
    """
    if not functions:
        raise invalid("functions", "none", "at least one characteristic function")
    rates: list[float] = []
    try:
        rates = [_slowest([h])[0] for h in functions]
    except Obstacle as obstacle:
        return obstacle.result
    mode = rates.index(min(rates))
    first = decay_rate.prove(functions[mode], digits)
    if isinstance(first, Inconclusive):
        return first
    lo, hi, certificates = first.rate.lo, first.rate.hi, [first]
    others: list[Certificate] = []
    for k, h in enumerate(functions):
        if k == mode:
            continue
        if Fraction(rates[k]) > hi + 2 * first.rate.width:
            faster = root_count.prove(h, abscissa=-hi)
            if not isinstance(faster, Inconclusive) and faster.count == 0:
                others.append(faster)
                continue
        near = decay_rate.prove(h, digits)
        if isinstance(near, Inconclusive):
            return near
        lo, hi = min(lo, near.rate.lo), min(hi, near.rate.hi)
        certificates.append(near)
    return Slowest(Enclosure(lo, hi), mode, (*certificates, *others))


def _slowest(functions: list[CharacteristicFunction]) -> tuple[float, int]:
    """The smallest decay rate among the functions, computed, and whose it is."""
    try:
        return min((-search.rightmost_float(h).real, k) for k, h in enumerate(functions))
    except UnsupportedScenario as error:
        raise Obstacle(Reason.DOMAIN, str(error)) from None


def _threshold(rates: dict[str, float], digits: int) -> tuple[list[str], Fraction]:
    """The best candidates, and a short rate that separates them from the others."""
    top = max(rates.values())
    width = max(abs(rate) for rate in rates.values()) / 10**digits
    best = [name for name, rate in rates.items() if rate >= top - width]
    if len(best) == len(rates):
        raise Obstacle(Reason.PRECISION, f"all candidates decay at the same rate to {digits} digits")
    last = min(rates[name] for name in best)
    next_best = max(rate for name, rate in rates.items() if name not in best)
    middle, gap = (Fraction(last) + Fraction(next_best)) / 2, Fraction(last) - Fraction(next_best)
    grid = Fraction(1, 10 ** len(str(int(8 / gap) + 1)))
    return best, round(middle / grid) * grid
