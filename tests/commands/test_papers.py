from pathlib import Path

import pytest

from sddeverify.commands import papers

FOLDER = Path(__file__).parents[2] / "paper_checks"


def test_every_claim_and_every_seed_system_has_its_row():
    rows = papers.read(FOLDER)
    yu = [row for row in rows if row.file == "check_yu2025sdde.py"]
    for number in range(1, 15):
        assert any(row.check.startswith(f"test_c{number}_") for row in yu), number
    seeds = ("mindflayer", "dasa", "delayedsgd", "dpsgd", "dasgd", "guided", "schroedinger", "dutta")
    for seed in seeds:
        assert any(row.file.startswith(f"check_{seed}") for row in rows), seed
    assert all(row.statement.endswith((".", ":")) and len(row.detail) > 6 for row in rows)
    assert {row.verdict for row in rows} == {"PROVED", "CONSISTENT", "DIFFERS"}


def test_table_and_json(run):
    rows = run("papers", "--folder", FOLDER, "--json").json
    assert len(rows) == len(papers.read(FOLDER)) > 40
    shown = run("papers", "--folder", FOLDER)
    assert shown.status == 0
    assert f"{len(rows)} statements" in shown.out
    assert "| `test_c1_" in papers.markdown(papers.read(FOLDER))


def test_bad_folders(run, tmp_path):
    run("papers", "--folder", tmp_path).assert_one_sentence("--folder", "check_*.py")
    run("papers", "--folder", tmp_path / "none").assert_one_sentence("--folder")
    (tmp_path / "check_x.py").write_text('"""X."""\n\n\ndef test_y():\n    """No verdict."""\n')
    run("papers", "--folder", tmp_path).assert_one_sentence("test_y", "PROVED")


@pytest.mark.parametrize(("body", "status"), [("pass", 0), ("raise ValueError", 1)])
def test_run(run, tmp_path, body, status):
    (tmp_path / "check_x.py").write_text(f'"""X."""\n\n\ndef test_y():\n    """It holds. PROVED."""\n    {body}\n')
    (tmp_path / "pytest.ini").write_text("[pytest]\npython_files = check_*.py\n")
    assert run("papers", "--folder", tmp_path, "--run").status == status
