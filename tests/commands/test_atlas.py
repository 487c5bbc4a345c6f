import json
import math
from pathlib import Path

import pytest

from sddeverify.commands import atlas

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
        assert len(row["mean_square"].partition(".")[2]) >= 4


def test_it_is_made_anew_with_the_same_claims(run, tmp_path):
    assert run("atlas", "-o", tmp_path, "--only", "erlang_2").status == 0
    for path in tmp_path.iterdir():
        assert json.loads(path.read_text())["claim"] == json.loads((FOLDER / path.name).read_text())["claim"]
    shown = run("atlas", "-o", tmp_path, "--only", "erlang_2", "--check", "--json")
    assert shown.json == atlas.table(FOLDER, ["erlang_2"])


def test_bad_input(run, tmp_path):
    run("atlas", "-o", tmp_path, "--only", "weibull").assert_one_sentence("--only", "constant")
    run("atlas", "-o", tmp_path, "--check").assert_one_sentence("readable file")
    for path in FOLDER.glob("erlang_2*"):
        (tmp_path / path.name.replace("erlang_2", "erlang_3")).write_bytes(path.read_bytes())
    run("atlas", "-o", tmp_path, "--check", "--only", "erlang_3").assert_one_sentence("about erlang(3, 1)")
    exchanged = (tmp_path / "erlang_3_stable.cert.json").read_bytes()
    for name in ("stable", "unstable", "boundary", "below", "above"):
        (tmp_path / f"erlang_2_{name}.cert.json").write_bytes((FOLDER / f"erlang_2_{name}.cert.json").read_bytes())
    (tmp_path / "erlang_2_unstable.cert.json").write_bytes(exchanged)
    run("atlas", "-o", tmp_path, "--check", "--only", "erlang_2").assert_one_sentence("a stable one")
