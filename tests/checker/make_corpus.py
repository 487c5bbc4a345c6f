"""Write the corpus: ``python -m tests.checker.make_corpus`` fills accepted/, rejected/ and malformed/.

The corpus is committed; this says where each case comes from. Accepted documents are made by the provers, those with
laws that are intervals by a plain grid. A rejected or malformed document (``broken``) is wrong in one respect only.
"""

from __future__ import annotations

import json
from contextlib import nullcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

from flint import acb, ctx

from sddeverify import certificates, checker
from sddeverify.delays import (
    Band,
    Constant,
    Empirical,
    Erlang,
    Exponential,
    Hyperexponential,
    Lattice,
    Law,
    Mixture,
    ShiftedExponential,
    Sum,
    TruncatedExponential,
    Uniform,
)
from sddeverify.models import CharacteristicFunction
from tests.checker.mutants import Edits, load, part
from tests.oracles import Function, exact

FOLDER = Path(__file__).parent
Document = dict[str, Any]

LAWS: dict[str, Law] = {
    "constant": Constant(1),
    "exponential": Exponential("4/5"),
    "erlang": Erlang(3, 1),
    "uniform": Uniform("1/4", "7/4"),
    "truncated_exponential": TruncatedExponential(1, 2),
    "lattice": Lattice("1/8", [0, 3, 0, 5, 7, 0, 1]),
    "empirical": Empirical("1/100", [0, 0, 4, 9, 2, 5]),
    "band": Band(Lattice("1/8", [0, 0, 0, 0, 0, 2, 5, 7, 9, 6]), "1/100", "5/4"),
    "mixture": Mixture([("3/10", Constant(1)), ("7/10", Uniform(0, 2))]),
    "sum": ShiftedExponential("1/2", "1/2"),
    "hyperexponential": Hyperexponential([("1/3", 1), ("2/3", "3/4")]),
    "nested": Mixture([("1/4", Constant(0)), ("3/4", Sum(Constant("1/3"), Erlang(2, 1)))]),
}
INTERVALS: dict[str, Any] = {
    "constant": {"constant": {"time": ["99/100", "1"]}},
    "exponential": {"exponential": {"mean": ["4/5", "5/6"]}},
    "erlang": {"erlang": {"mean": ["99/100", "1"], "shape": 3}},
    "uniform": {"uniform": {"lo": ["0", "1/50"], "hi": ["19/10", "2"]}},
    "truncated_exponential": {"truncated_exponential": {"mean": ["1", "101/100"], "cap": ["2", "21/10"]}},
    "lattice": {"lattice": {"step": ["1/8", "13/100"], "counts": [0, 3, 0, 5, 7, 0, 1]}},
    "empirical": {"empirical": {"step": ["1/100", "101/10000"], "counts": [0, 3, 0, 5, 7, 0, 1]}},
    "band": {
        "band": {
            "center": {"uniform": {"lo": ["0", "1/50"], "hi": ["19/10", "2"]}},
            "epsilon": ["1/100", "1/50"],
            "support": ["2", "21/10"],
        }
    },
    "mixture": {
        "mixture": [
            {"weight": ["1/4", "1/3"], "law": {"constant": {"time": ["1", "1"]}}},
            {"weight": ["2/3", "3/4"], "law": {"exponential": {"mean": ["1", "1"]}}},
        ]
    },
    "sum": {"sum": [{"constant": {"time": ["1/2", "51/100"]}}, {"exponential": {"mean": ["1/2", "1/2"]}}]},
}


def function(kind: str, damping: str, law: Any, undelayed: str = "0") -> Document:
    """The members that claims about one function share."""
    return {"type": kind, "damping": [damping, damping], "delay": law, "undelayed": [undelayed, undelayed]}


def grid(claim: Document, c: Fraction, pieces: int, end: Fraction | None = None) -> Document:
    """A line that is cut into equal pieces, each with the code of the half-plane that h at its middle is deepest in."""
    h = Function.of(claim)
    with ctx.workprec(100):
        if end is None:
            end = Fraction(int(float(h.reach(c).upper()) * 64) + 1, 32)
        breaks = [end * k / pieces for k in range(pieces + 1)]
        codes = []
        for k in range(pieces):
            s = acb(exact(c), exact(end * (2 * k + 1) / (2 * pieces)))
            value = h.member().jet(s, 0)[0]
            parts = [float(x) for x in (value.real, value.imag, -value.real, -value.imag)]
            codes.append(parts.index(max(parts)))
    return {"bits": 64, "breaks": [str(x) for x in breaks], "codes": codes}


def seal(claim: Document, witness: Any, edits: Edits = ()) -> Document:
    """A document with the hash and the statement that a kernel, patched or not, gives to a claim."""
    with load(edits) if edits else nullcontext(checker) as kernel:
        return {
            "schema": "sddeverify-certificate/1",
            "claim": claim,
            "claim_sha256": part(kernel, "document").digest(claim),
            "statement": part(kernel, "verdict").read(claim)[0],
            "witness": witness,
            "producer": {"name": "sddeverify"},
        }


def stabilities() -> dict[str, Any]:
    """Counts at Re s = 0 and left of it."""
    constant, cases = Constant(1), {}
    for name, h in {
        "unstable": CharacteristicFunction(2, constant),
        "interval_damping": CharacteristicFunction(("1", "3/2"), constant),
        "undelayed": CharacteristicFunction(2, constant, undelayed="3/2"),
        "interval_undelayed": CharacteristicFunction(2, constant, undelayed=("3/2", "8/5")),
        "negative_damping": CharacteristicFunction("-1/2", LAWS["erlang"]),
        "negative_damping_stable": CharacteristicFunction("-1/2", LAWS["uniform"], undelayed=1),
        "close_to_the_boundary": CharacteristicFunction("1.570796326794", constant),
        "fast_time": CharacteristicFunction("1e9", Constant("1e-9")),
        "slow_time": CharacteristicFunction("1e-9", Constant("1e9")),
    }.items():
        cases[f"stability_{name}"] = certificates.stability.prove(h)
        cases[f"count_{name}"] = certificates.root_count.prove(h, abscissa=0)
    for name, law in LAWS.items():
        h = CharacteristicFunction("3/2", law)
        cases[f"stability_{name}"] = certificates.stability.prove(h)
        cases[f"count_{name}_left"] = certificates.root_count.prove(h, abscissa="-1/2")
    cases["count_right"] = certificates.root_count.prove(CharacteristicFunction(9, constant), abscissa="1/2")
    model = {"learning_rate": "1/100", "hessian": "15", "workers": "10", "mean_delay": "1"}
    cases["stability_model"] = certificates.stability.prove(CharacteristicFunction("3/2", constant), model=model)
    wide = {"learning_rate": "1/100", "hessian": ("14", "15"), "workers": "10", "mean_delay": ("99/100", "101/100")}
    h = CharacteristicFunction((Fraction(140, 101), Fraction(150, 99)), constant)
    cases["stability_interval_model"] = certificates.stability.prove(h, model=wide)
    return cases


def discs() -> dict[str, Any]:
    """Rightmost roots, all roots, decay rates, single roots and clusters."""
    constant, cases = Constant(1), {}
    for name, law in LAWS.items():
        h = CharacteristicFunction("3/2", law)
        cases[f"rightmost_{name}"] = near = certificates.rightmost_root.prove(h, digits=8)
        centre = tuple(str(Fraction(round(x.midpoint * 1000), 1000)) for x in (near.real, near.imag))
        cases[f"enclosure_{name}"] = certificates.root_enclosure.prove(h, near=centre, digits=6)
    for name in ("constant", "erlang", "uniform", "sum"):
        h = CharacteristicFunction("3/2", LAWS[name])
        cases[f"decay_rate_{name}"] = certificates.decay_rate.prove(h, digits=5)
        cases[f"all_roots_{name}"] = certificates.all_roots.prove(h, abscissa="-7/5", digits=5)
    for name, damping, law, undelayed in [
        ("real", "3/10", constant, 0),
        ("positive_real", "-1/2", constant, 0),
        ("undelayed", 2, constant, "1/2"),
        ("interval_damping", ("1", "101/100"), constant, 0),
        ("two_real_close_together", "0.36787944", constant, 0),
        ("pair_close_together", "0.36787945", constant, 0),
        ("double_root", "1/4", Exponential(1), 0),
        ("double_root_of_erlang", "4/27", Erlang(2, 2), 0),
    ]:
        h = CharacteristicFunction(damping, law, undelayed=undelayed)
        cases[f"rightmost_{name}"] = certificates.rightmost_root.prove(h, digits=6)
    cases["rightmost_50_digits"] = certificates.rightmost_root.prove(CharacteristicFunction(1, constant), digits=50)
    table = {p: [CharacteristicFunction(Fraction(p * x, 20), constant) for x in (1, 2)] for p in (1, 4, 9)}
    cases["optimum_of_two_modes"] = certificates.optimum.prove(table)
    flat = {p: [CharacteristicFunction(Fraction(p, 20), Exponential(1))] for p in (3, 6, 7)}
    cases["optimum_tie"] = certificates.optimum.prove(flat)
    h = CharacteristicFunction("3/2", constant)
    cases["enclosure_far_left"] = certificates.root_enclosure.prove(h, near=(-3, 20), digits=9)
    cases["enclosure_below_the_axis"] = certificates.root_enclosure.prove(h, near=(0, "-3/2"), digits=9)
    double = CharacteristicFunction("1/4", Exponential(1))
    cases["enclosure_cluster"] = certificates.root_enclosure.prove(double, near=("-1/2", 0), digits=5)
    return cases


def boundaries() -> dict[str, Any]:
    """Critical dampings, with and without a crossing."""
    constant = Constant(1)
    prove, cases = certificates.stability_boundary.prove, {}
    for name, law in LAWS.items():
        if name not in {"empirical", "band"}:
            cases[f"boundary_{name}"] = prove(law, digits=4, up_to=30)
    cases["boundary_empirical"] = prove(Empirical("1/100", [0] * 40 + [1, 4, 9, 5, 1]), digits=3)
    cases["boundary_band"] = prove(LAWS["band"], digits=3)
    cases["boundary_band_lower_end_only"] = certificates.stability_boundary.prove_lower(LAWS["band"])
    empirical = Band(Empirical("1/100", [0] * 40 + [1, 4, 9, 5, 1]), "1/100", "1/2")
    cases["boundary_band_of_measured_times"] = certificates.stability_boundary.prove_lower(empirical)
    cases["boundary_up_to_without_crossing"] = prove(Exponential(1), up_to=7)
    cases["boundary_up_to_below_the_crossing"] = prove(constant, up_to="3/2")
    # of these atoms the second crossing frequency gives the boundary, not the first
    atoms = [(".447", Constant(".096")), (".191", Constant(".513")), (".362", Constant(1))]
    cases["boundary_not_at_the_first_zero"] = prove(Mixture(atoms), digits=4)
    model = {"hessian": "15", "workers": ("8", "10"), "mean_delay": "1"}
    cases["boundary_model"] = prove(constant, digits=4, model=model)
    cases["boundary_model_without_crossing"] = prove(Exponential(1), up_to=7, model={**model, "mean_delay": ("1/2", 2)})
    law_free = certificates.law_free_bound.prove
    cases["law_free_bound"] = law_free("3/10")
    cases["law_free_bound_of_a_damping"] = law_free("3/10", 5)
    return cases


def crossings() -> dict[str, Any]:
    """All crossings, delay margins and charts."""
    prove, cases = certificates.crossings.prove, {}
    for name in ("constant", "exponential", "erlang", "sum"):
        cases[f"crossings_{name}"] = prove(LAWS[name], 9, digits=4)
    cases["crossings_empirical"] = prove(Empirical("1/100", [0] * 40 + [1, 4, 9, 5, 1]), 8, digits=3)
    atoms = [(".447", Constant(".096")), (".191", Constant(".513")), (".362", Constant(1))]
    cases["crossings_not_in_the_order_of_frequencies"] = prove(Mixture(atoms), 25, digits=4)
    cases["crossings_in_and_out"] = prove(Mixture([("7/10", Constant("1/3")), ("3/10", Constant(1))]), 20, digits=4)
    margin, h = certificates.delay_margin.prove, CharacteristicFunction
    cases["margin_constant"] = margin(h(1, Constant(1)), digits=2)
    cases["margin_interval"] = margin(h(("1", "11/10"), Erlang(2, 1)))
    cases["margin_undelayed"] = margin(h("1/2", Uniform(0, 1), undelayed="1/4"), digits=1)
    cases["margin_infinite"] = margin(h("-1/2", Uniform(0, 1), undelayed=1))
    chart, family = certificates.stability_chart.prove, certificates.stability_chart.family
    cases["chart_constant"] = chart(family("constant($y)", "$x"), (0, 2), (0, 2), 4)
    cases["chart_shift"] = chart(family("shifted_exponential($y, 1/2)", "$x"), (0, 3), (0, 1), 4)
    cases["chart_undelayed"] = chart(family("constant(1)", "$x", "$y"), (-1, 3), ("1/2", 2), 8)
    model = {"learning_rate": "$x", "hessian": "10", "workers": "$y", "mean_delay": "1"}
    cases["chart_model"] = chart(family(Erlang(2, 1), model=model), ("0", "1/10"), (1, 9), 4)
    return cases


def moments() -> dict[str, Any]:
    """Tubes, variances, mean-square stability, difference equations and paths."""
    h, constant, cases = CharacteristicFunction, Constant(1), {}
    tube = certificates.boundary_tube.prove
    cases["tube_constant"] = tube(Constant, ["1", "21/20", "11/10"])
    cases["tube_shift"] = tube(lambda p: ShiftedExponential(p, "1/2"), ["1/2", "51/100", "13/25", "53/100"])
    cases["tube_uniform"] = tube(lambda p: Uniform("1/2", p), ["3/2", "8/5"])
    variance = certificates.stationary_variance.prove
    cases["variance_constant"] = variance(h(1, constant), digits=8)
    cases["variance_constant_interval"] = variance(h(("1", "101/100"), constant), digits=1)
    cases["variance_rational"] = variance(h(1, Exponential(1)))
    cases["variance_rational_mixture"] = variance(h("1/2", LAWS["hyperexponential"], undelayed="1/3"), digits=7)
    cases["variance_uniform"] = variance(h("1/2", Uniform(0, 1)), digits=2)
    cases["variance_undelayed"] = variance(h(1, constant, undelayed="1/2"), digits=1)
    cases["variance_lattice"] = variance(h("1/2", LAWS["lattice"]), digits=1)
    model = {"learning_rate": "1/10", "hessian": "1", "workers": "10", "mean_delay": "1"}
    cases["variance_model"] = variance(h(1, constant), digits=4, model=model)
    square = certificates.mean_square_stability.prove
    cases["mean_square_stable"] = square(h("1/2", constant), "1/2")
    cases["mean_square_unstable"] = square(h("1/2", constant), "2")
    cases["mean_square_unstable_in_the_mean"] = square(h(2, constant), "1/100")
    cases["mean_square_rational"] = square(h("1/2", Erlang(2, 1)), "1/10")
    cases["mean_square_uniform"] = square(h("1/2", Uniform(0, 1)), "1/2")
    cases["mean_square_model"] = square(h(1, constant), "1/10", model=model)
    for lag in (0, 1, 2, 7, 40):
        cases[f"discrete_{lag}"] = certificates.discrete_boundary.prove(lag, digits=6)
    for name, share in (("at_once", 0), ("halves", "1/2"), ("1000_workers", "999/1000")):
        cases[f"discrete_geometric_{name}"] = certificates.discrete_boundary.prove(geometric=share, digits=6)
    for workers in (2, 3, 8, 1000):
        cases[f"memoryless_{workers}"] = certificates.memoryless_boundary.prove(workers, digits=6)
    time = certificates.time_to_target.prove
    cases["time_constant"] = time(h(1, constant), digits=4)
    cases["time_monotone"] = time(h("1/4", Constant(2)), "1/3", digits=5)
    cases["time_within_two_delays"] = time(h("1/2", constant), "9/10", digits=5)
    cases["time_model"] = time(h(1, constant), "1/10", digits=3, model=model)
    return cases


def found_by_provers() -> dict[str, Any]:
    """The answers of all provers."""
    return stabilities() | discs() | boundaries() | crossings() | moments()


def accepted() -> dict[str, Document]:
    """What the kernel accepts: every rule, every law, and what is special about parameters."""
    result = {}
    for name, found in found_by_provers().items():
        if isinstance(found, certificates.Inconclusive):
            raise ValueError(f"{name}: {found}")
        result[name] = found.document | {"producer": {"name": "sddeverify"}}
    for name, law in INTERVALS.items():
        claim = function("stability", "1", law) | {"stable": True}
        result[f"stability_interval_{name}"] = seal(claim, grid(claim, Fraction(0), 160))
    wide = function("stability", "1", LAWS["constant"].to_json()) | {"damping": ["3/4", "5/4"], "stable": True}
    halves = [grid(wide | {"damping": ends}, Fraction(0), 160) for ends in (["3/4", "1"], ["1", "5/4"])]
    result["stability_wide"] = seal(wide, {"cut": ["damping"], "halves": halves})
    return result


def main() -> None:
    """Write all files."""
    from tests.checker.broken import broken

    good = accepted()
    texts = {f"accepted/{name}": json.dumps(document, indent=1) for name, document in good.items()}
    texts |= broken(good)
    for folder in ("accepted", "rejected", "malformed"):
        (FOLDER / folder).mkdir(exist_ok=True)
        for path in (FOLDER / folder).glob("*.json"):
            path.unlink()
    for name, text in texts.items():
        (FOLDER / f"{name}.json").write_text(text + "\n", "ascii")


if __name__ == "__main__":
    main()
