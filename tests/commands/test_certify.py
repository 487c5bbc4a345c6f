import csv
import inspect
import json
import re
from fractions import Fraction

import pytest
from scipy.special import lambertw

from sddeverify import checker
from sddeverify.certificates import CLAIMS
from sddeverify.commands._claims import options
from sddeverify.commands.certify import command


def certified(run, path, *arguments):
    """Run ``certify``, and return the claim of the file, which the kernel accepts."""
    result = run("certify", *arguments, "-o", path)
    assert result.status == 0, result
    document = path.read_bytes()
    assert checker.check(document).status is checker.Status.ACCEPTED
    return json.loads(document)["claim"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.cert.json"


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_claim_has_a_command_line(claim):
    takes, needs = options(claim)
    assert needs <= takes <= set(inspect.signature(command).parameters)


def test_options_are_those_of_the_provers():
    assert options("stability") == ({"delay", "delay_hi", "damping", "undelayed"}, {"delay", "damping"})
    assert options("stability_boundary") == ({"delay", "digits", "up_to"}, {"delay"})
    assert options("memoryless_boundary") == ({"workers", "digits"}, {"workers"})


@pytest.mark.parametrize(("damping", "stable"), [("3/2", True), ("1.58", False), ("1/1000,3/2", True)])
def test_stability(run, path, damping, stable):
    # The constant delay 1 is stable up to pi/2 = 1.5707...
    claim = certified(run, path, "stability", "--damping", damping, "--delay", "constant(1)")
    assert claim["stable"] is stable
    lo, *hi = map(Fraction, damping.split(","))
    assert [Fraction(x) for x in claim["damping"]] == [lo, *(hi or [lo])]


def test_an_interval_of_laws(run, path):
    # Constant delays up to 11/10 are stable up to pi/2.2 = 1.4279...
    laws = ["--delay", "constant(9/10)", "--delay-hi", "constant(11/10)"]
    claim = certified(run, path, "stability", "--damping", "1/2,1.42", *laws)
    assert (claim["delay"], claim["stable"]) == ({"constant": {"time": ["9/10", "11/10"]}}, True)
    assert "BOUNDARY_IN_BOX" in run("certify", "stability", "--damping", "1/2,1.43", *laws).out


def test_an_interval_of_laws_with_commas(run, path):
    laws = ["--delay", "sum(constant(1), erlang(3, 1))", "--delay-hi", "sum(constant(5/4), erlang(3, 3/2))"]
    claim = certified(run, path, "stability", "--damping", "1/3", *laws)
    means = [part["erlang"]["mean"] for part in claim["delay"]["sum"] if "erlang" in part]
    assert means == [["1", "3/2"]]


def test_root_count(run, path):
    # s + 1.5 e^-s: by scipy.special.lambertw W_0, W_-1 have Re s = -0.0328, the next ones W_1, W_-2 -1.6509.
    arguments = ["root_count", "--damping", "3/2", "--delay", "constant(1)"]
    assert certified(run, path, *arguments)["roots"] == 0
    claim = certified(run, path, *arguments, "--abscissa", "-1", "--force")
    assert (claim["abscissa"], claim["roots"]) == ("-1", 2)
    claim = certified(run, path, *arguments, "--abscissa", "-1.7", "--force")
    assert (claim["abscissa"], claim["roots"]) == ("-17/10", 4)


def test_root_count_with_undelayed_term(run, path):
    # s + 2 + e^-s has its real root at 2 - s' ... : no root with Re s >= 0, since |e^-s| <= 1 < |s + 2|.
    claim = certified(run, path, "root_count", "--damping", "1", "--undelayed", "2", "--delay", "constant(1)")
    assert (claim["undelayed"], claim["roots"]) == (["2", "2"], 0)


def test_negative_damping(run, path):
    # s - e^-s has the one root W_0(1) = 0.567143 with Re s >= 0.
    claim = certified(run, path, "root_count", "--damping", "-1", "--delay", "constant(1)")
    assert claim["roots"] == 1


def test_rightmost_root(run, path):
    # s + 0.3 e^-s: the real root W_0(-0.3) = -0.489402227180214...
    claim = certified(run, path, "rightmost_root", "--damping", "3/10", "--delay", "constant(1)", "--digits", "12")
    lo, hi = map(Fraction, claim["real"])
    assert lo <= Fraction("-0.489402227180214") + Fraction(1, 10**15)
    assert hi >= Fraction("-0.489402227180215") - Fraction(1, 10**15)
    assert hi - lo < Fraction(1, 10**11)


def test_decay_rate(run, path):
    # As above; a double root does not matter: at a = 1/e the rate is 1, and nearly so at 0.3678794.
    claim = certified(run, path, "decay_rate", "--damping", "3/10", "--delay", "constant(1)")
    lo, hi = map(Fraction, claim["rate"])
    assert lo <= Fraction("0.489402227180215")
    assert hi >= Fraction("0.489402227180214")
    assert hi - lo < Fraction(1, 10**10)


def test_all_roots(run, path):
    # s + 1.5 e^-s: W_0, W_-1 and W_1, W_-2 (scipy.special.lambertw).
    claim = certified(run, path, "all_roots", "--damping", "3/2", "--delay", "constant(1)", "--abscissa", "-1.7")
    assert sorted(round(float(Fraction(re)), 4) for re, *_ in claim["discs"]) == [-1.6509, -0.0328]


def test_stationary_variance(run, path):
    # Exponential delays of mean 1: S = (a + 1)/(2 a), exactly 5/2 for a = 1/4.
    claim = certified(run, path, "stationary_variance", "--damping", "1/4", "--delay", "exponential(1)")
    lo, hi = map(Fraction, claim["variance"])
    assert lo <= Fraction(5, 2) <= hi
    assert hi - lo < Fraction(1, 10**4)


@pytest.mark.parametrize(("step", "stable"), [("0.59", True), ("0.61", False), ("0.5,0.59", True)])
def test_mean_square_stability(run, path, step, stable):
    # Exponential delays of mean 1: stable iff alpha a S = alpha (a + 1)/2 < 1; here a = 7/3, so alpha < 3/5.
    arguments = ["--damping", "7/3", "--delay", "exponential(1)", "--step", step]
    assert certified(run, path, "mean_square_stability", *arguments)["stable"] is stable


def test_boundary_tube(run, path):
    # Scaling: the boundary of Erlang-3 of mean m is 8/(3 m).
    arguments = ["--delay", "erlang(3, $)", "--parameter", "1,2", "--cells", "50"]
    claim = certified(run, path, "boundary_tube", *arguments)
    assert claim["parameter"][:2] == ["1", "51/50"]
    for mean, (lo, hi) in zip(map(Fraction, claim["parameter"]), claim["damping"], strict=False):
        assert Fraction(lo) <= Fraction(8, 3) / mean <= Fraction(hi)


def test_boundary_tube_as_table_and_figure(run, path, tmp_path):
    table, figure = tmp_path / "tube.csv", tmp_path / "tube.png"
    arguments = ["--delay", "sum(constant($), erlang(3, $))", "--parameter", "1,9/8", "--cells", "3"]
    claim = certified(run, path, "boundary_tube", *arguments, "--csv", table, "--figure", figure)
    with table.open(newline="") as file:
        rows = [{name: Fraction(x) for name, x in row.items()} for row in csv.DictReader(file)]
    exact = zip(claim["parameter"], claim["parameter"][1:], *zip(*claim["damping"], strict=True), strict=False)
    names = ("parameter_from", "parameter_to", "damping_lo", "damping_hi")
    assert [tuple(row[name] for name in names) for row in rows] == [tuple(map(Fraction, row)) for row in exact]
    for row in rows:  # decimals say no more than the proof: a smaller cell, a wider bracket
        assert row["parameter_from"] <= row["parameter_from_decimal"] < row["parameter_to_decimal"]
        assert row["parameter_to_decimal"] <= row["parameter_to"]
        assert row["damping_lo_decimal"] <= row["damping_lo"] < row["damping_hi"] <= row["damping_hi_decimal"]
    assert any(row["parameter_from"] < row["parameter_from_decimal"] for row in rows)
    assert figure.read_bytes().startswith(b"\x89PNG")
    files = ["--csv", table, "--figure", figure]
    run("certify", "boundary_tube", *arguments, *files).assert_one_sentence("--csv", "--force")
    run("certify", "law_free_bound", "--mean-delay", "1", "--figure", figure).assert_one_sentence("boundary_tube")


TABLE = """
"4 workers" = [{damping = 0.2, delay = "constant(1)"}, {damping = "2/5", delay = "constant(1)"}]
"8 workers" = [{damping = ["2/5", "2/5"], delay = "constant(1)"}, {damping = "4/5", delay = "constant(1)"}]
"""


def test_optimum(run, path, tmp_path):
    # min over modes of -Re W_0(-c): 0.2592 (c = 1/5) against 0.3181 and 0.5404 (scipy.special.lambertw)
    (tmp_path / "t.toml").write_text(TABLE)
    claim = certified(run, path, "optimum", "--table", tmp_path / "t.toml")
    assert claim["best"] == [max(("4 workers", [0.2, 0.4]), ("8 workers", [0.4, 0.8]), key=slowest)[0]]
    assert [row["candidate"] for row in claim["table"]] == ["4 workers", "8 workers"]


def slowest(candidate):
    return min(-lambertw(-c).real for c in candidate[1])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("learning_rate = 1", ["scenario", "sddeverify optimize"]),
        ("a = 1", ["candidate 'a'", "list"]),
        ("a = []", ["candidate 'a'"]),
        ('a = [{damping = 1}]\nb = [{damping = 1, delay = "constant(1)"}]', ["candidate 'a'", "delay"]),
        ('a = [{damping = 1, delay = "constant(1)", rate = 1}]', ["candidate 'a'", "rate"]),
        ('a = [{damping = 0, delay = "constant(1)"}]', ["candidate 'a'", "damping"]),
        ('a = [{damping = 1, delay = "gauss(1)"}]', ["candidate 'a'", "gauss"]),
        ('a = [{damping = 1, delay = "constant(1)"}]', ["two or more"]),
        ("a = [", ["TOML"]),
    ],
)
def test_bad_tables_get_one_sentence(run, tmp_path, text, words):
    (tmp_path / "t.toml").write_text(text)
    run("certify", "optimum", "--table", tmp_path / "t.toml").assert_one_sentence(*words)


def test_memoryless_boundary(run, path):
    # P alpha^2 - alpha - 2 = 0 for P = 3: alpha = 1.
    claim = certified(run, path, "memoryless_boundary", "--workers", "3")
    lo, hi = map(Fraction, claim["step"])
    assert lo <= 1 <= hi


def test_discrete_boundary(run, path):
    # 2 sin(pi/(2 (2 d + 1))): for d = 1 it is 2 sin(pi/6) = 1.
    claim = certified(run, path, "discrete_boundary", "--lag", "1")
    lo, hi = map(Fraction, claim["step"])
    assert lo <= 1 <= hi


def test_geometric_lag(run, path):
    # 4 P - 2 for P = 8 memoryless workers
    claim = certified(run, path, "discrete_boundary", "--geometric", "7/8")
    lo, hi = map(Fraction, claim["step"])
    assert lo <= 30 <= hi
    assert claim["lag"] == {"geometric": "7/8"}


def test_root_enclosure(run, path):
    # s + 1.5 e^-s, the branch W_0(-1.5) = -0.032783735915572 + 1.549643823350159 i.
    claim = certified(run, path, "root_enclosure", "--damping", "3/2", "--delay", "constant(1)", "--near", "-0.03,1.55")
    re, im = map(Fraction, claim["centre"])
    distance = (re + Fraction("0.032783735915572")) ** 2 + (im - Fraction("1.549643823350159")) ** 2
    assert distance < (Fraction(claim["radius"]) + Fraction(1, 10**14)) ** 2


def test_stability_boundary(run, path):
    # Erlang-3 of mean 1 is stable up to 3 tan(pi/6) sec(pi/6)^3 = 8/3.
    claim = certified(run, path, "stability_boundary", "--delay", "erlang(3, 1)", "--digits", "9")
    lo, hi = map(Fraction, claim["damping"])
    assert lo <= Fraction(8, 3) <= hi
    assert hi - lo < Fraction(1, 10**7)


def test_stability_boundary_without_a_crossing(run, path):
    # Exponential delays are stable in the mean for every damping.
    claim = certified(run, path, "stability_boundary", "--delay", "exponential(1)", "--up-to", "50")
    assert claim["damping"] == ["50", None]


def test_json(run, path):
    result = run("certify", "stability", "--damping", "1", "--delay", "constant(1)", "-o", path, "--json")
    document = json.loads(path.read_bytes())
    assert result.json == {
        "claim": "stability",
        "status": "certified",
        "statement": document["statement"],
        "digest": document["claim_sha256"],
        "file": str(path),
    }


def test_without_file_the_json_carries_the_certificate(run):
    result = run("certify", "stability", "--damping", "1", "--delay", "constant(1)", "--json")
    assert checker.check(result.json["certificate"]).status is checker.Status.ACCEPTED


def test_without_file_it_says_that_nothing_was_saved(run):
    result = run("certify", "stability", "--damping", "1", "--delay", "constant(1)")
    assert result.status == 0
    assert "not saved" in result.out


def test_inconclusive(run, path):
    # pi/2 lies inside the interval: neither sentence holds for all of it.
    arguments = ["certify", "stability", "--damping", "1.5,1.6", "--delay", "constant(1)", "-o", path]
    result = run(*arguments)
    assert result.status == 3
    assert "undecided" in result.out
    assert run(*arguments, "--json").json["status"] == "inconclusive"
    assert not path.exists()


def test_existing_file_is_kept(run, path):
    path.write_text("precious")
    arguments = ["certify", "stability", "--damping", "1", "--delay", "constant(1)", "-o", path]
    run(*arguments).assert_one_sentence("--force", str(path))
    assert path.read_text() == "precious"
    assert run(*arguments, "--force").status == 0
    assert checker.check(path.read_bytes()).status is checker.Status.ACCEPTED


def test_inconclusive_leaves_an_existing_file_even_with_force(run, path):
    path.write_text("precious")
    run("certify", "stability", "--damping", "1.5,1.6", "--delay", "constant(1)", "-o", path, "--force")
    assert path.read_text() == "precious"


STABILITY = ["stability", "--delay", "constant(1)"]
BAD = {
    "unknown claim": (["stable", "--delay", "constant(1)"], ["CLAIM", "'stable'", "root_count"]),
    "no damping": (STABILITY, ["--damping"]),
    "no abscissa": (["all_roots", "--damping", "1", "--delay", "constant(1)"], ["--abscissa"]),
    "no near": (["root_enclosure", "--damping", "1", "--delay", "constant(1)"], ["--near"]),
    "not a number": ([*STABILITY, "--damping", "one"], ["damping", "'one'", "rational"]),
    "nan": ([*STABILITY, "--damping", "nan"], ["damping", "'nan'"]),
    "infinite": ([*STABILITY, "--damping", "inf"], ["damping", "'inf'"]),
    "zero": ([*STABILITY, "--damping", "0"], ["damping", "without 0"]),
    "empty": ([*STABILITY, "--damping", ""], ["damping"]),
    "division by zero": ([*STABILITY, "--damping", "1/0"], ["damping"]),
    "three numbers": ([*STABILITY, "--damping", "1,2,3"], ["--damping", "'1,2,3'"]),
    "turned interval": ([*STABILITY, "--damping", "2,1"], ["damping", "lo <= hi"]),
    "interval with 0": ([*STABILITY, "--damping", "-1,1"], ["damping", "without 0"]),
    "bad undelayed": ([*STABILITY, "--damping", "1", "--undelayed", "x"], ["undelayed", "'x'"]),
    "empty undelayed": ([*STABILITY, "--damping", "1", "--undelayed", ""], ["undelayed"]),
    "half a point": (
        ["root_enclosure", "--damping", "1", "--delay", "constant(1)", "--near", "1"],
        ["--near", "'1'", "comma"],
    ),
    "option of another claim": ([*STABILITY, "--damping", "1", "--abscissa", "1"], ["--abscissa", "does not take"]),
    "boundary with damping": (
        ["stability_boundary", "--delay", "constant(1)", "--damping", "1"],
        ["--damping", "does not take"],
    ),
    "no table": (["optimum"], ["--table"]),
    "table that is none": (["optimum", "--table", "none.toml"], ["none.toml"]),
    "figure of another kind": (
        ["boundary_tube", "--delay", "constant($)", "--parameter", "1,2", "--cells", "2", "--figure", "x.gif"],
        ["--figure", ".png"],
    ),
    "no delay": (["stability", "--damping", "1"], ["--delay"]),
    "no lag": (["discrete_boundary"], ["lag", "geometric"]),
    "certain lag": (["discrete_boundary", "--geometric", "1"], ["geometric", "q < 1"]),
    "delay without need": (["discrete_boundary", "--lag", "1", "--delay", "constant(1)"], ["--delay"]),
    "one end": (
        ["boundary_tube", "--delay", "constant($)", "--parameter", "1", "--cells", "2"],
        ["--parameter", "comma"],
    ),
    "empty range": (
        ["boundary_tube", "--delay", "constant($)", "--parameter", "1,1", "--cells", "2"],
        ["--parameter", "lo < hi"],
    ),
    "no cells": (
        ["boundary_tube", "--delay", "constant($)", "--parameter", "1,2", "--cells", "0"],
        ["--cells"],
    ),
    "no digits": (["rightmost_root", "--damping", "1", "--delay", "constant(1)", "--digits", "0"], ["digits"]),
    "laws of two forms": ([*STABILITY, "--damping", "1", "--delay-hi", "exponential(2)"], ["delay"]),
    "laws turned": ([*STABILITY, "--damping", "1", "--delay-hi", "constant(1/2)"], ["delay"]),
    "path of many laws": (
        ["time_to_target", "--damping", "1", "--delay", "constant(1)", "--delay-hi", "constant(2)"],
        ["delay", "one constant delay"],
    ),
    "unknown law": (["stability", "--damping", "1", "--delay", "gauss(1)"], ["gauss", "constant"]),
    "law as code": (["stability", "--damping", "1", "--delay", "__import__('os')"], ["delay"]),
    "law of mean 0": (["stability", "--damping", "1", "--delay", "constant(0)"], ["mean"]),
    "weights": (["stability", "--damping", "1", "--delay", "1/2*constant(1) + 1/3*constant(2)"], ["weight"]),
    "empty law": (["stability", "--damping", "1", "--delay", ""], ["delay"]),
    "other suffix": ([*STABILITY, "--damping", "1", "-o", "x.json"], [".cert.json"]),
    "no folder": ([*STABILITY, "--damping", "1", "-o", "none/such/x.cert.json"], ["existing folder"]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_sentence(run, tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    arguments, words = BAD[case]
    run("certify", *arguments).assert_one_sentence(*words)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [[], ["stability"], [*STABILITY, "--digits", "many"], [*STABILITY, "--nonsense"]])
def test_bad_usage(run, arguments):
    result = run("certify", *arguments)
    assert result.status == 2
    assert result.err
    assert "Traceback" not in result.err


def test_help_names_the_claims(run):
    shown = run("certify", "--help").out
    assert all(re.search(rf"^\s*{claim}\b", shown, re.MULTILINE) for claim in CLAIMS)
