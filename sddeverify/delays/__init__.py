"""The law algebra: distributions of a non-negative time, with exact rational parameters.

Atoms (:class:`Constant`, :class:`Exponential`, :class:`Erlang`, :class:`Uniform`,
:class:`TruncatedExponential`, :class:`Lattice`, :class:`Empirical`) are closed under :class:`Mixture` and
independent :class:`Sum`; conveniences (:func:`ShiftedExponential`, :func:`Hyperexponential`) are built from
these. A :class:`Band` is every law close to a known one. :class:`Gamma` laws, heavy tails (:class:`Weibull`,
:class:`Lognormal`, :class:`Pareto`), :class:`Geometric` and :class:`Capped` times are sampled and computed;
certificates speak of a band around the capped ones (:func:`band_of`). :func:`parse` reads the notation that ``str``
writes.
"""

from collections.abc import Callable
from typing import Any

from sddeverify.delays._law import Atom, Law, require_delay
from sddeverify.delays._notation import MAX_NOTATION, parse
from sddeverify.delays.band import Band
from sddeverify.delays.band_of import band_of
from sddeverify.delays.band_of import from_arguments as _band_of
from sddeverify.delays.capped import Capped
from sddeverify.delays.constant import Constant
from sddeverify.delays.empirical import Empirical
from sddeverify.delays.erlang import Erlang
from sddeverify.delays.exponential import Exponential
from sddeverify.delays.gamma import Gamma
from sddeverify.delays.geometric import Geometric
from sddeverify.delays.hyperexponential import Hyperexponential
from sddeverify.delays.hyperexponential import from_arguments as _hyperexponential
from sddeverify.delays.lattice import Lattice
from sddeverify.delays.lognormal import Lognormal
from sddeverify.delays.mixture import Mixture
from sddeverify.delays.pareto import Pareto
from sddeverify.delays.shifted_exponential import ShiftedExponential
from sddeverify.delays.shifted_exponential import from_arguments as _shifted_exponential
from sddeverify.delays.sum import Sum
from sddeverify.delays.truncated_exponential import TruncatedExponential
from sddeverify.delays.uniform import Uniform
from sddeverify.delays.weibull import Weibull

LAWS: dict[str, type[Law]] = {
    "constant": Constant,
    "exponential": Exponential,
    "erlang": Erlang,
    "uniform": Uniform,
    "truncated_exponential": TruncatedExponential,
    "lattice": Lattice,
    "empirical": Empirical,
    "band": Band,
    "mixture": Mixture,
    "sum": Sum,
}
"""Every law of the certificate format, by its name in JSON."""

COMPUTED: dict[str, type[Law]] = {
    "gamma": Gamma,
    "geometric": Geometric,
    "weibull": Weibull,
    "lognormal": Lognormal,
    "pareto": Pareto,
    "capped": Capped,
}
"""Laws that the certificate format does not know: they can be sampled and computed, and no claim is about them."""

CONVENIENCES: dict[str, tuple[str, Callable[[list[Any]], Law]]] = {
    "band_of": ("band_of(law, cells)", _band_of),
    "shifted_exponential": ("shifted_exponential(shift, mean)", _shifted_exponential),
    "hyperexponential": ("hyperexponential(weight, mean, weight, mean, ...)", _hyperexponential),
}
"""Further names of the textual notation: how each is written, and the law of its arguments."""

__all__ = [
    "COMPUTED",
    "CONVENIENCES",
    "LAWS",
    "MAX_NOTATION",
    "Atom",
    "Band",
    "Capped",
    "Constant",
    "Empirical",
    "Erlang",
    "Exponential",
    "Gamma",
    "Geometric",
    "Hyperexponential",
    "Lattice",
    "Law",
    "Lognormal",
    "Mixture",
    "Pareto",
    "ShiftedExponential",
    "Sum",
    "TruncatedExponential",
    "Uniform",
    "Weibull",
    "band_of",
    "parse",
    "require_delay",
]
