"""The transform of a whole law, atom by atom: densities are integrated, mixtures add up, sums multiply."""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy
from sympy import DiracDelta, Integral, Symbol, exp, oo

from sddeverify.delays import Empirical, Lattice, Law, Mixture, Sum
from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._atoms import ATOMS, lattice_of, simplest
from sddeverify.derivations._calculus import Integrate
from sddeverify.derivations._forms import WriteAs
from sddeverify.derivations._lattices import AverageOverLattice, Tabulate
from sddeverify.derivations._numbers import equal, exactly
from sddeverify.derivations._operations import Expand, Substitute
from sddeverify.derivations._steps import Chain, Step
from sddeverify.derivations._sums import SplitIntegral
from sddeverify.errors import UnsupportedScenario

MOST_PARTS = 8
"""Laws of more atoms than this are derived as formulas; putting in all their numbers would teach nothing."""

MOST_CELLS = 64
"""Lattices of more cells than this keep their sum sign."""


def atoms_of(law: Law) -> list[Law]:
    """Return the atoms that a law is made of, in order, with repetitions."""
    if isinstance(law, Mixture):
        return [atom for _, part in law.parts for atom in atoms_of(part)]
    if isinstance(law, Sum):
        return [atom for part in law.parts for atom in atoms_of(part)]
    return [simplest(law)]


def special_assumptions(law: Law) -> tuple[str, ...]:
    """Return the assumptions that the transform of this law adds: independent parts, a record."""
    names = []
    if _has(law, Sum):
        names.append("A7")
    if _has(law, Empirical):
        names.append("A8")
    return tuple(names)


def _has(law: Law, kind: type[Law]) -> bool:
    if isinstance(law, Mixture):
        return any(_has(part, kind) for _, part in law.parts)
    return isinstance(law, kind) or (isinstance(law, Sum) and any(_has(part, kind) for part in law.parts))


def explicit_numbers(law: Law) -> bool:
    """Return whether a law is small enough for all its numbers to be written out."""
    atoms = atoms_of(law)
    lattices = [lattice for atom in atoms if (lattice := lattice_of(atom)) is not None]
    return len(atoms) <= MOST_PARTS and all(len(lattice.counts) <= MOST_CELLS for lattice in lattices)


@dataclass
class Transforms:
    """Writes the steps that lead to the transform of a law, each kind of atom once."""

    chain: Chain
    _general: dict[str, Step] = field(default_factory=dict)
    _numbered: int = 0

    def general(self, law: Law) -> Step:
        """Return the step that derives the transform of an atom's kind, in symbols."""
        law = simplest(law)
        if lattice_of(law) is not None:
            return self._lattice(law)
        atom = ATOMS.get(type(law))
        if atom is None:
            raise UnsupportedScenario(f"compute: no derivation is written for the law {law.name}")
        if atom.name not in self._general:
            operation = Integrate(atom.density, sym.u, *atom.support)
            self.chain.step(
                f"{atom.name}-norm",
                f"{atom.title}: a probability density",
                sympy.S.One,
                operation,
                "Its integral is 1, as it must be.",
            )
            self.chain.step(
                f"{atom.name}-mean", f"{atom.title}: the mean", sym.u, operation, "The mean in terms of the parameters."
            )
            integrated = self.chain.step(
                f"{atom.name}-transform",
                f"{atom.title}: the transform",
                exp(-sym.s * sym.u),
                operation,
                atom.because,
            )
            if atom.form is not None:
                integrated = self.chain.step(
                    f"{atom.name}-form",
                    f"{atom.title}: the usual form",
                    integrated,
                    WriteAs(atom.form),
                    "Numerator and denominator divided.",
                )
            self._general[atom.name] = integrated
        return self._general[atom.name]

    def _lattice(self, law: Law) -> Step:
        if "lattice" not in self._general:
            if isinstance(law, Empirical):
                self.chain.assume("record", "A8", "Measured times, rounded to a lattice of step Δ.")
            one = self.chain.step(
                "lattice-mass",
                "lattice law: one point",
                exp(-sym.s * sym.u),
                Integrate(DiracDelta(sym.u - sym.j * sym.step), sym.u, sympy.S.Zero, oo),
                "A Dirac mass at the lattice point jΔ.",
            )
            self._general["lattice"] = self.chain.step(
                "lattice-transform",
                "lattice law: the transform",
                one,
                AverageOverLattice(),
                "Average over the lattice points with their probabilities p_j. Moving each mass by at most Δ/2 "
                "changes this by at most |s|Δ/2 for Re s ≥ 0.",
            )
        return self._general["lattice"]

    def numbers(self, law: Law) -> Step:
        """Return the step whose ``after`` is the transform of the law with its own numbers."""
        if isinstance(law, Mixture):
            return self._mixture(law)
        if isinstance(law, Sum):
            return self._sum(law)
        law = simplest(law)
        general = self.general(law)
        identifier, title = self._name("part"), f"Numbers of {law}"
        lattice = lattice_of(law)
        if lattice is not None:
            return self.chain.step(
                identifier, title[:80], general, _table(lattice), "The law's own step and probabilities."
            )
        values = ATOMS[type(law)].values(law)
        return self.chain.step(identifier, title, general, Substitute(*values), "The law's own parameters.")

    def _name(self, kind: str) -> str:
        self._numbered += 1
        return f"{kind}-{self._numbered}"

    def _mixture(self, law: Mixture) -> Step:
        parts = [self.numbers(part) for _, part in law.parts]
        names = [Symbol(f"Phi_{index + 1}") for index in range(len(parts))]
        weights = [exactly(weight) for weight, _ in law.parts]
        identifier = self._name("mixture")
        densities = [sympy.Function(f"f_{index + 1}", real=True)(sym.u) for index in range(len(parts))]
        mixed = sympy.Add(*[w * f for w, f in zip(weights, densities, strict=True)])
        self.chain.step(
            f"{identifier}-linear",
            "Mixture: the transform is linear in the density",
            Integral(exp(-sym.s * sym.u) * mixed, (sym.u, 0, oo)),
            SplitIntegral(),
            "The density of a mixture is the weighted sum of the densities, and integrals add up.",
        )
        return self.chain.step(
            identifier,
            "Mixture: the weighted sum of the transforms",
            sympy.Add(*[w * name for w, name in zip(weights, names, strict=True)]),
            Substitute(*[equal(name, part.after) for name, part in zip(names, parts, strict=True)]),
            "Each integral is the transform of one part.",
            uses=tuple(parts),
        )

    def _sum(self, law: Sum) -> Step:
        parts = [self.numbers(part) for part in law.parts]
        names = [Symbol(f"Phi_{index + 1}") for index in range(len(parts))]
        identifier = self._name("sum")
        delays = [Symbol(f"tau_{index + 1}", positive=True) for index in range(len(parts))]
        self.chain.step(
            f"{identifier}-exponential",
            "Sum: the exponential of a sum",
            exp(-sym.s * sympy.Add(*delays)),
            Expand(),
            "The exponential turns the sum into a product.",
        )
        if not any(step.assumption == "A7" for step in self.chain.steps):
            self.chain.assume(
                "independent", "A7", "For independent parts the expectation of the product is the product."
            )
        return self.chain.step(
            identifier,
            "Sum: the product of the transforms",
            sympy.Mul(*names),
            Substitute(*[equal(name, part.after) for name, part in zip(names, parts, strict=True)]),
            "The convolution theorem: densities convolve, transforms multiply.",
            uses=tuple(parts),
        )


def _table(lattice: Lattice) -> Tabulate:
    weights = tuple(sympy.Rational(count, lattice.total) for count in lattice.counts)
    return Tabulate(weights, exactly(lattice.step))
