"""The built wheel in a clean virtual environment: it tests itself, and the example project passes with it.

Needs PyPI for the wheel's dependencies, like the installation of the tests themselves.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
UV = Path(sys.executable).with_name("uv")
CLEAN = {
    name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV", "PYTEST_ADDOPTS"}
}
pytestmark = [
    pytest.mark.skipif(not UV.exists(), reason="uv is not beside this Python: make setup puts it there"),
    pytest.mark.xdist_group("packaging"),
]


def call(*line, cwd):
    result = subprocess.run(list(map(str, line)), cwd=cwd, env=CLEAN, capture_output=True, text=True, check=False)
    if result.returncode and "dns error" in result.stderr + result.stdout:
        pytest.skip("PyPI cannot be reached from here")
    return result


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with the sdist and the wheel."""
    folder = tmp_path_factory.mktemp("dist")
    result = call(UV, "build", "-q", "--out-dir", folder, ROOT, cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture(scope="module")
def clean(built, tmp_path_factory):
    """The scripts of a virtual environment with the wheel and its core dependencies alone."""
    folder = tmp_path_factory.mktemp("clean")
    (wheel,) = built.glob("*.whl")
    assert call(UV, "venv", "-q", "--python", sys.executable, folder / "venv", cwd=folder).returncode == 0
    result = call(UV, "pip", "install", "-q", "--python", folder / "venv" / "bin" / "python", wheel, cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder / "venv" / "bin"


def test_wheel_and_sdist_have_what_they_need(built):
    (wheel,), (sdist,) = built.glob("*.whl"), built.glob("*.tar.gz")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"sddeverify/py.typed", "sddeverify/checker/__main__.py", "sddeverify/views/widgets.css"} <= names
    viewer = {name.partition(".data/data/")[2] for name in names}
    assert "share/jupyter/labextensions/sddeverify/package.json" in viewer  # where JupyterLab looks for it
    assert "share/jupyter/labextensions/sddeverify/static/remoteEntry.js" in viewer
    assert not any(name.startswith(("tests/", "benchmarks/", "notebooks/")) for name in names)
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "tests/test_packaging.py",
        "examples/guarded-training/README.md",
    } <= inside


def test_selftest_passes_in_a_clean_environment(clean, tmp_path):
    listed = call(UV, "pip", "list", "--python", clean / "python", cwd=tmp_path).stdout
    assert "pytest" not in listed
    assert "matplotlib" not in listed
    result = call(clean / "sddeverify", "selftest", cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "FAILED" not in result.stdout


def test_missing_extras_are_named(clean, tmp_path):
    result = call(clean / "sddeverify", "report", "--out", tmp_path / "x", cwd=tmp_path)
    assert result.returncode == 2
    assert "sddeverify[report]" in result.stderr
    assert result.stderr.count("\n") == 1


def test_example_project(clean, tmp_path):
    project = tmp_path / "project"
    shutil.copytree(ROOT / "examples" / "guarded-training", project, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    python = clean / "python"
    result = call(UV, "pip", "install", "-q", "--python", python, "pytest", "hypothesis", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    passed = call(python, "-m", "pytest", "-v", cwd=project)
    assert passed.returncode == 0, passed.stdout
    assert "boundary.cert.json::certificate PASSED" in passed.stdout
    assert "5 passed" in passed.stdout
    assert call(clean / "sddeverify", "check", ".", cwd=project).returncode == 0
    assert call(clean / "sddeverify", "guard", "training.toml", cwd=project).returncode == 0
    training = project / "training.toml"
    training.write_text(training.read_text().replace("workers = 16", "workers = 64"))
    assert call(clean / "sddeverify", "guard", "training.toml", cwd=project).returncode == 1


def test_hooks_and_workflow_are_well_formed():
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert {hook["id"] for hook in hooks} == {"sddeverify-check", "sddeverify-guard"}
    from sddeverify.__main__ import COMMANDS

    assert {hook["entry"].split()[1] for hook in hooks} <= set(COMMANDS)
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "check-certificates.yml").read_text())
    steps = [step.get("run", "") for step in workflow["jobs"]["check"]["steps"]]
    assert any("sddeverify check" in step for step in steps)
    assert any("sddeverify guard" in step for step in steps)
