"""Rejected and malformed claims about tubes, variances, mean-square stability, difference equations and paths."""

from __future__ import annotations

import copy
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from sddeverify.delays import Exponential
from tests.checker.make_corpus import Document, function, grid

Case = tuple[Document, Any]
CONSTANT = {"constant": {"time": ["1", "1"]}}
EXPONENTIAL = {"exponential": {"mean": ["1", "1"]}}
WIDE = ["1/1000000000", "1000000000"]


def moments(good: dict[str, Document], count: Callable[[Document, str], Document]) -> dict[str, Case]:
    """All of them, from accepted documents; ``count`` proves a number of zeros."""

    def case(name: str, witness: Callable[[Any], Any] = lambda x: x, **members: Any) -> Case:
        base = copy.deepcopy(good[name])
        return base["claim"] | members, witness(base["witness"])

    return tubes(case) | variances(case, count) | squares(case, count) | differences(case) | paths(case)


def tubes(case: Callable[..., Case]) -> dict[str, Case]:
    """The critical damping of the constant delay p is pi/(2 p); that of 1/2 plus an exponential 1/2 is 2.26."""
    (lo, hi), second = case("tube_constant")[0]["damping"]

    def first(*ends: str) -> list[list[str]]:
        return [list(ends), second]

    def proof(lo: str, hi: str, breaks: str, codes: str) -> Case:
        line = {"bits": 64, "breaks": breaks.split(), "codes": [int(x) for x in codes.split()]}
        claim = {"type": "boundary_tube", "delay": {"constant": {"time": "$"}}, "parameter": ["1", "1001/1000"]}
        return claim | {"damping": [[lo, hi]]}, [line]

    return {
        "rejected/tube_hi_is_stable": proof("1/2", "7/5", "0 1 5/4 7/5 3/2 2", "0 0 0 0 1"),
        "rejected/tube_lo_is_unstable": case("tube_constant", damping=first(hi, hi)),
        # on [1.5, 1.59] w + a Im Phi > 0 holds in the middle for a = 1.54, and at the left end up to a = 1.5038
        "rejected/tube_code_3_in_the_middle_only": proof("77/50", "8/5", "0 1 5/4 3/2 159/100 17/10 2", "0 0 0 3 2 1"),
        "malformed/tube_from_0": case("tube_constant", damping=first("0", hi)),
        "malformed/tube_out_of_order": case("tube_constant", parameter=["1", "11/10", "21/20"]),
        "malformed/tube_without_a_cell": case("tube_constant", damping=[[lo, hi]]),
        "malformed/tube_without_a_proof": case("tube_constant", lambda x: x[:1]),
    }


def variances(case: Callable[..., Case], count: Callable[[Document, str], Document]) -> dict[str, Case]:
    """S of s + exp(-s) is 1.7041, that of s + 1/(1 + s) is 1."""
    lo, hi = case("variance_constant")[0]["variance"]
    negative = function("stationary_variance", "-1/2", EXPONENTIAL, "1")
    unstable = function("stationary_variance", "7", CONSTANT)  # cos 7 > 0 although 7 > pi/2

    def large(witness: Any) -> Any:
        witness["integral"]["quadrature"]["line"]["codes"][0] = 0
        return witness

    def small(witness: Any) -> Any:
        """A further piece of half-length 9/1024 with a disc of radius 2/16^2."""
        line = witness["integral"]["quadrature"]["line"]
        line["breaks"].append(str(Fraction(line["breaks"][-1]) + Fraction(9, 512)))
        line["codes"].append(2)
        return witness

    def short(witness: Any) -> Any:
        line = witness["integral"]["quadrature"]["line"]
        keep = sum(Fraction(x) <= Fraction(1, 2) for x in line["breaks"])
        line["breaks"], line["codes"] = line["breaks"][:keep], line["codes"][: keep - 1]
        return witness

    def integral(**parts: Any) -> Callable[[Any], Any]:
        return lambda witness: witness | {"integral": parts}

    slower = {"exponential": {"mean": ["1", "11/10"]}}
    two = {"mixture": [{"weight": ["1/3", "1/2"], "law": EXPONENTIAL}, {"weight": ["1/2", "2/3"], "law": EXPONENTIAL}]}
    return {
        "rejected/variance_lo": case("variance_constant", variance=[hi, "2"]),
        "rejected/variance_hi": case("variance_constant", variance=["1", lo]),
        "rejected/variance_of_an_unstable_law": (
            unstable | {"variance": WIDE},
            {"count": count(unstable, "0"), "integral": {"constant": 64}},
        ),
        "malformed/variance_negative_damping": (
            negative | {"variance": WIDE},
            {"count": count(negative, "0"), "integral": {"rational": ["1", "3/4"]}},
        ),
        "rejected/variance_unknown_method": case("variance_constant", integral(series=64)),
        "rejected/variance_closed_form_of_another_law": case(
            "variance_rational", integral(constant=64), variance=["17/10", "171/100"]
        ),
        "rejected/variance_closed_form_with_an_undelayed_term": case(
            "variance_undelayed", integral(constant=64), variance=["17/10", "171/100"]
        ),
        "rejected/variance_rational_with_interval": case(
            "variance_rational",
            lambda x: x | {"count": count(function("", "1", EXPONENTIAL) | {"damping": ["1", "11/10"]}, "0")},
            damping=["1", "11/10"],
        ),
        "rejected/variance_rational_wrong_solution": case(
            "variance_rational", integral(rational=["1", "11/10"]), variance=["11/10", "11/10"]
        ),
        "rejected/variance_rational_with_interval_mean": case(
            "variance_rational",
            lambda x: x | {"count": grid(function("", "1", slower), Fraction(0), 160)},
            delay=slower,
        ),
        # for the lower weights X = 3/5 + 17/10 s + 11/10 s^2
        "rejected/variance_rational_with_interval_weights": case(
            "variance_rational",
            lambda x: {
                "count": grid(function("", "1", two), Fraction(0), 160),
                "integral": {"rational": ["3/5", "17/10", "11/10"]},
            },
            delay=two,
            variance=["11/10", "11/10"],
        ),
        "rejected/variance_piece_with_a_large_disc": case("variance_uniform", large, variance=WIDE),
        "rejected/variance_piece_with_a_small_disc": case("variance_uniform", small, variance=WIDE),
        "rejected/variance_too_short": case("variance_uniform", short, variance=WIDE),
    }


def squares(case: Callable[..., Case], count: Callable[[Document, str], Document]) -> dict[str, Case]:
    """The mass is alpha a S: for s + exp(-s)/2 it is alpha 0.8429."""
    negative = function("mean_square_stability", "-2", EXPONENTIAL, "1")
    model = case("mean_square_model")[0]["model"]
    proof = {"count": count(negative, "0")}
    return {
        "rejected/mean_square_step_too_large": case("mean_square_stable", step=["1/2", "2"]),
        "rejected/mean_square_step_too_small": case("mean_square_unstable", step=["1/2", "2"]),
        "rejected/mean_square_stable_in_the_mean": case(
            "mean_square_unstable", lambda x: {"count": x["count"]}, step=["1/100", "1/100"]
        ),
        "rejected/mean_square_model_other_step": case(
            "mean_square_model", model=model | {"learning_rate": ["1/20", "1/20"], "workers": ["20", "20"]}
        ),
        "malformed/mean_square_negative_damping": (negative | {"step": ["1/100", "1/100"], "stable": False}, proof),
    }


def differences(case: Callable[..., Case]) -> dict[str, Case]:
    """The boundaries are 1 for lag 1, 6 for geometric lags with q = 1/2, and 1 for 3 workers."""
    lo, hi = case("discrete_7")[0]["step"]
    return {
        "rejected/discrete_lo_is_unstable": case("discrete_7", step=[hi, "1"]),
        "rejected/discrete_hi_is_stable": case("discrete_7", step=["1/10", lo]),
        "malformed/discrete_with_a_witness": case("discrete_7", lambda _: {}),
        "malformed/discrete_without_an_upper_end": case("discrete_7", step=[lo, None]),
        "malformed/discrete_lag_negative": case("discrete_1", lag=-1, step=["1/2", "1"]),
        "rejected/discrete_geometric_lo_is_unstable": case("discrete_geometric_halves", step=["13/2", "7"]),
        "rejected/discrete_geometric_hi_is_stable": case("discrete_geometric_halves", step=["5", "11/2"]),
        "malformed/discrete_geometric_share_of_1": case("discrete_geometric_halves", lag={"geometric": "1"}),
        "malformed/discrete_geometric_share_negative": case(
            "discrete_geometric_halves", lag={"geometric": "-1/2"}, step=["1/2", "1"]
        ),
        "malformed/discrete_lag_of_another_kind": case("discrete_geometric_halves", lag={"uniform": "1/2"}),
        "rejected/memoryless_lo_is_unstable": case("memoryless_3", step=["11/10", "2"]),
        "rejected/memoryless_hi_is_stable": case("memoryless_3", step=["1/2", "9/10"]),
        "malformed/memoryless_one_worker": case("memoryless_2", workers=1, step=["1/2", "2"]),
    }


def paths(case: Callable[..., Case]) -> dict[str, Case]:
    """The last passage of 9/10 for r' = -r(t - 1)/2 is 1.2: r = 1 - (t - 1)/2 at first."""
    name = "time_within_two_delays"
    lo, hi = case(name)[0]["time"]

    def breaks(change: Callable[[list[str]], list[str]]) -> Callable[[Any], Any]:
        return lambda witness: witness | {"breaks": change(witness["breaks"])}

    return {
        "rejected/time_lo": case(name, time=[hi, hi]),
        "rejected/time_hi": case(name, breaks(lambda x: ["119/100", *x]), time=["1", "119/100"]),
        "rejected/time_not_settled": case("time_constant", breaks(lambda x: [y for y in x if Fraction(y) <= 16])),
        "malformed/time_gap_at_the_start": case(name, time=[lo, lo]),
        "malformed/time_ends_within_a_delay": case(name, breaks(lambda x: [*x, str(Fraction(x[-1]) + Fraction(1, 2))])),
        "malformed/time_piece_over_two_delays": case(name, breaks(lambda x: [*x, str(Fraction(x[-1]) + 2)])),
        "malformed/time_negative": case(name, time=["-1", hi]),
        "malformed/time_target_1": case(name, target="1", time=["0", hi]),
        "malformed/time_of_another_law": case(name, delay=Exponential(1).to_json()),
        "malformed/time_undelayed": case(name, undelayed=["1/100", "1/100"]),
        "malformed/time_interval_delay": case(name, delay={"constant": {"time": ["1", "101/100"]}}),
        "malformed/time_reversed": case(name, time=[hi, lo]),
    }
