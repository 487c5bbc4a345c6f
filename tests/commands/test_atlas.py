import json
import math
from fractions import Fraction
from pathlib import Path

import pytest

from sddeverify.analysis import roots
from sddeverify.certificates import root_count, stability_boundary
from sddeverify.commands import _atlas, atlas
from sddeverify.delays import parse
from sddeverify.models import CharacteristicFunction

FOLDER = Path(__file__).parents[2] / "notebooks" / "reference" / "atlas"


@pytest.fixture(scope="module")
def rows():
    """The table of the site; reading it has every certificate checked by the kernel."""
    return {row["law"]: row for row in atlas.table(FOLDER)}


def test_closed_forms(rows):
    """Against theory that is not in the certificates."""
    critical = {"constant(1)": math.pi / 2, "uniform(0, 2)": math.pi**2 / 4, "erlang(2, 1)": 4}
    critical |= {f"erlang({k}, 1)": k * math.tan(math.pi / 2 / k) / math.cos(math.pi / 2 / k) ** k for k in (3, 4)}
    for law, value in critical.items():
        assert float(rows[law]["boundary"]) == pytest.approx(value, rel=1e-14)
    assert rows["exponential(1)"]["boundary"] == "none up to 100"
    double = {"constant(1)": 1 / math.e, "exponential(1)": 1 / 4}
    double |= {f"erlang({k}, 1)": (k / (k + 1)) ** (k + 1) for k in (2, 3, 4)}
    for law, value in double.items():
        assert float(rows[law]["oscillation"]) == pytest.approx(value, rel=1e-14)
    assert float(rows["exponential(1)"]["mean_square"]) == pytest.approx((math.sqrt(129) - 1) / 2, rel=1e-14)
    c = float(rows["constant(1)"]["mean_square"])
    assert c / 16 * (1 + math.sin(c)) == pytest.approx(2 * math.cos(c), rel=1e-13)
    for row in rows.values():
        assert len(row["oscillation"].partition(".")[2]) >= 30
        if row["law"] != "exponential(1)":  # the mean decays fastest where two real roots meet: two proofs of that
            assert abs(float(row["fastest"]) - float(row["oscillation"])) <= 1e-6
        assert len(row["mean_square"].partition(".")[2]) >= 4


def test_it_is_made_anew_with_the_same_claims(run, tmp_path):
    assert run("atlas", "-o", tmp_path, "--only", "erlang_2").status == 0
    for path in tmp_path.iterdir():
        assert json.loads(path.read_text())["claim"] == json.loads((FOLDER / path.name).read_text())["claim"]
    shown = run("atlas", "-o", tmp_path, "--only", "erlang_2", "--check", "--json")
    assert shown.json == atlas.table(FOLDER, ["erlang_2"])


def test_the_fastest_point_is_that_of_the_computed_rates():
    """Rates from the numerical roots, without certificates: greatest at the double point, for every law."""
    for name, law in atlas.LAWS.items():
        if name not in atlas.TIED:
            point = _atlas.double_point(name)
            factors = (Fraction(9, 10), Fraction(99, 100), 1, Fraction(101, 100), Fraction(3, 2), 3)
            found = [-float(roots.rightmost(CharacteristicFunction(point * k, parse(law))).real) for k in factors]
            assert max(found) == found[2], law


def test_a_gap_in_the_proof_of_the_fastest_point_is_seen(run, tmp_path):
    for path in FOLDER.glob("erlang_2*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    for there, missing in ((1, 2), (5, 6)):
        spoiled = tmp_path / f"erlang_2_slower_{missing}.cert.json"
        spoiled.write_bytes((FOLDER / f"erlang_2_slower_{there}.cert.json").read_bytes())
        run("atlas", "-o", tmp_path, "--check", "--only", "erlang_2").assert_one_sentence("slower decay")
        spoiled.write_bytes((FOLDER / spoiled.name).read_bytes())
    other = stability_boundary.prove(parse("erlang(2, 1)"), up_to=10)  # beyond where the others end
    other.save(tmp_path / "erlang_2_boundary.cert.json")
    assert run("atlas", "-o", tmp_path, "--check", "--only", "erlang_2").status == 2
    (tmp_path / "erlang_2_boundary.cert.json").write_bytes((FOLDER / "erlang_2_boundary.cert.json").read_bytes())
    far_left = root_count.prove(CharacteristicFunction(("0.296", "0.3"), parse("erlang(2, 1)")), -1)
    far_left.save(tmp_path / "erlang_2_slower_1.cert.json")
    run("atlas", "-o", tmp_path, "--check", "--only", "erlang_2").assert_one_sentence("slower decay")


def test_bad_input(run, tmp_path):
    run("atlas", "-o", tmp_path, "--only", "weibull").assert_one_sentence("--only", "constant")
    run("atlas", "-o", tmp_path, "--check").assert_one_sentence("readable file")
    for path in FOLDER.glob("erlang_2*"):
        (tmp_path / path.name.replace("erlang_2", "erlang_3")).write_bytes(path.read_bytes())
    run("atlas", "-o", tmp_path, "--check", "--only", "erlang_3").assert_one_sentence("about erlang(3, 1)")
    exchanged = (tmp_path / "erlang_3_stable.cert.json").read_bytes()
    for path in FOLDER.glob("erlang_2*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "erlang_2_unstable.cert.json").write_bytes(exchanged)
    run("atlas", "-o", tmp_path, "--check", "--only", "erlang_2").assert_one_sentence("a stable one")
