"""root_count: the number of characteristic roots with Re s >= c, certified."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sddeverify.certificates._certificate import Certificate, Inconclusive, Obstacle
from sddeverify.certificates._contour import count_witness
from sddeverify.certificates._cover import covered
from sddeverify.certificates._effort import Effort
from sddeverify.certificates._prove import economical, finish, function_claim
from sddeverify.exact import rational, spell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sddeverify.exact import Exact
    from sddeverify.models import CharacteristicFunction


@dataclass(frozen=True)
class RootCount(Certificate):
    """The certified number of zeros right of a line."""

    @property
    def count(self) -> int:
        """Number of zeros with Re s >= abscissa, counted with multiplicity; none lies on the line."""
        return int(self.claim["roots"])


def prove(
    h: CharacteristicFunction,
    abscissa: Exact = 0,
    *,
    model: Mapping[str, Any] | None = None,
    provenance: Mapping[str, str] | None = None,
) -> RootCount | Inconclusive:
    """Certify the number of roots of ``h`` with Re s >= ``abscissa``, for all parameters of ``h`` at once.

    Args:
        h: The characteristic function; its damping and the parameters of its law may be intervals.
        abscissa: An exact rational right of the abscissa of convergence of the delay law (1/time).
        model: Optional ``learning_rate``, ``hessian``, ``workers`` and ``mean_delay`` that explain the damping.
        provenance: Optional texts that go into the document unverified.

    Returns:
        The certificate, which cuts a wide box of parameters into parts; or Inconclusive, e.g. BOUNDARY_IN_BOX if a root
        crosses the line within the box.

    Raises:
        InvalidScenario: if the abscissa is no exact rational.
    """
    c = rational(abscissa, "abscissa")
    claim = function_claim("root_count", h, model)

    def attempt(checked: bool) -> RootCount:
        zeros, witness = covered(claim, Effort(), partial(count_witness, c=c, checked=checked))
        return finish(RootCount, claim | {"abscissa": spell(c), "roots": zeros}, witness, provenance)

    try:
        return economical(attempt)
    except Obstacle as obstacle:
        return obstacle.result
