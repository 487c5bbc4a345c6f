"""The law algebra: distributions of a non-negative time, with exact rational parameters.

Atoms (:class:`Constant`, :class:`Exponential`, :class:`Erlang`, :class:`Uniform`,
:class:`TruncatedExponential`, :class:`Lattice`, :class:`Empirical`) are closed under :class:`Mixture` and
independent :class:`Sum`; conveniences (:func:`ShiftedExponential`, :func:`Hyperexponential`) are built from
these. :func:`parse` reads the notation that ``str`` writes.
"""

from collections.abc import Callable
from fractions import Fraction

from sddeverify.delays._law import Atom, Law, require_delay
from sddeverify.delays._notation import MAX_NOTATION, parse
from sddeverify.delays.constant import Constant
from sddeverify.delays.empirical import Empirical
from sddeverify.delays.erlang import Erlang
from sddeverify.delays.exponential import Exponential
from sddeverify.delays.hyperexponential import Hyperexponential
from sddeverify.delays.hyperexponential import from_arguments as _hyperexponential
from sddeverify.delays.lattice import Lattice
from sddeverify.delays.mixture import Mixture
from sddeverify.delays.shifted_exponential import ShiftedExponential
from sddeverify.delays.shifted_exponential import from_arguments as _shifted_exponential
from sddeverify.delays.sum import Sum
from sddeverify.delays.truncated_exponential import TruncatedExponential
from sddeverify.delays.uniform import Uniform

LAWS: dict[str, type[Law]] = {
    "constant": Constant,
    "exponential": Exponential,
    "erlang": Erlang,
    "uniform": Uniform,
    "truncated_exponential": TruncatedExponential,
    "lattice": Lattice,
    "empirical": Empirical,
    "mixture": Mixture,
    "sum": Sum,
}
"""Every law of the format, by its name in JSON."""

CONVENIENCES: dict[str, tuple[str, Callable[[list[Fraction]], Law]]] = {
    "shifted_exponential": ("shifted_exponential(shift, mean)", _shifted_exponential),
    "hyperexponential": ("hyperexponential(weight, mean, weight, mean, ...)", _hyperexponential),
}
"""Further names of the textual notation: how each is written, and the law of its arguments."""

__all__ = [
    "CONVENIENCES",
    "LAWS",
    "MAX_NOTATION",
    "Atom",
    "Constant",
    "Empirical",
    "Erlang",
    "Exponential",
    "Hyperexponential",
    "Lattice",
    "Law",
    "Mixture",
    "ShiftedExponential",
    "Sum",
    "TruncatedExponential",
    "Uniform",
    "parse",
    "require_delay",
]
