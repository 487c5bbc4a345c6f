"""Every lesson keeps the rules of lessons and runs from top to bottom."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nbclient", reason="the extra 'notebook' is not installed")

import nbformat
from nbclient import NotebookClient

from sddeverify.derivations import DERIVATIONS
from tests.notebooks.lessons import EXECUTED, LESSONS, LONGEST, ROOT, cells

NAMES = [path.stem for path in LESSONS]
PATIENCE = 10 * LONGEST  # the machine may be shared; what is asserted is processor time
STARTING = 10  # seconds of a kernel of its own that a lesson may need before its first cell: the imports
PARTS = ("Goals", "Exercise", "Solution", "Check yourself")
ANEW = """
import os
os.chdir({folder!r})
shell = get_ipython()
shell.extension_manager.loaded.discard("sddeverify")
for magics in shell.magics_manager.magics.values():
    magics.pop("sdde", None)
    magics.pop("certify", None)
%reset -f
"""
USED = """
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


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookClient]:
    """One kernel for all lessons: most of the time of a lesson that has its own goes into starting it and importing."""
    folder = tmp_path_factory.mktemp("jupyter")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        patch.setenv("JUPYTER_RUNTIME_DIR", str(folder / "runtime"))
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])))
        # No request leaves the machine: a proxy that nobody listens at.
        for name in ("http_proxy", "https_proxy"):
            patch.setenv(name, "http://127.0.0.1:9")
        client = NotebookClient(nbformat.v4.new_notebook(), timeout=PATIENCE, kernel_name="python3")
        with client.setup_kernel():
            yield client


def run(kernel: NotebookClient, notebook: Any) -> Any:
    kernel.nb = notebook
    kernel.execute(cleanup_kc=False)
    return notebook.cells


def execute(kernel: NotebookClient, source: str) -> str:
    [cell] = run(kernel, nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]))
    return "".join(output.text for output in cell.outputs)


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_lesson_runs(path: Path, tmp_path: Path, kernel: NotebookClient) -> None:
    execute(kernel, ANEW.format(folder=str(tmp_path)))
    notebook = nbformat.read(path, as_version=4)
    before = float(execute(kernel, USED))
    run(kernel, notebook)
    assert float(execute(kernel, USED)) - before < LONGEST - STARTING
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


def test_lessons_share_a_kernel_and_nothing_else(tmp_path: Path, kernel: NotebookClient) -> None:
    for _ in range(2):
        execute(kernel, ANEW.format(folder=str(tmp_path)))
        assert execute(kernel, "%load_ext sddeverify\nleft = 1") == ""  # it says so if it is loaded already
    execute(kernel, ANEW.format(folder=str(tmp_path)))
    seen = execute(kernel, "import os\nprint('left' in globals(), get_ipython().find_magic('sdde'), os.getcwd())")
    assert seen == f"False None {tmp_path}\n"


def test_the_site_lists_every_lesson() -> None:
    listed = re.findall(r"^ +- lessons/(\w+)\.md$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    assert listed == NAMES
