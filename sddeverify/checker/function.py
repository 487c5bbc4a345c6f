"""The characteristic function h(s) = s + b + a Phi(s), Phi(s) = E exp(-s tau), and two theorems about its zeros.

Parameters are intervals; whatever is enclosed here is enclosed for all their values, and for every law that
the delay of the claim denotes. h(conj s) = conj h(s), so zeros are real or come in conjugate pairs.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

from .document import Malformed, members, pair, pieces
from .interval import Arithmetic, Pair, Rectangle, Refusal
from .laws import Law, parse, spelled

ZERO = Fraction(0)
MODEL = ("learning_rate", "hessian", "workers", "mean_delay")


class Rule(NamedTuple):
    """A claim that was read: its statement in words, and what raises unless a witness proves it."""

    statement: str
    verify: Callable[[Any], None]


class Function(NamedTuple):
    """h for all parameters of a claim; ``text`` opens its statement, ``model`` ends it."""

    damping: Pair
    undelayed: Pair
    law: Law
    text: str = ""
    model: str = ""

    def jet(self, ar: Any, s: Any, order: int) -> list[Any]:
        """Enclose h^(k)(s)/k! for k = 0..order."""
        return self.complete(ar, self.law.jet(ar, s, order), s)

    def complete(self, ar: Any, phi: list[Any], s: Any) -> list[Any]:
        """Return the coefficients of h from those of Phi."""
        jet = [ar.scale(x, self.damping) for x in phi]
        jet[0] = ar.add(ar.add(jet[0], s), ar.scale(ar.one, self.undelayed))
        jet[1:2] = [ar.add(x, ar.one) for x in jet[1:2]]
        return jet

    def at(self, ar: Arithmetic, c: Fraction, order: int) -> list[Rectangle]:
        """Return the coefficients of Phi at c, which bound those on Re s >= c; refuse c left of the domain."""
        if self.law.abscissa is not None and c <= self.law.abscissa:
            raise Refusal(f"Re s = {c} is not right of the abscissa of convergence {self.law.abscissa}")
        return self.law.jet(ar, ar.point(c, ZERO), order)

    def zeros_right(self, ar: Arithmetic, line: list[tuple[int, Fraction, Fraction]], c: Fraction) -> int:
        """Return the number of zeros with Re s >= c, counted with multiplicity; none has Re s = c.

        Lemma 1. Zeros with Re s >= c have |s| <= R = |b| + |a| Phi(c). Take Y > R, Y = the last break point.
        Lemma 2. On the arc |s| = |c + i Y|, Re s >= c: h/s = 1 + (b + a Phi)/s lies in the right half-plane,
        because |s| >= Y > R >= |b + a Phi|.
        Codes: 0 Re h > 0, 1 Im h > 0, 2 Re h < 0, 3 Im h < 0; code q says that arg h lies within a quarter turn of
        q pi/2. One code holds on every piece c + i [w1, w2] of the line. Follow arg h continuously along
        the arc from its real point, where h > 0 and arg h = 0, to c + i Y: there arg h = arg s + arg (h/s) lies
        in (-pi/2, 3 pi/2), and Im h >= Y - R > 0, so it lies in (0, pi): the quarter turn 1, as an integer
        that is no longer reduced modulo 4. Going down the line, neighbouring pieces change the quarter
        turn by -1, 0 or 1 (both codes hold at the break point between them, so 2 is impossible). With T the sum of
        these steps from c up to c + i Y the quarter turn at c is q0 = 1 - T; there h is real and not 0, so arg h is
        q0 pi/2 exactly, q0 is even and its residue modulo 4 is 0 for h(c) > 0 and 2 for h(c) < 0. By symmetry the
        winding number of h around the closed contour, hence the number of zeros inside, is N = q0/2.
        (The argument principle; c right of the abscissa of convergence.)
        """
        start = self.at(ar, c, 2)
        top = ar.magnitude(ar.scale(start[0], self.damping)) + ar.magnitude(ar.scale(ar.one, self.undelayed))
        at_c = self.complete(ar, start, ar.point(c, ZERO))[0]
        if ar.real(Pair(line[-1][2], line[-1][2]))[0] <= top or at_c[0] <= 0 <= at_c[1]:
            raise Refusal("the line does not pass the bound |b| + |a| Phi(c), or the sign of h(c) is not decided")
        curvature = ar.magnitude(ar.scale(start[2], self.damping))
        turns, quarter = 0, 0 if at_c[0] > 0 else 2
        previous = quarter
        for code, lo, hi in line:
            step = (code - previous) % 4
            turns += -1 if step == 3 else step
            previous = code
            # c + i (m + t), |t| <= half the piece, m its midpoint
            jet = self.jet(ar, ar.point(c, (lo + hi) / 2), 1)
            if step == 2 or not holds(code, widen(ar, jet, (hi - lo) / 2, curvature)):
                raise Refusal(f"code {code} is not proved on [{lo}, {hi}]")
        total = 1 - turns
        if previous != 1 or total < 0 or (total - quarter) % 4:
            raise Refusal("the codes do not close up")
        return total // 2

    def disc(self, ar: Arithmetic, re: Fraction, im: Fraction, radius: Fraction, zeros: int) -> None:
        """Refuse unless h has exactly ``zeros`` zeros with |s - m| < radius, m = re + i im.

        Theorem (Pellet; Rouche for the Taylor polynomial). If on |s - m| <= r
        |h_k| r^k > sum over j < k of |h_j| r^j + r^(k+1) sup |h^(k+1)|/(k+1)!, where h_j = h^(j)(m)/j!, then
        |h_k (s - m)^k| exceeds |h(s) - h_k (s - m)^k| on the circle, so h has k zeros in the disc, as (s - m)^k has.
        The disc lies in Re s >= re - r, where the supremum is bounded by complete monotonicity.
        """
        bound = ar.magnitude(ar.scale(self.at(ar, re - radius, zeros + 1)[-1], self.damping))
        jet = self.jet(ar, ar.point(re, im), zeros)
        power = [ar.real(Pair(radius**j, radius**j)) for j in range(zeros + 2)]
        rest = sum(ar.magnitude(x) * power[j][1] for j, x in enumerate(jet[:zeros])) + bound * power[-1][1]
        if ar.mignitude(jet[zeros]) * power[zeros][0] <= rest:
            raise Refusal(f"the disc is not proved to hold exactly {zeros} root(s)")


def widen(ar: Arithmetic, jet: list[Rectangle], half: Fraction, curvature: int) -> Rectangle:
    """Enclose f(c + i (m + t)) for |t| <= half from f and f' at c + i m.

    By Taylor's formula it is f + i t f' + R with |R| <= t^2 sup |f''|/2, and sup |f''|/2 <= ``curvature`` ulps.
    """
    (value, slope), n, r = jet, ar.bits, ar.real(Pair(half, half))[1]
    rest = -(-curvature * r * r >> 2 * n)
    re, im = (-(-max(-a, b) * r >> n) + rest for a, b in ((slope[2], slope[3]), (slope[0], slope[1])))
    return value[0] - re, value[1] + re, value[2] - im, value[3] + im


def holds(code: int, x: Rectangle) -> bool:
    """Whether the half-plane of a code contains x."""
    return (x[0] > 0, x[2] > 0, x[1] < 0, x[3] < 0)[code]


def read_function(claim: dict[str, Any], *names: str) -> tuple[Function, list[Any]]:
    """Return h of a claim, its model checked, and the members ``names`` of the claim."""
    fixed = ("type", "damping", "delay", "undelayed")
    _, damping, delay, undelayed, *others, model = members(claim, *fixed, *names, optional="model")
    a, b, law = pair(damping), pair(undelayed), parse(delay)
    if a.lo <= 0 <= a.hi:
        raise Malformed("the damping must not contain 0")
    ending = ""
    if "model" in claim:
        rate, hessian, workers, mean = (pair(x, above=0) for x in members(model, *MODEL))
        image = Pair(rate.lo * hessian.lo * workers.lo / mean.hi, rate.hi * hessian.hi * workers.hi / mean.lo)
        if image != a:
            raise Refusal("damping is not learning_rate x hessian x workers / mean_delay of the model")
        ending = explain(law, hessian, workers, mean) + f", learning rate in {spelled(rate)}"
    shift, given = (" + b", f", b in {spelled(b)}") if b.lo or b.hi else ("", "")
    text = f"For h(s) = s{shift} + a E[exp(-s tau)], tau ~ {law.text}, a in {spelled(a)}{given}"
    return Function(a, b, law, text, ending), others


def explain(law: Law, hessian: Pair, workers: Pair, mean: Pair) -> str:
    """Return what a model says in words; refuse a mean delay that does not contain the mean of the law."""
    if not mean.lo <= law.mean.lo <= law.mean.hi <= mean.hi:
        raise Refusal("the mean delay of the model does not contain the mean of the delay law")
    values = f"{spelled(hessian)}, {spelled(workers)}, {spelled(mean)}"
    return f"; a = learning rate x Hessian eigenvalue x workers / mean delay, the last three in {values}"


def counted(h: Function, c: Fraction, witness: Any) -> int:
    """Return the number of zeros of h with Re s >= c that a witness ``{bits, breaks, codes}`` proves."""
    return h.zeros_right(*pieces(witness, h.law.size), c)
