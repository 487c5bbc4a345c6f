"""The characteristic function h(s) = s + b + a Phi(s), Phi(s) = E exp(-s tau), and two lemmas about its zeros.

Parameters are intervals; whatever is enclosed here is enclosed for all their values, and for every law that
the delay of the claim denotes. h(conj s) = conj h(s), so zeros are real or come in conjugate pairs.
"""

from fractions import Fraction
from typing import Any

from .document import Malformed, members, pair
from .interval import Arithmetic, Pair, Rectangle, Refusal
from .laws import Law, parse

MODEL = ("learning_rate", "hessian", "workers", "mean_delay")


def spelled(value: Pair) -> str:
    """Return a parameter for statements."""
    return f"= {value.lo}" if value.lo == value.hi else f"in [{value.lo}, {value.hi}]"


class Function:
    """h for all parameters of a claim."""

    def __init__(self, damping: Pair, undelayed: Pair, law: Law) -> None:
        self.damping, self.undelayed, self.law = damping, undelayed, law
        self.text = f"h(s) = s + {'b + ' if undelayed != (0, 0) else ''}a E[exp(-s tau)], tau ~ {law.text}"

    def jet(self, ar: Arithmetic, s: Rectangle, order: int) -> list[Rectangle]:
        """Enclose h^(k)(s)/k! for k = 0..order."""
        jet = [ar.scale(x, self.damping) for x in self.law.jet(ar, s, order)]
        jet[0] = ar.add(ar.add(jet[0], s), ar.scale(ar.one, self.undelayed))
        if order:
            jet[1] = ar.add(jet[1], ar.one)
        return jet

    def remainder(self, ar: Arithmetic, c: Fraction, order: int) -> int:
        """Bound sup |h^(order)|/order! over Re s >= c, in ulps, for order >= 2 (complete monotonicity)."""
        self.require_domain(c)
        return ar.magnitude(ar.scale(self.law.jet(ar, ar.point(c, Fraction(0)), order)[order], self.damping))

    def require_domain(self, c: Fraction) -> None:
        """Refuse c at or left of the abscissa of convergence."""
        if self.law.abscissa is not None and c <= self.law.abscissa:
            raise Refusal(f"Re s = {c} is not right of the abscissa of convergence {self.law.abscissa}")

    def count(self, ar: Arithmetic, c: Fraction, breaks: list[Fraction], codes: list[int]) -> int:
        """Return the number of zeros with Re s >= c, counted with multiplicity; none has Re s = c.

        Lemma 1. Zeros with Re s >= c have |s| <= R = |b| + |a| Phi(c). Take Y > R, Y = the last break point.
        Lemma 2. On the arc |s| = |c + i Y|, Re s >= c: h/s = 1 + (b + a Phi)/s lies in the right half-plane,
        because |s| >= Y > R >= |b + a Phi|.
        Codes: 0 Re h > 0, 1 Im h > 0, 2 Re h < 0, 3 Im h < 0; code q says that arg h lies within a quarter turn of
        q pi/2. One code holds on every piece c + i [w1, w2] of the line. Follow arg h continuously along
        the arc from its real point, where h > 0 and arg h = 0, to c + i Y: there arg h = arg s + arg (h/s) lies
        in (-pi/2, 3 pi/2), and Im h >= Y - R > 0, so it lies in (0, pi): the quarter turn 1, as an integer
        that is no longer reduced modulo 4. Going down the line, neighbouring pieces change the quarter
        turn by -1, 0 or 1 (both codes hold at the break point between them, so 2 is impossible). With T the sum of these
        steps from c up to c + i Y the quarter turn at c is q0 = 1 - T; there h is real and not 0, so arg h = q0 pi/2
        exactly, q0 is even and its residue modulo 4 is 0 for h(c) > 0 and 2 for h(c) < 0. By symmetry the winding
        number of h around the closed contour, hence the number of zeros inside, is N = q0/2.
        (The argument principle; c right of the abscissa of convergence.)
        """
        self.require_domain(c)
        start = self.law.jet(ar, ar.point(c, Fraction(0)), 2)
        top = ar.magnitude(ar.scale(start[0], self.damping)) + ar.magnitude(ar.scale(ar.one, self.undelayed))
        if ar.real(Pair(breaks[-1], breaks[-1]))[0] <= top:
            raise Refusal("the last break point is not beyond the bound |b| + |a| Phi(c) on the roots")
        at_c = ar.add(
            ar.add(ar.scale(start[0], self.damping), ar.scale(ar.one, self.undelayed)),
            ar.point(c, Fraction(0)),
        )
        if at_c[0] <= 0 <= at_c[1]:
            raise Refusal("the sign of h on the real axis is not decided at this precision")
        quarter = 0 if at_c[0] > 0 else 2
        curvature = ar.magnitude(ar.scale(start[2], self.damping))
        turns, previous = 0, quarter
        for code, lo, hi in zip(codes, breaks, breaks[1:], strict=False):
            step = (code - previous) % 4
            if step == 2:
                raise Refusal(f"the codes jump by half a turn at {lo}")
            turns += -1 if step == 3 else step
            previous = code
            if not holds(code, self.segment(ar, c, lo, hi, curvature)):
                raise Refusal(f"code {code} is not proved on [{lo}, {hi}]")
        if previous != 1:
            raise Refusal("the last code must be 1")
        total = 1 - turns
        if total < 0 or (total - quarter) % 4:
            raise Refusal("the codes do not close up")
        return total // 2

    def segment(self, ar: Arithmetic, c: Fraction, lo: Fraction, hi: Fraction, curvature: int) -> Rectangle:
        """Enclose h on the piece c + i [lo, hi].

        With m the midpoint, r the half-length, |t| <= r: h(c + i (m + t)) = h(c + i m) + i t h'(c + i m) + R,
        |R| <= r^2 sup |h''|/2 on the line, where sup |h''|/2 = sup |a Phi''|/2 <= ``curvature``.
        """
        return widen(ar, self.jet(ar, ar.point(c, (lo + hi) / 2), 1), (hi - lo) / 2, curvature)

    def disc(self, ar: Arithmetic, re: Fraction, im: Fraction, radius: Fraction, zeros: int) -> None:
        """Refuse unless h has exactly ``zeros`` zeros with |s - m| < radius, m = re + i im.

        Theorem (Pellet; Rouche for the Taylor polynomial). If on |s - m| <= r
        |h_k| r^k > sum over j < k of |h_j| r^j + r^(k+1) sup |h^(k+1)|/(k+1)!, where h_j = h^(j)(m)/j!, then |h_k (s - m)^k|
        exceeds |h(s) - h_k (s - m)^k| on the circle, so h has as many zeros in the disc as (s - m)^k: k.
        The disc lies in Re s >= re - r, where the supremum is bounded by complete monotonicity.
        """
        bound = self.remainder(ar, re - radius, zeros + 1)
        jet = self.jet(ar, ar.point(re, im), zeros)
        power = [ar.real(Pair(radius**j, radius**j)) for j in range(zeros + 2)]
        rest = sum(ar.magnitude(x) * power[j][1] for j, x in enumerate(jet[:zeros])) + bound * power[-1][1]
        if ar.mignitude(jet[zeros]) * power[zeros][0] <= rest:
            raise Refusal(f"the disc is not proved to hold exactly {zeros} root(s)")


def widen(ar: Arithmetic, jet: list[Rectangle], half: Fraction, curvature: int) -> Rectangle:
    """Enclose f + i t f' + R for |t| <= half, |R| <= half^2 curvature."""
    value, slope = jet
    r = ar.real(Pair(half, half))[1]
    n = ar.bits
    rest = -(-(-(-curvature * r >> n) * r) >> n)
    re = -(-max(-slope[2], slope[3]) * r >> n) + rest
    im = -(-max(-slope[0], slope[1]) * r >> n) + rest
    return value[0] - re, value[1] + re, value[2] - im, value[3] + im


def holds(code: int, x: Rectangle) -> bool:
    """Whether the half-plane of a code contains x."""
    return (x[0] > 0, x[2] > 0, x[1] < 0, x[3] < 0)[code]


def read_function(claim: dict[str, Any]) -> Function:
    """Return h of a claim, its model checked."""
    function = Function(pair(claim["damping"]), pair(claim["undelayed"]), parse(claim["delay"]))
    if function.damping.lo <= 0 <= function.damping.hi:
        raise Malformed("the damping must not contain 0")
    if (model := read_model(claim, function.law)) is not None:
        rate, hessian, workers, delay = model
        image = Pair(
            rate.lo * hessian.lo * workers.lo / delay.hi, rate.hi * hessian.hi * workers.hi / delay.lo
        )
        if image != function.damping:
            raise Refusal("damping is not learning_rate x hessian x workers / mean_delay of the model")
    return function


def read_model(claim: dict[str, Any], law: Law) -> tuple[Pair, Pair, Pair, Pair] | None:
    """Return learning rate, Hessian eigenvalue, workers and mean delay; the last must contain the law's mean.

    The learning rate of a claim with an open end is read by its rule; here it is a pair.
    """
    if "model" not in claim:
        return None
    values = [pair(x, above=0) for x in members(claim["model"], *MODEL)]
    rate, hessian, workers, delay = values
    require_mean(delay, law)
    return rate, hessian, workers, delay


def require_mean(delay: Pair, law: Law) -> None:
    """Refuse a mean delay that does not contain the mean of the law."""
    if not delay.lo <= law.mean.lo <= law.mean.hi <= delay.hi:
        raise Refusal("the mean delay of the model does not contain the mean of the delay law")


def parameters(function: Function) -> str:
    """Return the opening of a statement: for which parameters it holds."""
    text = f"For a {spelled(function.damping)}"
    return text + (f", b {spelled(function.undelayed)}" if function.undelayed != (0, 0) else "")


def model_text(claim: dict[str, Any]) -> str:
    """Return the end of a statement with a model."""
    if "model" not in claim:
        return ""
    named = (f"{name.replace('_', ' ')} {spelled(pair(claim['model'][name]))}" for name in MODEL)
    return f"; a = learning rate x Hessian eigenvalue x workers / mean delay with {', '.join(named)}"
