"""Every lesson keeps the rules of lessons and runs from top to bottom."""

import ast
import os
import re
from pathlib import Path

import pytest

pytest.importorskip("nbclient", reason="the extra 'notebook' is not installed")

import nbformat
from nbclient import NotebookClient

from sddeverify.derivations import DERIVATIONS
from tests.notebooks.lessons import EXECUTED, LESSONS, LONGEST, ROOT, cells

NAMES = [path.stem for path in LESSONS]
PATIENCE = 10 * LONGEST  # the machine may be shared; what is asserted is processor time
PARTS = ("Goals", "Exercise", "Solution", "Check yourself")
BOTTOM = """
import resource as _resource
_used = _resource.getrusage(_resource.RUSAGE_SELF)
print(_used.ru_utime + _used.ru_stime)
"""


def plain(source: str) -> str:
    """The Python of a cell, without IPython's magics."""
    if source.startswith("%%"):
        return ""
    return "\n".join("pass" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines())


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_rules_of_lessons(path: Path) -> None:
    assert re.fullmatch(r"[0-9]{2}_[a-z0-9_]+", path.stem)
    for cell in cells(path, "code"):
        assert cell.outputs == [], "lessons store no output: Edit, Clear Outputs of All Cells"
        assert cell.execution_count is None
        assert not cell.source.lstrip().startswith("!"), "lessons run no shell commands"
        for node in ast.walk(ast.parse(plain(cell.source))):
            allowed = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
            assert not isinstance(node, allowed), f"lessons define nothing: {cell.source}"
            if isinstance(node, ast.Import | ast.ImportFrom):
                modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
                assert all(name.split(".")[0] == "sddeverify" for name in modules), "lessons import only the package"
    prose = "\n".join(cell.source for cell in cells(path, "markdown"))
    assert prose.startswith("# ")
    for part in PARTS:
        assert part in prose, f"every lesson has its {part}"


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_solutions_follow_their_exercises(path: Path) -> None:
    prose = [cell.source for cell in cells(path, "markdown")]
    asked = [number for number, source in enumerate(prose) if re.search(r"\*\*Exercise", source)]
    assert asked
    for number in asked:
        assert any("Solution" in source for source in prose[number : number + 2])


def test_every_derivation_is_stepped_through_in_a_lesson() -> None:
    code = "\n".join(cell.source for path in LESSONS for cell in cells(path, "code"))
    assert sorted(re.findall(r'\bStepper\(DERIVATIONS\["(\w+)"\]', code)) == sorted(DERIVATIONS)


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_lesson_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])))
    # No request leaves the machine: a proxy that nobody listens at.
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(BOTTOM))
    folder = tmp_path / "lesson"
    folder.mkdir()
    NotebookClient(
        notebook, timeout=PATIENCE, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    seconds = float(notebook.cells.pop().outputs[0].text)
    assert seconds < LONGEST
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.get("text")
            shown = output.get("data", {})
            assert set(shown) != {"text/plain"} or not shown["text/plain"].startswith("<"), "nothing to look at"
    notebook.metadata.pop("widgets", None)  # the state of widgets is of no use without a kernel
    EXECUTED.mkdir(parents=True, exist_ok=True)
    part = EXECUTED / f"{path.name}.part"
    nbformat.write(notebook, part)
    part.replace(EXECUTED / path.name)


def test_the_site_lists_every_lesson() -> None:
    listed = re.findall(r"^ +- lessons/(\w+)\.md$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    assert listed == NAMES
