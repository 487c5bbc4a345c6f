"""The plugin in a pytest of its own: certificates as items, and configurations inside certified regions."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sddeverify.certificates import Inconclusive, stability_boundary
from sddeverify.delays import Constant

ROOT = Path(__file__).parents[1]


@pytest.fixture
def project(tmp_path):
    found = stability_boundary.prove(Constant(1), model={"hessian": 1, "workers": 1})
    assert not isinstance(found, Inconclusive)
    found.save(tmp_path / "boundary.cert.json")
    return tmp_path


def run(folder, *arguments, plugin=True):
    """The plugin is named on the command line: the entry point is tested from a wheel."""
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-c", "/dev/null"]
    line += ["--rootdir", str(folder), "-p", "sddeverify.pytest_plugin"] if plugin else []
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run([*line, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_certificates_are_items(project):
    result = run(project, "--certificates", "-vv")
    assert result.returncode == 0, result.stdout
    assert "boundary.cert.json::certificate PASSED" in result.stdout


def test_nothing_is_collected_unasked(project):
    assert run(project).returncode == 5


def test_by_a_setting(project):
    result = run(project, "-o", "sddeverify_certificates=true")
    assert result.returncode == 0, result.stdout
    assert "1 passed" in result.stdout


@pytest.mark.parametrize("damage", ["tampered", "truncated", "schema"])
def test_a_bad_certificate_fails_with_a_sentence(project, damage):
    path = project / "boundary.cert.json"
    document = json.loads(path.read_text())
    if damage == "tampered":
        document["claim"]["damping"][0] = "157/100"
    if damage == "schema":
        document["schema"] = "sddeverify-certificate/2"
    text = json.dumps(document)
    path.write_text(text[: len(text) // 2] if damage == "truncated" else text)
    result = run(project, "--certificates")
    assert result.returncode == 1
    assert "boundary.cert.json is " + ("rejected" if damage == "tampered" else "malformed") in result.stdout
    assert "Traceback" not in result.stdout


TESTS = """
import pytest

@pytest.mark.certified_region("boundary.cert.json", learning_rate=0.5, workers=3)
def test_inside():
    pass

@pytest.mark.certified_region("boundary.cert.json", learning_rate=0.5, workers=4)
def test_outside():
    raise SystemError("never reached")

def test_fixture(certified_region):
    region = certified_region("boundary.cert.json")
    assert region.contains(learning_rate="1.57")
    assert not region.contains(learning_rate=1.58)
"""


@pytest.mark.parametrize("marker", ['"none.cert.json", learning_rate=0.1', '"boundary.cert.json", learning_rat=0.1'])
def test_a_marker_that_is_wrong_fails_with_a_sentence(project, marker):
    (project / "test_region.py").write_text(
        f"import pytest\n\n@pytest.mark.certified_region({marker})\ndef test_it():\n    pass\n"
    )
    result = run(project, "test_region.py")
    assert result.returncode == 1
    assert "is not allowed; write" in result.stdout
    assert "Traceback" not in result.stdout
    assert "locate" not in result.stdout


def test_marker_and_fixture(project):
    (project / "test_region.py").write_text(TESTS)
    result = run(project, "--strict-markers", "test_region.py")
    assert result.returncode == 1
    assert "2 passed" in result.stdout
    assert "outside the certified region of boundary.cert.json: damping 2 is beyond" in result.stdout
    assert "never reached" not in result.stdout


def test_only_the_kernel_is_imported(project):
    (project / "conftest.py").write_text(
        "import sys\n"
        "def pytest_sessionfinish(session):\n"
        "    heavy = {'numpy', 'sympy', 'mpmath', 'sddeverify.delays'} & set(sys.modules)\n"
        "    session.exitstatus = 77 if heavy else session.exitstatus\n"
    )
    (project / "test_region.py").write_text(TESTS.replace("workers=4", "workers=2").replace("raise", "assert"))
    result = run(project, "--certificates")
    assert result.returncode == 0, result.stdout
