"""What a hostile referee would try: each suspicion about the kernel is a test of its own.

The proofs stand in the kernel's docstrings; these tests look at the corners of their hypotheses: intervals of
parameters, laws that are sets of laws, lines left of the axis, negative coefficients, ends of lines and windows.
"""

from __future__ import annotations

import copy
import json
import random
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from sddeverify import certificates
from sddeverify.checker import Status, check
from sddeverify.checker.laws import parse
from sddeverify.delays import (
    Constant,
    Empirical,
    Erlang,
    Exponential,
    Lattice,
    Law,
    Mixture,
    Sum,
    TruncatedExponential,
    Uniform,
)
from sddeverify.models import CharacteristicFunction
from tests import oracles, truth
from tests.checker.broken import CONSTANT, EXPONENTIAL, line
from tests.checker.make_corpus import function, grid, seal

ACCEPTED = Path(__file__).parent / "accepted"


def status(claim: dict[str, Any], witness: Any) -> Status:
    return check(seal(claim, witness)).status


def documents() -> list[Path]:
    """Accepted claims about more than one function."""
    paths = []
    for path in sorted(ACCEPTED.glob("*.json")):
        claim = json.loads(path.read_bytes())["claim"]
        # The others are about no function, about all crossings, or have boxes of their own.
        other = ("all_roots", "boundary_tube", "crossings", "law_free_bound", "optimum", "stability_chart")
        if "model" not in claim and "delay" in claim and claim["type"] not in other:
            pairs = [] if claim["type"] == "stability_boundary" else [claim["damping"], claim["undelayed"]]
            if any(lo != hi for lo, hi in pairs) or not oracles.is_point(claim["delay"]):
                paths.append(path)
    return paths


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.stem)
def test_what_is_claimed_for_all_parameters_holds_for_each(path: Path) -> None:
    """Ends and random members of every interval, masses of an empirical law moved: the claim about one function."""
    claim = json.loads(path.read_bytes())["claim"]
    rng = random.Random(path.stem)

    def pick(lo: Fraction, hi: Fraction) -> Fraction:
        return lo + (hi - lo) * rng.choice([Fraction(0), Fraction(1), Fraction(rng.randrange(101), 100)])

    for move in (lambda: Fraction(1, 2), lambda: Fraction(-1, 2), lambda: Fraction(rng.randrange(-50, 51), 100)):
        one = copy.deepcopy(claim)
        one["delay"] = oracles.member(claim["delay"], pick, move)
        for name in ("damping", "undelayed"):
            if claim["type"] != "stability_boundary" and name in claim:
                one[name] = [str(pick(*oracles.bounds(claim[name])))] * 2
        assert truth.is_true(one)


def random_law(rng: random.Random, depth: int = 0) -> Law:
    def number(lo: int = 1) -> Fraction:
        return Fraction(rng.randrange(lo, 30), rng.randrange(5, 15))

    kind = rng.randrange(9 if depth < 2 else 7)
    if kind == 0:
        return Constant(number())
    if kind == 1:
        return Exponential(number())
    if kind == 2:
        return Erlang(rng.randrange(1, 9), number())
    if kind == 3:
        lo = number(0)
        return Uniform(lo, lo + number())
    if kind == 4:
        return TruncatedExponential(number(), number())
    if kind in (5, 6):
        counts = [rng.randrange(4) for _ in range(rng.randrange(2, 9))] + [1]
        return (Lattice if kind == 5 else Empirical)(number() / (8 if kind == 5 else 400), counts)
    parts = [random_law(rng, depth + 1) for _ in range(rng.randrange(2, 4))]
    if kind == 7:
        return Sum(*parts)
    shares = [rng.randrange(1, 9) for _ in parts]
    return Mixture([(Fraction(share, sum(shares)), part) for share, part in zip(shares, parts, strict=True)])


def fuzz(seeds: range) -> dict[str, int]:
    """Counts of random functions on random lines against the oracle; how many were proved."""
    tally = {"proved": 0, "undecided": 0, "unstable": 0}
    for seed in seeds:
        rng = random.Random(seed)
        law = random_law(rng)
        damping = Fraction(rng.choice([-1, 1, 1]) * rng.randrange(1, 60), 10)
        undelayed = Fraction(rng.choice([0, 0, 1, -1]) * rng.randrange(1, 30), 10)
        h = CharacteristicFunction(damping, law, undelayed=undelayed)
        pole = parse(law.to_json()).abscissa
        left = Fraction(-3, 2) if pole is None else max(pole * 9 / 10, Fraction(-3, 2))
        c = left + (1 - left) * Fraction(rng.randrange(1, 100), 100)
        if rng.random() < 0.5 or not oracles.Function.of(h.to_json()).reach(c) < 100:
            c = Fraction(0)  # lines with very many zeros to their right take the oracle too long
        found = certificates.root_count.prove(h, abscissa=c)
        if isinstance(found, certificates.Inconclusive):
            tally["undecided"] += 1
            continue
        assert truth.is_true(found.claim), (seed, found.claim)
        tally["proved"] += 1
        tally["unstable"] += found.count > 0
    return tally


def test_counts_of_random_functions() -> None:
    """Both signs of a and b, lines on both sides of the axis."""
    tally = fuzz(range(150))
    assert tally["proved"] >= 130
    assert tally["unstable"] >= 30


@pytest.mark.slow
def test_counts_of_many_random_functions() -> None:
    tally = fuzz(range(1000, 6500))
    assert tally["proved"] >= 5000


def test_the_line_must_end_beyond_the_bound_not_at_it() -> None:
    claim = function("stability", "1", CONSTANT) | {"stable": True}  # R = |a| Phi(0) = 1
    for end, expected in ((Fraction(1), Status.REJECTED), (1 + Fraction(1, 2**60), Status.ACCEPTED)):
        witness = line("0 1/2 3/4", "0 0")
        witness["breaks"] += [str(Fraction(19, 20)), str(end)]
        witness["codes"] += [0, 1]
        assert status(claim, witness) is expected


@pytest.mark.parametrize("damping", ["1", "-1"])
def test_the_first_code_is_the_sign_of_h(damping: str) -> None:
    """h(0) = a: with a < 0 the argument starts at pi or -pi; a wrong quarter turn would change the count by one."""
    claim = function("root_count", damping, EXPONENTIAL, "0") | {"abscissa": "0"}
    expected = 0 if damping == "1" else 1  # s^2 + s + a = 0
    right = {"1": "0 0 1 1", "-1": "2 2 1 1"}[damping]
    for codes in product("0123", repeat=4):
        for roots in range(3):
            found = status(claim | {"roots": roots}, line("0 1/4 1/2 3/4 5/4", " ".join(codes)))
            if " ".join(codes) == right and roots == expected:
                assert found is Status.ACCEPTED
            if found is Status.ACCEPTED:
                assert roots == expected


def test_codes_that_turn_round_twice_are_counted_as_they_are() -> None:
    """Of all the lines of codes that the kernel accepts for one function, every one gives the same count."""
    claim = function("root_count", "5", CONSTANT) | {"abscissa": "-1"}
    witness = grid(claim, Fraction(-1), 400)
    number = next(n for n in range(9) if status(claim | {"roots": n}, witness) is Status.ACCEPTED)
    assert truth.is_true(claim | {"roots": number})
    rng = random.Random(5)
    accepted = 0
    for _ in range(100):
        codes = [(x + rng.choice([-1, 0, 0, 0, 0, 0, 1])) % 4 if rng.random() < 0.05 else x for x in witness["codes"]]
        verdict = check(seal(claim | {"roots": number}, witness | {"codes": codes}))
        assert not verdict.reason.startswith("the witness proves"), "another number of zeros"
        accepted += verdict.status is Status.ACCEPTED
    assert accepted > 0


@pytest.mark.parametrize(("lo", "hi"), [("3/2", "8/5"), ("157/100", "158/100"), ("1570796/1000000", "1570797/1000000")])
def test_an_interval_across_the_boundary_has_no_proof(lo: str, hi: str) -> None:
    claim = function("stability", "1", CONSTANT) | {"damping": [str(Fraction(lo)), str(Fraction(hi))]}
    for pieces, stable in product((64, 512, 4000), (True, False)):
        assert status(claim | {"stable": stable}, grid(claim, Fraction(0), pieces)) is Status.REJECTED
    h = CharacteristicFunction((lo, hi), Constant(1))
    assert isinstance(certificates.stability.prove(h), certificates.Inconclusive)


def test_a_zero_on_the_line_has_no_proof() -> None:
    """Erlang-2 of mean 1 has its boundary at a = 4 with the zero 2 i, both rational."""
    law = {"erlang": {"mean": ["1", "1"], "shape": 2}}
    claim = function("stability", "4", law)
    for pieces, stable in product((64, 999), (True, False)):
        assert status(claim | {"stable": stable}, grid(claim, Fraction(0), pieces)) is Status.REJECTED
    boundary = {"type": "stability_boundary", "delay": law}
    axis = grid(function("stability", "4", law), Fraction(0), 800)
    # a = 4 itself is not stable; and a window that ends at the frequency 2 leaves a neighbour unproved
    claim = boundary | {"damping": ["4", None], "frequency": None}
    assert status(claim, axis) is Status.REJECTED
    for window in (["2", "3"], ["1", "2"], ["3/2", "199/100"]):
        claim = boundary | {"damping": ["39/10", "41/10"], "frequency": window}
        breaks = sorted({Fraction(k, 100) for k in range(401)} | {Fraction(41, 10)})
        for codes in ([0] * 400 + [1], [0] * 199 + [3] * 2 + [2] * 199 + [1], [0] * 195 + [3] * 10 + [2] * 195 + [1]):
            witness = {"bits": 64, "breaks": [str(x) for x in breaks], "codes": codes}
            assert status(claim, witness) is Status.REJECTED


def test_a_window_wide_enough_is_accepted() -> None:
    """The counterpart of the test above: the same pieces with a window around the frequency 2."""
    law = {"erlang": {"mean": ["1", "1"], "shape": 2}}
    found = certificates.stability_boundary.prove(Erlang(2, 1), digits=3)
    assert found.document["claim"]["delay"] == law
    assert found.damping.lo < 4 < found.damping.hi
    assert found.frequency.lo < 2 < found.frequency.hi


@pytest.mark.parametrize("damping", ["3", "-3"])
def test_exponentials_below_every_ulp(damping: str) -> None:
    """exp(-10^6) is [0, 1 ulp] in the kernel, whatever the precision; Phi'' is 10^12 times that."""
    law = {"constant": {"time": ["1000000", "1000000"]}}
    claim = function("root_count", damping, law) | {"abscissa": "1"}
    witness = line("0 1/4 1/2", "0 1")
    for roots in range(3):
        expected = Status.REJECTED if roots else Status.ACCEPTED
        assert status(claim | {"roots": roots}, witness | {"bits": 4096}) is expected
        assert status(claim | {"roots": roots}, witness | {"bits": 32}) is Status.REJECTED


def test_empirical_law_is_not_its_lattice() -> None:
    """For a coarse step the masses may move far enough to change the answer: then there is no proof."""
    counts = [0, 0, 1]
    lattice, empirical = Lattice("1/2", counts), Empirical("1/2", counts)  # 1, and [3/4, 5/4]
    h = CharacteristicFunction("3/2", lattice)
    assert certificates.stability.prove(h).stable
    assert isinstance(certificates.stability.prove(CharacteristicFunction("3/2", empirical)), certificates.Inconclusive)
    witness = certificates.stability.prove(h).document["witness"]
    claim = {"type": "stability", **CharacteristicFunction("3/2", empirical).to_json(), "stable": True}
    assert status(claim, witness) is Status.REJECTED
    # 1.3 < pi/2/(5/4), but the bound of the kernel is a disc, so that much less is proved
    assert certificates.stability.prove(CharacteristicFunction("1/2", empirical)).stable


def test_weights_that_may_be_unequal() -> None:
    """A mixture with weights in intervals holds each combination: here one of them is unstable, and no proof exists."""
    slow, fast = {"constant": {"time": ["1", "1"]}}, {"constant": {"time": ["1/10", "1/10"]}}
    for top, expected in (("1", Status.REJECTED), ("1/5", Status.ACCEPTED)):
        rest = str(1 - Fraction(top))
        law = {"mixture": [{"weight": ["0", top], "law": slow}, {"weight": [rest, "1"], "law": fast}]}
        claim = function("stability", "2", law) | {"stable": True}
        assert status(claim, grid(claim, Fraction(0), 400)) is expected


def test_model_with_intervals_must_be_the_exact_image() -> None:
    document = json.loads((ACCEPTED / "stability_interval_model.json").read_bytes())
    claim, witness = document["claim"], document["witness"]
    assert status(claim, witness) is Status.ACCEPTED
    for name, side in product(("learning_rate", "hessian", "workers", "mean_delay"), (0, 1)):
        other = copy.deepcopy(claim)
        other["model"][name][side] = str(Fraction(other["model"][name][side]) * Fraction(999 + 2 * side, 1000))
        verdict = check(document | {"claim": other})
        assert verdict.status is Status.REJECTED
        assert "model" in verdict.reason


def test_mean_of_a_truncated_exponential_is_enclosed() -> None:
    """The model's mean delay must contain the kernel's enclosure of an irrational mean; a number near it won't do."""
    law = TruncatedExponential(1, 2)
    mean = parse(law.to_json()).mean
    assert 0 < mean.hi - mean.lo < Fraction(1, 2**150)
    for pair, expected in (((mean.lo, mean.hi), True), ((mean.lo, mean.lo), False), ((mean.hi, mean.hi), False)):
        damping = (1 / pair[1], 1 / pair[0])
        model = {"learning_rate": "1/10", "hessian": "10", "workers": "1", "mean_delay": pair}
        found = certificates.stability.prove(CharacteristicFunction(damping, law), model=model)
        assert isinstance(found, certificates.Certificate) is expected


def test_statement_does_not_stand_for_the_claim() -> None:
    """Two lattices of one size have one statement; the hash keeps them apart."""
    document = json.loads((ACCEPTED / "stability_lattice.json").read_bytes())
    other = copy.deepcopy(document)
    other["claim"]["delay"]["lattice"]["counts"].reverse()
    assert seal(other["claim"], None)["statement"] == document["statement"]
    assert check(other).status is Status.REJECTED


def test_a_disc_of_one_zero_on_the_axis_is_real_and_one_of_two_is_not_claimed_to_be() -> None:
    """A cluster is claimed with its height: the two zeros may be a conjugate pair."""
    document = json.loads((ACCEPTED / "rightmost_double_root.json").read_bytes())
    claim = document["claim"]
    assert claim["roots"] == 2
    assert Fraction(claim["imag"][1]) >= Fraction(document["witness"]["disc"]["radius"])
    assert status(claim | {"imag": ["0", "0"]}, document["witness"]) is Status.REJECTED


def test_discs_must_stay_right_of_the_abscissa() -> None:
    """s + 1/(8 (1 + s)) has the zeros -0.146 and -0.853 and a pole at -1, which a disc must not reach."""
    claim = function("root_enclosure", "1/8", EXPONENTIAL) | {"centre": ["-427/500", "0"], "roots": 1}
    assert status(claim | {"radius": "1/40"}, {"bits": 64}) is Status.ACCEPTED
    for radius in ("73/500", "1/5", "3/10"):
        assert status(claim | {"radius": radius}, {"bits": 64}) is Status.REJECTED


def test_precision_changes_no_answer() -> None:
    """Fewer bits may lose a proof; they never prove anything else."""
    for name in ("count_constant_left", "count_negative_damping", "count_unstable", "stability_close_to_the_boundary"):
        document = json.loads((ACCEPTED / f"{name}.json").read_bytes())
        claim = document["claim"]
        member = "roots" if "roots" in claim else "stable"
        others = [claim | {member: value} for value in ((0, 1, 2, 3, 4) if member == "roots" else (True, False))]
        for bits in (32, 33, 40, 50, 64, 100, 1000):
            for other in others:
                if status(other, document["witness"] | {"bits": bits}) is Status.ACCEPTED:
                    assert other == claim
