"""A certificate is opened by double click: its statement, its pictures, and no verdict that nobody gave."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ACCEPTED = ROOT / "tests" / "checker" / "accepted"


def test_a_certificate_file(lab: Any, opened: Callable[[str], Any]) -> None:
    shutil.copy(ACCEPTED / "boundary_erlang.json", lab.root / "erlang.cert.json")
    view = opened("erlang.cert.json")
    card = view.page.locator(".sddeverify-card")
    card.wait_for()
    assert "Not re-checked" in card.inner_text()
    assert "sddeverify check erlang.cert.json" in card.inner_text()
    assert "5bb67b6f5aac65090d522602ed4859639c762dcd8966d35984000c98a3b9bb02" in card.inner_text()
    view.page.wait_for_function("document.querySelectorAll('.sddeverify-card mjx-container').length >= 3")
    assert view.page.locator(".sddeverify-codes").count() == 1  # the line
    view.page.locator(".sddeverify-cite").click()
    view.page.wait_for_function("document.querySelector('.sddeverify-cite + span').textContent !== ''")
    view.screenshot("certificate_boundary")


def test_discs_are_drawn(lab: Any, opened: Callable[[str], Any]) -> None:
    shutil.copy(ACCEPTED / "all_roots_constant.json", lab.root / "roots.cert.json")
    view = opened("roots.cert.json")
    view.page.locator(".sddeverify-disc").first.wait_for()
    assert view.page.locator(".sddeverify-disc").count() == 2  # the disc and its conjugate
    view.page.wait_for_function("document.querySelectorAll('.sddeverify-card mjx-container').length >= 2")
    view.screenshot("certificate_roots")


def test_a_file_that_is_none(lab: Any, opened: Callable[[str], Any]) -> None:
    (lab.root / "broken.cert.json").write_text('{"claim": ', encoding="utf-8")
    view = opened("broken.cert.json")
    view.page.locator(".sddeverify-card").wait_for()
    assert "Not a certificate" in view.page.locator(".sddeverify-card").inner_text()
