"""Write the committed figures of the site: ``python notebooks/guides/make_figures.py`` (``make figures``)."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from sddeverify.certificates import Inconclusive, boundary_tube, mean_square_gap, optimum
from sddeverify.delays import ShiftedExponential
from sddeverify.derivations import candidates
from sddeverify.scenario import Scenario
from sddeverify.views import boundary_tube as view
from sddeverify.views import mean_square_gap as gap_view
from sddeverify.views import optimum as optimum_view
from sddeverify.views import style

FOLDER = Path(__file__).parent / "figures"
CELLS = 500
WORKERS = [2**k for k in range(1, 13)]


def tube() -> view.Data:
    """The boundary along the constant part of a shifted exponential delay whose exponential part has mean 1."""
    points = [Fraction(1, 4) + Fraction(7, 4) * k / CELLS for k in range(CELLS + 1)]
    found = boundary_tube.prove(lambda p: ShiftedExponential(p, "1"), points)
    if isinstance(found, Inconclusive):
        raise SystemExit(str(found))
    rows = tuple(tuple(float(x) for x in row) for row in found.rows())
    return view.Data(
        rows=tuple((a, b, c, d) for a, b, c, d in rows),
        parameter="constant part of the delay (mean of its exponential part: 1)",
        law="Critical damping, shifted exponential delay",
    )


def gap() -> gap_view.Data:
    """Both mean-square limits of memoryless workers."""
    found = mean_square_gap(WORKERS, digits=9)
    if isinstance(found, Inconclusive):
        raise SystemExit(str(found))
    sdde = [float(row.sdde.midpoint) for row in found]
    return gap_view.Data(WORKERS, sdde, [float(row.exact.midpoint) for row in found])


def two_maxima() -> optimum_view.Data:
    """Decay rates of 1 to 70 workers with delays 0.169 (probability 0.8806) or 1."""
    scenario = Scenario("1/50", 8, "0.8806*constant(0.169) + 0.1194*constant(1)", ["1"])
    table = candidates(scenario, "workers", range(1, 71))
    best = optimum.prove(table)
    rates = [optimum.slowest(functions) for functions in table.values()]
    if isinstance(best, Inconclusive) or any(isinstance(rate, Inconclusive) for rate in rates):
        raise SystemExit(f"undecided: {best}")
    bounds = [rate.rate for rate in rates if not isinstance(rate, Inconclusive)]
    return optimum_view.Data(
        over="number of workers",
        candidates=[float(name) for name in table],
        lower=[float(rate.lo) for rate in bounds],
        upper=[float(rate.hi) for rate in bounds],
        best=[float(name) for name in best.best],
        title="Delays of 0.169 in 88 % of the cases, 1 otherwise; learning rate 1/50",
    )


def to_csv(data: view.Data) -> str:
    """The cells as rows; numbers to 9 digits."""
    lines = [",".join(f"{float(x):.9g}" for x in row) for row in data.rows]
    return "\n".join(["parameter_from,parameter_to,damping_lo,damping_hi", *lines]) + "\n"


if __name__ == "__main__":
    data = tube()
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "boundary_tube.png").write_bytes(style.to_png(view.figure(data), dpi=120))
    (FOLDER / "boundary_tube.csv").write_text(to_csv(data), encoding="utf-8")
    print(view.caption(data))
    limits = gap()
    (FOLDER / "mean_square_gap.png").write_bytes(style.to_png(gap_view.figure(limits), dpi=120))
    print(gap_view.caption(limits))
    rates = two_maxima()
    (FOLDER / "two_maxima.png").write_bytes(style.to_png(optimum_view.figure(rates), dpi=120))
    print(optimum_view.caption(rates))
