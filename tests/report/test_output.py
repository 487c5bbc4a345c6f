import json

import pytest

from sddeverify.errors import InvalidScenario
from sddeverify.report import output


def write(folder, files, *, fail=False):
    with output.staged(folder) as stage:
        for name, text in files.items():
            (stage / name).parent.mkdir(parents=True, exist_ok=True)
            (stage / name).write_text(text)
        if fail:
            raise RuntimeError("interrupted")


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.name != output.MARKER
    }


OLD = {"report.html": "old", "certificates/a.cert.json": "a", "figures/x.svg": "x"}
NEW = {"report.html": "new", "certificates/b.cert.json": "b"}


def test_new_folder(tmp_path):
    write(tmp_path / "demo", OLD)
    assert contents(tmp_path / "demo") == OLD
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_empty_folder(tmp_path):
    (tmp_path / "demo").mkdir()
    write(tmp_path / "demo", OLD)
    assert contents(tmp_path / "demo") == OLD


def test_an_earlier_report_is_replaced_cleanly(tmp_path):
    write(tmp_path / "demo", OLD)
    write(tmp_path / "demo", NEW)
    assert contents(tmp_path / "demo") == NEW
    assert not (tmp_path / "demo" / "figures").exists()


def test_the_working_folder_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    from pathlib import Path

    write(Path("."), OLD)
    write(Path("."), NEW)
    assert contents(tmp_path) == NEW


@pytest.mark.parametrize("earlier", [False, True])
def test_foreign_files_are_never_touched(tmp_path, earlier):
    folder = tmp_path / "demo"
    if earlier:
        write(folder, OLD)
    else:
        folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    before = contents(folder)
    with pytest.raises(InvalidScenario, match=r"thesis\.txt"):
        write(folder, NEW)
    assert contents(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_a_file_that_appears_meanwhile_is_safe(tmp_path):
    folder = tmp_path / "demo"
    write(folder, OLD)

    def write_while_a_file_appears():
        with output.staged(folder) as stage:
            (stage / "report.html").write_text("new")
            (folder / "late").write_text("mine")

    with pytest.raises(InvalidScenario, match="late"):
        write_while_a_file_appears()
    assert contents(folder) == OLD | {"late": "mine"}


def test_failure_leaves_the_earlier_report(tmp_path):
    write(tmp_path / "demo", OLD)
    with pytest.raises(RuntimeError, match="interrupted"):
        write(tmp_path / "demo", NEW, fail=True)
    assert contents(tmp_path / "demo") == OLD
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_failure_leaves_nothing_behind(tmp_path):
    with pytest.raises(RuntimeError, match="interrupted"):
        write(tmp_path / "demo", NEW, fail=True)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "demo").write_text("x")
    with pytest.raises(InvalidScenario, match="name of a folder"):
        output.require_free(tmp_path / "demo")


def test_the_parent_must_exist(tmp_path):
    with pytest.raises(InvalidScenario, match="parent"):
        output.require_free(tmp_path / "no" / "demo")


@pytest.mark.parametrize("listed", ["../precious", "/precious", 7])
def test_a_forged_marker_reaches_no_file_outside(tmp_path, listed):
    precious = tmp_path / "precious"
    precious.write_text("mine")
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / output.MARKER).write_text(json.dumps({"format": "sddeverify-report/1", "files": [listed]}))
    write(folder, NEW)
    assert precious.read_text() == "mine"


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": "other/1", "files": ["a"]}', "not json"])
def test_a_marker_that_is_not_ours_owns_nothing(tmp_path, text):
    (tmp_path / output.MARKER).write_text(text)
    (tmp_path / "a").write_text("mine")
    with pytest.raises(InvalidScenario):
        output.require_free(tmp_path)
