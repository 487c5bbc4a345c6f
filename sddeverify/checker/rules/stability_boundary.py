"""stability_boundary: the critical damping of a law, where the first zero of h reaches the imaginary axis."""

from fractions import Fraction
from typing import Any

from ..document import Malformed, members, number, pair, precision, segments
from ..function import MODEL, Function, require_mean, spelled, widen
from ..interval import Arithmetic, Pair, Rectangle, Refusal
from ..laws import parse
from .root_count import counted


class StabilityBoundary:
    """h(s) = s + a Phi(s). All zeros have Re s < 0 for 0 < a <= lo; if hi is given, some zero has Re s > 0 at a = hi.

    The critical damping is the supremum of the A for which h is stable for all 0 < a < A; so it lies in [lo, hi].

    Theorem. (1) Small a: zeros with Re s >= 0 have |s| <= a, and Re Phi > 0 near 0, so Re h > 0 there: stable.
    (2) As a grows, the number of zeros with Re s >= 0 (all in |s| <= a) changes only where h(i w) = 0 for some real w,
    and 0 < |w| <= a, because h(0) = a > 0. (3) Hence there is no change for a <= A if [0, A] is covered by pieces of w, on
    each of which one of these is proved for every a in (0, A]: code 0: Re Phi(i w) > 0; code 2: Re Phi(i w) < 0 (then
    Re h is not 0); code 1: w + A Im Phi(i w) > 0 (then w + a Im Phi > 0 too, a convex combination with w >= 0).
    (4) At a = hi a proved count N >= 1 of zeros with Re s >= 0, none on the axis, gives a zero with Re s > 0.
    (5) Frequency: pieces inside the claimed interval are proved with A = lo, the others with A = hi; then at the critical
    damping, where some zero i w exists, w lies in the interval.
    """

    def __init__(self, claim: dict[str, Any]) -> None:
        _, delay, damping, frequency, model = members(
            claim, "type", "delay", "damping", "frequency", optional=("model",)
        )
        self.law = parse(delay)
        self.lo, self.hi = open_pair(damping)
        if (frequency is None) != (self.hi is None):
            raise Malformed("damping and frequency must both have an upper end, or neither")
        self.frequency = None if frequency is None else pair(frequency, above=0)
        self.model = "model" in claim
        if self.model:
            rate, *rest = members(model, *MODEL)
            rate_lo, rate_hi = open_pair(rate)
            self.rate = (rate_lo, rate_hi)
            self.known = [pair(x, above=0) for x in rest]
            hessian, workers, mean = self.known
            require_mean(mean, self.law)
            above = None if self.hi is None else self.hi * mean.hi / (hessian.lo * workers.lo)
            if self.rate != (self.lo * mean.lo / (hessian.hi * workers.hi), above):
                raise Refusal("learning_rate is not damping x mean_delay / (hessian x workers) of the model")

    def statement(self) -> str:
        """Return the claim in words."""
        text = f"h(s) = s + a E[exp(-s tau)], tau ~ {self.law.text}: every zero has Re s < 0 for all 0 < a <= {self.lo}"
        if self.hi is not None and self.frequency is not None:
            text += (
                f"; some zero has Re s > 0 at a = {self.hi}; at the critical damping between them zeros i w reach the "
                f"imaginary axis with w in [{self.frequency.lo}, {self.frequency.hi}] only"
            )
        if self.model:
            names = (
                f"{n.replace('_', ' ')} {spelled(x)}" for n, x in zip(MODEL[1:], self.known, strict=True)
            )
            text += f"; with a = learning rate x Hessian eigenvalue x workers / mean delay and {', '.join(names)}, "
            lo, hi = self.rate
            text += f"every learning rate up to {lo} is stable"
            text += f" and the critical one is at most {hi}" if hi is not None else ""
        return text + "."

    def verify(self, witness: Any) -> None:
        """Exclude crossings, then count at the upper end."""
        axis, count = members(witness, "axis", "count")
        bits, breaks, codes = members(axis, "bits", "breaks", "codes")
        points, quarters = segments(breaks, codes)
        ar = Arithmetic(precision(bits, len(points), self.law.size))
        least, most = self.frequency or (points[-1], points[-1])
        if points[-1] < (self.lo if self.hi is None else self.hi):
            raise Refusal("the pieces do not reach the largest damping")
        curvature = ar.magnitude(self.law.jet(ar, (0, 0, 0, 0), 2)[2])
        for code, lo, hi in zip(quarters, points, points[1:], strict=False):
            inside = self.hi is None or least <= lo <= hi <= most
            top = self.lo if inside or self.hi is None else self.hi
            if not self._excluded(ar, code, lo, hi, top, curvature):
                raise Refusal(f"a crossing is not excluded on [{lo}, {hi}]")
        if self.hi is None:
            if count is not None:
                raise Malformed("without an upper end there is no count")
            return
        function = Function(Pair(self.hi, self.hi), Pair(Fraction(0), Fraction(0)), self.law)
        if counted(function, Fraction(0), count) < 1:
            raise Refusal("no zero with Re s > 0 is proved at the upper end")

    def _excluded(
        self, ar: Arithmetic, code: int, lo: Fraction, hi: Fraction, top: Fraction, curvature: int
    ) -> bool:
        """Whether the condition of a code holds for all w in [lo, hi] and 0 < a <= top."""
        middle, half = (lo + hi) / 2, (hi - lo) / 2
        jet: list[Rectangle] = self.law.jet(ar, ar.point(Fraction(0), middle), 1)
        if code == 1:
            damping = Pair(top, top)
            scaled = [ar.scale(x, damping) for x in jet]
            scaled[0] = ar.add(scaled[0], ar.point(Fraction(0), middle))
            scaled[1] = ar.add(scaled[1], ar.one)
            return (
                widen(ar, scaled, half, ar.magnitude(ar.scale((curvature, curvature, 0, 0), damping)))[2] > 0
            )
        phi = widen(ar, jet, half, curvature)
        return phi[0] > 0 if code == 0 else phi[1] < 0 and code == 2


def open_pair(value: Any) -> tuple[Fraction, Fraction | None]:
    """Return ``[lo, hi]`` or ``[lo, null]``, positive, lo < hi."""
    if not isinstance(value, list) or len(value) != 2:
        raise Malformed("a pair [lo, hi] or [lo, null] is needed")
    lo, hi = number(value[0]), None if value[1] is None else number(value[1])
    if lo <= 0 or (hi is not None and hi <= lo):
        raise Malformed("0 < lo < hi is needed")
    return lo, hi
