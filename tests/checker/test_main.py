"""The kernel as a folder of its own: ``python -I -S -O folder FILE``."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checker.mutants import KERNEL

CORPUS = Path(__file__).parent
ACCEPTED = CORPUS / "accepted" / "stability_constant.json"
REJECTED = CORPUS / "rejected" / "stability_wrong_code.json"
MALFORMED = CORPUS / "malformed" / "unknown_member.json"


@pytest.fixture(scope="module", params=["checker", "kernel-2.0 copy", "json"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the kernel, and nothing else of the project, under various names."""
    target = tmp_path_factory.mktemp("elsewhere") / request.param
    shutil.copytree(KERNEL, target, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def run(folder: Path, *files: Path | str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", "-O", str(folder), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, timeout=60)


def test_a_rule_that_does_not_come_to_its_end_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from sddeverify.checker import Status, check
    from sddeverify.checker.rules import RULES

    def halting(claim: dict[str, object]):  # type: ignore[no-untyped-def]  # a generator, as rules are
        yield from RULES_BEFORE["stability"](claim)
        yield "once more"

    RULES_BEFORE = dict(RULES)
    document = json.loads(ACCEPTED.read_text())
    assert check(document).status is Status.ACCEPTED
    monkeypatch.setitem(RULES, "stability", halting)
    verdict = check(document)
    assert (verdict.status, verdict.reason) == (Status.REJECTED, "the rule did not come to its end")
    monkeypatch.setitem(RULES, "stability", lambda claim: iter(()))
    assert check(document).status is Status.REJECTED


def test_exit_status(folder: Path, tmp_path: Path) -> None:
    result = run(folder, ACCEPTED, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    statement = json.loads(ACCEPTED.read_text())["statement"]
    assert result.stdout == f"ACCEPTED {ACCEPTED}: {statement}\n"
    assert run(folder, REJECTED, cwd=tmp_path).returncode == 1
    assert run(folder, MALFORMED, cwd=tmp_path).returncode == 2


def test_worst_verdict_counts(tmp_path: Path) -> None:
    result = run(KERNEL, REJECTED, ACCEPTED)
    assert result.returncode == 1
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["REJECTED", "ACCEPTED"]
    assert run(KERNEL, ACCEPTED, MALFORMED, REJECTED).returncode == 2


@pytest.mark.parametrize("files", [[], ["no such file.json"], ["."]], ids=["none", "missing", "folder"])
def test_nothing_to_check_is_an_error(files: list[str], tmp_path: Path) -> None:
    result = run(KERNEL, *files, cwd=tmp_path)
    assert result.returncode == 2
    assert "ACCEPTED" not in result.stdout
    assert result.stderr == ""


def test_modules_beside_the_folder_are_not_imported(tmp_path: Path) -> None:
    shutil.copytree(KERNEL, tmp_path / "checker", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("json", "hashlib", "dataclasses", "fractions", "enum", "re", "checker"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(0)  # would look like an acceptance")
    assert run(tmp_path / "checker", REJECTED, cwd=tmp_path).returncode == 1


def test_a_document_cannot_write_a_line_of_its_own(tmp_path: Path) -> None:
    document = tmp_path / "x.json"
    for name in ("\nACCEPTED y.json", "\ud800", "\x1b[2J", "é"):
        document.write_text(json.dumps({name: 1}))
        result = run(KERNEL, document)
        assert result.returncode == 2, name
        assert result.stderr == ""
        assert len(result.stdout.splitlines()) == 1
        assert result.stdout.isascii()
        assert "\x1b" not in result.stdout


def test_as_a_module() -> None:
    command = [sys.executable, "-m", "sddeverify.checker", str(ACCEPTED)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 0
    assert result.stdout.startswith("ACCEPTED")


def test_the_kernel_loads_no_numerics() -> None:
    heavy = {"numpy", "sympy", "mpmath", "scipy", "flint"}
    code = f"import sys, sddeverify.checker; print(*sorted({heavy} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.strip() == ""


def test_without_a_file_it_says_how_it_is_called() -> None:
    found = subprocess.run([sys.executable, "-m", "sddeverify.checker"], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout, found.stderr) == (2, "usage: checker FILE...\n", "")
