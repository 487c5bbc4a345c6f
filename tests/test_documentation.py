"""Every snippet of the README and of the site is run: Python blocks, and console lines that start with $.

Lines below a command are its output, in this order, whatever stands between (``...`` is for the rest of a line).
What is not run is listed here, with the reason.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import pytest
import typer

from sddeverify.__main__ import app, main
from sddeverify.scenario import Scenario

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "notebooks").rglob("*.md"))]
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Blocks of these kinds are not run: sh for the commands below, py for Python that cannot run here.
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = {
    "make": "each target that is shown is a stage of .ci/run",
    "sddeverify": "takes long, or needs other machines: tests/commands and tests/scale run them on small input, and "
    "make demo runs report; here every option is looked up in the command",
    "python3 -m venv": "tests/test_packaging.py makes a virtual environment and installs into it",
    ".venv/bin/pip": "the same",
    ". .venv/bin/activate": "the same",
    "cp": "tests/checker/test_main.py copies the kernel",
    "python3 -I -S -O": "tests/checker/test_main.py runs the copy so",
    "dask": "needs other machines; tests/scale starts a cluster on this one",
}
PY = {
    "guides/own-times.md": "tests/emulator/test_recorder.py runs them where Ray and PyTorch are installed",
    "guides/verify-in-ci.md": "tests/test_packaging.py runs examples/guarded-training, which has these tests",
}
KINDS = {"python", "console", "sh", "py", "toml", "json", "text", "latex"}


def blocks(page: Path) -> list[tuple[str, str]]:
    return BLOCK.findall(page.read_text("utf-8"))


def run_console(text: str, folder: Path) -> None:
    commands = re.split(r"^\$ ", text, flags=re.MULTILINE)
    assert not commands[0], "a console block begins with a command"
    for line, *output in (command.splitlines() for command in commands[1:]):
        expected = re.search(r"# exit status (\d)", line)
        status, stdout, stderr = run_line(shlex.split(line, comments=True), folder)
        assert status == (int(expected[1]) if expected else 0), f"{line}\n{stdout}{stderr}"
        assert "Traceback" not in stderr
        rest = " ".join(stdout.split())
        for part in [" ".join(part.split()) for one in output for part in one.split("...")]:
            assert part in rest, f"{line}\nprints no {part!r}: {stdout}"
            rest = rest[rest.index(part) + len(part) :]


def run_line(words: list[str], folder: Path) -> tuple[int, str, str]:
    """Run a command: ours in this process, which has loaded what it needs, Python in one of its own."""
    if words[0] == "sddeverify":
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err), patch("sys.argv", words), pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), out.getvalue(), err.getvalue()
    assert words[0] == "python", words
    done = subprocess.run([sys.executable, *words[1:]], cwd=folder, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


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
    assert read(document["claim"])[0] == document["statement"]


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


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_what_is_not_run_is_listed_and_well_formed(page: Path) -> None:
    for kind, text in FENCE.findall(page.read_text("utf-8")):
        assert kind in KINDS, f"```{kind}: a block says what it is"
        if kind == "sh":
            for line in text.splitlines():
                assert any(line.startswith(f"{command} ") or line == command for command in SHOWN), line
                check_options(line)
        elif kind == "py":
            assert page.relative_to(ROOT / "notebooks").as_posix() in PY
            compile(text, str(page), "exec")
        elif kind == "toml":
            table = tomllib.loads(text)
            assert "workers" not in table or Scenario.from_toml(text).workers
        elif kind == "json":
            json.loads(text if text.startswith(("{", "[", "null")) else f"{{{text}}}")


def check_options(line: str) -> None:
    """Make targets, commands and options that are shown exist."""
    words = shlex.split(line, comments=True)
    if words[0] == "make":
        assert re.search(rf"make {words[1]}$|make {words[1]} ", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)
    if words[0] != "sddeverify":
        return
    command = typer.main.get_command(app)
    for word in words[1:]:
        if hasattr(command, "commands"):
            command = command.commands[word]
        elif word.startswith("-"):
            assert any(word in option.opts for option in command.params), line


def test_no_page_names_a_machine() -> None:
    for page in [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]:
        text = page.read_text("utf-8")
        assert os.fspath(ROOT) not in text, page
        assert not re.search(r"/(home|root|work)/", text), page
