import json
import re
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

ACCEPTED = Path(__file__).parents[1] / "checker" / "accepted"
pdflatex = shutil.which("pdflatex")


@pytest.fixture
def boundary(tmp_path):
    return Path(shutil.copy(ACCEPTED / "boundary_model.json", tmp_path / "boundary.cert.json"))


def test_every_claim_has_macros_that_it_implies(run, tmp_path):
    """A certificate of each kind: every Low and High lies outside, and reads back."""
    kinds = {}
    for path in sorted(ACCEPTED.glob("*.json")):
        kinds.setdefault(json.loads(path.read_text())["claim"]["type"], path)
    paths = [shutil.copy(path, tmp_path / f"{kind}.cert.json") for kind, path in kinds.items()]
    result = run("cite", *paths)
    assert result.status == 0
    assert result.out.count("\\begin{theorem}") == len(kinds) >= 5
    (tmp_path / "paper.tex").write_text(result.out)
    agreed = run("cite", *paths, "--verify", tmp_path / "paper.tex")
    assert agreed.status == 0, agreed
    count = result.out.count("\\newcommand")
    assert f"{count} of {count} macros agree" in agreed.out


def test_rounding_is_outward(run, boundary):
    text = run("cite", boundary, "--digits", 3).out
    claim = json.loads(boundary.read_text())["claim"]
    for name, (lo, hi) in {"Damping": claim["damping"], "LearningRate": claim["model"]["learning_rate"]}.items():
        low = re.search(rf"Boundary{name}Low}}{{\\ensuremath{{([0-9.]+)}}", text)
        high = re.search(rf"Boundary{name}High}}{{\\ensuremath{{([0-9.]+)}}", text)
        assert Fraction(low[1]) <= Fraction(lo) < Fraction(hi) <= Fraction(high[1])
        assert float(Fraction(high[1]) - Fraction(low[1])) < 0.02


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (r"DampingLow}{\ensuremath{1.570717}", r"DampingLow}{\ensuremath{1.570718}", "at most 1570717/1000000"),
        (r"DampingHigh}{\ensuremath{1.570875}", r"DampingHigh}{\ensuremath{1.5708}", "at least 12567/8000"),
        (r"Hessian}{\ensuremath{15}", r"Hessian}{\ensuremath{14}", "allows 15"),
        (r"DampingLow}{\ensuremath{1.570717}", r"DampingLow}{\ensuremath{about 1.5}", "at most"),
        ("BoundaryDigest}{\\texttt{", "BoundaryDigest}{\\texttt{0", "the certificate allows"),
        (r"\SddeBoundaryWorkersLow", r"\SddeBoundaryHelpersLow", "comes from none"),
    ],
)
def test_a_macro_that_disagrees(run, boundary, tmp_path, old, new, says):
    text = run("cite", boundary).out
    assert old in text
    (tmp_path / "macros.tex").write_text(text.replace(old, new))
    (tmp_path / "paper.tex").write_text("\\documentclass{article}\n\\input{macros}\n% \\input{missing}\n")
    result = run("cite", boundary, "--verify", tmp_path / "paper.tex")
    assert result.status == 1
    assert says in result.err
    assert "Traceback" not in result.err
    weaker = text.replace(r"DampingLow}{\ensuremath{1.570717}", r"DampingLow}{\ensuremath{1.5}")
    (tmp_path / "macros.tex").write_text(weaker)  # says less than was proved
    assert run("cite", boundary, "--verify", tmp_path / "paper.tex").status == 0


def test_archive(run, boundary, tmp_path):
    assert run("cite", boundary, "-o", tmp_path / "archive").status == 0
    crate = json.loads((tmp_path / "archive" / "ro-crate-metadata.json").read_text())
    things = {thing["@id"]: thing for thing in crate["@graph"]}
    assert things["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    parts = {part["@id"] for part in things["./"]["hasPart"]}
    assert parts == {path.name for path in (tmp_path / "archive").iterdir()} - {"ro-crate-metadata.json"}
    import hashlib

    for name in parts:
        content = (tmp_path / "archive" / name).read_bytes()
        assert things[name]["sha256"] == hashlib.sha256(content).hexdigest()
        assert things[name]["contentSize"] == str(len(content))
    assert run("cite", boundary, "-o", tmp_path / "archive").status == 0, "the same archive once more"
    kept = tmp_path / "archive" / boundary.name
    document = json.loads(kept.read_text())
    kept.write_text(json.dumps(document | {"producer": {"name": "at another time"}}))
    assert run("cite", boundary, "-o", tmp_path / "archive").status == 0
    assert kept.read_bytes() == boundary.read_bytes()
    kept.write_text(json.dumps(document | {"claim": document["claim"] | {"damping": ["1", "2"]}}))
    run("cite", boundary, "-o", tmp_path / "archive").assert_one_sentence("--out", "nothing else is overwritten")
    kept.write_bytes(boundary.read_bytes())
    (tmp_path / "archive" / "citation.tex").write_text("my own")
    run("cite", boundary, "-o", tmp_path / "archive").assert_one_sentence("--out", "nothing else is overwritten")
    (tmp_path / "archive" / "citation.tex").unlink()
    (tmp_path / "archive" / "notes.txt").write_text("my own")
    run("cite", boundary, "-o", tmp_path / "archive").assert_one_sentence("--out", "nothing else is overwritten")


def test_bibtex_parses(run, boundary, tmp_path):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the parser's own dependency deprecates names that it uses
        import bibtexparser

        run("cite", boundary, "-o", tmp_path / "archive")
        parser = bibtexparser.bparser.BibTexParser(ignore_nonstandard_types=False)
        library = bibtexparser.loads((tmp_path / "archive" / "citation.bib").read_text(), parser)
    assert {entry["ID"] for entry in library.entries} == {"sddeverify", "yu2025sdde", "sddeverify-certificates"}
    assert all(entry["title"] and entry["year"] for entry in library.entries)


PAPER = r"""\documentclass{article}
\usepackage{amsmath,amssymb,amsthm}
\newtheorem{theorem}{Theorem}
\begin{document}
\input{citation}
\bibliographystyle{plain}
\end{document}
"""


@pytest.mark.skipif(pdflatex is None, reason="pdflatex is not installed (apt install texlive-latex-recommended)")
def test_latex_compiles(run, tmp_path):
    kinds = {}
    for path in sorted(ACCEPTED.glob("*.json")):
        kinds.setdefault(json.loads(path.read_text())["claim"]["type"], path)
    paths = [shutil.copy(path, tmp_path / f"{kind}_2.cert.json") for kind, path in kinds.items()]
    assert run("cite", *paths, "-o", tmp_path / "archive").status == 0
    folder = tmp_path / "archive"
    (folder / "paper.tex").write_text(PAPER)
    line = [str(pdflatex), "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "paper.tex"]
    result = subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stdout[-3000:]
    assert (folder / "paper.pdf").stat().st_size > 10_000


def test_bad_input(run, boundary, tmp_path):
    run("cite", tmp_path / "none.cert.json").assert_one_sentence("none.cert.json", "readable")
    run("cite", boundary, "--digits", 0).assert_one_sentence("--digits")
    run("cite", boundary, "--verify", tmp_path / "none.tex").assert_one_sentence("none.tex")
    (tmp_path / "empty.tex").write_text("\\documentclass{article}")
    run("cite", boundary, "--verify", tmp_path / "empty.tex").assert_one_sentence("Sdde")
    other = shutil.copy(boundary, tmp_path / "Boundary.cert.json")
    run("cite", boundary, other).assert_one_sentence("same macros")
    text = boundary.read_text()
    boundary.write_text(text.replace("certificate/1", "certificate/2"))
    run("cite", boundary).assert_one_sentence("kernel accepts", "sddeverify-certificate/1")
    boundary.write_text(text[:1000])
    run("cite", boundary).assert_one_sentence("kernel accepts")
