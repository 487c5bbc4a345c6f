"""The page: well formed, self-contained, and with everything that was found."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from sddeverify.report import page
from sddeverify.report.figures import pictures
from sddeverify.report.rows import Status

VOID = {"meta", "link", "br", "img", "hr", "input"}


class Structure(HTMLParser):
    """Checks nesting, and collects what a browser would load and where links lead."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.loaded, self.tags, self.text = [], [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a":
            self.links.append(values["href"])
        self.loaded += [values[key] for key in ("src", "srcset", "data") if key in values]
        if tag == "img":
            assert values["alt"]

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def drawn(study):
    return list(pictures(study))


@pytest.fixture(scope="module")
def html(study, summary, drawn):
    return page.render(study, summary, drawn, datetime(2030, 1, 2, tzinfo=UTC))


@pytest.fixture(scope="module")
def structure(html):
    parser = Structure()
    parser.feed(html)
    parser.close()
    return parser


def test_well_formed(structure):
    assert structure.open == []
    assert len(structure.ids) == len(set(structure.ids))
    assert "script" not in structure.tags


def test_self_contained(html, structure):
    assert all(source.startswith("data:image/svg+xml;base64,") for source in structure.loaded)
    assert len(structure.loaded) == 6
    assert "link" not in structure.tags
    assert not re.search(r"@import|url\(", html)


def test_links_lead_somewhere(structure, study):
    for link in structure.links:
        if link.startswith("#"):
            assert link[1:] in structure.ids
        else:
            assert link.removeprefix("certificates/").removesuffix(".cert.json") in study.proofs.certificates


def test_every_answer_and_every_word_is_there(structure, summary, study):
    text = " ".join(structure.text)
    for row in summary:
        assert row.value in text
    for status in (Status.CERTIFIED, Status.COMPUTED, Status.OBSERVED, Status.CONSISTENT):
        assert status.value in text
    for certificate in study.proofs.certificates.values():
        assert certificate.digest in text
    for check in study.agreement.checks:
        assert check.note in text
    for assumption in study.derived.model.assumptions:
        assert f"{assumption} " in text


def test_every_step_of_the_derivation_is_there(html, structure, study):
    total = sum(len(one.steps) for one in study.derived.derivations)
    assert structure.tags.count("math") == total
    assert "<mtext>" not in html  # the fallback for what cannot be set as mathematics
    for derivation in study.derived.derivations:
        for step in derivation.steps:
            assert derivation.label(step) in structure.ids


def test_text_is_escaped(html):
    assert "A note with &lt;b&gt;markup&lt;/b&gt;." in html


def test_the_date_is_given(html):
    assert "2030-01-02" in html


def test_refuted_steps_and_refused_certificates_stand_out(study, summary, drawn):
    from sddeverify.derivations import Outcome
    from sddeverify.report.recheck import Recheck

    first = study.checked[0]
    broken = replace(first, steps=(replace(first.steps[0], replay=Outcome.FAILED), *first.steps[1:]))
    name, one = next(iter(study.rechecks.items()))
    changed = replace(
        study,
        checked=(broken, *study.checked[1:]),
        rechecks=study.rechecks | {name: Recheck(one.file, False, "REJECTED by hand")},
    )
    html = page.render(changed, summary, drawn)
    assert "step-badge refuted" in html
    assert "Some steps did not pass" in html
    assert "REJECTED by hand" in html
    assert "All " not in html.split('id="derivation"')[1].split("<details>")[0]


def test_undecided_claims_are_shown(study, summary, drawn):
    from sddeverify.certificates import Inconclusive, Reason

    nothing = Inconclusive(Reason.BUDGET, "the proof would be <too> long")
    html = page.render(replace(study, proofs=replace(study.proofs, operating=nothing)), summary, drawn)
    assert "the proof would be &lt;too&gt; long" in html


def test_figures_without_certificates(study):
    from sddeverify.certificates import Inconclusive, Reason

    nothing = Inconclusive(Reason.PRECISION, "x")
    modes = tuple(replace(mode, result=nothing) for mode in study.proofs.modes)
    bare = replace(study, proofs=replace(study.proofs, boundary=nothing, modes=modes), decays={})
    bare = replace(bare, proofs=replace(bare.proofs, chart=None))
    assert [picture.name for picture in pictures(bare)] == ["root_map", "delays", "staleness"]
