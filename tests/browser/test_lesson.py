"""A lesson as readers meet it: run all, step, answer wrong and right, move a slider, see a certificate."""

import json
from collections.abc import Callable
from typing import Any

LESSON = "lessons/03_one_delay_and_lambert_w.ipynb"
ONE = "document.querySelector('.sddeverify-stepper')"  # the first of the lesson's steppers


def test_a_lesson(lab: Any, opened: Callable[[str], Any]) -> None:
    view = opened(LESSON)
    view.run_all()
    page = view.page
    stepper = page.locator(".sddeverify-stepper").first
    stepper.wait_for()
    page.locator(".sddeverify-pade-explorer img").wait_for()  # the last widget of the lesson

    # Outputs of certificates carry a fresh verdict.
    assert page.locator(".sddeverify-card [data-verdict=ACCEPTED]").count() >= 2
    assert page.locator(".sddeverify-card [data-verdict=none]").count() == 0

    # Step, by mouse and by keyboard.
    steps = stepper.locator(".sddeverify-step")
    assert steps.count() == 1
    stepper.locator(".sddeverify-next").click()
    page.wait_for_function(f"{ONE}.querySelectorAll('.sddeverify-step').length === 2")
    stepper.locator(".sddeverify-next").focus()
    page.keyboard.press("Enter")
    page.wait_for_function(f"{ONE}.querySelectorAll('.sddeverify-step').length === 3")
    # An arrow in a menu, which follows the steps, belongs to the menu, and letters on a button do nothing to the cell.
    jump = stepper.locator(".sddeverify-jump select")
    page.wait_for_function(f"{ONE}.querySelector('.sddeverify-jump select').selectedIndex === 2")
    jump.focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function(f"{ONE}.querySelectorAll('.sddeverify-step').length === 4")
    assert jump.evaluate("menu => menu === document.activeElement")
    cells = page.locator(".jp-Cell").count()
    stepper.locator(".sddeverify-previous").focus()
    for key in ("d", "d", "Enter"):
        page.keyboard.press(key)
    page.wait_for_function(f"{ONE}.querySelectorAll('.sddeverify-step').length === 3")
    assert page.locator(".jp-Cell").count() == cells
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('.jp-Cell')")
    typeset = f"{ONE}.querySelectorAll('.sddeverify-formula mjx-container').length >= 3"
    page.wait_for_function(typeset)
    view.screenshot("lesson_stepper")

    # Predict a line: wrong, then right.
    stepper.locator(".sddeverify-mode select").select_option("blank")
    stepper.locator(".sddeverify-jump select").select_option(label="12. The critical damping")
    answer = stepper.locator(".sddeverify-answer input")
    answer.wait_for()
    answer.fill("pi/tau")
    answer.press("Enter")
    stepper.locator(".sddeverify-wrong").wait_for()
    answer.fill("pi/(2*tau)")
    answer.press("Enter")
    stepper.locator(".sddeverify-right").wait_for()
    stepper.locator(".sddeverify-current .sddeverify-badge").click()
    stepper.locator(".sddeverify-checks").wait_for()
    view.screenshot("lesson_answered")
    kept = json.loads((lab.root / "lessons" / "answers.json").read_text("utf-8"))["answers"]
    assert [one["text"] for one in kept.values() if one["outcome"] == "right"] == ["pi/(2*tau)"]

    # Numbers put in, one line back, everything at once: earlier lines are dimmed.
    stepper.locator(".sddeverify-current .sddeverify-numbers").click()
    values = stepper.locator(".sddeverify-values input")
    values.fill("tau = 1/2")
    values.press("Enter")
    page.wait_for_function("document.querySelector('.sddeverify-sides').textContent.includes('3.1415927')")
    stepper.locator(".sddeverify-previous").click()
    page.wait_for_function(f"{ONE}.querySelectorAll('.sddeverify-step').length === 11")
    stepper.locator(".sddeverify-reveal-all").click()
    page.wait_for_function(f"{ONE}.querySelectorAll('.sddeverify-earlier').length > 11")
    assert stepper.locator(".sddeverify-current").count() == 1

    # A slider moved by the arrow keys: the picture changes, and its size does not.
    explorer = page.locator(".sddeverify-root-explorer")
    image = explorer.locator("img.sddeverify-figure, .sddeverify-figure img").first
    before, size = image.get_attribute("src"), image.bounding_box()
    handle = explorer.locator(".sddeverify-workers .noUi-handle")
    handle.scroll_into_view_if_needed()
    handle.focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "document.querySelector('.sddeverify-root-explorer .sddeverify-caption').textContent.includes('grows')"
    )
    assert image.get_attribute("src") != before
    after = image.bounding_box()
    assert (after["width"], after["height"]) == (size["width"], size["height"])
    view.screenshot("lesson_explorer")
