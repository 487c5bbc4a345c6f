"""Regressions of the rules beyond roots and boundaries: what a document must not be able to do."""

from __future__ import annotations

import time
from fractions import Fraction
from typing import Any

import pytest

from sddeverify import certificates
from sddeverify.checker import Status, check
from sddeverify.checker.document import Malformed, positive
from sddeverify.checker.function import read_function
from sddeverify.checker.interval import Refusal
from sddeverify.checker.variance import fraction, variance
from sddeverify.checker.verdict import read
from sddeverify.delays import Constant
from sddeverify.models import CharacteristicFunction
from tests.checker.make_corpus import function, seal

CONSTANT = {"constant": {"time": ["1", "1"]}}


def test_the_step_of_a_mean_square_claim_is_that_of_its_model() -> None:
    """Otherwise a proof for a tiny step could be quoted for the learning rate of the model."""
    model = {"learning_rate": "1/10", "hessian": "1", "workers": "10", "mean_delay": "1"}
    h = CharacteristicFunction(1, Constant(1))
    right = certificates.mean_square_stability.prove(h, "1/10", model=model)
    assert isinstance(right, certificates.Certificate)
    assert check(right.document).status is Status.ACCEPTED
    with pytest.raises(Refusal, match="step"):
        read(right.claim | {"step": ["1/1000", "1/1000"]})
    assert isinstance(certificates.mean_square_stability.prove(h, "1/1000", model=model), certificates.Inconclusive)


def optimum(**members: Any) -> dict[str, Any]:
    slow, fast = ({k: v for k, v in function("", a, CONSTANT).items() if k != "type"} for a in ("1/10", "3/10"))
    table = [{"candidate": "1", "functions": [slow]}, {"candidate": "2", "functions": [fast]}]
    return {"type": "optimum", "table": table, "best": ["2"], "threshold": "1/5"} | members


def test_functions_of_a_table_are_read_strictly() -> None:
    assert "2 decay(s) faster" in read(optimum())[0]
    for function_ in ("constant", [], {**function("", "1", CONSTANT), "type": "anything"}, {}):
        with pytest.raises(Malformed):
            read(optimum(table=[{"candidate": "1", "functions": [function_]}, optimum()["table"][1]]))


@pytest.mark.parametrize("name", ["", "x" * 100, "2\nACCEPTED y.json", "\x1b[2J", "\u202e1", 2, None])
def test_candidates_have_printable_names(name: Any) -> None:
    """The statement repeats them, and terminals print it."""
    with pytest.raises(Malformed):
        read(optimum(table=[{**optimum()["table"][0], "candidate": name}, optimum()["table"][1]]))


def test_polynomials_of_a_rational_transform_are_limited() -> None:
    """64 Erlang laws of shape 1000 would take hours of exact arithmetic."""
    long = {"sum": [{"erlang": {"mean": ["1", "1"], "shape": 1000}}] * 64}
    claim = function("stationary_variance", "1", long) | {"variance": ["1", "2"]}
    assert fraction({"erlang": {"mean": ["1", "1"], "shape": 60}}, Fraction(-60)) == (1, 0, 60, Fraction(1, 60**60))
    start = time.process_time()
    h = read_function({**claim, "damping": ["1/2", "1/2"]}, variance=positive)[0]
    with pytest.raises(Refusal, match="long"):
        variance(h, claim, {"rational": ["0"] * 64_001})
    assert check(seal(claim, {"count": None, "integral": {"rational": []}})).status is not Status.ACCEPTED
    assert time.process_time() - start < 10


def fraction_of(digits: int) -> str:
    return f"{10 ** (digits - 1) // 400 + 7}/{10 ** (digits - 1) + 9}"


def test_exact_arithmetic_with_many_digits_is_limited() -> None:
    """Steps of 1000 digits at lag 100, and Erlang laws with means of 2000, would take hours of exact arithmetic."""
    start = time.process_time()
    step = {"type": "discrete_boundary", "lag": 100, "step": [fraction_of(1000), "3"]}
    verdict = check(seal(step, None))
    assert (verdict.status, "digits" in verdict.reason) == (Status.REJECTED, True)
    mean = [f"{10**1999 + 7}/{10**1999 + 9}"] * 2
    for shape in (30, 1000):
        law = {"erlang": {"mean": mean, "shape": shape}}
        claim = function("stationary_variance", "1/10", law) | {"variance": ["1", "20"]}
        verdict = check(seal(claim, {"count": None, "integral": {"rational": ["1"] * (shape + 1)}}))
        assert (verdict.status, "long" in verdict.reason) == (Status.REJECTED, True)
    assert time.process_time() - start < 20
