"""Is this configuration inside a certified region? Exact arithmetic on the claim of an accepted certificate.

``certified_region("boundary.cert.json").contains(learning_rate=0.05, workers=8)`` is True only if the certificate,
which the kernel accepts when it is read, implies the stability of that configuration. False says "not certified
here", never "unstable". A float is taken at its exact binary value: it is what the training program will use.

Nothing here proves anything new: an answer is a comparison of rationals with the ends of the claim.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

from sddeverify import checker
from sddeverify.errors import invalid
from sddeverify.exact import Exact, rational

Number: TypeAlias = Exact | float
"""A number of a configuration: exact, or a float, which means its exact binary value."""

_MODEL = ("learning_rate", "workers", "hessian")


@dataclass(frozen=True)
class Answer:
    """Whether a configuration lies in the region, and why.

    Attributes:
        inside: True if the certificate implies that the configuration is stable.
        reason: One sentence with the numbers that were compared.
    """

    inside: bool
    reason: str

    def __bool__(self) -> bool:
        return self.inside


@dataclass(frozen=True)
class Region:
    """The configurations that one accepted certificate proves to be stable.

    Attributes:
        document: The certificate.
    """

    document: dict[str, Any]

    @property
    def statement(self) -> str:
        """What the certificate says, as one sentence."""
        return str(self.document["statement"])

    @property
    def digest(self) -> str:
        """The identity of the claim: its sha256."""
        return str(self.document["claim_sha256"])

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names that :meth:`contains` takes for this certificate."""
        claim = self.document["claim"]
        return (*_FORMS[claim["type"]].names, *(_MODEL if "model" in claim else ()))

    def contains(self, **configuration: Number) -> bool:
        """Whether the certificate implies that this configuration is stable; see :meth:`locate`."""
        return self.locate(**configuration).inside

    def locate(self, **configuration: Number) -> Answer:
        """Compare a configuration with the claim.

        Args:
            **configuration: ``damping``; or, if the claim has a model, ``learning_rate`` and, where they are not those
                of the model, ``workers`` and ``hessian`` (top eigenvalue); then the damping is learning_rate x hessian
                x workers / mean delay, at both ends of the model's mean delay. ``parameter`` for a tube, ``step`` =
                learning rate x Hessian eigenvalue for mean-square and discrete claims, ``workers``, ``lag`` or
                ``geometric`` (q) there; for a law-free bound ``workers``, or ``staleness_cap``: the most versions by
                which a gradient is stale.

        Returns:
            The answer with its reason.

        Raises:
            InvalidScenario: if a name is unknown or missing, or a value is not a positive number.
        """
        claim = self.document["claim"]
        unknown = sorted(set(configuration) - set(self.parameters))
        if unknown:
            raise invalid("configuration", unknown[0], f"one of {', '.join(self.parameters)} for this certificate")
        return _FORMS[claim["type"]].compare(claim, {name: _positive(x, name) for name, x in configuration.items()})


def certified_region(certificate: str | os.PathLike[str] | dict[str, Any]) -> Region:
    """Read a certificate, have the kernel check it, and return the region of stable configurations in it.

    Args:
        certificate: Path of a ``*.cert.json`` file, or a document as a dictionary.

    Raises:
        InvalidScenario: if the file cannot be read, the kernel does not accept it, or its claim is about no region.
    """
    name = "certificate" if isinstance(certificate, dict) else str(certificate)
    document = _accepted(certificate, name) if isinstance(certificate, dict) else read_accepted(certificate)[1]
    kind = document["claim"]["type"]
    if kind not in _FORMS:
        raise invalid("certificate", name, f"one whose claim is {', '.join(_FORMS)}; this one is about {kind}")
    return Region(document)


def read_accepted(path: str | os.PathLike[str]) -> tuple[bytes, dict[str, Any]]:
    """Return the bytes of a certificate file and the document in them, which the kernel accepts.

    Raises:
        InvalidScenario: if the file cannot be read, or the kernel does not accept it.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise invalid("certificate", str(path), f"the path of a readable file ({error.strerror})") from None
    return content, _accepted(content, str(path))


def _accepted(content: bytes | dict[str, Any], name: str) -> dict[str, Any]:
    verdict = checker.check(content)
    if verdict.status is not checker.Status.ACCEPTED:
        raise invalid("certificate", name, f"a certificate that the kernel accepts ({verdict.reason})")
    document: dict[str, Any] = content if isinstance(content, dict) else json.loads(content)
    return document


def _positive(value: Number, field: str) -> Fraction:
    """Return the exact value of a positive number, also of a float."""
    if isinstance(value, float) or (
        not isinstance(value, int | str | Fraction | Decimal) and hasattr(value, "__float__")
    ):
        number = float(value)  # also numpy's floats
        exact = Fraction(number) if math.isfinite(number) else Fraction(-1)
    else:
        exact = rational(value, field)
    if exact <= 0:
        raise invalid(field, value, "a positive finite number")
    return exact


def _ends(pair: list[str]) -> tuple[Fraction, Fraction]:
    return Fraction(pair[0]), Fraction(pair[1])


def _damping(claim: dict[str, Any], given: dict[str, Fraction]) -> tuple[Fraction, Fraction]:
    """Return the range of dampings that a configuration may have."""
    if "damping" in given:
        if len(given.keys() - {"parameter", "step"}) > 1:
            raise invalid("damping", str(given["damping"]), "either the damping or the parts that it is made of")
        return given["damping"], given["damping"]
    if "learning_rate" not in given:
        allowed = "a learning_rate or a damping" if "model" in claim else "a damping: the claim has no model"
        raise invalid("configuration", "without learning_rate", allowed)
    model, rate = claim["model"], given["learning_rate"]
    lo = hi = rate
    for name in ("hessian", "workers"):
        least, most = (given[name], given[name]) if name in given else _ends(model[name])
        lo, hi = lo * least, hi * most
    mean = _ends(model["mean_delay"])
    return lo / mean[1], hi / mean[0]


def _below(what: str, value: Fraction, top: Fraction) -> Answer:
    inside = value <= top
    text = f"{what} {_shown(value)} is {'within' if inside else 'beyond'} the certified {_shown(top)}"
    return Answer(inside, text)


def _within(what: str, value: tuple[Fraction, Fraction], ends: tuple[Fraction, Fraction]) -> Answer:
    inside = ends[0] <= value[0] and value[1] <= ends[1]
    shown = _shown(value[1]) if value[0] == value[1] else f"[{_shown(value[0])}, {_shown(value[1])}]"
    text = f"{what} {shown} is {'in' if inside else 'not in'} the certified [{_shown(ends[0])}, {_shown(ends[1])}]"
    return Answer(inside, text)


def _shown(value: Fraction) -> str:
    return str(value) if len(str(value)) <= 20 else f"{float(value):.12g}"


def _boundary(claim: dict[str, Any], given: dict[str, Fraction]) -> Answer:
    return _below("damping", _damping(claim, given)[1], Fraction(claim["damping"][0]))


def _stability(claim: dict[str, Any], given: dict[str, Fraction]) -> Answer:
    if not claim["stable"]:
        return Answer(False, "the certificate proves that its parameters are unstable")
    return _within("damping", _damping(claim, given), _ends(claim["damping"]))


def _mean_square(claim: dict[str, Any], given: dict[str, Fraction]) -> Answer:
    if not claim["stable"]:
        return Answer(False, "the certificate proves that its parameters are not mean-square stable")
    if "learning_rate" in given and "step" not in given:
        least, most = (given["hessian"],) * 2 if "hessian" in given else _ends(claim["model"]["hessian"])
        step = given["learning_rate"] * least, given["learning_rate"] * most
    else:
        step = (_required(given, "step"),) * 2
    first = _within("learning rate x Hessian eigenvalue", step, _ends(claim["step"]))
    return first if not first else _within("damping", _damping(claim, given), _ends(claim["damping"]))


def _tube(claim: dict[str, Any], given: dict[str, Fraction]) -> Answer:
    value, points = _required(given, "parameter"), [Fraction(x) for x in claim["parameter"]]
    # At a break point both cells hold.
    tops = [
        Fraction(top)
        for (lo, hi), (top, _) in zip(pairwise(points), claim["damping"], strict=True)
        if lo <= value <= hi
    ]
    if not tops:
        return _within("parameter", (value, value), (points[0], points[-1]))
    return _below("damping", _damping(claim, given)[1], max(tops))


def _discrete(claim: dict[str, Any], given: dict[str, Fraction]) -> Answer:
    fixed = not isinstance(claim["lag"], dict)
    if ("geometric" if fixed else "lag") in given:
        raise invalid("configuration", "geometric" if fixed else "lag", "the kind of lag that the certificate is about")
    return _exactly(claim, given, "lag") if fixed else _exactly(claim | claim["lag"], given, "geometric")


def _memoryless(claim: dict[str, Any], given: dict[str, Fraction]) -> Answer:
    return _exactly(claim, given, "workers")


def _exactly(claim: dict[str, Any], given: dict[str, Fraction], name: str) -> Answer:
    value, own = given.get(name), Fraction(claim[name])
    if value is not None and value != own:
        return Answer(False, f"the certificate is for {name} {own}, not {_shown(value)}")
    return _below("step", _required(given, "step"), Fraction(claim["step"][0]))


def _law_free(claim: dict[str, Any], given: dict[str, Fraction]) -> Answer:
    """Whatever the delay law: of mean delays up to that of the claim, or of any if a learning rate is given."""
    top, mean = Fraction(claim["damping"]), Fraction(claim["mean_delay"])
    if "learning_rate" not in given:
        return _below("damping", _required(given, "damping"), top)
    step = given["learning_rate"] * _required(given, "hessian")
    if "staleness_cap" in given:
        # Little's law: mean delay x update rate is the mean number of updates within a delay, the own one included.
        return _below("learning rate x hessian x (staleness cap + 1)", step * (given["staleness_cap"] + 1), top * mean)
    return _below("learning rate x hessian x workers", step * _required(given, "workers"), top * mean)


def _required(given: dict[str, Fraction], name: str) -> Fraction:
    if name not in given:
        raise invalid("configuration", f"without {name}", f"a configuration with {name}")
    return given[name]


@dataclass(frozen=True)
class _Form:
    """How one type of claim is compared: the names it takes beside those of a model, and the comparison."""

    names: tuple[str, ...]
    compare: Callable[[dict[str, Any], dict[str, Fraction]], Answer]


_FORMS: dict[str, _Form] = {
    "stability_boundary": _Form(("damping",), _boundary),
    "stability": _Form(("damping",), _stability),
    "mean_square_stability": _Form(("damping", "step"), _mean_square),
    "boundary_tube": _Form(("damping", "parameter"), _tube),
    "discrete_boundary": _Form(("step", "lag", "geometric"), _discrete),
    "law_free_bound": _Form(("damping", *_MODEL, "staleness_cap"), _law_free),
    "memoryless_boundary": _Form(("step", "workers"), _memoryless),
}
