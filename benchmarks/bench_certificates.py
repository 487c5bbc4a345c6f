"""Certified roots and counts against qpmr and scipy on the same equations, in one run.

qpmr finds roots of quasi-polynomials in a box and certifies nothing; scipy's Lambert W knows constant delays only.
The table at the end gives medians of processor time and ratios and is written to ``RESULTS.md``; it says who was wrong.
"""

from __future__ import annotations

import math
import os
import platform
import statistics
import time
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

LAWS: dict[str, Law] = {
    "constant": Constant("1"),
    "shifted exponential": ShiftedExponential("1/2", "1/2"),
    "Erlang-3": Erlang(3, "1"),
    "uniform": Uniform("0", "1"),
}


def quasi_polynomial(name: str, a: float) -> tuple[list[list[float]], list[float]]:
    """h for qpmr: rows of ascending powers of s, one for each delay. For the uniform law it is s h(s)."""
    return {
        "constant": ([[0, 1], [a, 0]], [0, 1]),
        "shifted exponential": ([[0, 1, 0.5], [a, 0, 0]], [0, 0.5]),
        "Erlang-3": ([[a, 1, 1, 1 / 3, 1 / 27]], [0]),
        "uniform": ([[a, 0, 1], [-a, 0, 0]], [0, 1]),
    }[name]


def by_qpmr(name: str, a: float, region: tuple[float, float, float, float] | None) -> list[complex]:
    """The roots in the upper half-plane that qpmr finds, without the root 0 of s h(s)."""
    coefficients, delays = quasi_polynomial(name, a)
    roots, _ = qpmr.qpmr(np.array(coefficients, dtype=float), np.array(delays, dtype=float), region=region)
    return [complex(z) for z in roots if z.imag > -1e-9 and (name != "uniform" or abs(z) > 1e-9)]


NEAR = Fraction(1, 10**12)
pytestmark = [
    pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning"),  # qpmr casts complex numbers to real ones
    pytest.mark.benchmark(timer=time.process_time),  # what the neighbours on a shared machine do is not measured
]
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
    if isinstance(result, Inconclusive):
        return "undecided"
    return "certified, 20 digits" if result.claim["type"] == "rightmost_root" else "certified"


def checked(result: Any) -> Any:
    assert not isinstance(result, Inconclusive)
    assert checker.check(result.document).status is checker.Status.ACCEPTED
    return result


@pytest.mark.parametrize("name", LAWS)
def test_rightmost_root(benchmark: Any, name: str) -> None:
    h = CharacteristicFunction("1", LAWS[name])
    result = measured(benchmark, f"rightmost root, {name}", "sddeverify", lambda: rightmost_root.prove(h), certified)
    assert not isinstance(result, Inconclusive)


@pytest.mark.parametrize("name", LAWS)
def test_rightmost_root_proved_and_checked(benchmark: Any, name: str) -> None:
    h = CharacteristicFunction("1", LAWS[name])
    work = f"rightmost root, {name}, proved and checked"
    measured(benchmark, work, "sddeverify", lambda: checked(rightmost_root.prove(h)), certified)


@pytest.mark.parametrize("name", LAWS)
def test_rightmost_root_by_qpmr(benchmark: Any, name: str) -> None:
    certificate = rightmost_root.prove(CharacteristicFunction("1", LAWS[name]))
    assert not isinstance(certificate, Inconclusive)
    truth = complex(float(certificate.real.midpoint), float(certificate.imag.midpoint))
    region = None if name != "Erlang-3" else (-3.5, 1.0, 0.0, 4.0)  # its own choice, except where it has none

    def run() -> complex:
        return max(by_qpmr(name, 1.0, region), key=lambda z: (z.real, z.imag))

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
    law = LAWS[name]
    h = CharacteristicFunction(critical(law) * (1 - NEAR), law)
    work = f"count at 1e-12 from the boundary, {name}"
    result = measured(benchmark, work, "sddeverify", lambda: root_count.prove(h), certified)
    assert not isinstance(result, Inconclusive)
    assert result.count == 0


@pytest.mark.parametrize("name", LAWS)
def test_count_next_to_the_boundary_by_qpmr(benchmark: Any, name: str) -> None:
    a = float(critical(LAWS[name]) * (1 - NEAR))

    def run() -> int:  # a box that begins at the axis makes it search for seconds, so it begins left of it
        return sum(2 if z.imag > 1e-9 else 1 for z in by_qpmr(name, a, (-1.0, 1.1 * a, 0.0, 1.1 * a)) if z.real >= 0)

    work = f"count at 1e-12 from the boundary, {name}"
    measured(benchmark, work, "qpmr", run, lambda count: "right" if count == 0 else f"wrong: {count}")


def test_count_next_to_the_boundary_by_lambert_w(benchmark: Any) -> None:
    a = float(critical(LAWS["constant"]) * (1 - NEAR))

    def run() -> int:
        return sum(bool(scipy.special.lambertw(-a, k).real >= 0) for k in (0, -1))

    work = "count at 1e-12 from the boundary, constant"
    measured(benchmark, work, "scipy lambertw", run, lambda count: "right" if count == 0 else f"wrong: {count}")


# tau is the double nearest to pi/2, at its exact value: stable, with a root at -1.8e-17 + i.
DOUBLE = math.pi / 2
ON_THE_AXIS = "stability at tau = the double nearest pi/2"


def test_double_next_to_the_boundary(benchmark: Any) -> None:
    h = CharacteristicFunction("1", Constant(Fraction(DOUBLE)))
    assert measured(benchmark, ON_THE_AXIS, "sddeverify", lambda: stability.prove(h), certified).stable


def test_double_next_to_the_boundary_by_qpmr(benchmark: Any) -> None:
    def run() -> complex:
        roots, _ = qpmr.qpmr(np.array([[0.0, 1], [1, 0]]), np.array([0.0, DOUBLE]), region=(-1.0, 1.1, 0.0, 1.1))
        return max((complex(z) for z in roots), key=lambda z: z.real)

    measured(benchmark, ON_THE_AXIS, "qpmr", run, lambda z: "right" if z.real < 0 else "wrong: unstable")


def test_double_next_to_the_boundary_by_lambert_w(benchmark: Any) -> None:
    def run() -> complex:
        return complex(scipy.special.lambertw(-DOUBLE))

    measured(benchmark, ON_THE_AXIS, "scipy lambertw", run, lambda z: "right" if z.real < 0 else "wrong: unstable")


@pytest.mark.parametrize("name", LAWS)
def test_prove_and_check(benchmark: Any, name: str) -> None:
    law = LAWS[name]
    h = CharacteristicFunction(critical(law) * (1 + NEAR), law)
    work = f"stability at 1e-12 from the boundary, {name}, proved and checked"
    assert not measured(benchmark, work, "sddeverify", lambda: checked(stability.prove(h)), certified).stable


@pytest.mark.parametrize("name", LAWS)
def test_boundary_proved_and_checked(benchmark: Any, name: str) -> None:
    work = f"stability boundary to 12 digits, {name}, proved and checked"
    measured(benchmark, work, "sddeverify", lambda: checked(stability_boundary.prove(LAWS[name])), certified)


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
        f"One run of `make bench` on {platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} CPUs,",
        f"with a load average of {os.getloadavg()[0]:.1f} at its end. Medians of 15 rounds of processor time.",
        "Ratio: time / ours.",
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
