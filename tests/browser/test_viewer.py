"""The certificate viewer alone, without JupyterLab around it: every claim has its formulas and its picture."""

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

from sddeverify import certificates
from sddeverify.delays import Constant, Exponential
from sddeverify.models import CharacteristicFunction
from tests.browser.conftest import ROOT, SCREENSHOTS

ENTRY = ROOT / "sddeverify" / "labextension" / "static" / "remoteEntry.js"
ACCEPTED = ROOT / "tests" / "checker" / "accepted"
SHELL = """
class Widget {
  constructor() { this.node = document.createElement('div'); }
  addClass(name) { this.node.className = name; }
}
window.started = (async () => {
  const container = window._JUPYTERLAB.sddeverify;
  container.init({ '@lumino/widgets': { '2.0.0': { get: async () => () => ({ Widget }) } } });
  const plugin = (await container.get('./mimeExtension'))().default;
  window.show = async (documents) => {
    document.body.replaceChildren();
    for (const one of documents) {
      const renderer = plugin.rendererFactory.createRenderer({});
      document.body.append(renderer.node);
      await renderer.renderModel({ data: { 'application/vnd.sddeverify.certificate+json': one } });
    }
  };
})();
"""


def proved() -> dict[str, str]:
    """A certificate of each claim, as text: from the corpus where it has one."""
    found: dict[str, str] = {}
    for path in sorted(ACCEPTED.glob("*.json")):
        text = path.read_text("utf-8")
        found.setdefault(json.loads(text)["claim"]["type"], text)
    h = CharacteristicFunction("1", Constant("1"))
    made = [
        certificates.discrete_boundary.prove(7),
        certificates.memoryless_boundary.prove(16),
        certificates.mean_square_stability.prove(CharacteristicFunction("4", Exponential("1")), "1/4"),
        certificates.stationary_variance.prove(h),
        certificates.time_to_target.prove(CharacteristicFunction("13/10", Constant("1"))),
        certificates.boundary_tube.prove(Constant, [Fraction(k, 20) for k in range(20, 27)]),
    ]
    return found | {one.document["claim"]["type"]: json.dumps(one.document) for one in made}


@pytest.fixture(scope="module")
def viewer(chromium: Any) -> Iterator[Any]:
    page = chromium.new_page(viewport={"width": 800, "height": 600})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_content("<!doctype html><body></body>")
    page.add_script_tag(content=ENTRY.read_text("utf-8"))
    page.add_script_tag(content=SHELL)
    page.evaluate("window.started")
    yield page
    page.close()
    assert errors == []


def test_every_claim_has_its_formulas_and_its_picture(viewer: Any) -> None:
    documents = proved()
    assert set(documents) == set(certificates.CLAIMS)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    viewer.evaluate("documents => window.show(documents)", list(documents.values()))
    viewer.screenshot(path=str(SCREENSHOTS / "viewer_all_claims.png"), full_page=True)
    cards = viewer.locator(".sddeverify-card")
    assert cards.count() == len(documents)
    for k, name in enumerate(documents):
        card = cards.nth(k)
        assert card.locator(".sddeverify-formula").count() >= 2 - (name == "optimum"), name
        assert "undefined" not in card.inner_text(), name
        assert "NaN" not in card.inner_html(), name
        assert card.locator("svg").count() >= 1, name


@pytest.mark.parametrize(
    ("name", "selector", "count"),
    [
        ("chart_constant", ".sddeverify-cell", 16),
        ("crossings_in_and_out", ".sddeverify-crossing", None),
        ("optimum_tie", ".sddeverify-candidate", None),
        ("stability_band", ".sddeverify-codes", 1),
    ],
)
def test_pictures_show_what_is_claimed(viewer: Any, name: str, selector: str, count: int | None) -> None:
    text = (ACCEPTED / f"{name}.json").read_text("utf-8")
    claim = json.loads(text)["claim"]
    viewer.evaluate("documents => window.show(documents)", [text])
    if count is None:
        count = len(claim.get("crossings", claim.get("table")))
    assert viewer.locator(selector).count() == count


def test_digits_tell_the_ends_apart(viewer: Any) -> None:
    boundary = certificates.stability_boundary.prove(Constant("1"), digits=25)
    viewer.evaluate("documents => window.show(documents)", [json.dumps(boundary.document)])
    shown = viewer.locator(".sddeverify-card").inner_text()
    assert shown.count("1.5707963267948966192313216") == 2  # pi/2 = 1.57079632679489661923132169..., at both ends
    assert "e-25 wide where nothing is stated" in shown


def test_a_real_root_is_said_to_be_real(viewer: Any) -> None:
    proof = certificates.rightmost_root.prove(CharacteristicFunction("1/4", Constant("1")), digits=30)
    viewer.evaluate("documents => window.show(documents)", [json.dumps(proof.document)])
    shown = viewer.locator(".sddeverify-card").inner_text()
    assert r"\operatorname{Im} s| = 0" in shown
    assert re.search("largest radius about [1-9][.][0-9]e-3[0-9]", shown)


def test_the_whole_corpus_is_shown(viewer: Any) -> None:
    """No accepted document falls back to words: laws of every kind, infinite margins, boundaries without an end."""
    paths = sorted(ACCEPTED.glob("*.json"))
    viewer.evaluate("documents => window.show(documents)", [path.read_text("utf-8") for path in paths])
    formulas = "one => one.querySelectorAll('.sddeverify-formula').length"
    shown = viewer.evaluate(f"[...document.querySelectorAll('.sddeverify-card')].map({formulas})")
    assert [path.stem for path, lines in zip(paths, shown, strict=True) if lines == 0] == []
