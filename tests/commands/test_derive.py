"""``sddeverify derive``: the terminal output, the exports, and what it refuses."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sddeverify.derivations
from sddeverify.derivations import DERIVATIONS, MODEL, Derivation, to_latex
from sddeverify.scenario import Scenario

PDFLATEX = shutil.which("pdflatex")
PAPER = r"""\documentclass{article}
\usepackage{amsmath,graphicx}
\begin{document}
See \eqref{eq:stability_boundary:critical-learning-rate}.
\input{derivation}
\end{document}
"""
SCENARIO = """
learning_rate = 0.01
workers = 8
compute = "erlang(3, 1)"
hessian = ["1/2", "3"]
noise_variance = "1/4"
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "scenario.toml"
    path.write_text(SCENARIO)
    return path


def test_shows_steps_badges_and_coefficients(run: Any, scenario: Path) -> None:
    result = run("derive", scenario)
    assert (result.status, result.err) == (0, "")
    for words in (
        "From arriving gradients to a stochastic delay differential equation",
        "[assumption A2]",
        "[symbolic ok, numeric ok at 4 points]",
        "The characteristic function",
        "The stability boundary",
        "Coefficients",
        "8/3 = 2.666666667",
        "1/9 = 0.1111111111",
        "A6 small jumps",
        "erlang(3, 1)",
    ):
        assert words in result.out
    assert "does not check" not in result.out
    assert max(len(line) for line in result.out.splitlines()) <= 120
    derivations = [DERIVATIONS[name](Scenario.load(scenario)) for name in MODEL]
    assert result.out.count("╭─ ") == sum(len(one.steps) for one in derivations)


def test_one_derivation_only(run: Any, scenario: Path) -> None:
    result = run("derive", scenario, "--only", "stability_boundary")
    assert result.status == 0
    assert "The stability boundary" in result.out
    assert "Local quadratic" not in result.out


def test_json(run: Any, scenario: Path) -> None:
    result = run("derive", scenario, "--json")
    assert (result.status, result.err) == (0, "")
    data = result.json
    assert [one["name"] for one in data["derivations"]] == list(MODEL)
    assert all(one["passed"] for one in data["derivations"])
    assert data["model"]["damping"] == [["1/25", "1/25"], ["6/25", "6/25"]]
    assert set(data["assumptions"]) == set(data["model"]["assumptions"])


def test_exports_to_files(run: Any, scenario: Path, tmp_path: Path) -> None:
    tex, md = tmp_path / "out.tex", tmp_path / "out.md"
    result = run("derive", scenario, "--latex", tex, "--markdown", md)
    assert (result.status, result.out) == (0, "")
    assert str(tex) in result.err
    assert str(md) in result.err
    text = tex.read_text(encoding="utf-8")
    assert text.isascii()
    assert text.count(r"\begin{equation}") > len(MODEL)
    assert r"\label{eq:diffusion_limit:damping}" in text
    markdown = md.read_text(encoding="utf-8")
    assert markdown.count("\n## ") + markdown.startswith("## ") == len(MODEL)
    assert "_[symbolic and numeric]_" in markdown
    # A second run must not overwrite by accident.
    run("derive", scenario, "--latex", tex).assert_one_sentence("--latex", "--force")
    assert run("derive", scenario, "--only", "linearization", "--latex", tex, "--force").status == 0
    assert "stability_boundary" not in tex.read_text(encoding="utf-8")


@pytest.mark.skipif(PDFLATEX is None, reason="pdflatex is not installed (apt install texlive-latex-recommended)")
def test_latex_compiles(run: Any, scenario: Path, tmp_path: Path) -> None:
    """The model as the command writes it, then every other derivation; labels can be referred to."""
    out = tmp_path / "derivation.tex"
    assert run("derive", scenario, "--latex", out).status == 0
    others = [to_latex(derive(Scenario.load(scenario))) for name, derive in DERIVATIONS.items() if name not in MODEL]
    out.write_text("\n".join([out.read_text("ascii"), *others]), "ascii")
    (tmp_path / "paper.tex").write_text(PAPER)
    line = [str(PDFLATEX), "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "paper.tex"]
    for _ in range(2):  # twice, for the references
        result = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        assert result.returncode == 0, result.stdout[-3000:]
    assert "undefined" not in result.stdout
    wide = re.findall(r"Overfull .hbox .([0-9]+)\.[0-9]*pt too wide.*display", result.stdout)
    assert wide == [], "an equation runs off the page"
    assert "multiply" not in result.stdout  # labels
    assert (tmp_path / "paper.pdf").stat().st_size > 10_000


@pytest.mark.parametrize(("option", "start"), [("--latex", "% stability_boundary"), ("--markdown", "## The stab")])
def test_exports_to_standard_output(run: Any, scenario: Path, option: str, start: str) -> None:
    result = run("derive", scenario, "--only", "stability_boundary", option, "-")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith(start)


def test_an_objective_and_an_irrational_mean(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(
        'learning_rate = "1/7"\nworkers = 3\ncompute = "truncated_exponential(1, 2)"\n'
        'objective = {name = "quadratic", eigenvalues = ["1/3", "2"]}\n'
    )
    result = run("derive", path, "--only", "linearization")
    assert result.status == 0
    assert "computed, rounded upward" in result.out
    assert "in [0.686" in result.out


def test_exponential_delays_are_said_to_have_no_boundary(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text('learning_rate = "1/7"\nworkers = 3\ncompute = "exponential(1)"\nhessian = [1]\n')
    result = run("derive", path, "--only", "stability_boundary")
    assert result.status == 0
    assert "none: stable for every damping" in result.out


def test_a_step_that_does_not_check_is_reported(run: Any, scenario: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(asked: Scenario) -> Derivation:
        right = DERIVATIONS["stability_boundary"](asked)
        last = right.steps[-1]
        return replace(right, steps=(*right.steps[:-1], replace(last, after=2 * last.after)))

    table = {**DERIVATIONS, "linearization": wrong}
    monkeypatch.setattr(sddeverify.derivations, "DERIVATIONS", table)
    result = run("derive", scenario, "--only", "stability_boundary")
    assert result.status == 1
    assert "stability_boundary: critical-learning-rate" in result.err
    assert "[does not check]" in result.out


def test_bad_input_is_one_sentence(run: Any, scenario: Path, tmp_path: Path) -> None:
    run("derive", tmp_path / "missing.toml").assert_one_sentence("missing.toml")
    run("derive", scenario, "--only", "boundary").assert_one_sentence("--only", "boundary", "stability_boundary")
    run("derive", scenario, "--latex", tmp_path / "no" / "x.tex").assert_one_sentence("--latex", "existing folder")
    run("derive", scenario, "--markdown", tmp_path).assert_one_sentence("--markdown")
    run("derive", scenario, "--latex", "-", "--json").assert_one_sentence("standard output")
    run("derive", scenario, "--latex", "-", "--markdown", "-").assert_one_sentence("standard output")
    scenario.write_text(SCENARIO + 'policy = {name = "k_batch_async", k = 2}\n')
    run("derive", scenario).assert_one_sentence("k_batch_async")
    scenario.write_text(SCENARIO.replace("8", "0"))
    run("derive", scenario).assert_one_sentence("workers")


def test_importing_the_command_loads_nothing_heavy() -> None:
    code = "import sys, sddeverify.commands.derive; print({'sympy', 'numpy', 'mpmath'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
