"""Every snippet of the README and of the site is run: Python blocks, and console lines that start with $."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "notebooks").rglob("*.md"))]
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# These take their time; make demo and their own tests run them.
LONG = {"report", "record"}


def blocks(page: Path) -> list[tuple[str, str]]:
    return BLOCK.findall(page.read_text("utf-8"))


def run_console(text: str, folder: Path) -> None:
    for line in text.splitlines():
        if not line.startswith("$ "):
            continue
        expected = re.search(r"# exit status (\d)", line)
        words = shlex.split(line[2:], comments=True)
        assert words[0] in {"sddeverify", "python"}, line
        if words[0] == "sddeverify" and words[1] in LONG:
            continue
        words[:1] = [sys.executable, "-m", "sddeverify"] if words[0] == "sddeverify" else [sys.executable]
        result = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120)
        assert result.returncode == (int(expected[1]) if expected else 0), f"{line}\n{result.stdout}{result.stderr}"
        assert "Traceback" not in result.stderr


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p)], ids=lambda p: str(p.relative_to(ROOT)))
def test_snippets_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "snippet"}
    for kind, text in blocks(page):
        if kind == "python":
            exec(compile(text, str(page), "exec"), names)  # noqa: S102 - our own pages
        else:
            run_console(text, tmp_path)


def test_snippets_of_the_readme_are_found() -> None:
    assert [kind for kind, _ in blocks(ROOT / "README.md")] == ["python", "console"]


FORMAT_PAGE = (ROOT / "notebooks" / "reference" / "certificate.md").read_text("utf-8")


def test_example_of_the_format_page_is_a_claim() -> None:
    from sddeverify.checker.verdict import read

    found = re.search(r"^```json\n(.*?)^```$", FORMAT_PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    document = json.loads(found[1])
    assert read(document["claim"]).statement == document["statement"]


def shape(value: object) -> object:
    """The members of a document's objects, without their values; of a list those that hold objects."""
    if isinstance(value, dict) and "cut" in value:
        return {"bits": None, "breaks": [], "codes": []}  # parts of a box, each with a count: in the place of one
    if isinstance(value, dict):
        return {key: shape(x) for key, x in value.items()}
    return [shape(x) for x in value if isinstance(x, dict | list)] if isinstance(value, list) else None


SECTIONS = re.findall(r"^### `([a-z_]+)`", FORMAT_PAGE, re.MULTILINE)


@pytest.mark.parametrize("claim", SECTIONS)
def test_claims_are_as_the_format_page_says(claim: str) -> None:
    from sddeverify import certificates
    from sddeverify.delays import Constant
    from sddeverify.models import CharacteristicFunction

    h = CharacteristicFunction("1/5", Constant("1"))
    arguments: dict[str, list[object]] = {
        "all_roots": [h, "-1"],
        "boundary_tube": [Constant, ["1", "11/10"]],
        "crossings": [Constant("1"), "5"],
        "discrete_boundary": [3],
        "law_free_bound": ["1"],
        "mean_square_stability": [h, "1/10"],
        "memoryless_boundary": [4],
        "optimum": [{"one": [h], "other": [CharacteristicFunction("1/10", Constant("1"))]}],
        "root_enclosure": [h, ("-1/4", "0")],
        "stability_boundary": [Constant("1")],
        "stability_chart": [certificates.stability_chart.family("constant($y)", "$x"), (0, 1), (0, "3/2"), 2],
    }
    result = certificates.CLAIMS[claim].prove(*arguments.get(claim, [h]))
    assert not isinstance(result, certificates.Inconclusive)
    section = FORMAT_PAGE.partition(f"### `{claim}`")[2].partition("\n##")[0]
    found = re.search(r"^```json\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert found is not None
    assert shape(json.loads(found[1])) == shape(result.document["witness"])
    listed = re.search(r"^Members: (.*?)\.\n", section, re.MULTILINE | re.DOTALL)
    assert listed is not None
    names = re.findall(r"`([a-z_]+)`", re.sub(r"\([^)]*\)", "", listed[1]))
    assert {"type", *names} == set(result.claim)
    example = re.search(r"^```json\n(.*?)^```$", FORMAT_PAGE, re.MULTILINE | re.DOTALL)
    assert example is not None
    assert set(json.loads(example[1])) - {"provenance"} == set(result.document) - {"provenance"}


def test_long_commands_exist() -> None:
    from sddeverify.__main__ import COMMANDS

    assert set(COMMANDS) >= LONG


def test_no_page_names_a_machine() -> None:
    for page in [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]:
        text = page.read_text("utf-8")
        assert os.fspath(ROOT) not in text, page
        assert not re.search(r"/(home|root|work)/", text), page
