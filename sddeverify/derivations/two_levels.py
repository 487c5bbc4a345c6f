"""Asynchronous nodes of lock-free threads (DPSGD): one push of a node, and the boundary of nodes in turn."""

from __future__ import annotations

import sympy
from sympy import Eq, Sum, pi, sin

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import Evaluate
from sddeverify.derivations._forms import Solve, WriteAs
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Factor, Substitute
from sddeverify.derivations._steps import Chain, Derivation
from sddeverify.scenario import Scenario


def derive(scenario: Scenario) -> Derivation:
    """Derive what B inner steps of C lock-free threads do, and which steps are stable for P nodes in turn.

    Results: ``generating_function`` of the shares b(0), b(1), ... that inner steps leave, ``many_threads`` (B at most
    C), ``one_thread`` (the factor of one inner step), ``push`` (what a node adds), ``boundary`` (of 1 - b(B)), and
    the critical α = ηh for ``many_threads_boundary`` and ``one_thread_boundary``. The scenario's numbers do not enter.
    """
    chain = Chain()
    _inner(chain)
    _nodes(chain)
    return Derivation(
        name="two_levels",
        title="Two levels: nodes of threads",
        summary="A node copies the iterate x, its C threads take B steps without locks, and the node adds what came of "
        "them: it leaves a share b of x, so that the push is a step of size 1 - b with the delay of the nodes. P "
        "equal nodes in turn are stable exactly for 1 - b below 2 sin(π/(2(2P - 1))): the two levels act one after the "
        "other, and delays inside a node only change b.",
        steps=tuple(chain.steps),
        results=(
            ("generating_function", "generating-function"),
            ("many_threads", "many-threads"),
            ("one_thread", "one-thread"),
            ("push", "push"),
            ("boundary", "boundary"),
            ("many_threads_boundary", "many-threads-boundary"),
            ("one_thread_boundary", "one-thread-boundary"),
        ),
        inherited=("A3",),
    )


def _inner(chain: Chain) -> None:
    inserted = chain.step(
        "inner-step",
        "One inner step",
        sym.x_now - sym.alpha * sym.x_read,
        Substitute(equal(sym.x_now, sym.response * sym.x_start), equal(sym.x_read, sym.response_read * sym.x_start)),
        "A thread applies the gradient at what it read d = C - 1 inner steps before; at the copy, if that was earlier.",
    )
    chain.step(
        "shares",
        "As shares of the copy",
        inserted,
        WriteAs((sym.response - sym.alpha * sym.response_read) * sym.x_start),
        "So b(j + 1) = b(j) - α b(j - d), with b(0) = 1, and b(j) = 1 for j < 0: the copy.",
    )
    early = chain.step(
        "early-reads",
        "Reads of the copy",
        Sum(sym.z**sym.j, (sym.j, 0, sym.lag - 1)),
        WriteAs((1 - sym.z**sym.lag) / (1 - sym.z)),
        "The first d steps read it.",
    )
    chain.step(
        "generating-function",
        "The generating function",
        Eq(
            (sym.series - 1) / sym.z - sym.series + sym.alpha * (sym.z**sym.lag * sym.series + early.after),
            0,
            evaluate=False,
        ),
        Solve(sym.series),
        "The recursion times z^j, summed over j.",
        uses=(early,),
    )
    chain.step(
        "many-threads",
        "At least as many threads as steps",
        1 - Sum(sym.alpha, (sym.i, 1, sym.inner)),
        Evaluate(),
        "B at most C: everybody reads the copy, and b(B) = 1 - αB, one step of B times the size.",
    )
    fresh = chain.step(
        "fresh",
        "One thread",
        sym.response - sym.alpha * sym.response_read,
        Substitute(equal(sym.response_read, sym.response)),
        "C = 1: every inner gradient is fresh.",
    )
    chain.step("one-thread", "A factor", fresh, Factor(), "So b(B) = (1 - α)^B.")


def _nodes(chain: Chain) -> None:
    chain.step(
        "push",
        "What a node adds",
        sym.x_now - (sym.x_read - sym.response * sym.x_read),
        WriteAs(sym.x_now - (1 - sym.response) * sym.x_read),
        "The inner movement, from its copy to what its threads have left of it: a step of size 1 - b at what was read.",
    )
    boundary = chain.step(
        "boundary",
        "Nodes in turn",
        2 * sin(pi / (2 * (2 * sym.lag + 1))),
        Substitute(equal(sym.lag, sym.P - 1)),
        "P equal nodes in turn have the fixed lag P - 1, whose boundary is that of derivation discrete_lag: stable if "
        "and only if 0 < 1 - b < this.",
    )
    chain.step(
        "many-threads-boundary",
        "The critical α with many threads",
        Eq(sym.alpha * sym.inner, boundary.after, evaluate=False),
        Solve(sym.alpha),
        "1 - b = αB.",
        uses=(boundary,),
    )
    root = chain.step(
        "one-thread-root",
        "One thread",
        Eq((1 - sym.alpha) ** sym.inner, sym.response, evaluate=False),
        Solve(sym.alpha),
        "The step that leaves a share b after B inner steps.",
    )
    # not evaluated, so that the earlier line stays as it is, to be recognised
    less = sympy.Add(1, sympy.Mul(-1, boundary.after, evaluate=False), evaluate=False)
    chain.step(
        "one-thread-boundary",
        "The critical α with one thread",
        root.after.rhs,
        Substitute(equal(sym.response, less)),
        "b = 1 - boundary, which is positive for 3 nodes or more. (2 nodes stand every α below 1.)",
        uses=(root, boundary),
    )
