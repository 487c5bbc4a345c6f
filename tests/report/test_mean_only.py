"""The report that knows a mean delay only."""

import json
import math
from fractions import Fraction

import pytest

from sddeverify import checker
from sddeverify.errors import UnsupportedScenario
from sddeverify.report.mean_only import LAW_FREE, OPERATING, make
from sddeverify.report.rows import Status
from sddeverify.scenario import Scenario

MEAN = Fraction(1, 50)


def made(folder, **members):
    path = folder / "question.toml"
    path.write_text(
        Scenario(**({"workers": 8, "compute": "erlang(2, 3)", "hessian": ("1/10", "2")} | members)).to_toml()
    )
    return make(folder / "out", MEAN, scenario=path, progress=lambda *_: None)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return made(tmp_path_factory.mktemp("mean_only"), learning_rate="1/20")


def test_rows(found):
    free, here, workers, *others = found.rows
    # learning rate x 2 x 8 < pi/2, and 1/20 x 2 x P < pi/2: 15 workers
    assert Fraction(free.data["up_to"]) <= Fraction(math.pi / 32)
    assert float(Fraction(free.data["up_to"])) == pytest.approx(math.pi / 32, rel=1e-9)
    assert here.value == "stable in the mean, whatever the delay law"
    assert workers.value == "up to 15"
    assert {row.status for row in (free, here, workers)} == {Status.CERTIFIED}
    assert {row.status for row in others} == {Status.UNDECIDED}
    assert all("depends on the delay law" in row.basis for row in others)


def test_certificates(found):
    assert set(found.certificates) == {LAW_FREE, OPERATING}
    assert all(one.accepted for one in found.rechecks.values())
    assert found.certificates[LAW_FREE].mean_delay == MEAN
    # the damping of the operating point: 1/20 x 2 x 8 / mean
    assert found.certificates[OPERATING].damping == Fraction(8, 10) / MEAN
    for one in found.certificates.values():
        assert checker.check(one.document).status is checker.Status.ACCEPTED


def test_it_says_plainly_what_it_knows(found):
    assert "All that is known of the delay is its mean, at most 0.02 s" in found.notes[0]
    assert "counts for nothing" in found.notes[1]


def test_files(tmp_path):
    found = made(tmp_path, learning_rate="1/20")
    out = tmp_path / "out"
    page = (out / "report.html").read_text("utf-8")
    assert page.count("<h2>") == 3
    for words in ("whatever the delay law", "law_free_operating.cert.json", "A bound for every delay law"):
        assert words in page
    data = json.loads((out / "report.json").read_text())
    assert data == json.loads(json.dumps(found.to_json()))
    assert data["mean_delay"] == "1/50"
    assert "SddeLawFreeLearningRateLow" in (out / "citation.tex").read_text()
    assert not (out / "scenario.toml").exists()  # its law would be taken for the one of the report


def test_beyond_the_bound_nothing_is_claimed(tmp_path):
    found = made(tmp_path, learning_rate="1/5", workers=5)  # 1/5 x 2 x 5 = 2 > pi/2
    _, here, workers, *_ = found.rows
    assert here.status is Status.UNDECIDED
    assert "not less than π/2" in here.basis
    assert OPERATING not in found.certificates
    assert workers.value == "up to 3"


def test_other_policies_are_refused(tmp_path):
    with pytest.raises(UnsupportedScenario, match="policy"):
        made(tmp_path, learning_rate="1/20", policy="k_sync")
    assert not (tmp_path / "out").exists()
