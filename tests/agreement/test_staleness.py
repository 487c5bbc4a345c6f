from dataclasses import replace

import numpy as np
import pytest

from sddeverify.agreement import Verdict, staleness
from tests.agreement.pool import simulate

LAWS = {
    "constant": lambda rng: 1.0,
    "exponential": lambda rng: rng.exponential(),
    "erlang": lambda rng: rng.gamma(3, 1 / 3),
    "two points": lambda rng: 0.1 if rng.random() < 0.9 else 5.0,
}


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("workers", [1, 2, 8, 13])
def test_conservation_makes_the_bias_exact(name, workers):
    trace = simulate(LAWS[name], workers, 1500, 1)
    check = staleness.check(trace, workers)
    assert check.observed - check.bias == pytest.approx(workers - 1, abs=1e-9)
    assert check.verdict is Verdict.CONSISTENT
    assert "holds exactly" in check.note


def test_a_piece_out_of_the_middle_has_two_edges():
    whole = simulate(LAWS["two points"], 8, 4000, 3)
    piece = type(whole)(*(getattr(whole, name)[700:2900] for name in
                          ("worker", "read_time", "push_time", "version_read", "version_applied")))  # fmt: skip
    check = staleness.check(piece, 8)
    assert check.observed - check.bias == pytest.approx(7, abs=1e-9)


def test_wrong_number_of_workers():
    assert staleness.check(simulate(LAWS["erlang"], 8, 4000, 0), 7).verdict is Verdict.INCONSISTENT


def test_mutated_versions():
    trace = simulate(LAWS["erlang"], 8, 4000, 0)
    mutant = replace(trace, version_read=np.maximum(trace.version_read - 1, 0))
    assert staleness.check(mutant, 8).verdict is Verdict.INCONSISTENT


def test_five_arrivals():
    check = staleness.check(simulate(LAWS["erlang"], 8, 5, 0), 8)
    assert check.verdict is Verdict.TOO_LITTLE_DATA


def test_no_versions():
    trace = simulate(LAWS["erlang"], 8, 500, 0)
    nothing = np.full(500, -1)
    check = staleness.check(replace(trace, version_read=nothing, version_applied=nothing), 8)
    assert check.verdict is Verdict.TOO_LITTLE_DATA
    assert "no versions" in check.note
