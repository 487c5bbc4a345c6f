"""Padé's pitfall: a rational function in place of the delay moves the stability boundary."""

from __future__ import annotations

from functools import lru_cache
from math import factorial, pi
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.views import style
from sddeverify.views._explorer import Explorer, slider

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HIGHEST_ORDER = 6
_LARGEST = 64.0
_HALVINGS = 60


def denominator(order: int) -> np.ndarray:
    """Return the coefficients, ascending, of Q with exp(-s) ~ Q(-s)/Q(s), both of the same order."""
    n = order
    tops = [factorial(2 * n - j) * factorial(n) for j in range(n + 1)]
    return np.array([tops[j] / (factorial(2 * n) * factorial(j) * factorial(n - j)) for j in range(n + 1)])


@lru_cache(maxsize=16)
def boundary(order: int) -> float:
    """Return the damping at which s Q(s) + a Q(-s) loses stability, by bisection; the delay is 1.

    Order 1 gives 2 exactly: s (1 + s/2) + a (1 - s/2) = s^2/2 + (1 - a/2) s + a.
    """
    low, high = 0.0, _LARGEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if np.max(roots(order, middle).real) < 0 else (low, middle)
    return low


def roots(order: int, damping: float) -> np.ndarray:
    """Return the roots of s Q(s) + a Q(-s)."""
    below = denominator(order)
    above = below * (-1.0) ** np.arange(order + 1)
    polynomial = np.concatenate([[0.0], below]) + damping * np.concatenate([above, [0.0]])
    found: np.ndarray = np.roots(polynomial[::-1])
    return found


def figure(order: int, damping: float, true_roots: list[complex]) -> Figure:
    """Draw the roots of the delay and of its stand-in, and the boundary against the order."""
    result, (plane, edge) = style.new_figure(2, width=9.6, height=4.2)
    plane.axvspan(0, 2, facecolor=style.PALE_RED, edgecolor="#EBC3AB", hatch="///", linewidth=0)
    both = [*true_roots, *(one.conjugate() for one in true_roots)]
    plane.plot([z.real for z in both], [z.imag for z in both], "x", color=style.BLUE, label="constant delay")
    false = roots(order, damping)
    plane.plot(
        false.real, false.imag, "s", markerfacecolor="none", color=style.VERMILLION, label=f"Padé of order {order}"
    )
    plane.set_xlim(-6, 2)
    plane.set_ylim(-15, 15)
    plane.legend(loc="lower left", fontsize=8.5)
    style.label(plane, x="Re s", y="Im s", title="Roots; hatched: growth")
    orders = range(1, HIGHEST_ORDER + 1)
    edge.axhline(pi / 2, color=style.BLUE, linewidth=1.6, label="constant delay: π/2")
    edge.plot(orders, [boundary(one) for one in orders], "s--", color=style.VERMILLION, label="Padé (computed)")
    edge.plot([order], [damping], "*", markersize=14, color=style.INK, label="chosen order and damping")
    edge.set_xlim(0.5, HIGHEST_ORDER + 0.5)
    edge.set_ylim(1, 2.5)
    edge.legend(loc="upper right", fontsize=8.5)
    style.label(edge, x="order of the approximation", y="critical damping", title="Where stability is lost")
    return result


def draw(order: int, damping: float) -> tuple[Figure, str]:
    """Return figure and caption for the values of the controls."""
    from sddeverify.analysis.roots import leading
    from sddeverify.delays import Constant
    from sddeverify.models import CharacteristicFunction
    from sddeverify.views._explorer import exact

    true_roots = leading(CharacteristicFunction(exact(damping), Constant(1)))
    truth = "stable" if true_roots[0].real < 0 else "unstable"
    says = "stable" if np.max(roots(order, damping).real) < 0 else "unstable"
    agree = "they agree" if truth == says else "the approximation is wrong"
    words = (
        f"Padé of order {order} loses stability at a = {boundary(order):.6f}, the delay itself at π/2 = {pi / 2:.6f}. "
        f"At a = {damping:.3g} the delay is {truth}, the approximation {says}: {agree}."
    )
    return figure(order, damping, true_roots), words


def explorer(order: int = 1, damping: float = 1.8) -> Explorer:
    """Return the explorer: order and damping.

    Args:
        order: Where the slider of the order starts.
        damping: Where the slider of the damping starts.
    """
    controls = {
        "order": slider("order", order, 1, HIGHEST_ORDER, 1),
        "damping": slider("damping a", damping, 1.0, 2.5, 0.02),
    }
    return Explorer("pade-explorer", controls, draw)
