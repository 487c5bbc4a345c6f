import json
import re
from fractions import Fraction

import pytest

from sddeverify.emulator.trace import Trace
from sddeverify.report.write import cited, document, write
from sddeverify.scenario import Scenario


@pytest.fixture(scope="module")
def written(study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    return folder, write(study, folder, lambda *_: None)


def test_files(written):
    folder, _ = written
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == {
        "report.html",
        "report.json",
        "scenario.toml",
        "trace.csv",
        "citation.tex",
        "citation.bib",
        *(
            f"figures/{name}.{kind}"
            for name in ("certified_chart", "stability_chart", "root_map", "decay", "delays", "staleness")
            for kind in ("svg", "png")
        ),
    }


def test_the_question_can_be_asked_again(written, study):
    folder, _ = written
    assert Scenario.load(folder / "scenario.toml") == study.source.scenario
    assert Trace.load(folder / "trace.csv") == study.run.trace


def test_json(written, study, summary):
    folder, rows = written
    assert rows == summary
    found = json.loads((folder / "report.json").read_text())
    assert found == json.loads(json.dumps(document(study, summary)))
    assert found["derivation_passed"] is True
    assert found["undecided"] == {}
    assert all(one["accepted"] for one in found["certificates"].values())


def test_citation_never_says_more_than_the_certificate(written, study):
    folder, _ = written
    text = (folder / "citation.tex").read_text()
    values = dict(re.findall(r"\\newcommand\{\\Sdde(\w+)\}\{\\ensuremath\{([-0-9.]+)\}\}", text))
    rate = study.proofs.boundary.learning_rate
    assert (
        Fraction(values["CriticalLearningRateLow"]) <= rate.lo < rate.hi <= Fraction(values["CriticalLearningRateHigh"])
    )
    for mode in study.proofs.modes:
        name = f"Abscissa{mode.name.capitalize()}"
        real = mode.result.real
        assert Fraction(values[f"{name}Low"]) <= real.lo <= real.hi <= Fraction(values[f"{name}High"])
    for one in study.proofs.certificates.values():
        assert one.digest in text or one.claim["type"] in (
            "stability",
            "mean_square_stability",
            "stability_chart",
        )
    rate = study.proofs.further.rate.rate
    assert Fraction(values["DecayRateLow"]) <= rate.lo <= rate.hi <= Fraction(values["DecayRateHigh"])
    limit = study.proofs.further.limit
    if "MeanSquareStableLow" in values:
        assert Fraction(values["MeanSquareStableLow"]) == limit.lo


def test_refused_certificates_are_not_cited(study):
    from dataclasses import replace

    from sddeverify.report.recheck import Recheck

    refused = {name: Recheck(one.file, False, "no") for name, one in study.rechecks.items()}
    assert cited(replace(study, rechecks=refused)) == []
