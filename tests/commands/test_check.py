import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sddeverify import checker
from sddeverify.certificates import Inconclusive, root_count, stability
from sddeverify.delays import Constant, Erlang
from sddeverify.models import CharacteristicFunction


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two certificates, one in a subfolder."""
    folder = tmp_path_factory.mktemp("certificates")
    (folder / "deep" / "er").mkdir(parents=True)
    h = CharacteristicFunction("3/2", Constant("1"))
    for result, name in [
        (stability.prove(h), "stable.cert.json"),
        (root_count.prove(CharacteristicFunction("1", Erlang(3, "1")), "-1/2"), "deep/er/count.cert.json"),
    ]:
        assert not isinstance(result, Inconclusive)
        result.save(folder / name)
    return folder


@pytest.fixture
def stable(certificates: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(certificates / "stable.cert.json", tmp_path / "x.cert.json"))


def change(path: Path, **members: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | members))


def test_accepted_file(run, stable):
    result = run("check", stable)
    assert result.status == 0
    assert result.err == ""
    assert "1 accepted" in result.out
    assert "stability" in result.out


def test_folder_is_searched_at_any_depth(run, certificates):
    result = run("check", certificates, "--json")
    assert result.status == 0
    assert {(Path(row["file"]).name, row["claim"], row["verdict"]) for row in result.json} == {
        ("stable.cert.json", "stability", "accepted"),
        ("count.cert.json", "root_count", "accepted"),
    }


def test_statement_is_shown_in_full(run, stable, monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")
    shown = "".join(run("check", stable).out.replace("│", " ").split())
    for word in json.loads(stable.read_text())["statement"].split():
        assert word in shown


def test_rejected(run, stable, certificates):
    change(stable, statement="Everything is stable.")
    result = run("check", stable, certificates, "--json")
    assert result.status == 1
    assert [row["verdict"] for row in result.json] == ["rejected", "accepted", "accepted"]
    assert "statement" in result.json[0]["says"]


def test_malformed_outweighs_rejected(run, stable, tmp_path):
    change(stable, statement="Everything is stable.")
    other = tmp_path / "other.cert.json"
    other.write_text("{")
    result = run("check", stable, other)
    assert result.status == 2
    assert "1 rejected, 1 malformed" in result.out


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"\xff\xfe", b"null", b"{" * 100_000, b'{"schema": "sddeverify-certificate/2"}', b"\xef\xbb\xbf{}"],
)
def test_malformed(run, tmp_path, content):
    path = tmp_path / "x.cert.json"
    path.write_bytes(content)
    result = run("check", path, "--json")
    assert result.status == 2
    assert result.json[0]["verdict"] == "malformed"
    assert result.json[0]["says"]


def test_truncated_at_every_tenth(run, stable):
    content = stable.read_bytes()
    for part in range(10):
        stable.write_bytes(content[: len(content) * part // 10])
        assert run("check", stable).status == 2


def test_folder_without_certificates_is_an_error(run, tmp_path, stable):
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "data.json").write_text("{}")
    result = run("check", stable, empty, "--json")
    assert result.status == 2
    assert [row["verdict"] for row in result.json] == ["accepted", "unreadable"]


def test_missing_file(run, tmp_path):
    result = run("check", tmp_path / "nothing.cert.json")
    assert result.status == 2
    assert "No such file" in result.out


def test_no_arguments(run):
    result = run("check")
    assert result.status == 2
    assert "Traceback" not in result.err


def test_nothing_in_a_document_reaches_the_terminal_raw(run, tmp_path):
    path = tmp_path / "\x1b[31mred.cert.json"
    path.write_text('{"\\u001b]0;title\\u0007[bold]": 1}')
    result = run("check", path)
    assert result.status == 2
    assert "\x1b" not in result.out
    assert "\x07" not in result.out


def test_verdict_is_the_kernels(run, stable, monkeypatch):
    monkeypatch.setattr(checker, "check", lambda _: checker.Verdict(checker.Status.REJECTED, "for the test"))
    result = run("check", stable)
    assert result.status == 1
    assert "for the test" in result.out


def test_loads_neither_numpy_nor_sympy(stable):
    code = "import sys; sys.argv[0] = 'sddeverify'; from sddeverify.__main__ import main\ntry: main()\nfinally: "
    code += "print(sorted({'numpy', 'sympy', 'mpmath', 'sddeverify.certificates'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code, "check", stable], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"
