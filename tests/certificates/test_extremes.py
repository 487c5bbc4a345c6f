"""Laws at the ends of the range of numbers: a prover answers, it does not break."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sddeverify import certificates
from sddeverify.certificates import Certificate, Inconclusive
from sddeverify.delays import Constant, Lattice, Law, Sum, TruncatedExponential, Uniform
from sddeverify.models import CharacteristicFunction

LAWS: dict[str, Law] = {
    "truncated exponential of a tiny mean": TruncatedExponential(
        "1e-100", 1
    ),  # its mean is 0 at the kernel's precision
    "truncated exponential of a huge mean": TruncatedExponential("1e300", 1),
    "huge constant": Constant("1e100"),
    "tiny constant": Constant("1e-300"),
    "huge uniform": Uniform(0, "1e300"),
    "tiny lattice": Lattice("1e-200", [0, 1]),  # Phi'' is 0 as a float
    "two scales": Sum(Constant("1e-80"), Constant(1)),
}
PROVERS: dict[str, Callable[[Law], Any]] = {
    "stability": lambda law: certificates.stability.prove(CharacteristicFunction("3/2", law)),
    "root_count": lambda law: certificates.root_count.prove(CharacteristicFunction("3/2", law), abscissa="-1/2"),
    "rightmost_root": lambda law: certificates.rightmost_root.prove(CharacteristicFunction("3/2", law), digits=5),
    "stability_boundary": lambda law: certificates.stability_boundary.prove(law, digits=3),
}


@pytest.mark.parametrize("claim", PROVERS)
@pytest.mark.parametrize("law", LAWS)
def test_a_prover_answers(law: str, claim: str) -> None:
    assert isinstance(PROVERS[claim](LAWS[law]), Certificate | Inconclusive)
