"""The documents of rejected/ and malformed/: each is wrong in one respect, which ``mutants`` names where it can."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from sddeverify import certificates
from sddeverify.delays import Law
from sddeverify.models import CharacteristicFunction
from tests.checker.broken_moments import moments
from tests.checker.make_corpus import Document, function, grid, seal
from tests.checker.mutants import MUTANTS

Case = tuple[Document, Any]

CONSTANT = {"constant": {"time": ["1", "1"]}}
EXPONENTIAL = {"exponential": {"mean": ["1", "1"]}}
SLOW = function("root_count", "1/8", EXPONENTIAL)  # zeros (-1 +- sqrt(1/2))/2 = -0.146... and -0.853...
RIGHT = {"bits": 64, "centre": ["-73/500", "0"], "radius": "1/100"}
LEFT = {"bits": 64, "centre": ["-427/500", "0"], "radius": "1/100"}


def line(breaks: str, codes: str, bits: int = 64) -> Document:
    """A witness of a count or an axis."""
    return {"bits": bits, "breaks": breaks.split(), "codes": [int(x) for x in codes.split()]}


def count(claim: Document, c: str) -> Document:
    """A count of the zeros with Re s >= c, from the prover."""
    h = CharacteristicFunction(tuple(claim["damping"]), Law.from_json(claim["delay"]), tuple(claim["undelayed"]))
    found = certificates.root_count.prove(h, abscissa=c)
    witness: Document = found.document["witness"]
    return witness


def counts() -> dict[str, Case]:
    """Claims that rest on a count; on Re s = 0, h = s + a exp(-s) is a cos w + i (w - a sin w)."""
    stability = function("stability", "2", CONSTANT) | {"stable": True}
    at_8_5 = function("stability", "8/5", CONSTANT) | {"stable": True}
    far = function("root_count", "1", CONSTANT) | {"abscissa": "-3", "roots": 2}
    return {
        "rejected/count_left_of_abscissa": (SLOW | {"abscissa": "-2", "roots": 1}, line("0 1/2 1", "2 1")),
        # there are 6 zeros; the line stops at 5, where Im h > 0 for the first time, before R = exp(3)
        "rejected/count_line_too_short": (far, grid(far, Fraction(-3), 320, Fraction(5))),
        "rejected/count_last_code_is_not_1": (SLOW | {"abscissa": "0", "roots": 0}, line("0 1/4 1/2 3/4 1", "0 0 0 0")),
        "rejected/stability_wrong_code": (stability, line("0 3/2 3", "0 1")),
        # the zeros with Re s >= 0 of s + 2 exp(-s) have Re s = 0.17, those of s + exp(-s) have Re s = -0.32
        "rejected/stability_count_right_of_another_line": (
            stability,
            {"abscissa": "1", "line": count(function("root_count", "2", CONSTANT), "1")},
        ),
        "rejected/instability_count_right_of_another_line": (
            function("stability", "1", CONSTANT) | {"stable": False},
            {"abscissa": "-1", "line": count(function("root_count", "1", CONSTANT), "-1")},
        ),
        "rejected/stability_code_holds_in_the_middle_only": (stability, line("0 1/2 4", "0 1")),
        # a tangent to a cos w lies above it: without the curvature, code 0 seems to hold beyond pi/2
        "rejected/stability_code_fails_by_curvature": (at_8_5, line("0 17/10 2", "0 1")),
        "rejected/decay_rate_lo": (
            function("decay_rate", "1/8", EXPONENTIAL) | {"rate": ["1/2", "9/10"]},
            {"none": count(SLOW, "-1/2"), "some": count(SLOW, "-9/10")},
        ),
        "rejected/decay_rate_hi": (
            function("decay_rate", "1/8", EXPONENTIAL) | {"rate": ["1/20", "1/10"]},
            {"none": count(SLOW, "-1/20"), "some": count(SLOW, "-1/10")},
        ),
    }


def zeros() -> dict[str, Case]:
    """Claims about single zeros of s + 1/(8 (1 + s))."""
    base = function("rightmost_root", "1/8", EXPONENTIAL)
    claim = base | {"real": ["-1", "-1/2"], "imag": ["0", "0"], "roots": 1}
    at = {c: {"abscissa": c, "line": count(SLOW, c)} for c in ("-1/2", "-9/10")}
    nothing = {"bits": 64, "centre": ["-7/20", "0"], "radius": "1/50"}

    def entry(disc: Document) -> list[Any]:
        return [*disc["centre"], disc["radius"], 1]

    def every(c: str, *discs: list[Any]) -> Case:
        whole = function("all_roots", "1/8", EXPONENTIAL) | {"abscissa": c, "discs": list(discs)}
        return whole, {"bits": 64, "line": count(SLOW, c)}

    return {
        "rejected/rightmost_second_zero": (claim, {"disc": LEFT, "count": at["-1/2"]}),
        "rejected/rightmost_other_zeros": (claim, {"disc": LEFT, "count": at["-9/10"]}),
        "rejected/rightmost_disc_without_zero": (
            claim | {"real": ["-2/5", "-3/10"]},
            {"disc": nothing, "count": at["-1/2"]},
        ),
        "rejected/rightmost_disc_over_the_axis": (
            claim | {"imag": ["0", "1/50"], "roots": 2},
            {"disc": LEFT | {"centre": ["-427/500", "1/1000"]}, "count": at["-9/10"]},
        ),
        "rejected/all_roots_disc_over_the_line": every("-863/1000", entry(LEFT), entry(RIGHT)),
        "rejected/all_roots_disc_over_the_axis": every("-9/10", ["-427/500", "1/1000", "1/100", 1]),
        "rejected/all_roots_one_disc_twice": every("-9/10", entry(LEFT), entry(LEFT)),
        "rejected/all_roots_disc_without_zero": every("-9/10", entry(LEFT), entry(nothing)),
        "rejected/all_roots_one_missing": every("-9/10", entry(RIGHT)),
    }


def boundaries(good: dict[str, Document]) -> dict[str, Case]:
    """Claims about the constant law, whose critical damping and frequency are pi/2 = 1.5708."""

    def claim(lo: str, hi: str, frequency: list[str]) -> Document:
        return {"type": "stability_boundary", "delay": CONSTANT, "damping": [lo, hi], "frequency": frequency}

    at = {a: count(function("stability", a, CONSTANT), "0") for a in ("3/2", "8/5")}
    # code 3 at a = 8/5 from 1497/1000 on, where w - 3/2 sin w is positive, but not more than the curvature allows for
    close = line("0 1 5/4 7/5 147/100 1497/1000 1557/1000 159/100 17/10 2", "0 0 0 0 0 3 3 2 1")

    def bracket(*frequency: str) -> Case:
        return good["boundary_constant"]["claim"] | {"frequency": list(frequency)}, good["boundary_constant"]["witness"]

    lo, hi = good["boundary_constant"]["claim"]["frequency"]
    inner = str((Fraction(lo) + Fraction(hi)) / 2)
    return {
        "rejected/boundary_hi_is_stable": (claim("7/5", "3/2", ["1", "2"]), at["3/2"]),
        "rejected/boundary_lo_is_unstable": (claim("159/100", "8/5", ["1", "2"]), at["8/5"]),
        "rejected/boundary_code_3_by_curvature": (claim("3/2", "8/5", ["1", "2"]), close),
        "rejected/boundary_other_frequency": bracket("1", "5/4"),
        "rejected/boundary_frequency_right_of_the_crossing": bracket(inner, hi),
        "rejected/boundary_frequency_left_of_the_crossing": bracket(lo, inner),
        "malformed/boundary_from_0": (claim("0", "8/5", ["1", "2"]), at["8/5"]),
        "malformed/boundary_reversed": (claim("8/5", "3/2", ["1", "2"]), at["3/2"]),
    }


def ranges(good: dict[str, Document]) -> dict[str, Case]:
    """Claims about crossings, charts and delay margins."""

    def case(name: str, witness: Callable[[Any], Any] = lambda x: x, **members: Any) -> Case:
        base = copy.deepcopy(good[name])
        return base["claim"] | members, witness(base["witness"])

    rows = good["crossings_constant"]["claim"]["crossings"]
    tree = good["chart_constant"]["claim"]["tree"]
    first = next(k for k, n in enumerate(tree) if n >= 0)
    lo, hi = good["margin_constant"]["claim"]["margin"]
    extra = {"damping": ["8", "17/2"], "frequency": ["10", "11"], "direction": "out"}
    inward = good["crossings_in_and_out"]["claim"]["crossings"]
    down = [*inward[:2], inward[2] | {"direction": "down"}]
    other = [*tree[:first], tree[first] + 2, *tree[first + 1 :]]
    wrong = [rows[0] | {"damping": ["3/2", "31/20"]}, *rows[1:]]
    return {
        "rejected/crossings_one_too_many": case("crossings_constant", crossings=[*rows, extra]),
        "rejected/crossings_other_direction": case(
            "crossings_erlang", crossings=[good["crossings_erlang"]["claim"]["crossings"][0] | {"direction": "in"}]
        ),
        "rejected/crossings_other_damping": case("crossings_constant", crossings=wrong),
        "malformed/crossings_no_direction": case("crossings_in_and_out", crossings=down),
        "malformed/crossings_out_of_order": case("crossings_constant", crossings=rows[::-1]),
        "malformed/crossings_beyond_the_end": case("crossings_constant", up_to="7"),
        "rejected/chart_other_number": case("chart_constant", tree=other),
        "malformed/chart_tree_too_long": case("chart_constant", tree=[*tree, -1]),
        "malformed/chart_tree_too_short": case("chart_constant", lambda _: [None], x=["0", "1"], tree=[-2, 0]),
        "rejected/margin_infinite_with_small_b": case("margin_infinite", undelayed=["1/2", "1/2"]),
        "rejected/margin_lo": case("margin_constant", margin=[str(Fraction(hi) - Fraction(1, 10**6)), hi]),
        "rejected/margin_hi": case("margin_constant", margin=[lo, str(Fraction(lo) + Fraction(1, 10**6))]),
        "rejected/stability_small_without_proof": case("stability_constant", lambda _: None),
    }


def law_free() -> dict[str, Case]:
    """Claims about every law of a mean delay."""
    claim = {"type": "law_free_bound", "damping": "3/2", "mean_delay": "1"}
    return {
        "rejected/law_free_beyond_half_pi": (claim | {"damping": "11/7"}, None),
        "rejected/law_free_with_a_witness": (claim, {}),
        "malformed/law_free_negative": (claim | {"damping": "-1"}, None),
    }


def changed(good: dict[str, Document]) -> dict[str, Case]:
    """Accepted documents with a member exchanged."""

    def case(name: str, witness: Callable[[Any], Any] = lambda x: x, **members: Any) -> Case:
        base = copy.deepcopy(good[name])
        return base["claim"] | members, witness(base["witness"])

    pair, disc = good["rightmost_constant"]["claim"], good["rightmost_constant"]["witness"]["disc"]
    (real_lo, real_hi), (imag_lo, imag_hi), (re, im) = pair["real"], pair["imag"], disc["centre"]
    model, boundary_model = (good[name]["claim"]["model"] for name in ("stability_model", "boundary_model"))

    def fewer_bits(witness: Document) -> Document:
        return witness | {"disc": witness["disc"] | {"bits": 64}}

    below = {"disc": disc | {"centre": [re, str(-Fraction(im))]}}
    return {
        "rejected/count_other_number": case("count_unstable", roots=0),
        "rejected/count_of_a_stable_law": case("count_constant_left", roots=1),
        "rejected/stability_of_an_unstable_law": case("stability_unstable", stable=True),
        "rejected/stability_of_a_stable_law": case("stability_constant", stable=False),
        "rejected/enclosure_of_no_zero": case("enclosure_constant", centre=["0", "7"]),
        "rejected/enclosure_disc_too_large": case("enclosure_constant", radius="4"),
        "rejected/enclosure_simple_zero_as_cluster": case("enclosure_constant", roots=2),
        "rejected/rightmost_too_few_bits": case(
            "rightmost_50_digits", lambda x: x | {"disc": x["disc"] | {"bits": 64}}
        ),
        "rejected/rightmost_disc_below_the_axis": case("rightmost_constant", lambda x: x | below, imag=["0", "0"]),
        "rejected/rightmost_real_lo": case("rightmost_constant", real=[re, real_hi]),
        "rejected/rightmost_real_hi": case("rightmost_constant", real=[real_lo, re]),
        "rejected/rightmost_imag_lo": case("rightmost_constant", imag=[im, imag_hi]),
        "rejected/rightmost_imag_hi": case("rightmost_constant", imag=[imag_lo, im]),
        "rejected/rightmost_pair_with_imag_from_0": case("rightmost_constant", imag=["0", imag_hi]),
        "rejected/model_other_damping": case("stability_model", model=model | {"workers": ["8", "8"]}),
        "rejected/model_mean_too_small": case(
            "stability_model", model=model | {"workers": ["5", "5"], "mean_delay": ["1/2", "1/2"]}
        ),
        "rejected/model_mean_too_large": case(
            "stability_model", model=model | {"workers": ["20", "20"], "mean_delay": ["2", "2"]}
        ),
        "rejected/boundary_model_other_rate": case(
            "boundary_model", model=boundary_model | {"learning_rate": ["1/100", "1/70"]}
        ),
        "malformed/stable_is_1": case("stability_constant", stable=1),
        "malformed/radius_negative": case("enclosure_constant", radius="-1/10", roots=2),
        "malformed/boundary_without_frequency": case("boundary_constant", frequency=None),
        "malformed/unknown_type": case("stability_constant", type="stable"),
    }


def numbers() -> dict[str, Case]:
    """The claim that a = 3/2 is stable for the constant law 1, with other spellings, and other laws."""
    witness = grid(function("stability", "3/2", CONSTANT), Fraction(0), 64)
    quarter = line("0 1/4 1/2", "0 1")  # for a = 1/4 and times in [-1, 1]
    claim = function("stability", "3/2", CONSTANT) | {"stable": True}

    def law(value: Any, damping: str = "3/2", proof: Any = witness) -> Case:
        return function("stability", damping, value) | {"stable": True}, proof

    def damping(*ends: str) -> Case:
        return claim | {"damping": list(ends)}, witness

    long = str(15 * 10**3999 + 1) + "/1" + "0" * 4000
    deep: Any = CONSTANT
    for _ in range(9):
        deep = {"sum": [deep, {"constant": {"time": ["0", "0"]}}]}

    def band(epsilon: str, support: str, center: Any) -> Case:
        body = {"center": center, "epsilon": [epsilon] * 2, "support": [support] * 2}
        small = function("stability", "1/4", {"band": body})
        return law({"band": body}, "1/4", grid(small, Fraction(0), 64)) if epsilon != "1/10" else law({"band": body})

    half = {"weight": ["1/2", "1/2"], "law": CONSTANT}
    breaks, codes = witness["breaks"], witness["codes"]
    return {
        "malformed/decimal": damping("1.5", "1.5"),
        "malformed/space": damping("3/2", " 3/2"),
        "malformed/underscore": damping("1_0/7", "1_0/7"),
        "malformed/plus": damping("+3/2", "+3/2"),
        "malformed/leading_0": damping("03/2", "03/2"),
        "malformed/arabic_digits": damping("\u0663/\u0662", "\u0663/\u0662"),
        "malformed/newline_at_the_end": damping("3/2\n", "3/2\n"),
        "malformed/exponent": damping("15e-1", "15e-1"),
        "malformed/not_in_lowest_terms": damping("6/4", "6/4"),
        "malformed/denominator_1": (claim | {"delay": {"constant": {"time": ["1/1", "1/1"]}}}, witness),
        "malformed/denominator_0": damping("3/0", "3/0"),
        "malformed/minus_0": (claim | {"undelayed": ["-0", "-0"]}, witness),
        "malformed/4001_digits": damping(long, long),
        "malformed/pair_reversed": damping("3/2", "1"),
        "malformed/pair_of_one": damping("3/2"),
        "malformed/damping_contains_0": (
            claim | {"damping": ["-1", "1"], "undelayed": ["2", "2"]},
            line("0 1/2 1 2 4", "0 0 0 1"),
        ),
        "malformed/negative_time": law({"constant": {"time": ["-1", "1"]}}, "1/4", quarter),
        "malformed/mean_from_0": law({"exponential": {"mean": ["0", "1"]}}, "1/4", quarter),
        "malformed/boolean_for_a_code": (claim, witness | {"codes": [False, *codes[1:]]}),
        "malformed/code_4": (claim, witness | {"codes": [4, *codes[1:]]}),
        "malformed/one_code_too_many": (claim, witness | {"codes": [*codes, 1]}),
        "malformed/breaks_not_from_0": (claim, witness | {"breaks": breaks[1:], "codes": codes[1:]}),
        "malformed/breaks_out_of_order": (
            claim,
            witness | {"breaks": [*breaks[:2], *breaks[1:]], "codes": [codes[0], *codes]},
        ),
        "malformed/one_break": (claim, witness | {"breaks": ["0"], "codes": []}),
        "malformed/bits_31": (claim, witness | {"bits": 31}),
        "malformed/bits_4097": (claim, witness | {"bits": 4097}),
        "malformed/over_budget": (
            claim | {"delay": {"erlang": {"mean": ["1", "1"], "shape": 1000}}},
            {"bits": 4096, "breaks": [str(k) for k in range(522)], "codes": [3] * 521},
        ),
        "malformed/law_with_two_names": law(CONSTANT | EXPONENTIAL),
        "malformed/law_unknown": law({"lognormal": {"mean": ["1", "1"]}}),
        "malformed/law_is_a_name": law("constant"),
        "malformed/band_wider_than_1": band("101/100", "2", CONSTANT),
        "malformed/band_negative": band("-1/100", "2", CONSTANT),
        "malformed/band_that_ends_before_its_center": band("1/100", "99/100", CONSTANT),
        "malformed/band_around_a_law_without_end": band("1/100", "20", EXPONENTIAL),
        "malformed/band_on_a_point": band("1/100", "0", CONSTANT),
        # the codes hold for the center
        "rejected/band_is_more_than_its_center": band("1/10", "2", CONSTANT),
        "malformed/law_nested_9_deep": law(deep),
        "malformed/law_of_mean_0": law({"constant": {"time": ["0", "0"]}}, proof=line("0 1 2", "0 1")),
        "malformed/uniform_on_a_point": law({"uniform": {"lo": ["1", "1"], "hi": ["1", "1"]}}),
        "malformed/empirical_at_0": law(
            {"empirical": {"step": ["1/100", "1/100"], "counts": [4]}}, proof=line("0 1 2", "0 1")
        ),
        "malformed/lattice_of_4097_cells": law({"lattice": {"step": ["1", "1"], "counts": [0] * 4096 + [1]}}),
        "malformed/weights_below_1": law({"mixture": [half, half | {"weight": ["1/3", "1/3"]}]}),
        "malformed/weights_above_1": law({"mixture": [half | {"weight": ["3/5", "3/5"]}, half]}, "1"),
        "malformed/sum_of_257_parts": law({"sum": [CONSTANT, *[{"constant": {"time": ["0", "0"]}}] * 256]}),
    }


def texts(good: dict[str, Document]) -> dict[str, str]:
    """Documents whose flaw lies outside of claim and witness, or in the text itself."""
    base, other = good["stability_constant"], good["stability_erlang"]
    plain = json.dumps(base)

    def with_(**members: Any) -> str:
        return json.dumps(base | members, indent=1)

    return {
        "rejected/hash_of_another_claim": with_(claim_sha256=other["claim_sha256"]),
        "rejected/statement_of_another_claim": with_(statement=other["statement"]),
        "malformed/other_schema": with_(schema="sddeverify-certificate/2"),
        "malformed/producer_is_a_text": with_(producer="sddeverify"),
        "malformed/producer_is_null": with_(producer=None),
        "malformed/provenance_is_a_list": with_(provenance=[]),
        "malformed/unknown_member": with_(comment="x"),
        "malformed/unknown_member_without_name": with_(witness=base["witness"] | {"": 1}),
        "malformed/missing_producer": json.dumps({k: v for k, v in base.items() if k != "producer"}, indent=1),
        "malformed/duplicate_member": plain.replace('"stable": true', '"stable": true, "stable": true'),
        "malformed/float_for_a_count": json.dumps(good["count_unstable"]).replace('"roots": 2', '"roots": 2.0'),
        "malformed/nan": plain.replace('"stable": true', '"stable": NaN'),
        "malformed/long_integer": plain.replace('"bits": ', '"bits": 1000000000000000000'),
        "malformed/number_for_a_number": plain.replace('"3/2"', "3"),
        "malformed/list": f"[{plain}]",
        "malformed/two_documents": plain + plain,
        "malformed/truncated": plain[:-1],
        "malformed/byte_order_mark": "\\ufeff",
        "malformed/empty": "",
    }


def optima() -> dict[str, Case]:
    """Tables of s + a exp(-s), whose rates are 0.144 for a = 1/8 and 0.357 for a = 1/4."""
    slow, fast = ({name: x for name, x in function("", a, CONSTANT).items() if name != "type"} for a in ("1/8", "1/4"))
    zero, one = (count(function("root_count", a, CONSTANT), "-1/4") for a in ("1/4", "1/8"))
    table = [{"candidate": "fast", "functions": [fast]}, {"candidate": "slow", "functions": [fast, slow]}]
    claim = {"type": "optimum", "table": table, "best": ["fast"], "threshold": "1/4"}
    proof = [[zero], {"function": 1, "count": one}]

    def candidates(*changed: Document) -> Document:
        return claim | {"table": list(changed)}

    return {
        "rejected/optimum_best_is_slow": (claim | {"best": ["fast", "slow"]}, [[zero], [zero, one]]),
        "rejected/optimum_other_is_fast": (candidates(table[0], table[1] | {"functions": [fast]}),
                                           [[zero], {"function": 0, "count": zero}]),
        "malformed/optimum_long_name": (candidates(table[0], table[1] | {"candidate": "x" * 200}), proof),
        "malformed/optimum_best_is_no_candidate": (claim | {"best": ["fast", "other"]}, proof),
        "malformed/optimum_function_with_a_type": (
            candidates(table[0] | {"functions": [fast | {"type": "stability"}]}, table[1]), proof,
        ),
    }  # fmt: skip


def broken(good: dict[str, Document]) -> dict[str, str]:
    """All texts by folder/name."""
    result = texts(good)
    cases = counts() | zeros() | optima() | boundaries(good) | law_free() | ranges(good) | changed(good) | numbers()
    cases |= moments(good, count)
    for name, (claim, witness) in cases.items():
        try:
            document = seal(claim, witness, MUTANTS.get(name, ()))
        except Exception:  # no kernel reads this claim: it has no statement, and needs none
            document = seal(good["stability_constant"]["claim"], witness) | {"claim": claim}
        result[name] = json.dumps(document, indent=1)
    return result
