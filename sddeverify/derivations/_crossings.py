"""C(ω) = E cos(ωτ) and S(ω) = E sin(ωτ) of a composed law, with its numbers."""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy import I, Symbol

from sddeverify.delays import Erlang, Law, Mixture, Sum
from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._atoms import lattice_of
from sddeverify.derivations._complex import TakeMinusImaginary, TakeReal
from sddeverify.derivations._numbers import equal, exactly
from sddeverify.derivations._operations import Substitute
from sddeverify.derivations._steps import Chain, Step
from sddeverify.derivations._transforms import atoms_of

MOST_ATOMS = 4
MOST_STAGES = 6
MOST_POINTS = 12


def writable(law: Law) -> bool:
    """Return whether C and S of a law fit on a page."""
    atoms = atoms_of(law)
    lattices = [lattice for atom in atoms if (lattice := lattice_of(atom)) is not None]
    return (
        len(atoms) <= MOST_ATOMS
        and all(atom.shape <= MOST_STAGES for atom in atoms if isinstance(atom, Erlang))
        and all(len([count for count in lattice.counts if count]) <= MOST_POINTS for lattice in lattices)
    )


@dataclass
class Crossings:
    """Writes the steps that lead to C and S of a law."""

    chain: Chain
    _numbered: int = 0

    def parts(self, law: Law) -> tuple[Step, Step]:
        """Return the steps whose results are C and S of the law."""
        if isinstance(law, Mixture | Sum):
            return self._composed(law)
        tag, name = self._tag(), str(law)[:60]
        value = self.chain.step(
            f"on-axis-{tag}",
            f"{name}: on the imaginary axis",
            law.laplace(sym.s, sympy.exp) + sympy.S.Zero,
            Substitute(equal(sym.s, I * sym.omega)),
            "Its transform, as derived for the characteristic function.",
        )
        return self._split(tag, name, value)

    def _tag(self) -> int:
        self._numbered += 1
        return self._numbered

    def _split(self, tag: int, name: str, value: Step) -> tuple[Step, Step]:
        real = self.chain.step(f"real-{tag}", f"{name}: C", value, TakeReal(), "The real part is E cos(ωτ).")
        sine = self.chain.step(
            f"sine-{tag}", f"{name}: S", value, TakeMinusImaginary(), "Minus the imaginary part is E sin(ωτ)."
        )
        return real, sine

    def _composed(self, law: Mixture | Sum) -> tuple[Step, Step]:
        laws = [part for _, part in law.parts] if isinstance(law, Mixture) else list(law.parts)
        pairs = [self.parts(part) for part in laws]
        tag = self._tag()
        cosines = [Symbol(f"C_{index + 1}", real=True) for index in range(len(laws))]
        sines = [Symbol(f"S_{index + 1}", real=True) for index in range(len(laws))]
        values = [cosine - I * sine for cosine, sine in zip(cosines, sines, strict=True)]
        if isinstance(law, Mixture):
            whole = sympy.Add(*[exactly(w) * value for (w, _), value in zip(law.parts, values, strict=True)])
            name, why = "mixture", "The transforms add up with their weights, so do their parts."
        else:
            whole = sympy.Mul(*values)
            name, why = "sum", "The transforms multiply: the addition theorems of cosine and sine."
        steps = tuple(step for pair in pairs for step in pair)
        symbols = [symbol for pair in zip(cosines, sines, strict=True) for symbol in pair]
        results = []
        for kind, letter, operation in (("real", "C", TakeReal()), ("sine", "S", TakeMinusImaginary())):
            formula = self.chain.step(f"{name}-{tag}-{kind}", f"The {name}: {letter}", whole, operation, why)
            used = [(symbol, step) for symbol, step in zip(symbols, steps, strict=True) if formula.after.has(symbol)]
            results.append(
                self.chain.step(
                    f"{kind}-{tag}",
                    f"The {name}: {letter} with its parts",
                    formula,
                    Substitute(*[equal(symbol, step.after) for symbol, step in used]),
                    "Put in the parts.",
                    uses=tuple(step for _, step in used),
                )
            )
        return results[0], results[1]
