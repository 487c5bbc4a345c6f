"""The characteristic function h(s) = s + b + a Phi(s), Phi(s) = E exp(-s tau), and two theorems about its zeros.

Parameters are intervals; whatever is enclosed here is enclosed for all their values, and for every law that
the delay of the claim denotes. h(conj s) = conj h(s), so zeros are real or come in conjugate pairs.
"""

from collections.abc import Callable, Generator, Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from .document import Claim, Witness, listed, members, number, pair, pieces, positive, spelled, well_formed
from .interval import Arithmetic, Pair, Rectangle, Refusal, require, times
from .laws import ZERO, Law, parse

# A claim that was read: it yields its statement, and once it is sent a witness it raises unless that proves it.
Rule = Generator[str, Witness, None]


class Function(NamedTuple):
    """h for all parameters of a claim, whose members ``source`` is; ``model`` ends its statement."""

    damping: Pair
    undelayed: Pair
    law: Law
    source: Claim | None = None
    model: str = ""

    @property
    def text(self) -> str:
        """The opening of a statement."""
        shift, given = (" + b", f", b in {spelled(self.undelayed)}") if any(self.undelayed) else ("", "")
        return f"For h(s) = s{shift} + a E[exp(-s tau)], tau ~ {self.law.text}, a in {spelled(self.damping)}{given}"

    def parts(self, witness: Witness) -> Iterator[tuple["Function", Witness]]:
        """Yield h on the parts of its parameter box into which a witness cuts it, each with its own witness.

        ``{"cut": path, "halves": [left, right]}`` cuts the parameter at a path of members, such as ["damping"] or
        ["delay", "sum", 0, "constant", "time"], in its middle; the halves may be cut again. Each claim about all
        parameters of a box is one about all those of its two halves.
        """
        if isinstance(witness, dict) and "cut" in witness:
            path, halves = members(witness, "cut", "halves")
            for side, proof in enumerate(listed(halves, 2, 2)):
                yield from function(half(self.source, path, side)).parts(proof)
        else:
            yield self, witness

    def jet(self, ar: Any, s: Any, order: int) -> list[Any]:
        """Enclose h^(k)(s)/k! for k = 0..order."""
        jet = [ar.scale(x, self.damping) for x in self.law.jet(ar, s, order)]
        jet[0] = ar.add(ar.add(jet[0], s), ar.scale(ar.one, self.undelayed))
        jet[1:2] = [ar.add(x, ar.one) for x in jet[1:2]]
        return jet

    def at(self, ar: Arithmetic, c: Fraction, order: int) -> list[Rectangle]:
        """Return the coefficients of Phi at c, which bound those on Re s >= c; refuse c left of the domain."""
        require(self.law.abscissa is None or c > self.law.abscissa, f"{c} is not right of the abscissa of convergence")
        return self.law.jet(ar, ar.point(c, ZERO), order)

    def number_right(self, witness: Witness, c: Fraction) -> int:
        """Return the number of zeros with Re s >= c that a witness proves, ``{bits, breaks, codes}`` or null.

        Null: c = 0, a >= 0, b >= 0 and a E tau < 1. Then no zero has Re s >= 0, unless a = 0: suppose h(s) = 0 and
        Re s >= 0. As b >= 0, |s| <= |s + b| = |a Phi(s)| <= a, hence |Phi(s) - 1| <= E|exp(-s tau) - 1| <= |s| E tau
        < 1 and Re Phi(s) > 0. But Re(s + b) = -a Re Phi(s) < 0 contradicts Re s >= 0 and b >= 0.
        """
        if witness is not None:
            return self.zeros_right(*pieces(witness, self.law.size), c)
        small = c == 0 and min(*self.damping, *self.undelayed) >= 0 and self.damping.hi * self.law.mean.hi < 1
        require(small, "a E[tau] < 1 does not hold")
        return 0

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
        delayed, rest = ar.scale(start[0], self.damping), ar.scale(ar.one, self.undelayed)
        at_c = ar.add(ar.add(delayed, ar.point(c, ZERO)), rest)
        passed = ar.point(line[-1][2], ZERO)[0] > ar.magnitude(delayed) + ar.magnitude(rest)
        require(passed and not at_c[0] <= 0 <= at_c[1], "the line is too short, or the sign of h(c) is not decided")
        curvature = ar.magnitude(ar.scale(start[2], self.damping))
        turns, quarter = 0, 0 if at_c[0] > 0 else 2
        previous = quarter
        for code, lo, hi in line:
            step = (code - previous) % 4
            previous, turns = code, turns + (0, 1, 2, -1)[step]
            # c + i (m + t), |t| <= half the piece, m its midpoint
            jet = self.jet(ar, ar.point(c, (lo + hi) / 2), 1)
            if step == 2 or not holds(code, widen(ar, jet, (hi - lo) / 2, curvature)):
                raise Refusal(f"code {code} is not proved on [{lo}, {hi}]")
        total = 1 - turns
        require(previous == 1 and total >= 0 and (total - quarter) % 4 == 0, "the codes do not close up")
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
        require(ar.mignitude(jet[zeros]) * power[zeros][0] > rest, f"the disc is not proved to hold {zeros} root(s)")


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


def function(source: Claim) -> Function:
    """Return the function with the members ``damping``, ``delay`` and ``undelayed``."""
    return Function(pair(source["damping"]), pair(source["undelayed"]), parse(source["delay"]), source)


def half(value: Any, path: list[Any], side: int) -> Any:
    """Return a copy of a value in which the parameter at a path is cut down to its left (0) or right (1) half."""
    if not path:
        lo, hi = pair(value)
        return [[str(lo), str((lo + hi) / 2)], [str((lo + hi) / 2), str(hi)]][side]
    copy = value.copy()
    copy[path[0]] = half(value[path[0]], path[1:], side)
    return copy


def fill(value: Any, cells: dict[str, Any]) -> Any:
    """Return a template with every name of a parameter, such as "$", replaced by its pair."""
    if isinstance(value, dict):
        return {name: fill(x, cells) for name, x in value.items()}
    if isinstance(value, list):
        return [fill(x, cells) for x in value]
    return list(cells[value]) if isinstance(value, str) and value in cells else value


def member(template: Claim, box: dict[str, Pair]) -> Function:
    """Return the function of a template on a box; a model in the template, and it alone, gives the damping."""
    source = fill(template, {name: [str(x) for x in ends] for name, ends in box.items()})
    if "model" in source:
        value, gain, _ = read_model(source["model"], parse(source["delay"]))
        source["damping"] = [str(x) for x in times(pair(value, least=0), gain)]
    return function(source)


def read_function(claim: Claim, **readers: Callable[[Any], Any]) -> list[Any]:
    """Return h of a claim, its model checked, and what the readers make of the further members of the claim."""
    fixed = ("type", "damping", "delay", "undelayed")
    _, damping, delay, undelayed, *others, model = members(claim, *fixed, *readers, optional="model")
    h = function({"damping": damping, "delay": delay, "undelayed": undelayed})
    well_formed(not h.damping.lo <= 0 <= h.damping.hi, "the damping must not contain 0")
    if "model" in claim:
        value, gain, ending = read_model(model, h.law)
        rate = positive(value)
        require(times(rate, gain) == h.damping, "the model's damping is learning_rate x hessian x workers / mean_delay")
        h = h._replace(model=f"{ending}, learning rate in {spelled(rate)}")
    return [h, *(read(value) for read, value in zip(readers.values(), others, strict=True))]


def read_model(model: Claim, law: Law) -> tuple[Any, Pair, str]:
    """Return the learning rate, what it is multiplied with, and a model in words.

    The mean delay that it gives must contain the mean of the law.
    """
    rate, *values = members(model, "learning_rate", "hessian", "workers", "mean_delay")
    hessian, workers, mean = (positive(x) for x in values)
    require(mean.lo <= law.mean.lo <= law.mean.hi <= mean.hi, "the mean delay of the model does not contain the law's")
    text = f"{spelled(hessian)}, {spelled(workers)}, {spelled(mean)}"
    text = f"; a = learning rate x Hessian eigenvalue x workers / mean delay, the last three in {text}"
    return rate, Pair(hessian.lo * workers.lo / mean.hi, hessian.hi * workers.hi / mean.lo), text


def counted(h: Function, c: Fraction, witness: Witness) -> int:
    """Return the number of zeros of h with Re s >= c that a witness ``{bits, breaks, codes}`` proves on each part."""
    found = {part.number_right(proof, c) for part, proof in h.parts(witness)}
    require(len(found) == 1, "the number of zeros is not the same for all parameters")
    return found.pop()


def decided(h: Function, c: Fraction, witness: Witness, *, some: bool) -> None:
    """Refuse unless for all parameters ``some`` zero, or no zero, of h has Re s >= c; then none has Re s = c.

    A part may count at an abscissa of its own, ``{abscissa, line}``: some zero right of it proves one right of c if it
    is not left of c; no zero right of it proves that there is none right of c if it is not right of c.
    """
    for part, proof in h.parts(witness):
        own = isinstance(proof, dict) and "abscissa" in proof
        line, proof = (number(proof["abscissa"]), members(proof, "abscissa", "line")[1]) if own else (c, proof)
        found = part.number_right(proof, line)
        require(line >= c if some else line <= c, f"the count right of {line} decides nothing about {c}")
        require((found > 0) is some, f"the witness proves {found} zero(s) with Re s >= {line}")
