import json
import re
from pathlib import Path

import pytest

from paper_checks import evidence
from sddeverify import checker
from sddeverify.certificates import stability
from sddeverify.commands import papers
from sddeverify.delays import Constant
from sddeverify.derivations import DERIVATIONS
from sddeverify.models import CharacteristicFunction

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


def test_every_verdict_links_to_what_it_stands_on():
    rows = papers.read(FOLDER)
    for row in rows:
        assert row.source.startswith(("def test_", "@pytest.mark.parametrize")), row.check
        assert row.measured or row.verdict == "PROVED", row.check
        if "certificate" in row.detail or "disjoint enclosures" in row.explanation:
            assert row.certificates, row.check
    listed = [name for row in rows for name in row.certificates]
    assert len(listed) == len(set(listed)) > 100
    folder = FOLDER.parent / papers.EVIDENCE
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.cert.json")} == set(listed)
    index = json.loads((folder / "evidence.json").read_bytes())
    assert {(file, check) for file, checks in index.items() for check in checks} == {
        (row.file, row.check) for row in rows
    }
    figures = re.findall(r"\[figure\]\(\.\./([\w/.]+)\)", papers.markdown(rows))
    assert figures == [
        f"guides/figures/{name}" for name in ("boundary_tube.png", "two_maxima.png", "mean_square_gap.png")
    ]
    assert all((folder.parents[1] / name).is_file() for name in figures)
    derivations = re.findall(r"derivations\.md#([a-z_]+)", papers.markdown(rows))
    assert {"event_trigger", "second_moments"} < set(derivations) <= set(DERIVATIONS)


@pytest.mark.parametrize(
    "paper", sorted(path.name for path in (FOLDER.parent / papers.EVIDENCE).iterdir() if path.is_dir())
)
def test_the_kernel_accepts_every_certificate_of_the_table(paper):
    for path in sorted((FOLDER.parent / papers.EVIDENCE / paper).iterdir()):
        assert checker.check(path.read_bytes()).status is checker.Status.ACCEPTED, path.name


def test_a_check_fails_when_it_proves_or_measures_something_else(tmp_path):
    case = ("check_x.py", "test_y", "case(1, 2)")
    found = evidence.Evidence([stability.prove(CharacteristicFunction(1, Constant(1)))], ["0.5 (0.1)"])
    with pytest.raises(AssertionError, match="--record"):
        evidence.compare(*case, found, tmp_path)
    evidence.record(*case, found, tmp_path)
    evidence.compare(*case, found, tmp_path)
    other = evidence.Evidence([stability.prove(CharacteristicFunction("3/2", Constant(1)))], ["0.5 (0.1)"])
    for wrong in (other, evidence.Evidence(found.certificates), evidence.Evidence([], found.measured)):
        with pytest.raises(AssertionError, match="--record"):
            evidence.compare(*case, wrong, tmp_path)
    evidence.record(*case, evidence.Evidence(), tmp_path)
    assert not list(tmp_path.rglob("*.cert.json"))


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
