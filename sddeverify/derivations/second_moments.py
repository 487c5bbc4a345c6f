"""Second moments of memoryless workers, exactly: a closed recursion, its boundary and its stationary variance."""

from __future__ import annotations

import sympy
from sympy import Derivative, Determinant, Eq, Integral, exp, oo

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import Evaluate, TakeMean
from sddeverify.derivations._forms import Solve
from sddeverify.derivations._moments import TakeMoments
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Expand, Factor, Simplify, Substitute, matrix
from sddeverify.derivations._steps import Chain, Derivation, Step
from sddeverify.scenario import Scenario

MOMENTS = (sym.v_xx, sym.v_xr, sym.v_rr, sym.v_ii)


def derive(scenario: Scenario) -> Derivation:
    """Derive how second moments change with one arrival at P ≥ 2 memoryless workers.

    Results: ``recursion`` (the matrix M of one arrival, for E x², E x r, E r², E r_i² with the mean read r),
    ``determinant`` of I - M, ``boundary`` (the critical α = ηh) and ``variance`` (stationary E x²). The scenario's
    numbers do not enter.
    """
    chain = Chain()
    rows = _rows(chain)
    recursion = chain.step(
        "recursion",
        "The matrix M of the recursion",
        matrix([[Derivative(row.after, moment) for moment in MOMENTS] for row in rows]),
        Evaluate(simplified=False),
        "The four moments after an arrival are linear in the four before it, plus noise: the recursion is closed.",
        uses=rows,
    )
    _boundary(chain, recursion)
    _stationary(chain, rows)
    return Derivation(
        name="second_moments",
        title="Second moments of memoryless workers",
        summary="With exponential compute times every worker is the next one with probability 1/P, and four second "
        "moments follow a linear recursion: no diffusion limit, no delays drawn anew. The mean square is stable if "
        "and only if Pα² - α - 2 < 0, for P ≥ 2 workers (a single one reads what it wrote, so that its mean read "
        "is its own).",
        steps=tuple(chain.steps),
        results=(
            ("recursion", "recursion"),
            ("determinant", "factored"),
            ("boundary", "boundary"),
            ("variance", "variance"),
        ),
        inherited=("A1", "A3"),
    )


def _rows(chain: Chain) -> tuple[Step, ...]:
    density = chain.assume("memoryless", "A15", "So what a worker has computed already does not matter.")
    chain.step(
        "next",
        "Who arrives next",
        Integral(density.after * exp(-(sym.P - 1) * sym.u / sym.m), (sym.u, 0, oo)),
        Evaluate(),
        "One worker ends at u, all others later: each of the P workers is the next one with probability 1/P.",
        uses=(density,),
    )
    noise = chain.assume("noise", "A4", "What mini-batches add to the gradient.")
    moved = chain.step(
        "moved",
        "The iterate after an arrival",
        sym.x_now - sym.eta * (sym.h * sym.x_read + sym.xi),
        Substitute(equal(sym.h, sym.alpha / sym.eta)),
        "With α = ηh, and x_r what the arriving worker had read.",
    )
    new = chain.step("new", "Multiplied out", moved, Expand(), "The new x.")
    mean = chain.step(
        "mean-read",
        "The mean read after it",
        sym.x_mean + (new.after - sym.x_read) / sym.P,
        Expand(),
        "The worker reads the new iterate at once; the other reads stay.",
        uses=(new,),
    )
    wanted = (
        ("xx", "E x²", new.after**2, (new,)),
        ("xr", "E x r", new.after * mean.after, (new, mean)),
        ("rr", "E r²", mean.after**2, (mean,)),
        ("ii", "the mean of all E r_i²", sym.x_read**2 * (sym.P - 1) / sym.P + new.after**2 / sym.P, (new,)),
    )
    rows = []
    for name, text, line, used in wanted:
        product = chain.step(f"{name}-product", f"For {text}", line, Expand(), "A quadratic form.", uses=used)
        quiet = chain.step(
            f"{name}-noise",
            "Its mean over the noise",
            product,
            TakeMean(sym.xi, noise.after[1]),
            "Mixed terms drop out.",
            uses=(noise,),
        )
        because = f"One row of the recursion: {text} after an arrival."
        if name == "ii":
            because += " Before it, each of the P reads leaves with probability 1/P, so all weigh the same."
        rows.append(chain.step(f"{name}-row", "In terms of moments", quiet, TakeMoments(), because))
    return tuple(rows)


def _boundary(chain: Chain, recursion: Step) -> None:
    determinant = chain.step(
        "determinant",
        "The determinant of I - M",
        Determinant((sympy.eye(4) - recursion.after).as_immutable()),
        Evaluate(),
        "It vanishes where 1 is an eigenvalue of M.",
    )
    factored = chain.step(
        "factored",
        "As a product",
        determinant,
        Factor(),
        "M maps possible second moments to possible ones, which form a cone; so its spectral radius is one of its "
        "eigenvalues (Krein and Rutman) and can pass 1 only where the determinant vanishes. For small α it is below "
        "1; where the determinant is negative a real eigenvalue exceeds 1.",
    )
    bracket = factored.after * sym.P**3 / (2 * sym.alpha)
    inner = chain.step("bracket", "The factor that changes sign", bracket, Simplify(), "The others are positive.")
    chain.step(
        "boundary",
        "The mean-square boundary",
        Eq(inner.after, 0, evaluate=False),
        Solve(sym.alpha, smallest=True),
        "Stable exactly for α below: Pα² - α - 2 < 0. For many workers about √(2/P), where equal and steady "
        "workers have π/(2P): the law of the compute times changes how the boundary scales.",
        uses=(inner,),
    )


def _stationary(chain: Chain, rows: tuple[Step, ...]) -> None:
    xx, xr, rr, ii = rows
    mixed = chain.step(
        "mixed",
        "In the stationary state: E x r",
        Eq(xx.after, sym.v_xx, evaluate=False),
        Solve(sym.v_xr),
        "E x² does not change any more.",
        uses=(xx,),
    )
    same = _unchanged(chain, "same", "E r_i²", ii, (sym.v_ii, sym.v_ii), {sym.v_xr: mixed})
    mixed = chain.step(
        "mixed-again",
        "E x r, with that",
        mixed.after.rhs,
        Substitute(equal(sym.v_ii, same.after.rhs)),
        "E r_i² = E x²: every x is read once.",
        uses=(mixed, same),
    )
    known = {sym.v_xr: mixed, sym.v_ii: same}
    square = _unchanged(chain, "mean-square", "E r²", rr, (sym.v_rr, sym.v_rr), known)
    known = {**known, sym.v_rr: square}
    found = _unchanged(chain, "stationary", "E x²", xr, (mixed.after, sym.v_xx), known)
    chain.step(
        "variance",
        "The stationary variance",
        found.after.rhs,
        Factor(),
        "It grows beyond all bounds at the boundary.",
        uses=(found,),
    )


def _unchanged(
    chain: Chain,
    name: str,
    text: str,
    row: Step,
    wanted: tuple[sympy.Expr, sympy.Symbol],
    known: dict[sympy.Symbol, Step],
) -> Step:
    """Solve "the row gives the moment again" for a symbol, with what is known put in."""
    values = {symbol: getattr(step.after, "rhs", step.after) for symbol, step in known.items()}
    line = chain.step(
        f"{name}-row",
        f"For {text}: what is known put in",
        row,
        Substitute(*[equal(symbol, value) for symbol, value in values.items()]),
        "The row, with the moments found already.",
        uses=tuple(known.values()),
    )
    moment, unknown = wanted
    return chain.step(
        name,
        f"In the stationary state: {text}",
        Eq(line.after, moment, evaluate=False),
        Solve(unknown),
        "An arrival leaves this moment as it is, too.",
        uses=(line,),
    )
