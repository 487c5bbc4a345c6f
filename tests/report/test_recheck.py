import json

import pytest

from sddeverify.certificates import root_count
from sddeverify.delays import Constant
from sddeverify.models import CharacteristicFunction
from sddeverify.report.recheck import recheck


@pytest.fixture
def files(tmp_path):
    good, bad, broken = (tmp_path / f"{name} it.cert.json" for name in ("good", "bad", "broken"))
    certificate = root_count.prove(CharacteristicFunction("3/2", Constant("1")))
    certificate.save(good)
    document = json.loads(good.read_text())
    document["witness"]["codes"][-1] = 0
    bad.write_text(json.dumps(document))
    broken.write_text("{")
    return good, bad, broken


def test_each_file_gets_its_own_answer(files):
    good, bad, broken = recheck(files)
    assert good.accepted
    assert "exactly 0" in good.said
    assert not bad.accepted
    assert bad.said.startswith("REJECTED")
    assert not broken.accepted
    assert broken.said.startswith("MALFORMED")


def test_a_missing_file_is_not_accepted(tmp_path):
    (one,) = recheck([tmp_path / "none.cert.json"])
    assert not one.accepted


def test_nothing_to_check():
    assert recheck([]) == []


def test_the_kernel_is_alone(files, monkeypatch, tmp_path):
    # A module that shadows the standard library would be found if the environment counted.
    (tmp_path / "fractions.py").write_text("raise SystemExit('shadowed')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert recheck(files[:1])[0].accepted
