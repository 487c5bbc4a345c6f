"""Certificates against qpmr, tdcpy, tdscontrol, cxroots, scipy and python-flint, on the same work, in one run.

Medians of processor time with ratios, digits, and who was silently wrong are written to ``RESULTS.md``. Every answer of
ours is certified; theirs are judged by it. A tool that has no function for a piece of work has no figure there.
"""

from __future__ import annotations

import math
import multiprocessing
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize

from benchmarks.cases import critical
from benchmarks.hard_cases import compare
from benchmarks.peers import TOOLS, FlintLambertW, LambertW, NoRoot, NotSupported, Problem, Tdscontrol, Tool
from benchmarks.results import Row, write
from sddeverify import checker
from sddeverify.certificates import (
    Inconclusive,
    all_roots,
    boundary_tube,
    mean_square_stability,
    rightmost_root,
    root_count,
    stability,
    stability_boundary,
    stability_chart,
    stationary_variance,
)  # fmt: skip
from sddeverify.delays import Constant, Erlang, Law, ShiftedExponential, TruncatedExponential, Uniform
from sddeverify.models import CharacteristicFunction

LAWS: dict[str, Law] = {
    "constant": Constant("1"),
    "shifted exponential": ShiftedExponential("1/2", "1/2"),
    "Erlang-3": Erlang(3, "1"),
    "uniform": Uniform("0", "1"),
    "truncated exponential": TruncatedExponential("1", "2"),
}
NEAR = Fraction(1, 10**12)
ROWS: list[Row] = []
HARD: dict[str, Any] = {}
pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # what the tools warn of on every call
    pytest.mark.benchmark(timer=time.process_time),  # what the neighbours on a shared machine do is not measured
]
OURS = "sddeverify"
named = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
laws = pytest.mark.parametrize("name", LAWS)


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    yield
    write(ROWS, HARD)


def proved(result: Any) -> Any:
    assert not isinstance(result, Inconclusive), result
    return result


def checked(result: Any) -> Any:
    assert checker.check(proved(result).document).status is checker.Status.ACCEPTED
    return result


def measured(
    benchmark: Any, work: str, tool: str, run: Callable[[], Any], answer: Callable[[Any], str], rounds: int = 15
) -> Any:
    """Run a benchmark and keep its median in milliseconds with a remark on the answer."""
    began = time.process_time()
    try:
        result = run()
    except NotSupported as reason:
        ROWS.append(Row(work, tool, None, f"no function for it: {reason}"))
        benchmark.pedantic(lambda: None)
        return None
    except Exception as error:
        result, text = None, f"no answer: {type(error).__name__}"
        if isinstance(error, NoRoot):
            text = "**wrong**: finds no root"
        ROWS.append(Row(work, tool, None, text))
        benchmark.pedantic(lambda: None)
        return None
    seconds = time.process_time() - began
    if seconds > 2:  # once will do
        benchmark.pedantic(lambda: None)
    else:
        benchmark.pedantic(run, rounds=3 if seconds > 0.2 else rounds)
        seconds = statistics.median(benchmark.stats.stats.data)
    ROWS.append(Row(work, tool, 1000 * seconds, answer(result)))
    return result


def problem(h: CharacteristicFunction) -> tuple[Problem, complex]:
    """The problem for the other tools, and the certified rightmost root."""
    root = proved(rightmost_root.prove(h))
    truth = complex(float(root.real.midpoint), abs(float(root.imag.midpoint)))
    return Problem(h, min(truth.real, 0.0) - 1 / h.delay.mean_float), truth


def digits(found: complex, truth: complex) -> str:
    error = abs(found - truth) / abs(truth)
    if not error < 1e-3:
        return f"**wrong**: {found:.4g}, not {truth:.4g}"
    return f"{min(16, round(-math.log10(max(error, 1e-17))))} digits"


# ---- the rightmost root


@laws
def test_rightmost_root(benchmark: Any, name: str) -> None:
    h = CharacteristicFunction("1", LAWS[name])
    work = f"rightmost root, {name}"
    measured(benchmark, work, OURS, lambda: proved(rightmost_root.prove(h)), lambda _: "certified, 20 digits")


@laws
@named
def test_rightmost_root_by_others(benchmark: Any, name: str, tool: Tool) -> None:
    given, truth = problem(CharacteristicFunction("1", LAWS[name]))
    work = f"rightmost root, {name}"
    measured(benchmark, work, tool.name, lambda: tool.rightmost(given), lambda z: digits(z, truth))


# ---- the number of unstable roots


def next_to_the_boundary(name: str) -> CharacteristicFunction:
    return CharacteristicFunction(critical(LAWS[name]) * (1 - NEAR), LAWS[name])


@laws
def test_count_next_to_the_boundary(benchmark: Any, name: str) -> None:
    h = next_to_the_boundary(name)
    work = f"number of unstable roots at 1e-12 from the boundary, {name}"
    result = measured(benchmark, work, OURS, lambda: proved(root_count.prove(h)), lambda _: "certified")
    assert result.count == 0


@laws
@named
def test_count_next_to_the_boundary_by_others(benchmark: Any, name: str, tool: Tool) -> None:
    given, _ = problem(next_to_the_boundary(name))
    work = f"number of unstable roots at 1e-12 from the boundary, {name}"
    certain = "flint" in tool.name
    measured(
        benchmark, work, tool.name, lambda: tool.count(given),
        lambda count: ("certified" if certain else "right") if count == 0 else f"**wrong**: {count}, not 0",
    )  # fmt: skip


# ---- the stability boundary


@laws
def test_boundary(benchmark: Any, name: str) -> None:
    work = f"stability boundary, {name}"
    measured(
        benchmark, work, OURS, lambda: proved(stability_boundary.prove(LAWS[name])), lambda _: "certified, 12 digits"
    )


@laws
def test_boundary_by_scipy(benchmark: Any, name: str) -> None:
    """What one writes without a tool: the first zero of Re Phi on the axis. It need not be the boundary."""
    truth = float(critical(LAWS[name]))
    work, run = f"stability boundary, {name}", lambda: first_crossing(LAWS[name])
    measured(benchmark, work, "scipy brentq, by hand", run, lambda a: digits(a, complex(truth)))


def first_crossing(law: Law) -> float:
    def real(w: float) -> float:
        return complex(law.laplace(1j * w, np.exp)).real

    step = 0.25 / law.mean_float
    w = step
    while real(w) > 0:
        w += step
    zero = scipy.optimize.brentq(real, w - step, w, xtol=1e-15)
    return float(-zero / complex(law.laplace(1j * zero, np.exp)).imag)


# ---- proved and checked again, as a reader does


@laws
@pytest.mark.parametrize("claim", ["rightmost root", "stability at 1e-12 from the boundary", "stability boundary"])
def test_proved_and_checked_again(benchmark: Any, name: str, claim: str) -> None:
    law = LAWS[name]
    run = {
        "rightmost root": lambda: rightmost_root.prove(CharacteristicFunction("1", law)),
        "stability at 1e-12 from the boundary": lambda: stability.prove(next_to_the_boundary(name)),
        "stability boundary": lambda: stability_boundary.prove(law),
    }[claim]
    work = f"{claim}, {name}, proved and checked again"
    measured(benchmark, work, OURS, lambda: checked(run()), lambda _: "certified")


# ---- all roots right of a line

ALL = "864 roots with Re s >= -5 of s + exp(-1.5 s)"
ALL_OF = CharacteristicFunction("1", Constant("3/2"))


def test_all_864_roots(benchmark: Any) -> None:
    def answer(result: Any) -> str:
        assert result.count == 864
        return "all, certified"

    measured(benchmark, ALL, OURS, lambda: proved(all_roots.prove(ALL_OF, -5)), answer)


def ends_within(seconds: float, tool: Tool) -> bool:
    process = multiprocessing.get_context("spawn").Process(target=tool.roots, args=(Problem(ALL_OF, -5.0),))
    process.start()
    process.join(seconds)
    process.kill()
    process.join()
    return process.exitcode == 0


@named
def test_all_864_roots_by_others(benchmark: Any, tool: Tool) -> None:
    given = Problem(ALL_OF, -5.0)

    def answer(found: list[complex]) -> str:
        count = sum(z.real >= -5 for z in found)
        return "all" if count == 864 else f"**wrong**: {count} without a word"

    if tool.name == "qpmr":  # its documentation says so
        ROWS.append(Row(ALL, tool.name, None, "its own region is that of the 100 most decisive roots"))
        benchmark.pedantic(lambda: None)
        return
    if tool.name.startswith("cxroots") and not ends_within(60, tool):
        ROWS.append(Row(ALL, tool.name, None, "no answer in 60 s"))
        benchmark.pedantic(lambda: None)
        return
    measured(benchmark, ALL, tool.name, lambda: tool.roots(given), answer)


# ---- curves and maps

CELLS = 1000
TUBES: dict[str, tuple[Callable[[Fraction], Law], Fraction, Fraction]] = {
    "constant delay of 1/2 to 3/2": (lambda p: Constant(p), Fraction(1, 2), Fraction(3, 2)),
    "shift of 1/10 to 2, exponential of mean 1": (lambda p: ShiftedExponential(p, 1), Fraction(1, 10), Fraction(2)),
    "uniform from 0 to 1 .. 2": (lambda p: Uniform(0, p), Fraction(1), Fraction(2)),
}


@pytest.mark.parametrize("name", TUBES)
def test_tube(benchmark: Any, name: str) -> None:
    law, lo, hi = TUBES[name]
    points = [lo + (hi - lo) * k / CELLS for k in range(CELLS + 1)]

    def answer(tube: Any) -> str:
        width = statistics.median(float((x.hi - x.lo) / x.lo) for x in tube.damping)
        return f"certified, between the points, too; relative width {width:.1e}"

    work = f"boundary tube, 1000 cells, {name}"
    measured(benchmark, work, OURS, lambda: proved(boundary_tube.prove(law, points)), answer)


@pytest.mark.parametrize("name", TUBES)
def test_tube_by_scipy(benchmark: Any, name: str) -> None:
    law, lo, hi = TUBES[name]
    points = [lo + (hi - lo) * k / CELLS for k in range(CELLS + 1)]
    work = f"boundary tube, 1000 cells, {name}"
    run = lambda: [first_crossing(law(p)) for p in points]  # noqa: E731 - one line of work
    measured(benchmark, work, "scipy brentq, by hand", run, lambda _: "1001 points, nothing between them")


CHART = "stability chart of s + a exp(-s tau) on [0, 2]^2 at 1/128"


def test_chart(benchmark: Any) -> None:
    family = stability_chart.family("constant($y)", damping="$x")
    run = lambda: checked(stability_chart.prove(family, (0, 2), (0, 2), 256))  # noqa: E731 - one line of work

    def answer(chart: Any) -> str:
        return f"certified and checked again; {float(chart.share(None)):.2%} undecided"

    measured(benchmark, CHART, OURS, run, answer)


@named
def test_chart_by_others(benchmark: Any, tool: Tool) -> None:
    """The middles of 16 or 2048 random cells; the time is scaled to all 65536."""
    sides = [Fraction(2 * k + 1, 256) for k in range(256)]
    cells = [(a, tau) for a in sides for tau in sides]
    fast = isinstance(tool, LambertW | FlintLambertW | Tdscontrol)
    cells = random.Random(1).sample(cells, 2048 if fast else 16)
    problems = [
        (Problem(CharacteristicFunction(a, Constant(tau)), -0.5 / float(tau)), float(a * tau) > math.pi / 2)
        for a, tau in cells
    ]
    wrong = 0

    def run() -> int:
        nonlocal wrong
        wrong = 0
        for given, unstable in problems:
            try:
                wrong += (tool.count(given) > 0) != unstable
            except NotSupported:
                raise
            except Exception:  # noqa: S112 - no answer is not a wrong one
                continue
        return wrong

    measured(
        benchmark, CHART, tool.name, run,
        lambda n: f"{len(cells)} random points, time scaled to 65536; " + (f"**wrong** at {n}" if n else "none wrong"),
        rounds=3,
    )  # fmt: skip
    if ROWS[-1].milliseconds is not None:
        ROWS[-1] = ROWS[-1].scaled(65536 / len(cells))


# ---- moments


@laws
def test_variance(benchmark: Any, name: str) -> None:
    h = CharacteristicFunction("1", LAWS[name])
    work = f"stationary variance, {name}"
    measured(benchmark, work, OURS, lambda: proved(stationary_variance.prove(h)), certified_variance)


def certified_variance(result: Any) -> str:
    width = (result.variance.hi - result.variance.lo) / result.variance.lo
    return f"certified, {-math.log10(width):.0f} digits" if width else "certified, exact"


@laws
def test_variance_by_scipy(benchmark: Any, name: str) -> None:
    """(1/pi) times the integral of 1/|h(iw)|^2 over w > 0."""
    h = CharacteristicFunction("1", LAWS[name])
    truth = proved(stationary_variance.prove(h)).variance
    answer = lambda value: digits(complex(value), complex(float(truth.midpoint)))  # noqa: E731 - one line of work
    measured(benchmark, f"stationary variance, {name}", "scipy quad, by hand", lambda: by_quadrature(h), answer)


def by_quadrature(h: CharacteristicFunction) -> float:
    def density(w: float) -> float:
        return 1 / abs(complex(h.evaluate(1j * w, np.exp))) ** 2 / math.pi

    return float(sum(scipy.integrate.quad(density, lo, hi, limit=500)[0] for lo, hi in ((0, 10), (10, math.inf))))


@laws
def test_mean_square_stability(benchmark: Any, name: str) -> None:
    h = CharacteristicFunction("1", LAWS[name])
    work = f"mean-square stability at alpha = 1/10, {name}"
    measured(benchmark, work, OURS, lambda: proved(mean_square_stability.prove(h, "1/10")), lambda r: "certified")


@laws
def test_mean_square_stability_by_scipy(benchmark: Any, name: str) -> None:
    h = CharacteristicFunction("1", LAWS[name])
    work = f"mean-square stability at alpha = 1/10, {name}"
    run = lambda: by_quadrature(h) * 0.1 < 1  # noqa: E731 - one line of work
    measured(benchmark, work, "scipy quad, by hand", run, lambda stable: "right" if stable else "**wrong**")


# ---- starting


@pytest.mark.parametrize(
    ("work", "tool", "code"),
    [
        ("import", OURS, "import sddeverify.certificates"),
        ("start of the checker", OURS, "import sddeverify.checker"),
        *(("import", module, f"import {module}") for module in ("qpmr", "tdcpy", "tdscontrol", "cxroots", "flint")),
        ("import", "scipy", "import scipy.special"),
    ],
)
def test_start(benchmark: Any, work: str, tool: str, code: str) -> None:
    """Seconds of a new interpreter, less those of one that does nothing."""

    def seconds(code: str) -> float:
        text = f"import time; t = time.process_time(); {code}; print(time.process_time() - t)"
        done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)  # noqa: S603 - ours
        return float(done.stdout)

    values = [seconds(code) for _ in range(5)]
    benchmark.pedantic(lambda: None)
    ROWS.append(Row(work, tool, 1000 * statistics.median(values), ""))


# ---- the hard cases


def test_hard_cases(benchmark: Any) -> None:
    """Ours are the truth, certified; a tool that is wrong says nothing."""
    HARD["truth"], HARD["verdicts"] = benchmark.pedantic(compare, rounds=1)
