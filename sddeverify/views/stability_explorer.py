"""The stability chart with an operating point that can be moved."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from sddeverify.views import stability_chart
from sddeverify.views._explorer import LAWS, Explorer, exact, menu, slider

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sddeverify.certificates import Certificate, Inconclusive

_WORKERS = (1, 2, 4, 8, 16, 32, 64)


@lru_cache(maxsize=64)
def boundary(law: str) -> Certificate | Inconclusive:
    """Return the certified boundary of a law in the textual notation."""
    from sddeverify.certificates import stability_boundary
    from sddeverify.delays import parse

    return stability_boundary.prove(parse(law), digits=6)


def draw(learning_rate: float, workers: int, law: str) -> tuple[Figure, str]:
    """Return figure and caption for the values of the controls; the Hessian eigenvalue is 1."""
    from sddeverify.certificates import Certificate
    from sddeverify.errors import UnsupportedScenario

    proof = boundary(law)
    if not isinstance(proof, Certificate):
        raise UnsupportedScenario(f"law: the boundary of {law} is {proof}")
    edge, rate = Fraction(proof.claim["damping"][0]), exact(learning_rate)
    largest = -(-edge // rate) - 1
    data = stability_chart.Data(
        workers=_WORKERS,
        critical=tuple(float(edge / count) for count in _WORKERS),
        mean_square=(),
        operating=(learning_rate, workers),
        has_crossing=proof.claim["frequency"] is not None,
        largest_stable=int(largest) if largest >= 1 else None,
        limits=(0.01, 4.0),
    )
    words = f"Certified for a < {float(edge):.6g} per mean delay. {stability_chart.caption(data)}"
    return stability_chart.figure(data), words


def explorer(learning_rate: float = 0.1, workers: int = 8) -> Explorer:
    """Return the explorer: learning rate, workers and delay law.

    Args:
        learning_rate: Where the slider starts.
        workers: Where the other one starts.
    """
    controls = {
        "learning_rate": slider("learning rate", learning_rate, 0.01, 1.0, 0.01),
        "workers": slider("workers", workers, 1, 64, 1),
        "law": menu("delay law", list(LAWS)),
    }
    return Explorer("stability-explorer", controls, draw)
