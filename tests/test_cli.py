import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import sddeverify
from sddeverify.__main__ import COMMANDS, main

HEAVY = {"numpy", "sympy", "mpmath", "scipy", "sklearn", "matplotlib"}


def python(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)


def loaded(*arguments: object) -> set[str]:
    """The top-level packages that a Python command imports."""
    result = python("-X", "importtime", *arguments)
    assert result.returncode in (0, 2), result.stderr
    return imported(result.stderr)


def imported(importtime: str) -> set[str]:
    lines = (line for line in importtime.splitlines() if line.startswith("import time:"))
    names = {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
    assert "encodings" in names  # so that an empty answer is not a good one
    return names


@pytest.mark.parametrize(
    "arguments",
    [
        ["-c", "import sddeverify"],
        ["-c", "import sddeverify.checker"],
        ["-m", "sddeverify", "--help"],
        ["-m", "sddeverify", "--version"],
        ["-m", "sddeverify.checker"],
        ["-m", "sddeverify.checker", "no-such-file"],
    ],
    ids=" ".join,
)
def test_starts_light(arguments):
    assert loaded(*arguments).isdisjoint(HEAVY)


def test_the_kernel_needs_the_standard_library_only():
    names = loaded("-m", "sddeverify.checker", "no-such-file")
    # Installed .pth files may import something at any start of Python; "org" is what the module copy tries for Jython.
    assert names - loaded("-c", "") <= set(sys.stdlib_module_names) | {"sddeverify", "org"}


def test_help_shows_every_command_in_a_full_line():
    result = python("-m", "sddeverify", "--help", env={**os.environ, "COLUMNS": "80"})
    assert result.returncode == 0
    listed = result.stdout.partition("Commands:")[2]
    for name in COMMANDS:
        (line,) = (line for line in listed.splitlines() if line.split()[:1] == [name])
        assert not line.endswith("...")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command(name):
    result = python("-X", "importtime", "-m", "sddeverify", name, "--help")
    assert result.returncode == 0
    assert imported(result.stderr).isdisjoint(HEAVY)
    assert all(line.startswith("import time:") for line in result.stderr.splitlines())
    assert f"Example: sddeverify {name}" in result.stdout
    assert r"\b" not in result.stdout  # the mark that keeps the lines of a paragraph is not to be read
    assert "--json" in result.stdout


def test_version():
    result = python("-m", "sddeverify", "--version")
    assert (result.returncode, result.stdout) == (0, f"sddeverify {sddeverify.__version__}\n")


def test_installed_script():
    script = Path(sys.executable).with_name("sddeverify")
    result = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert result.stdout == f"sddeverify {sddeverify.__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["--nonsense"], ["check", "--nonsense"]], ids=" ".join)
def test_bad_usage(arguments):
    result = python("-m", "sddeverify", *arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_an_error_on_purpose_is_one_sentence():
    result = python("-m", "sddeverify", "certify", "stability", "--damping", "x", "--delay", "constant(1)")
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1


def stop_in_check(monkeypatch, capsys, tmp_path, error):
    """Run ``check`` where the kernel is interrupted by an error; return exit status and standard error."""
    path = tmp_path / "x.cert.json"
    path.write_text("{}")

    def interrupted(_):
        raise error

    monkeypatch.setattr("sddeverify.checker.check", interrupted)
    monkeypatch.setattr("sys.argv", ["sddeverify", "check", str(path)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code, capsys.readouterr().err


def test_interruption(monkeypatch, capsys, tmp_path):
    assert stop_in_check(monkeypatch, capsys, tmp_path, KeyboardInterrupt())[0] == 130


def test_error_of_the_system(monkeypatch, capsys, tmp_path):
    error = PermissionError(13, "Permission denied", "some/file")
    status, text = stop_in_check(monkeypatch, capsys, tmp_path, error)
    assert (status, text) == (2, "sddeverify: some/file: Permission denied\n")


def test_a_bug_is_not_disguised(monkeypatch, capsys, tmp_path):
    with pytest.raises(ZeroDivisionError):
        stop_in_check(monkeypatch, capsys, tmp_path, ZeroDivisionError())


def test_output_into_a_closed_pipe():
    script = f"{sys.executable} -m sddeverify certify --help | head -1"
    result = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert "Traceback" not in result.stderr


def test_copied_kernel_runs_alone(tmp_path):
    import shutil

    from sddeverify.certificates import Inconclusive, stability
    from sddeverify.delays import Constant
    from sddeverify.models import CharacteristicFunction

    certificate = stability.prove(CharacteristicFunction("3/2", Constant("1")))
    assert not isinstance(certificate, Inconclusive)
    certificate.save(tmp_path / "good.cert.json")
    document = certificate.document | {"statement": "All is well."}
    (tmp_path / "bad.cert.json").write_text(json.dumps(document))
    kernel = shutil.copytree(Path(sddeverify.__file__).parent / "checker", tmp_path / "elsewhere" / "kernel")
    shutil.rmtree(kernel / "__pycache__", ignore_errors=True)
    alone = ["-I", "-S", "-O", kernel]
    good = python(*alone, tmp_path / "good.cert.json", cwd=tmp_path)
    assert good.returncode == 0, good.stderr
    assert "ACCEPTED" in good.stdout
    assert python(*alone, tmp_path / "bad.cert.json", cwd=tmp_path).returncode == 1
    assert python(*alone, tmp_path / "none.cert.json", cwd=tmp_path).returncode == 2
    assert python(*alone, cwd=tmp_path).returncode == 2
