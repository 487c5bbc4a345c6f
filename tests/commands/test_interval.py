"""``sddeverify interval``: ranges, crossings and counts against closed forms, and bad input."""

import json
import math
from fractions import Fraction

import pytest
from scipy.special import lambertw

from sddeverify import checker
from sddeverify.analysis import roots
from sddeverify.delays import Constant, Lattice, Sum, parse
from sddeverify.models import CharacteristicFunction


def written(folder, compute="constant(1)", **others):
    path = folder / "scenario.json"
    members = {"learning_rate": "1/20", "workers": 4, "compute": compute, "hessian": ["1", "2"]} | others
    path.write_text(json.dumps(members))
    return path


def ranges(rows):
    return [tuple(map(Fraction, row["range"])) for row in rows]


@pytest.mark.parametrize(
    ("over", "factor"),
    # damping a = learning rate x 2 x workers of a constant delay of 1; the mean delay at damping 1/20 x 2 x 4 = 2/5
    [("learning_rate", 1 / 8), ("workers", 10), ("mean_delay", 5 / 2)],
)
def test_crossings_of_a_constant_delay(run, tmp_path, over, factor):
    result = run("interval", written(tmp_path), "--over", over, "--up-to", 15 * factor // 0.125 / 8, "--json")
    assert result.status == 0, result
    data = result.json
    # a = pi/2 + 2 pi k: a pair of roots goes out at each
    for k, (lo, hi) in enumerate(ranges(data["crossings"])):
        assert lo <= Fraction(factor * (math.pi / 2 + 2 * math.pi * k)) * (1 + Fraction(1, 10**14))
        assert hi >= Fraction(factor * (math.pi / 2 + 2 * math.pi * k)) * (1 - Fraction(1, 10**14))
        assert hi - lo < hi / 10**6
    assert {row["direction"] for row in data["crossings"]} == {"out"}
    assert [row["unstable_roots"] for row in data["ranges"]] == [0, 2, 4, 6]
    joined = [end for pair in ranges(data["ranges"]) for end in pair][1:-1]
    assert joined == [end for pair in ranges(data["crossings"]) for end in pair]


def test_shifts_of_a_constant_delay(run, tmp_path):
    out = tmp_path / "shifts"
    result = run("interval", written(tmp_path), "--over", "shift", "--up-to", 22, "-o", out, "--json")
    assert result.status == 0, result
    data = result.json
    # |a| = w: (1 + d) a = pi/2 + 2 pi k with a = 2/5
    expected = [(math.pi / 2 + 2 * math.pi * k) * 2.5 - 1 for k in range(2)]
    assert len(data["crossings"]) == 2
    for (lo, hi), d in zip(ranges(data["crossings"]), expected, strict=True):
        assert lo < d < hi < Fraction(1.00001) * lo
    # the number of branches of the Lambert function with a non-negative real part, in the middle of each range
    for row, (lo, hi) in zip(data["ranges"], ranges(data["ranges"]), strict=True):
        tau = 1 + float(lo + hi) / 2
        assert row["unstable_roots"] == sum(lambertw(-0.4 * tau, k).real >= 0 for k in range(-9, 9))
    assert run("check", out).status == 0
    for path in out.iterdir():
        assert checker.check(path.read_bytes()).status is checker.Status.ACCEPTED
    assert len(data["files"]) == len(list(out.iterdir()))


def test_roots_come_back(run, tmp_path):
    """With two atoms some pairs come back in as the damping grows; the counts are those of another method."""
    path = written(tmp_path, "3/5*constant(1) + 2/5*constant(3)", workers=1, hessian=["1"])
    data = run("interval", path, "--over", "learning_rate", "--up-to", "20", "--json").json
    assert {row["direction"] for row in data["crossings"]} == {"out", "in"}
    law = parse("3/5*constant(1) + 2/5*constant(3)")
    for row, (lo, hi) in zip(data["ranges"], ranges(data["ranges"]), strict=True):
        damping = (lo + hi) / 2 / law.mean
        assert row["unstable_roots"] == roots.count(CharacteristicFunction(damping, law), 0.0)


def test_measured_times_have_wider_crossings(run, tmp_path):
    path = written(tmp_path, "empirical(1/50, 0, 0, 0, 1, 5, 9, 12, 20, 9, 5, 1)", hessian=["1"])
    data = run("interval", path, "--over", "shift", "--up-to", "3/2", "--json").json
    (lo, hi), *_ = ranges(data["crossings"])
    assert Fraction(1, 10**5) < (hi - lo) / hi < Fraction(1, 2)
    assert [row["unstable_roots"] for row in data["ranges"]][:2] == [0, 2]


@pytest.mark.slow
def test_a_trace_of_1000_cells_is_decided(run, tmp_path):
    """Ranges begin as wide as damping and rounding make them: narrower ones are searched in vain, and dearly."""
    counts = [0] * 320 + [k * (681 - k) for k in range(681)]
    path = written(tmp_path, {"empirical": {"step": ["1/1000", "1/1000"], "counts": counts}}, workers=8, hessian=["1"])
    data = run("interval", path, "--over", "shift", "--up-to", "4", "--json").json
    ((lo, hi),) = ranges(data["crossings"])
    assert [row["unstable_roots"] for row in data["ranges"]] == [0, 2]
    law = Lattice("1/1000", counts)
    for d, unstable in ((float(lo), 0), (float(hi), 2)):
        shifted = CharacteristicFunction(Fraction(2, 5) / law.mean, Sum(Constant(Fraction(d)), law))
        assert roots.count(shifted, 0.0) == unstable
    assert hi - lo < hi / 20


def test_text(run, tmp_path):
    shown = run("interval", written(tmp_path), "--over", "workers").out
    assert "certified  above 0 to 15.7079632" in shown
    assert "a pair of roots goes out" in shown
    assert "Numbers of workers are whole" in shown
    assert "drops out" in run("interval", written(tmp_path), "--over", "mean_delay").out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--over", "seed"], ["--over", "workers"]),
        (["--up-to", "0"], ["--up-to"]),
        (["--up-to", "nan"], ["--up-to"]),
        (["--digits", "100000"], ["digits"]),
        (["--out", "no/such"], ["--out", "new folder"]),
        (["--out", "."], ["--out"]),
    ],
)
def test_bad_input_is_one_sentence(run, tmp_path, options, words):
    run("interval", written(tmp_path), *options).assert_one_sentence(*words)


@pytest.mark.parametrize("over", ["learning_rate", "shift"])
def test_too_many_crossings_are_undecided(run, tmp_path, over):
    assert run("interval", written(tmp_path), "--over", over, "--up-to", 10**6, "--json").status == 3
