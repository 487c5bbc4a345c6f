"""%load_ext sddeverify in a shell of its own: the magics, their help, and what bad input says."""

import os
from pathlib import Path

import pytest

pytest.importorskip("IPython", reason="the extra 'notebook' is not installed")

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from sddeverify.certificates import Certificate, Inconclusive
from sddeverify.checker import Status, check


@pytest.fixture(scope="module")
def one_shell(tmp_path_factory: pytest.TempPathFactory) -> InteractiveShell:
    folder = str(tmp_path_factory.mktemp("ipython"))
    settings = Config({"HistoryManager": {"enabled": False}})
    shell = InteractiveShell(ipython_dir=folder, config=settings)
    shell.run_line_magic("load_ext", "sddeverify")
    return shell


@pytest.fixture
def shell(one_shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InteractiveShell:
    monkeypatch.chdir(tmp_path)
    return one_shell


def test_the_command_line_in_a_cell(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    command = 'certify stability --damping 3/2 --delay "constant(1)" -o "a file.cert.json"'
    shell.run_line_magic("sdde", command)
    assert capsys.readouterr().out.startswith("certified: ")
    assert check((tmp_path / "a file.cert.json").read_bytes()).status is Status.ACCEPTED
    shell.run_line_magic("sdde", "check 'a file.cert.json'")
    captured = capsys.readouterr()
    assert "accepted" in captured.out
    assert captured.err == ""
    assert os.environ["JUPYTER_COLUMNS"] == "80"  # a table of rich's own width is cut off in a cell


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("nothing", "No such command"),
        ("certify stability", "--damping: stability needs it"),
        ("certify stability --dampng 1", "No such option"),
        ("check missing.cert.json", "exit status 2"),
        ('certify "stability', "No closing quotation"),
        ("derive missing.toml", "missing.toml"),
    ],
)
def test_bad_commands_are_sentences(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], line: str, says: str
) -> None:
    shell.run_line_magic("sdde", line)
    captured = capsys.readouterr()
    assert says in captured.err
    assert "exit status 2" in captured.err
    assert "Traceback" not in captured.err + captured.out


def test_certify_keeps_what_it_shows(shell: InteractiveShell) -> None:
    cell = 'claim = "stability_boundary"\ndelay = "erlang(3, 1)"\ndigits = 6\n'
    result = shell.run_cell_magic("certify", "boundary", cell)
    assert isinstance(result, Certificate)
    assert shell.user_ns["boundary"] is result
    assert shell.run_cell_magic("certify", "", cell).digest == result.digest


def test_decimals_in_a_cell_are_exact(shell: InteractiveShell) -> None:
    result = shell.run_cell_magic("certify", "", 'claim = "stability"\ndelay = "constant(1)"\ndamping = 0.3\n')
    assert result.claim["damping"] == ["3/10", "3/10"]


def test_undecided_is_kept_too(shell: InteractiveShell) -> None:
    cell = 'claim = "stability"\ndelay = "constant(1)"\ndamping = "1,2"\n'
    assert isinstance(shell.run_cell_magic("certify", "x", cell), Inconclusive)
    assert isinstance(shell.user_ns["x"], Inconclusive)


@pytest.mark.parametrize(
    ("line", "cell", "says"),
    [
        ("", "claim", "not TOML"),
        ("", "delay = 'constant(1)'", "claim: None"),
        ("", "claim = 'stability'\ndamping = [1]", "a number, or text in quotes"),
        ("", "claim = 'stability'\ndamping = true", "a number, or text in quotes"),
        ("", "claim = 'stability'\ndamping = nan\ndelay = 'constant(1)'", "damping: 'nan'"),
        ("", "claim = 'stability'\nlag = 3", "--damping: stability needs it"),
        ("", "claim = 'nonsense'", "one of"),
        ("no name", "claim = 'stability'", "the name of a variable"),
    ],
)
def test_bad_cells_are_sentences(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], line: str, cell: str, says: str
) -> None:
    assert shell.run_cell_magic("certify", line, cell) is None
    assert says in capsys.readouterr().err


def test_help_is_there(shell: InteractiveShell) -> None:
    for name, kind in (("sdde", "line"), ("certify", "cell")):
        found = shell.find_magic(name, kind)
        assert "sdde" in found.__doc__
    assert "%sdde COMMAND --help" in shell.object_inspect("%sdde")["docstring"]
