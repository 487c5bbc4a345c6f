"""Certified roots and counts against qpmr and scipy on the same equations, in one run.

qpmr finds roots of quasi-polynomials in a box and certifies nothing; scipy's Lambert W knows constant delays only.
The table at the end gives medians and ratios and is written to ``RESULTS.md``; it says who was wrong.
"""

from __future__ import annotations

import platform
import statistics
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import qpmr
import scipy.special
from rich.console import Console
from rich.table import Table

from sddeverify import checker
from sddeverify.certificates import Inconclusive, all_roots, rightmost_root, root_count, stability, stability_boundary
from sddeverify.delays import Constant, Erlang, Law, ShiftedExponential, Uniform
from sddeverify.models import CharacteristicFunction

# law, and the quasi-polynomial of h for a = 1: rows of ascending powers of s, one for each delay
LAWS: dict[str, tuple[Law, tuple[list[list[float]], list[float]]]] = {
    "constant": (Constant("1"), ([[0, 1], [1, 0]], [0, 1])),
    "shifted exponential": (ShiftedExponential("1/2", "1/2"), ([[0, 1, 0.5], [1, 0, 0]], [0, 0.5])),
    "Erlang-3": (Erlang(3, "1"), ([[1, 1, 1, 1 / 3, 1 / 27]], [0])),
    "uniform": (Uniform("0", "1"), ([[1, 0, 1], [-1, 0, 0]], [0, 1])),
}
NEAR = Fraction(1, 10**12)
# qpmr casts complex numbers to real ones
pytestmark = pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
ROWS: list[tuple[str, str, float, str]] = []


def critical(law: Law) -> Fraction:
    """The critical damping to 18 digits."""
    certificate = stability_boundary.prove(law, digits=18)
    assert not isinstance(certificate, Inconclusive)
    return certificate.damping.lo


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    yield
    write(ROWS)


def measured(benchmark: Any, work: str, tool: str, run: Callable[[], Any], note: Callable[[Any], str]) -> Any:
    """Run a benchmark and keep its median in milliseconds with a remark on the answer."""
    result = benchmark.pedantic(run, rounds=15, warmup_rounds=2)
    median = statistics.median(benchmark.stats.stats.data)
    ROWS.append((work, tool, 1000 * median, note(result)))
    return result


def certified(result: Any) -> str:
    return "undecided" if isinstance(result, Inconclusive) else "certified"


@pytest.mark.parametrize("name", LAWS)
def test_rightmost_root(benchmark: Any, name: str) -> None:
    h = CharacteristicFunction("1", LAWS[name][0])
    result = measured(benchmark, f"rightmost root, {name}", "sddeverify", lambda: rightmost_root.prove(h), certified)
    assert not isinstance(result, Inconclusive)


@pytest.mark.parametrize("name", LAWS)
def test_rightmost_root_by_qpmr(benchmark: Any, name: str) -> None:
    certificate = rightmost_root.prove(CharacteristicFunction("1", LAWS[name][0]))
    assert not isinstance(certificate, Inconclusive)
    truth = complex(float(certificate.real.midpoint), float(certificate.imag.midpoint))
    coefficients, delays = LAWS[name][1]

    def run() -> complex:
        region = None if len(delays) > 1 else (-3.5, 1.0, 0.0, 4.0)  # its own choice, except where it has none
        roots, _ = qpmr.qpmr(np.array(coefficients, dtype=float), np.array(delays, dtype=float), region=region)
        # the uniform law's quasi-polynomial is s h(s): its root 0 is none of h
        return max((complex(z) for z in roots if abs(z) > 1e-9), key=lambda z: (z.real, z.imag))

    def note(root: complex) -> str:
        error = abs(complex(root.real, abs(root.imag)) - truth) / abs(truth)
        return f"{max(0, round(-np.log10(max(error, 1e-17))))} digits" if error < 1e-3 else f"wrong: {root:.4g}"

    measured(benchmark, f"rightmost root, {name}", "qpmr", run, note)


def test_rightmost_root_by_lambert_w(benchmark: Any) -> None:
    def run() -> float:
        return float(max(scipy.special.lambertw(-1.0, k).real for k in (0, -1)))

    measured(benchmark, "rightmost root, constant", "scipy lambertw", run, lambda _: "16 digits")


@pytest.mark.parametrize("name", LAWS)
def test_count_next_to_the_boundary(benchmark: Any, name: str) -> None:
    law = LAWS[name][0]
    h = CharacteristicFunction(critical(law) * (1 - NEAR), law)
    work = f"count at 1e-12 from the boundary, {name}"
    result = measured(benchmark, work, "sddeverify", lambda: root_count.prove(h), certified)
    assert not isinstance(result, Inconclusive)
    assert result.count == 0


@pytest.mark.parametrize("name", LAWS)
def test_prove_and_check(benchmark: Any, name: str) -> None:
    law = LAWS[name][0]
    h = CharacteristicFunction(critical(law) * (1 + NEAR), law)

    def run() -> Any:
        result = stability.prove(h)
        assert not isinstance(result, Inconclusive)
        assert checker.check(result.document).status is checker.Status.ACCEPTED
        return result

    work = f"stability at 1e-12 from the boundary, {name}, proved and checked"
    assert not measured(benchmark, work, "sddeverify", run, certified).stable


def test_all_864_roots(benchmark: Any) -> None:
    h = CharacteristicFunction("1", Constant("3/2"))
    result = benchmark.pedantic(lambda: all_roots.prove(h, -5), rounds=3)
    assert not isinstance(result, Inconclusive)
    assert result.count == 864
    median = statistics.median(benchmark.stats.stats.data)
    ROWS.append(("864 roots with Re s >= -5", "sddeverify", 1000 * median, "certified"))


def test_all_864_roots_by_qpmr(benchmark: Any) -> None:
    region = (-5.0, 1.0, 0.0, 1900.0)

    def run() -> int:
        roots, _ = qpmr.qpmr(np.array([[0.0, 1], [1, 0]]), np.array([0.0, 1.5]), region=region)
        return sum(2 if z.imag > 1e-9 else 1 for z in roots if z.real >= -5 and z.imag >= -1e-9)

    found = benchmark.pedantic(run, rounds=1)
    ROWS.append(("864 roots with Re s >= -5", "qpmr", 1000 * benchmark.stats.stats.data[0], f"{found} found"))


def write(rows: list[tuple[str, str, float, str]]) -> None:
    """Print the table and write it next to this file; the ratio is to sddeverify's time for the same work."""
    ours = {work: ms for work, tool, ms, _ in rows if tool == "sddeverify"}
    lines = [
        "# Certificates: measured medians",
        "",
        f"One run of `make bench` on {platform.machine()}, CPython {platform.python_version()}. Ratio: time / ours.",
        "",
        "| work | tool | ms | ratio | answer |",
        "|---|---|---|---|---|",
    ]
    shown = Table("work", "tool", "ms", "ratio", "answer")
    for work, tool, ms, answer in sorted(rows):
        ratio = _figures(ms / ours[work]) if work in ours else ""
        shown.add_row(work, tool, _figures(ms), ratio, answer)
        lines.append(f"| {work} | {tool} | {_figures(ms)} | {ratio} | {answer} |")
    Console(width=140).print(shown)
    Path(__file__).with_name("RESULTS.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _figures(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
